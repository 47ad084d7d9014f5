package vips

// #include <stdlib.h>
// #include "bridge.h"
import "C"

import (
	"fmt"
	"slices"
	"unsafe"
)

// Args are an operation's arguments by name; '-' and '_' mean the same. A
// value's Go type has to fit what the operation declares:
//
//	bool, int, float64, string    of themselves; whole numbers where it wants fractions
//	string                        an enumeration's or flag's nick, or an interpolator's
//	*Image, []*Image              images
//	[]float64, []int              arrays
//	[]byte                        a blob, copied
//	Foreign                       a blob, not copied
//	Want{}                        asks for an optional output
type Args map[string]any

// Foreign is memory that Go did not allocate, such as a mapped file. The
// caller keeps it in place until every image made from it is closed.
type Foreign []byte

// Want as an argument's value asks for an optional output.
type Want struct{}

// Result holds an operation's required outputs, and those that were wanted,
// by name ('_' for '-', or as it was wanted): bool, int, float64, string (also for enumerations), []float64,
// []int, *Image or *Blob. Images and blobs are the caller's to close.
type Result map[string]any

// Image returns the image output of that name, or nil.
func (r Result) Image(name string) *Image {
	im, _ := r[name].(*Image)
	return im
}

// Blob returns the blob output of that name, or nil.
func (r Result) Blob(name string) *Blob {
	b, _ := r[name].(*Blob)
	return b
}

// Close closes every image and blob in the result.
func (r Result) Close() {
	for _, v := range r {
		switch v := v.(type) {
		case *Image:
			v.Close()
		case *Blob:
			v.Close()
		}
	}
}

// Call carries out an operation. What libvips rejects comes back as *Error;
// an argument that does not exist or has another type is an error before
// anything is done. Most operations only note what is to be computed: errors
// of a decoder may show later, when a saver or Memory asks for pixels.
func Call(op string, args Args) (Result, error) {
	mu.Lock()
	defer mu.Unlock()
	o := newOperation(op)
	if o == nil {
		return nil, opError(op)
	}
	if err := setAll(o, op, args); err != nil {
		C.g_object_unref(C.gpointer(o))
		return nil, err
	}
	failed := C.vips_cache_operation_buildp(&o) != 0
	defer C.g_object_unref(C.gpointer(o))
	defer C.vips_object_unref_outputs((*C.VipsObject)(unsafe.Pointer(o)))
	if failed {
		return nil, opError(op)
	}
	res, err := outputs(o, op, args)
	if err != nil {
		res.Close()
		return nil, err
	}
	return res, nil
}

func newOperation(op string) *C.VipsOperation {
	s := C.CString(op)
	defer C.free(unsafe.Pointer(s))
	return C.vips_operation_new(s)
}

// argument answers an argument's type and flags.
func argument(o *C.VipsOperation, name string) (C.GType, C.int, bool) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	var t C.GType
	var flags C.int
	ok := C.tv_argument(o, s, &t, &flags) == 0
	return t, flags, ok
}

func setAll(o *C.VipsOperation, op string, args Args) error {
	names := make([]string, 0, len(args))
	for name := range args {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t, flags, ok := argument(o, name)
		if !ok {
			return fmt.Errorf("vips %s has no argument %q", op, name)
		}
		if _, want := args[name].(Want); want {
			if flags&C.VIPS_ARGUMENT_OUTPUT == 0 {
				return fmt.Errorf("vips %s: argument %q is no output", op, name)
			}
			continue
		}
		if flags&C.VIPS_ARGUMENT_INPUT == 0 {
			return fmt.Errorf("vips %s: argument %q is no input", op, name)
		}
		if err := setOne(o, name, t, args[name]); err != nil {
			return fmt.Errorf("vips %s: argument %q: %w", op, name, err)
		}
	}
	return nil
}

func setOne(o *C.VipsOperation, name string, t C.GType, value any) error {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	kind := C.tv_kind(t)
	mismatch := fmt.Errorf("cannot be a %T", value)
	switch v := value.(type) {
	case bool:
		if kind != C.TV_BOOL {
			return mismatch
		}
		var b C.int
		if v {
			b = 1
		}
		C.tv_set_bool(o, s, b)
	case int:
		switch kind {
		case C.TV_INT:
			C.tv_set_int(o, s, C.gint64(v))
		case C.TV_DOUBLE:
			C.tv_set_double(o, s, C.double(v))
		default:
			return mismatch
		}
	case float64:
		if kind != C.TV_DOUBLE {
			return mismatch
		}
		C.tv_set_double(o, s, C.double(v))
	case string:
		return setText(o, s, t, v, mismatch)
	case *Image:
		if kind != C.TV_IMAGE || v == nil || v.p == nil {
			return mismatch
		}
		C.tv_set_image(o, s, v.p)
	default:
		return setMany(o, s, kind, value, mismatch)
	}
	return nil
}

func setText(o *C.VipsOperation, name *C.char, t C.GType, text string, mismatch error) error {
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	switch C.tv_kind(t) {
	case C.TV_STRING:
		C.tv_set_string(o, name, s)
	case C.TV_ENUM, C.TV_FLAGS:
		if C.tv_set_nick(o, name, t, s) != 0 {
			return fmt.Errorf("unknown value %q", text)
		}
	case C.TV_INTERPOLATE:
		if C.tv_set_interpolate(o, name, s) != 0 {
			return takeError()
		}
	default:
		return mismatch
	}
	return nil
}

func setMany(o *C.VipsOperation, name *C.char, kind C.TvKind, value any, mismatch error) error {
	switch v := value.(type) {
	case []float64:
		if kind != C.TV_ARRAY_DOUBLE || len(v) == 0 {
			return mismatch
		}
		C.tv_set_doubles(o, name, (*C.double)(unsafe.Pointer(&v[0])), C.int(len(v)))
	case []int:
		if kind != C.TV_ARRAY_INT || len(v) == 0 {
			return mismatch
		}
		c := make([]C.int, len(v))
		for i, x := range v {
			c[i] = C.int(x)
		}
		C.tv_set_ints(o, name, &c[0], C.int(len(c)))
	case []*Image:
		if kind != C.TV_ARRAY_IMAGE || len(v) == 0 {
			return mismatch
		}
		c := make([]*C.VipsImage, len(v))
		for i, x := range v {
			c[i] = x.p
		}
		C.tv_set_images(o, name, &c[0], C.int(len(c)))
	case []byte:
		return setBlob(o, name, kind, v, true, mismatch)
	case Foreign:
		return setBlob(o, name, kind, v, false, mismatch)
	default:
		return mismatch
	}
	return nil
}

func setBlob(o *C.VipsOperation, name *C.char, kind C.TvKind, b []byte, copied bool, mismatch error) error {
	if kind != C.TV_BLOB {
		return mismatch
	}
	if len(b) == 0 {
		return fmt.Errorf("is empty")
	}
	var c C.int
	if copied {
		c = 1
	}
	if C.tv_set_blob(o, name, unsafe.Pointer(&b[0]), C.size_t(len(b)), c) != 0 {
		return takeError()
	}
	return nil
}

func outputs(o *C.VipsOperation, op string, args Args) (Result, error) {
	var names **C.char
	var flags *C.int
	var n C.int
	if C.tv_outputs(o, &names, &flags, &n) != 0 {
		return nil, opError(op)
	}
	wanted := map[string]string{}
	for name, v := range args {
		if _, ok := v.(Want); ok {
			wanted[canonical(name)] = name
		}
	}
	res := Result{}
	for i, c := range unsafe.Slice(names, n) {
		f := unsafe.Slice(flags, n)[i]
		if f&C.VIPS_ARGUMENT_OUTPUT == 0 || f&C.VIPS_ARGUMENT_DEPRECATED != 0 {
			continue
		}
		name := C.GoString(c)
		key, ok := wanted[canonical(name)]
		if !ok && f&C.VIPS_ARGUMENT_REQUIRED == 0 {
			continue
		}
		if !ok {
			key = canonical(name)
		}
		var v C.GValue
		if C.tv_get(o, c, &v) != 0 {
			return res, opError(op)
		}
		got, err := fromValue(&v)
		C.g_value_unset(&v)
		if err != nil {
			return res, fmt.Errorf("vips %s: output %q: %w", op, name, err)
		}
		res[key] = got
	}
	return res, nil
}

func canonical(name string) string {
	b := []byte(name)
	for i, c := range b {
		if c == '-' {
			b[i] = '_'
		}
	}
	return string(b)
}

// fromValue converts; images and blobs come with a reference of their own.
func fromValue(v *C.GValue) (any, error) {
	switch C.tv_value_kind(v) {
	case C.TV_BOOL:
		return C.tv_value_int(v) != 0, nil
	case C.TV_INT, C.TV_FLAGS:
		return int(C.tv_value_int(v)), nil
	case C.TV_DOUBLE:
		return float64(C.tv_value_double(v)), nil
	case C.TV_STRING:
		return C.GoString(C.tv_value_string(v)), nil
	case C.TV_ENUM:
		return C.GoString(C.tv_value_nick(v)), nil
	case C.TV_IMAGE:
		p := C.tv_value_image(v)
		if p == nil {
			return nil, fmt.Errorf("is missing")
		}
		return &Image{p: p}, nil
	case C.TV_BLOB:
		p := C.tv_value_blob(v)
		if p == nil {
			return nil, fmt.Errorf("is missing")
		}
		return &Blob{p: p}, nil
	case C.TV_ARRAY_DOUBLE:
		var n C.int
		a := C.vips_value_get_array_double(v, &n)
		out := make([]float64, n)
		for i, x := range unsafe.Slice(a, n) {
			out[i] = float64(x)
		}
		return out, nil
	case C.TV_ARRAY_INT:
		var n C.int
		a := C.vips_value_get_array_int(v, &n)
		out := make([]int, n)
		for i, x := range unsafe.Slice(a, n) {
			out[i] = int(x)
		}
		return out, nil
	}
	return nil, fmt.Errorf("has a type that is not carried over")
}
