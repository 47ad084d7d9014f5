// Package vips is a thin, generic binding of libvips: operations are called
// by name with named arguments, which are converted by asking libvips itself
// what it expects. It holds no list of operations, so the same binary runs on
// every libvips from 8.14 on, and what an installation lacks is found out by
// Has and HasArgument at run time.
//
// libvips keeps one error text for the whole process. Calls are therefore
// carried out one at a time; concurrent callers wait for each other.
package vips

// #cgo pkg-config: vips
// #include <stdlib.h>
// #include "bridge.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unsafe"
)

// mu makes an operation and the reading of its error text one step.
var mu sync.Mutex

var startup = sync.OnceValue(func() error {
	name := C.CString("vips")
	defer C.free(unsafe.Pointer(name))
	if C.tv_init(name) != 0 {
		return fmt.Errorf("start libvips: %w", takeError())
	}
	C.tv_setup(1)
	return nil
})

// Init starts libvips with one thread per evaluation and no cache of
// operations. It must return before anything else is called; further calls
// answer what the first did.
func Init() error { return startup() }

// Version is libvips' version, such as "8.14.1".
func Version() string {
	return fmt.Sprintf("%d.%d.%d", C.vips_version(0), C.vips_version(1), C.vips_version(2))
}

// SIMD reports whether libvips runs its vector code.
func SIMD() bool { return C.vips_vector_isenabled() != 0 }

// Has reports whether an operation of this name, such as "webpsave_buffer",
// is part of this libvips. A blocked operation still counts.
func Has(op string) bool {
	s := C.CString(op)
	defer C.free(unsafe.Pointer(s))
	return C.tv_has_operation(s) != 0
}

// HasArgument reports whether the operation exists and knows the argument.
func HasArgument(op, arg string) bool {
	mu.Lock()
	defer mu.Unlock()
	o := newOperation(op)
	if o == nil {
		takeError()
		return false
	}
	defer C.g_object_unref(C.gpointer(o))
	_, _, ok := argument(o, arg)
	return ok
}

// BlockUntrusted blocks every loader and saver that libvips does not hold fit
// for untrusted data.
func BlockUntrusted() { C.vips_block_untrusted_set(1) }

// Block blocks or opens an operation class and all below it by its type name,
// such as "VipsForeignLoadSvg".
func Block(class string, blocked bool) {
	s := C.CString(class)
	defer C.free(unsafe.Pointer(s))
	var state C.int
	if blocked {
		state = 1
	}
	C.tv_block(s, state)
}

// Trim hands unused memory back to the system. It takes milliseconds.
func Trim() { C.tv_trim() }

// Error is libvips' own account of what went wrong in an operation. Its text
// is for logs: it may quote internals of the library.
type Error struct {
	Op   string // the operation, or what was done to an image
	Text string
}

func (e *Error) Error() string {
	if e.Text == "" {
		return "vips " + e.Op
	}
	return "vips " + e.Op + ": " + e.Text
}

// takeError empties libvips' error text.
func takeError() error {
	s := C.vips_error_buffer_copy()
	defer C.g_free(C.gpointer(s))
	return errors.New(strings.Join(strings.FieldsFunc(C.GoString(s), func(r rune) bool { return r == '\n' }), "; "))
}

func opError(op string) error {
	return &Error{Op: op, Text: takeError().Error()}
}
