package search

import "strings"

// Type is what kind of value a field has.
type Type uint8

// The types of fields.
const (
	// Text: one text or several; sorts if it is one.
	Text Type = iota
	// Number of any kind.
	Number
	// Time: a number of microseconds since 1970.
	Time
	// Mixed: a text, and also a number where it can be read as one.
	Mixed
)

// fields are the model's fields that are not families.
var fields = map[string]Type{
	"name": Text, "id": Text, "display_name": Text, "filename": Text, "folder": Text,
	"tags": Text, "context": Text, "metadata": Text, "format": Text, "kind": Text, "access": Text,
	"status": Text, "protection": Text, "md5": Text, "original_name": Text, "source": Text,
	"created_by": Text, "uploaded_by": Text, "moderation": Text, "moderation_kind": Text, "moderation_status": Text,
	"grayscale": Text, "transparent": Text, "animated": Text, "color_space": Text,

	"tag_count": Number, "bytes": Number, "backup_bytes": Number, "width": Number, "height": Number, "pixels": Number,
	"aspect_ratio": Number, "duration": Number, "pages": Number, "version": Number, "bit_rate": Number,
	"frame_rate": Number, "face_count": Number, "illustration_score": Number, "quality_score": Number,

	"created_at": Time, "uploaded_at": Time, "updated_at": Time, "taken_at": Time,

	"path": Text, // of a folder
}

// families are fields with a name behind a dot.
var families = map[string]Type{
	"context": Mixed, "metadata": Mixed, "image_metadata": Mixed, "quality": Number, "colors": Number,
}

// Common are the fields in which a text without a field is looked for.
var Common = []string{"name", "display_name", "filename", "folder", "tags", "context", "metadata"}

// TypeOf returns the type of a field; false where there is no such field.
func TypeOf(field string) (Type, bool) {
	if family, key, ok := strings.Cut(field, "."); ok {
		t, known := families[family]
		return t, known && key != ""
	}
	t, ok := fields[field]
	return t, ok
}

// HasText reports whether a field's values are, or may be, texts.
func (t Type) HasText() bool { return t == Text || t == Mixed }

// HasNumber reports whether a field's values are, or may be, numbers.
func (t Type) HasNumber() bool { return t != Text }

// several are the fields that may have more than one value, which gives
// nothing to sort by. Of what cameras write there is too much to keep in order.
var several = map[string]bool{"moderation": true, "moderation_kind": true, "moderation_status": true, "tags": true, "context": true, "metadata": true}

// Gathers reports whether a field is a family as a whole: tokens can be looked
// for in it, while whole values are those of its members.
func Gathers(field string) bool { return field == "context" || field == "metadata" }

// Sortable reports whether things can be ordered by a field.
func Sortable(field string) bool {
	_, ok := TypeOf(field)
	return ok && !several[field] && !strings.HasPrefix(field, "image_metadata.")
}
