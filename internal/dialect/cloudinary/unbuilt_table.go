package cloudinary

import (
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// unbuilt are parameters that the vendor knows, that would change the
// outcome of a call, and that are not offered yet. A call that gives one is
// refused: it would otherwise seem to have worked.
var unbuilt = words(`
	auto_chaptering auto_transcription auto_video_details backup callback
	headers manifest_json manifest_transformation proxy
	visual_search`)

// unbuiltAdmin are the same for the Admin API.
var unbuiltAdmin = words(`
	related_complementary`)

// refuseUnbuilt names the first parameter of a call that is in the table and
// asks for something.
func refuseUnbuilt(f *dialect.Form, table map[string]bool) error {
	for _, p := range f.Fields {
		if !table[p.Name] {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(p.Value)) {
		case "", "false", "0":
		default:
			return media.Errorf(media.Invalid, "%s is not supported yet", p.Name)
		}
	}
	return nil
}
