//go:build !faults

package main

// fault is called between durable steps. Only a binary that is built with the
// tag faults, for the tests of crashes, can die there.
var fault func(point string)
