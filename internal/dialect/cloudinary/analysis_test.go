package cloudinary

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tintype/internal/dialect"
	"tintype/internal/engine"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

const everything = "colors=true&faces=true&exif=true&image_metadata=true&phash=true&quality_analysis=true&accessibility_analysis=true&cinemagraph_analysis=true"

// findingKeys are the members that answer everything.
var findingKeys = []string{
	"colors", "predominant", "faces", "exif", "image_metadata", "illustration_score", "semi_transparent", "grayscale", "phash",
	"quality_analysis", "quality_score", "accessibility_analysis", "cinemagraph_analysis",
}

func TestFindings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	want := map[string]any{
		"colors":                 "[[#DC141E 75.5] [#1E3CC8 24.5]]",
		"predominant":            "map[cloudinary:[[red 75.5] [blue 24.5]] google:[[red 75.5] [blue 24.5]]]",
		"faces":                  "[[10 6 20 18]]",
		"exif":                   "map[Make:Kodak]",
		"image_metadata":         "map[City:Bath DPI:300 Make:Kodak]",
		"illustration_score":     "1.0",
		"semi_transparent":       true,
		"grayscale":              false,
		"phash":                  "00ff00ff00ff00ff",
		"quality_analysis":       "map[contrast:0.5 exposure:0.75 focus:1.0 saturation:0.25]",
		"quality_score":          "0.81",
		"accessibility_analysis": "map[colorblind_accessibility_analysis:map[distinct_colors:0.5 distinct_edges:0.9 most_indistinct_pair:[#AABBCC #DDEEFF]] colorblind_accessibility_score:0.45]",
		"cinemagraph_analysis":   "map[cinemagraph_score:0.0]",
	}
	params, _ := url.ParseQuery(everything + "&public_id=x")
	s.has(s.put(params), want)
	measures := s.Engine.Measures.Load()
	params.Set("type", "upload")
	s.has(s.form("image/explicit", s.sign(params)).json, want)
	details := s.admin("GET", "resources/image/upload/x?"+everything, "").json
	s.has(details, want)
	s.has(details, map[string]any{"coordinates": nil})
	if n := s.Engine.Measures.Load(); n != measures {
		t.Errorf("what was known was measured again, %d times", n-measures)
	}
	// Nothing that was not asked for, however much is known.
	s.lacks(s.admin("GET", "resources/image/upload/x", "").json, findingKeys...)
	s.lacks(s.form("image/explicit", s.sign(values("public_id=x", "type=upload"))).json, findingKeys...)
	// An overwritten content is another one.
	s.put(values("public_id=x"))
	s.admin("GET", "resources/image/upload/x?colors=1", "")
	if n := s.Engine.Measures.Load(); n != measures+1 {
		t.Errorf("%d measurements of the new content", n-measures)
	}
}

// Whatever is asked for is there, if only empty; both names of the metadata
// serve pictures and films.
func TestFindingsOfOtherKinds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	film := s.multipart("video/upload", s.sign(values("public_id=f", "colors=true", "faces=1", "image_metadata=true", "quality_analysis=true")), "a.mp4", librarytest.Film(""))
	s.has(film.json, map[string]any{"colors": "[]", "faces": "[]", "video_metadata": "map[title:A film]", "quality_analysis": "map[]"})
	s.lacks(film.json, "image_metadata", "predominant", "grayscale", "phash")
	s.has(s.admin("GET", "resources/video/upload/f?media_metadata=true", "").json, map[string]any{"video_metadata": "map[title:A film]"})
	raw := s.multipart("raw/upload", s.sign(values("public_id=r.txt", "colors=true", "exif=true", "cinemagraph_analysis=1", "accessibility_analysis=1")), "r.txt", "text")
	s.has(raw.json, map[string]any{"colors": "[]", "exif": "map[]", "cinemagraph_analysis": "map[cinemagraph_score:0.0]"})
	s.lacks(raw.json, "width", "height")
	picture := s.put(values("public_id=p", "media_metadata=true"))
	s.has(picture, map[string]any{"image_metadata": "map[City:Bath DPI:300 Make:Kodak]"})
}

func TestFindingsOfAnExistingAsset(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=x"))
	s.has(s.put(values("public_id=x", "overwrite=false", "phash=true")), map[string]any{"existing": true, "phash": "00ff00ff00ff00ff"})
}

func TestMarks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=x", "faces=true", "face_coordinates=30,3,9,50|31,3,10,8", "custom_coordinates=1,2,3,4", `regions={"lid":[[1,2],[3,4]],"sole":[[0,0],[9,9],[0,9]]}`))
	// The picture has 40 x 30: at upload no box is larger.
	s.has(up, map[string]any{
		"faces": "[[30 3 9 30] [31 3 10 8]]", "coordinates": "map[custom:[[1 2 3 4]] faces:[[30 3 9 30] [31 3 10 8]]]",
		"regions": "map[lid:[[1 2] [3 4]] sole:[[0 0] [9 9] [0 9]]]",
	})
	// Set later they stay as they are.
	ex := s.form("image/explicit", s.sign(values("public_id=x", "type=upload", "faces=true", "face_coordinates=122,32,111,152")))
	s.has(ex.json, map[string]any{"faces": "[[122 32 111 152]]", "coordinates": "map[custom:[[1 2 3 4]] faces:[[122 32 111 152]]]"})
	s.has(s.admin("GET", "resources/image/upload/x?coordinates=true&faces=true", "").json,
		map[string]any{"faces": "[[122 32 111 152]]", "coordinates": "map[custom:[[1 2 3 4]] faces:[[122 32 111 152]]]"})
	s.lacks(s.admin("GET", "resources/image/upload/x", "").json, "coordinates", "faces", "regions")
	s.form("image/explicit", s.sign(values("public_id=x", "type=upload", "face_coordinates=", "custom_coordinates=", "regions=")))
	s.lacks(s.admin("GET", "resources/image/upload/x?coordinates=true", "").json, "coordinates", "regions")
}

// The Go library sends lists in JSON, or a number at a time.
func TestMarksInOtherForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, params := range []url.Values{
		values("custom_coordinates=[[1,2,3,4],[5,6,7,8]]"), values("custom_coordinates[]=1,2,3,4", "custom_coordinates[]=5,6,7,8"),
		values("custom_coordinates[]=[1,2,3,4]", "custom_coordinates[]=[5,6,7,8]"), values("custom_coordinates=1.0,2,3,4|5,6,7,8"),
	} {
		s.has(s.put(params), map[string]any{"coordinates": "map[custom:[[1 2 3 4] [5 6 7 8]]]"})
	}
}

// What was marked is where gravities look.
func TestMarksSteer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=x", "custom_coordinates=4,6,8,10", "face_coordinates=20,10,10,10", `regions={"lid":[[0,0],[12,6]]}`))
	for text, size := range map[string]string{"c_crop,g_custom": "8x10", "c_crop,g_face": "10x10", "c_crop,g_region_!lid!": "12x6"} {
		r := s.form("image/explicit", s.sign(values("public_id=x", "type=upload", "eager="+text)))
		list, _ := r.json["eager"].([]any)
		if len(list) != 1 {
			t.Fatalf("%s: %s", text, r.body)
		}
		e := list[0].(map[string]any)
		if got := fmt.Sprint(e["width"], "x", e["height"]); strings.ReplaceAll(got, " ", "") != size {
			t.Errorf("%s: %s, want %s (%v)", text, got, size, e)
		}
	}
}

func TestIncomingTransformation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.put(values("public_id=x", "transformation=c_scale,w_20/a_90", "phash=true", "custom_coordinates=0,0,100,100"))
	s.has(up, map[string]any{"width": 15, "height": 20, "format": "png", "coordinates": "map[custom:[[0 0 15 20]]]"})
	if n := s.Engine.Renders.Load(); n != 1 {
		t.Errorf("%d renderings", n)
	}
	// The stored result is the original.
	a, err := s.Library.Find(t.Context(), librarytest.Account, media.Ref{Kind: media.KindImage, Access: media.Public, Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := s.Read(a.Version.Blob); !strings.HasPrefix(body, "image png 15 20 ") || fmt.Sprint(up["bytes"]) != fmt.Sprint(len(body)) {
		t.Errorf("stored is %q for %v", body, up["bytes"])
	}
	s.has(s.put(values("public_id=y", "transformation=c_scale,w_10", "format=jpg")), map[string]any{"width": 10, "height": 8, "format": "jpg"})
	s.has(s.put(values("public_id=z", "transformation=c_scale,w_10/f_webp")), map[string]any{"width": 10, "format": "webp"})
	s.has(s.put(values("public_id=q", "transformation=f_auto,c_scale,w_11")), map[string]any{"width": 11, "format": "png"})
	// A layer is an asset of the account.
	s.has(s.put(values("public_id=w", "transformation=l_x/fl_layer_apply")), map[string]any{"width": 40, "height": 30})
	r := s.multipart("image/upload", s.sign(values("public_id=v", "transformation=l_none/fl_layer_apply")), "a.png", boot)
	if r.code != 400 || !strings.Contains(r.message(), "none") {
		t.Errorf("an unknown layer: %d %s", r.code, r.body)
	}
	if r := s.admin("GET", "resources/image/upload/v", ""); r.code != 404 {
		t.Errorf("a refused upload is there: %s", r.body)
	}
	if left := s.Leftovers(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestQualityOverride(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var quality, level string
	s.Engine.OnRender = func(o engine.Output) error {
		quality, level = fmt.Sprint(o.Plan.Output.Quality, o.Plan.Output.Chroma), string(o.Plan.Output.Level)
		return nil
	}
	made := func(override, text string) string {
		quality, level = "", ""
		s.form("image/explicit", s.sign(values("public_id=x", "type=upload", "quality_override="+override, "eager="+text)))
		return quality + " " + level
	}
	s.put(values("public_id=x", "quality_override=auto:best"))
	for _, c := range []struct{ override, text, want string }{
		{"", "c_scale,w_10,q_auto/jpg", "88 best"},
		{"auto:advanced", "c_scale,w_11,q_auto:low/jpg", "78 good"},
		{"90:420", "c_scale,w_12,q_auto/jpg", "90420 "},
		{"", "c_scale,w_12,q_33/jpg", "33 "},
		{"none", "c_scale,w_13,q_auto:low/jpg", "50 low"},
	} {
		if got := made(c.override, c.text); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestNumbersOfFindingsAreFloats(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal([]share{{"#000000", 100}, {"red", 6.6}})
	if err != nil || string(raw) != `[["#000000",100.0],["red",6.6]]` {
		t.Errorf("%s, %v", raw, err)
	}
}

func FuzzMarks(f *testing.F) {
	f.Add("1,2,3,4|5,6,7,8", `{"a":[[1,2],[3,4]]}`)
	f.Add("[[1,2,3,4]]", `{}`)
	f.Fuzz(func(t *testing.T, boxes, regions string) {
		if got, err := parseBoxes("x", []dialect.Field{{Name: "x", Value: boxes}}); err != nil && (media.CodeOf(err) != media.Invalid || got != nil) {
			t.Errorf("%q: %v, %v", boxes, got, err)
		}
		if got, err := parseRegions(regions); err != nil && (media.CodeOf(err) != media.Invalid || got != nil) {
			t.Errorf("%q: %v, %v", regions, got, err)
		}
	})
}
