package vips

// #include <stdlib.h>
// #include "bridge.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Image is a reference to a picture, computed or still to be computed. It
// stays until Close. Reading is safe for concurrent use.
type Image struct{ p *C.VipsImage }

// Blob is a piece of memory that libvips owns.
type Blob struct{ p *C.VipsArea }

// Bytes is a view of the memory, valid until Close. It must not be written to.
func (b *Blob) Bytes() []byte {
	if b.p.length == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(b.p.data), int(b.p.length))
}

// Close gives the memory back. Closing twice is harmless.
func (b *Blob) Close() {
	if b != nil && b.p != nil {
		C.vips_area_unref(b.p)
		b.p = nil
	}
}

// FromPixels makes an image of a copy of pixels: rows from the top, bands
// interleaved, in libvips' name of a band format ("uchar", "double", …) and
// the machine's byte order.
func FromPixels(pixels []byte, width, height, bands int, format string) (*Image, error) {
	mu.Lock()
	defer mu.Unlock()
	if len(pixels) == 0 {
		return nil, fmt.Errorf("vips image of no pixels")
	}
	f := C.CString(format)
	defer C.free(unsafe.Pointer(f))
	p := C.tv_from_memory(unsafe.Pointer(&pixels[0]), C.size_t(len(pixels)), C.int(width), C.int(height), C.int(bands), f)
	if p == nil {
		return nil, opError("new image from memory")
	}
	return &Image{p: p}, nil
}

// FromDoubles makes a matrix: an image of one band of doubles.
func FromDoubles(values []float64, width, height int) (*Image, error) {
	if len(values) == 0 || len(values) != width*height {
		return nil, fmt.Errorf("vips matrix of %d values is not %d x %d", len(values), width, height)
	}
	return FromPixels(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 8*len(values)), width, height, 1, "double")
}

// Close drops the reference. Closing nil or twice is harmless.
func (im *Image) Close() {
	if im != nil && im.p != nil {
		C.g_object_unref(C.gpointer(im.p))
		im.p = nil
	}
}

// Width is in pixels.
func (im *Image) Width() int { return int(C.vips_image_get_width(im.p)) }

// Height is in pixels, of all pages together.
func (im *Image) Height() int { return int(C.vips_image_get_height(im.p)) }

// Bands counts the channels, alpha included.
func (im *Image) Bands() int { return int(C.vips_image_get_bands(im.p)) }

// HasAlpha reports whether the last band is transparency.
func (im *Image) HasAlpha() bool { return C.vips_image_hasalpha(im.p) != 0 }

// Interpretation is the meaning of the bands: "srgb", "b-w", "cmyk", …
func (im *Image) Interpretation() string { return C.GoString(C.tv_interpretation(im.p)) }

// Format is the type of a band: "uchar", "ushort", "float", …
func (im *Image) Format() string { return C.GoString(C.tv_format(im.p)) }

// XOffset and YOffset say where the image's origin went in the last cut or
// placement; after a cut they are the negated left and top.
func (im *Image) XOffset() int { return int(C.vips_image_get_xoffset(im.p)) }

// YOffset is described at XOffset.
func (im *Image) YOffset() int { return int(C.vips_image_get_yoffset(im.p)) }

// PageHeight is the height of one page of an image whose pages lie below each other.
func (im *Image) PageHeight() int { return int(C.vips_image_get_page_height(im.p)) }

// Memory computes the image into memory and answers that copy, from which any
// part may be read in any order.
func (im *Image) Memory() (*Image, error) {
	mu.Lock()
	defer mu.Unlock()
	p := C.vips_image_copy_memory(im.p)
	if p == nil {
		return nil, opError("copy to memory")
	}
	return &Image{p: p}, nil
}

// Pixels computes the image and copies it out, as FromPixels takes it.
func (im *Image) Pixels() ([]byte, error) {
	mu.Lock()
	defer mu.Unlock()
	var n C.size_t
	p := C.vips_image_write_to_memory(im.p, &n)
	if p == nil {
		return nil, opError("write to memory")
	}
	defer C.g_free(C.gpointer(p))
	return C.GoBytes(p, C.int(n)), nil
}

// Kill makes every computation of the image, now and later, stop with an
// error. It may be called while another goroutine computes, but the image it
// is called on must be the one that is being computed.
func (im *Image) Kill() { C.vips_image_set_kill(im.p, 1) }

// Get returns a metadata item as in Result, blobs as []byte. ok is false when
// there is none, or one of a type that is not carried over.
func (im *Image) Get(name string) (value any, ok bool) {
	mu.Lock()
	defer mu.Unlock()
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	if C.vips_image_get_typeof(im.p, s) == 0 {
		return nil, false
	}
	var v C.GValue
	if C.vips_image_get(im.p, s, &v) != 0 {
		takeError()
		return nil, false
	}
	defer C.g_value_unset(&v)
	got, err := fromValue(&v)
	if err != nil {
		return nil, false
	}
	if b, isBlob := got.(*Blob); isBlob {
		defer b.Close()
		return append([]byte(nil), b.Bytes()...), true
	}
	return got, true
}

// Has reports whether there is a metadata item of that name.
func (im *Image) Has(name string) bool {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.vips_image_get_typeof(im.p, s) != 0
}

// Fields names all that Get knows of the image, its dimensions included.
func (im *Image) Fields() []string {
	list := C.vips_image_get_fields(im.p)
	defer C.g_strfreev(list)
	var names []string
	for _, c := range unsafe.Slice(list, C.g_strv_length(list)) {
		names = append(names, C.GoString(c))
	}
	return names
}

// Int returns a whole-number metadata item, or def where there is none.
func (im *Image) Int(name string, def int) int {
	if v, ok := im.Get(name); ok {
		if n, ok := v.(int); ok {
			return n
		}
	}
	return def
}

// Set sets a metadata item: int, float64, string, []int, []float64 or []byte
// (a blob). Only an image that nothing else refers to may be changed: take
// the result of the operation "copy".
func (im *Image) Set(name string, value any) error {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	switch v := value.(type) {
	case int:
		C.vips_image_set_int(im.p, s, C.int(v))
	case float64:
		C.vips_image_set_double(im.p, s, C.double(v))
	case string:
		c := C.CString(v)
		defer C.free(unsafe.Pointer(c))
		C.vips_image_set_string(im.p, s, c)
	case []int:
		c := make([]C.int, len(v)+1)
		for i, x := range v {
			c[i] = C.int(x)
		}
		C.vips_image_set_array_int(im.p, s, &c[0], C.int(len(v)))
	case []float64:
		c := append(append([]float64(nil), v...), 0)
		C.vips_image_set_array_double(im.p, s, (*C.double)(unsafe.Pointer(&c[0])), C.int(len(v)))
	case []byte:
		if len(v) == 0 {
			return fmt.Errorf("metadata %q: empty blob", name)
		}
		C.tv_image_set_blob(im.p, s, unsafe.Pointer(&v[0]), C.size_t(len(v)))
	default:
		return fmt.Errorf("metadata %q cannot be a %T", name, value)
	}
	return nil
}

// Remove drops a metadata item, as Set under its condition. What every image
// has, such as its width, stays.
func (im *Image) Remove(name string) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	C.vips_image_remove(im.p, s)
}

// Doubles computes an image of the band format "double" and copies it out,
// bands interleaved.
func (im *Image) Doubles() ([]float64, error) {
	if f := im.Format(); f != "double" {
		return nil, fmt.Errorf("vips image of %s, not double", f)
	}
	px, err := im.Pixels()
	if err != nil || len(px) == 0 {
		return nil, err
	}
	out := make([]float64, len(px)/8)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&out[0])), 8*len(out)), px)
	return out, nil
}
