package cloudinary

import (
	"errors"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// inWords gives the errors of the library for which the vendor has a fixed
// sentence that sentence. Others keep their own.
func inWords(err error) error {
	var limit *media.LimitError
	var source *library.SourceError
	var content *library.ContentError
	say := func(code media.Code, format string, args ...any) error {
		e := media.Errorf(code, format, args...)
		e.Err = err
		return e
	}
	switch {
	case errors.As(err, &limit) && limit.What == "bytes":
		return say(media.TooLarge, "File size too large. Got %d. Maximum is %d.", limit.Got, limit.Max)
	case errors.As(err, &source):
		return say(media.Invalid, "Error in loading %s - %s", dialect.Quotable(source.URL), source.Reason)
	case errors.As(err, &content) && content.Kind == media.KindImage:
		return say(media.Invalid, "Invalid image file")
	case errors.As(err, &content) && content.Kind == media.KindVideo:
		return say(media.Invalid, "Unsupported video format or file")
	}
	return err
}
