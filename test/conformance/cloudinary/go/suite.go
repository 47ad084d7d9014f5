//go:build suite

// What the SDK's own tests import: named here so that go.mod keeps it.
package everyday

import _ "github.com/stretchr/testify/assert"
