package engine

import (
	"errors"
	"fmt"
	"strings"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// errStrained is in the chain of what may be due to the worker's condition.
var errStrained = errors.New("encoder or memory failed")

// saveError is an encoder's failure, or a decoder's that came to light only
// when the encoder asked for pixels.
type saveError struct{ error }

func (e *saveError) Unwrap() error { return e.error }

// blame finds out whether a failed save is the fault of the plan's own source,
// by decoding that alone once more. Further sources were decoded before.
func (st *stock) blame(err error, plan transform.Plan) error {
	var failed *saveError
	if !errors.As(err, &failed) {
		if media.CodeOf(err) == media.Internal && outOfMemory(err) {
			return exhausted(err)
		}
		return err
	}
	src, own := st.own()
	if own != nil {
		return own
	}
	var scope vips.Scope
	defer scope.Close()
	im, decode := src.open(&scope, max(plan.Input.Pages, 1))
	if decode == nil {
		_, decode = scope.Call("avg", vips.Args{"in": im})
	}
	if decode != nil {
		return src.damaged(decode)
	}
	return unwritable(plan.Output.Format, plan.Width, plan.Height, plan.Input.Pages, fmt.Errorf("%w: %w", errStrained, failed.error))
}

// exhausted is the error for a job that a library was refused memory for.
func exhausted(err error) error {
	return &media.Error{Code: media.Invalid, Op: "decode", Message: "The file takes more memory to process than this server allows",
		Err: fmt.Errorf("%w: %w", errStrained, err)}
}

// outOfMemory reports that a library was refused memory or a thread.
func outOfMemory(err error) bool {
	var v *vips.Error
	if !errors.As(err, &v) {
		return false
	}
	text := strings.ToLower(v.Text)
	for _, words := range []string{"memory", "alloc", "no space for", "thread"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// largeResult: from so many pixels on, a result that cannot be written is called too large.
const largeResult = 4_000_000

// unwritable is the error for a result that its encoder does not get through.
// It is neither the source's fault nor a reason to try again.
func unwritable(format string, width, height, pages int, err error) *media.Error {
	e := &media.Error{Code: media.Invalid, Op: "encode", Err: err,
		Message: fmt.Sprintf("The result cannot be written as %s: %d x %d pixels", displayName(format), width, height)}
	if int64(width)*int64(height)*int64(max(pages, 1)) >= largeResult {
		e.Code = media.TooLarge
		e.Message = fmt.Sprintf("The result is too large for %s: %d x %d pixels", displayName(format), width, height)
	}
	return e
}
