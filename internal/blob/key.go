package blob

import (
	"strings"

	"tintype/internal/media"
)

const (
	maxKey     = 512
	maxSegment = 255
)

// ValidKey reports whether key may name a blob: see Store.
func ValidKey(key string) bool {
	if key == "" || len(key) > maxKey || strings.Contains(key, "..") {
		return false
	}
	for seg := range strings.SplitSeq(key, "/") {
		if seg == "" || seg == "." || len(seg) > maxSegment {
			return false
		}
		for i := 0; i < len(seg); i++ {
			c := seg[i]
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
				return false
			}
		}
	}
	return true
}

// ValidPrefix reports whether some valid key begins with prefix.
func ValidPrefix(prefix string) bool {
	return prefix == "" || ValidKey(prefix) || ValidKey(prefix+"a")
}

// CheckKey returns the error with which a store answers a key that is not
// valid, or nil.
func CheckKey(op, key string) error {
	if ValidKey(key) {
		return nil
	}
	return &media.Error{Code: media.Invalid, Op: op, Message: "Invalid blob key"}
}

// CheckPrefix is CheckKey for the prefix of a List.
func CheckPrefix(op, prefix string) error {
	if ValidPrefix(prefix) {
		return nil
	}
	return &media.Error{Code: media.Invalid, Op: op, Message: "Invalid blob key prefix"}
}

// Section resolves the range of an Open against a blob's size and returns how
// many bytes it has, or Invalid when off is negative or past the end.
func Section(size, off, n int64) (int64, error) {
	if off < 0 || off > size {
		return 0, &media.Error{Code: media.Invalid, Op: "open blob", Message: "Range begins outside of the blob",
			Err: &media.LimitError{What: "offset", Max: size, Got: off}}
	}
	if n < 0 || n > size-off {
		n = size - off
	}
	return n, nil
}
