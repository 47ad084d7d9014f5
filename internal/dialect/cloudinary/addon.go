package cloudinary

import (
	"slices"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// addons are parameters that ask a further service to look at an asset. None
// is offered here; which values the vendor knows decides about the words in
// which a call is refused.
var addons = []struct {
	name   string
	known  []string // beginnings
	reject func(value string) string
}{
	{"raw_convert", []string{"aspose", "google_speech", "extract_text", "azure_video_indexer"}, func(string) string { return "Raw convert is invalid" }},
	{"categorization", []string{"google_tagging", "google_video_tagging", "imagga_tagging", "aws_rek_tagging"}, func(v string) string { return "Categorization " + v + " is not valid" }},
	{"detection", []string{"captioning", "iqa", "adv_face", "aws_rek_face", "coco", "lvis", "unidet", "human-anatomy", "cld-fashion", "cld-text", "shop-classifier", "watermark-detection"}, func(v string) string { return "Detection invalid model '" + v + "'" }},
	{"background_removal", []string{"cloudinary_ai", "pixelz"}, func(v string) string { return "Background removal " + v + " is invalid" }},
	{"ocr", []string{"adv_ocr"}, func(string) string { return "Illegal value for `ocr`" }},
	{"similarity_search", []string{"cloudinary"}, func(string) string { return "Illegal value for `similarity_search`" }},
}

// refuseAddons refuses what no service here can do. An update has other words
// for a value that the vendor does not know either.
func refuseAddons(f *dialect.Form, update bool) error {
	for _, a := range addons {
		v := strings.TrimSpace(f.Get(a.name))
		if v == "" {
			continue
		}
		known := slices.ContainsFunc(a.known, func(k string) bool {
			rest, ok := strings.CutPrefix(v, k)
			return ok && (rest == "" || strings.ContainsRune(":_.", rune(rest[0])))
		})
		switch {
		case known:
			return media.Errorf(media.Invalid, "%s %s is an add-on that this server does not have", a.name, dialect.Quotable(v))
		case update:
			return media.Errorf(media.Invalid, "Illegal value for `%s`", a.name)
		}
		return media.Errorf(media.Invalid, "%s", a.reject(dialect.Quotable(v)))
	}
	if f.Get("auto_tagging") != "" {
		return media.Errorf(media.Invalid, "Must use categorization or detection with auto_tagging")
	}
	return nil
}
