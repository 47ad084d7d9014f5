package dialect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"tintype/internal/library"
	"tintype/internal/media"
)

// FormConfig says what Decode takes. Zero limits take their defaults.
type FormConfig struct {
	// Stage receives a file's bytes as they arrive; library.Stage with a
	// limit. Without it no file is taken: a file part is Invalid and a field
	// of the file's name is one like any other.
	Stage func(ctx context.Context, r io.Reader) (*library.Staged, error)
	// BeforeFile, when set, sees the parameters that came before a file's
	// bytes, and may refuse these. What comes later can change the picture.
	BeforeFile func(*Form) error
	// FileField is the name of the file's field, "file" by default.
	FileField string
	// Lists names the parameters that may come several times without
	// brackets; any other that does is refused.
	Lists map[string]bool
	// Nulls makes a null in a JSON body an empty value, which Form.Has tells
	// from one that is absent.
	Nulls bool
	// MaxFields bounds the number of parameters and parts, default 1,000.
	MaxFields int
	// MaxFieldBytes bounds the names and values of all parameters together,
	// default 1 MiB. A file, also as a data: URI, is bounded by Stage instead.
	MaxFieldBytes int64
}

// Decode reads the query and the body of a request: multipart/form-data,
// application/x-www-form-urlencoded (also when there is no Content-Type) or
// application/json. A file is streamed to cfg.Stage, wherever among the
// parameters it stands, and never held in memory.
//
// Errors are Invalid with the culprit's name, or what Stage answered; nothing
// stays staged then.
func Decode(ctx context.Context, r *http.Request, cfg FormConfig) (*Form, error) {
	d := &decoder{ctx: ctx, cfg: cfg, form: &Form{}, origin: map[string]origin{}}
	if d.cfg.FileField == "" {
		d.cfg.FileField = "file"
	}
	if d.cfg.MaxFields == 0 {
		d.cfg.MaxFields = 1000
	}
	if d.cfg.MaxFieldBytes == 0 {
		d.cfg.MaxFieldBytes = 1 << 20
	}
	d.left = d.cfg.MaxFieldBytes
	if err := d.decode(r); err != nil {
		d.form.Close()
		return nil, err
	}
	return d.form, nil
}

type decoder struct {
	ctx    context.Context
	cfg    FormConfig
	form   *Form
	fields int
	left   int64 // bytes that names and values may still take
	part   part
	origin map[string]origin
	file   bool // the file's field was there
}

// part of a request that a parameter came in.
type part uint8

const (
	inQuery part = iota
	inBody
)

// origin is how a parameter was first written, to notice a second spelling.
type origin struct {
	part  part
	style byte // 'k', '[' for k[], '0' for k[0]
}

func (d *decoder) decode(r *http.Request) error {
	if err := d.urlencoded(strings.NewReader(r.URL.RawQuery)); err != nil {
		return err
	}
	d.part = inBody
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body := bodyReader{r.Body}
	contentType := r.Header.Get("Content-Type")
	if contentType == "" {
		return d.urlencoded(body)
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && kind == "" {
		return media.Errorf(media.Invalid, "Content-Type %q is malformed", short(contentType))
	}
	switch kind {
	case "multipart/form-data":
		return d.multipart(body, params["boundary"])
	case "application/x-www-form-urlencoded":
		return d.urlencoded(body)
	case "application/json":
		return d.json(body)
	}
	var one [1]byte
	if n, err := body.Read(one[:]); n == 0 && err == io.EOF {
		return nil
	}
	return media.Errorf(media.Invalid, "Content-Type %s is not accepted here, send multipart/form-data, application/x-www-form-urlencoded or application/json", short(kind))
}

// bodyReader tells apart a client that stopped sending from faults of ours.
type bodyReader struct{ r io.Reader }

func (b bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	var known *media.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &known):
	case errors.As(err, &tooLarge):
		err = &media.Error{Code: media.TooLarge, Op: "read body", Message: fmt.Sprintf("The request is larger than %d bytes", tooLarge.Limit), Err: err}
	default:
		err = &media.Error{Code: media.Invalid, Op: "read body", Message: "The request ended before its body was complete", Err: err}
	}
	return n, err
}

// take counts n bytes of a field against the budget.
func (d *decoder) take(n int) error {
	d.left -= int64(n)
	if d.left < 0 {
		return &media.Error{
			Code:    media.Invalid,
			Message: fmt.Sprintf("The parameters together are larger than %d bytes", d.cfg.MaxFieldBytes),
			Err:     &media.LimitError{What: "field bytes", Max: d.cfg.MaxFieldBytes, Got: d.cfg.MaxFieldBytes - d.left},
		}
	}
	return nil
}

// count counts one parameter or part.
func (d *decoder) count() error {
	d.fields++
	if d.fields > d.cfg.MaxFields {
		return &media.Error{
			Code:    media.Invalid,
			Message: fmt.Sprintf("There are more than %d parameters", d.cfg.MaxFields),
			Err:     &media.LimitError{What: "fields", Max: int64(d.cfg.MaxFields), Got: int64(d.fields)},
		}
	}
	return nil
}

// add appends a parameter whose bytes and number were counted before. key may
// end in brackets.
func (d *decoder) add(key, value string) error {
	f := Field{Name: key, Value: value}
	style := byte('k')
	if open := strings.IndexByte(key, '['); open > 0 && strings.HasSuffix(key, "]") {
		f.Name, f.Index, f.Indexed = key[:open], key[open+1:len(key)-1], true
		style = '0'
		if f.Index == "" {
			style = '['
		}
	}
	return d.append(f, style)
}

// item appends one element of a JSON array.
func (d *decoder) item(name, value string) error {
	return d.append(Field{Name: name, Value: value, Indexed: true}, '[')
}

func (d *decoder) append(f Field, style byte) error {
	if f.Name == "" {
		return media.Errorf(media.Invalid, "There is a parameter without a name")
	}
	if !utf8.ValidString(f.Name) {
		return media.Errorf(media.Invalid, "The name of a parameter is not valid UTF-8")
	}
	if !utf8.ValidString(f.Value) {
		return media.Errorf(media.Invalid, "Parameter %s is not valid UTF-8", short(f.Name))
	}
	if strings.IndexByte(f.Name, 0) >= 0 || strings.IndexByte(f.Value, 0) >= 0 {
		return media.Errorf(media.Invalid, "Parameter %s holds a NUL character", Quotable(short(f.Name)))
	}
	first, again := d.origin[f.Name]
	switch {
	case !again:
		d.origin[f.Name] = origin{d.part, style}
	case first.part != d.part:
		return media.Errorf(media.Invalid, "Parameter %s is in both the query and the body", short(f.Name))
	case first.style != style:
		return media.Errorf(media.Invalid, "Parameter %s is written in two ways", short(f.Name))
	case style == 'k' && !d.cfg.Lists[f.Name]:
		return media.Errorf(media.Invalid, "Parameter %s is given more than once", short(f.Name))
	}
	d.form.Fields = append(d.form.Fields, f)
	return nil
}

// isFile reports whether a key is the file's field.
func (d *decoder) isFile(key string) bool { return d.cfg.Stage != nil && key == d.cfg.FileField }

// brackets refuses the file's name with brackets.
func (d *decoder) brackets(key string) error {
	if name, _, ok := strings.Cut(key, "["); ok && d.isFile(name) {
		return media.Errorf(media.Invalid, "Invalid %s parameter. Make sure your %s parameter does not include '[]'", name, name)
	}
	return nil
}

// oneFile notes the file's field and refuses a second.
func (d *decoder) oneFile() error {
	if d.file {
		return media.Errorf(media.Invalid, "Parameter %s is given more than once", d.cfg.FileField)
	}
	d.file = true
	return nil
}

// fileText takes the text of a file field: the content of a data: URI is
// staged as it arrives, anything else is kept as it is.
func (d *decoder) fileText(r io.Reader) error {
	if err := d.oneFile(); err != nil {
		return err
	}
	data, rest, err := sniffData(r)
	if err != nil {
		return err
	}
	if data {
		d.form.File, err = d.stage(rest)
		return err
	}
	d.form.FileText, err = d.text(rest)
	if err == nil && !utf8.ValidString(d.form.FileText) {
		err = media.Errorf(media.Invalid, "Parameter %s is not valid UTF-8", d.cfg.FileField)
	}
	return err
}

func (d *decoder) stage(r io.Reader) (*library.Staged, error) {
	if d.cfg.BeforeFile != nil {
		if err := d.cfg.BeforeFile(d.form); err != nil {
			return nil, err
		}
	}
	s, err := d.cfg.Stage(d.ctx, r)
	if err != nil {
		return nil, fmt.Errorf("receive file: %w", err)
	}
	return s, nil
}

// text reads a value that counts against the budget.
func (d *decoder) text(r io.Reader) (string, error) {
	var b strings.Builder
	n, err := io.Copy(&b, io.LimitReader(r, d.left+1))
	if err != nil {
		return "", err
	}
	return b.String(), d.take(int(n))
}
