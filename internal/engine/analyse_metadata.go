package engine

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bep/imagemeta"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
)

// metadataFormats are the formats whose metadata can be read.
var metadataFormats = map[string]imagemeta.ImageFormat{
	"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "tiff": imagemeta.TIFF, "webp": imagemeta.WebP,
	"heic": imagemeta.HEIF, "avif": imagemeta.AVIF,
}

const (
	fieldsMax = 400      // fields of one kind of metadata
	fieldMax  = 1 << 10  // bytes of a value; a longer one is left out
	metaMax   = 20 << 10 // bytes of one kind of metadata, names and values
)

// metadata reads what the file says of itself. What cannot be understood of
// it is passed over: the picture is not worse for it.
func (s subject) metadata() (media.Analysis, error) {
	src, err := s.stock.own()
	if err != nil {
		return media.Analysis{}, err
	}
	head, err := src.open(s.scope, 1)
	if err != nil {
		return media.Analysis{}, src.damaged(err)
	}
	m := &media.Metadata{}
	file, format := []byte(src.data), metadataFormats[src.format]
	if format == 0 {
		// Other decoders hand over a block of Exif, which is made like a TIFF file.
		block, _ := head.Get("exif-data")
		file, _ = block.([]byte)
		file, format = bytes.TrimPrefix(file, []byte("Exif\x00\x00")), imagemeta.TIFF
	}
	kinds := map[imagemeta.Source]*map[string]string{imagemeta.EXIF: &m.Exif, imagemeta.IPTC: &m.IPTC, imagemeta.XMP: &m.XMP}
	if len(file) > 0 {
		readFields(file, format, func(t imagemeta.TagInfo) {
			kind := kinds[t.Source]
			if kind == nil {
				return
			}
			if *kind == nil {
				*kind = map[string]string{}
			}
			text, ok := fieldText(t.Value)
			if _, known := (*kind)[t.Tag]; ok && !known && !strings.HasPrefix(t.Tag, imagemeta.UnknownPrefix) {
				(*kind)[t.Tag] = text
			}
		})
	}
	for _, kind := range kinds {
		*kind = tidy(*kind)
	}
	m.DPI = density(m.Exif, head)
	return media.Analysis{Metadata: m}, nil
}

// density is in dots per inch: what Exif says, or else what the decoder does.
func density(exif map[string]string, head *vips.Image) float64 {
	if n, err := strconv.ParseFloat(exif["XResolution"], 64); err == nil && n > 0 && n < 1e6 {
		switch exif["ResolutionUnit"] {
		case "2":
			return rounded(n, 1)
		case "3":
			return rounded(n*2.54, 1)
		}
	}
	// The library counts in millimetres, and has 1 where it knows nothing.
	res, _ := head.Get("xres")
	if perMM, _ := res.(float64); perMM > 0 && perMM < 4e4 && (perMM != 1 || head.Has("resolution-unit")) {
		return rounded(perMM*25.4, 1)
	}
	return 0
}

// readFields tells every field. It ends early at what is malformed.
func readFields(file []byte, format imagemeta.ImageFormat, tell func(imagemeta.TagInfo)) {
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(file), ImageFormat: format, Sources: imagemeta.EXIF | imagemeta.IPTC | imagemeta.XMP,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool {
			// The second directory is about the thumbnail.
			return t.Source != imagemeta.EXIF || strings.HasPrefix(t.Namespace, "IFD0")
		},
		HandleTag:    func(t imagemeta.TagInfo) error { tell(t); return nil },
		LimitNumTags: 4 * fieldsMax, LimitTagSize: 16 << 10,
	})
}

// fieldText writes a value as text; ok is false where there is nothing to show.
func fieldText(v any) (text string, ok bool) {
	switch v := v.(type) {
	case nil, []byte:
		return "", false
	case string:
		text = strings.TrimSpace(strings.TrimRight(v, "\x00"))
	case float32:
		return fieldText(float64(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", false
		}
		text = strconv.FormatFloat(v, 'f', -1, 64)
	case imagemeta.Rat[uint32]:
		text, ok = ratio(int64(v.Num()), int64(v.Den()))
		return text, ok
	case imagemeta.Rat[int32]:
		text, ok = ratio(int64(v.Num()), int64(v.Den()))
		return text, ok
	case []string:
		text = strings.Join(v, ", ")
	case []any:
		var parts []string
		for _, item := range v {
			if part, ok := fieldText(item); ok {
				parts = append(parts, part)
			}
		}
		text = strings.Join(parts, " ")
	default:
		text = fmt.Sprint(v)
	}
	return text, text != ""
}

// ratio writes parts of one as "1/250", the way people write exposures, and
// other fractions as decimals.
func ratio(num, den int64) (string, bool) {
	switch {
	case den == 0:
		return "", false
	case num == 1 && den > 1:
		return "1/" + strconv.FormatInt(den, 10), true
	}
	return strconv.FormatFloat(float64(num)/float64(den), 'g', 8, 64), true
}

// tidy keeps of a file's fields what can be shown, kept and sent: printable
// text within bounds.
func tidy(fields map[string]string) map[string]string {
	var out map[string]string
	total := 0
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text := strings.Map(func(r rune) rune {
			if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t' {
				return -1
			}
			return r
		}, fields[name])
		printable := !strings.ContainsFunc(name, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) })
		size := len(name) + len(text)
		if name == "" || len(name) > 100 || !printable || len(text) > fieldMax || total+size > metaMax || len(out) >= fieldsMax {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = text
		total += size
	}
	return out
}
