package engine

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
)

func readBytes(b []byte) (header, error) {
	return readHeader(bytes.NewReader(b), int64(len(b)))
}

// filmHeader is what the header of video and audio says.
func filmHeader(format string) header { return header{Format: format, Kind: media.KindVideo} }

// The files were made by libvips and ffmpeg from a test picture of 24 x 16;
// films and sounds are cut off after 2 KiB.
func TestHeaderFiles(t *testing.T) {
	t.Parallel()
	still := func(format string, more header) header {
		more.Format, more.Kind, more.Width, more.Height = format, media.KindImage, 24, 16
		more.Pages = max(more.Pages, 1)
		return more
	}
	want := map[string]header{
		"still.avif": still("avif", header{Bits: 8, largest: 384}),
		"alpha.avif": still("avif", header{Bits: 8, Alpha: true, largest: 384}),
		"still.heic": still("heic", header{Bits: 8, largest: 64 * 64}), // cut out of a coded picture of 64 x 64
		"still.jxl":  still("jxl", header{Bits: 8}),
		"alpha.jxl":  still("jxl", header{Bits: 8, Alpha: true}),
		"still.jp2":  still("jp2", header{Bits: 8, largest: 384}),
		"still.j2k":  still("jp2", header{Bits: 8}),
		"big.tif":    still("tiff", header{Bits: 8, Orientation: 1, largest: 384}),
		"lossy.webp": still("webp", header{Bits: 8, Orientation: 1}),
		"alpha.webp": still("webp", header{Bits: 8, Orientation: 1, Alpha: true}),
		"anim.apng":  still("png", header{Bits: 8, Pages: 3, Animated: true}),
		"still.bmp":  still("bmp", header{}),
		"still.ico":  still("ico", header{Alpha: true}),
		"film.mp4":   filmHeader("mp4"), "film.mov": filmHeader("mov"), "film.3gp": filmHeader("3gp"),
		"film.mkv": filmHeader("mkv"), "film.webm": filmHeader("webm"), "film.avi": filmHeader("avi"), "film.flv": filmHeader("flv"),
		"film.ts": filmHeader("ts"), "film.m2ts": filmHeader("ts"), "film.mpg": filmHeader("mpeg"), "film1.mpg": filmHeader("mpeg"), "film.ogv": filmHeader("ogv"),
		"sound.mp3": filmHeader("mp3"), "bare.mp3": filmHeader("mp3"), "full.mp3": filmHeader("mp3"), "sound.m4a": filmHeader("m4a"), "sound.aac": filmHeader("aac"),
		"sound.wav": filmHeader("wav"), "sound64.wav": filmHeader("wav"), "sound.flac": filmHeader("flac"), "sound.aiff": filmHeader("aiff"),
		"sound.ogg": filmHeader("ogg"), "sound.opus": filmHeader("opus"), "flac.ogg": filmHeader("ogg"),
	}
	files, err := filepath.Glob("testdata/headers/*")
	if err != nil || len(files) != len(want) {
		t.Errorf("%d files for %d cases, %v", len(files), len(want), err)
	}
	for name, w := range want {
		b, err := os.ReadFile(filepath.Join("testdata/headers", name))
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := readBytes(b)
		if err != nil || got != w {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, w)
		}
	}
}

// Text of every kind, playlists before all, is neither picture nor film.
func TestHeaderUnknown(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"empty":           "",
		"one byte":        "G",
		"hls":             "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
		"hls after a bom": "\xEF\xBB\xBF#EXTM3U\n",
		"ffconcat":        "ffconcat version 1.0\nfile '/etc/passwd'\n",
		"sdp":             "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\n",
		"dash":            "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>",
		"smil":            "<smil><body/></smil>",
		"asx":             "<asx version=\"3.0\"></asx>",
		"html":            "<!DOCTYPE html><html><svg></svg></html>",
		"xml with svg":    "<a><svg xmlns=\"http://www.w3.org/2000/svg\"/></a>",
		"svg in comment":  "<!-- <svg> -->",
		"mvg":             "push graphic-context\nviewbox 0 0 1 1\n",
		"postscript":      "%!PS-Adobe-3.0\n",
		"zip":             "PK\x03\x04" + strings.Repeat("\x00", 40),
		"elf":             "\x7FELF\x02\x01\x01",
		"text of BM":      "BMW is a maker of cars and motorcycles, founded in 1916.",
		"text of GIF":     "GIF is a format",
		"text of ID3":     "ID3 tags are described here, at some length, for everybody.",
		"text of G":       strings.Repeat("G", 187),
		"windows cursor":  "\x00\x00\x02\x00\x01\x00" + strings.Repeat("\x00", 40),
		"canon raw":       "II\x2A\x00\x10\x00\x00\x00CR\x02\x00" + strings.Repeat("\x00", 40),
		"riff of another": "RIFF\x10\x00\x00\x00ACONanih",
		"ebml of another": "\x1A\x45\xDF\xA3\x88\x42\x82\x85other",
		"unknown brand":   "\x00\x00\x00\x14ftypzzzz\x00\x00\x00\x00zzzz",
		"utf-16 text":     "\xFF\xFEh\x00e\x00l\x00l\x00o\x00",
		"one mp3 frame":   "\xFF\xFB\x90\x00" + strings.Repeat("\x00", 500),
		"pdf too late":    strings.Repeat(" ", 1024) + "%PDF-1.7\n",
		"text of ftyp":    "the ftyp box comes first in a file",
		"empty ftyp":      "\x00\x00\x00\x08ftyp",
		"small ftyp":      "\x00\x00\x00\x02ftypisom",
		"mdat only":       "\x00\x00\x00\x08mdat",
	} {
		got, err := readBytes([]byte(s))
		if err != nil || got.Format != "" || got.Kind != media.KindRaw {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestHeaderText(t *testing.T) {
	t.Parallel()
	svg := `<svg xmlns="http://www.w3.org/2000/svg"/>`
	utf16 := func(s string, big bool) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			if big {
				b.Write([]byte{0, c})
			} else {
				b.Write([]byte{c, 0})
			}
		}
		return b.String()
	}
	for name, s := range map[string]string{
		"plain":             svg,
		"bom":               "\xEF\xBB\xBF" + svg,
		"space":             " \r\n\t" + svg,
		"declaration":       `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + svg,
		"comment":           "<!-- > made by <svg> -->" + svg,
		"style sheet":       `<?xml-stylesheet href="a.css"?>` + svg,
		"doctype":           `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">` + svg,
		"internal subset":   `<!DOCTYPE svg [ <!ENTITY a "]>"> <!ENTITY b '>'> ]>` + svg,
		"prefix":            `<s:svg xmlns:s="http://www.w3.org/2000/svg"/>`,
		"utf-16 le":         "\xFF\xFE" + utf16(svg, false),
		"utf-16 be":         "\xFE\xFF" + utf16(svg, true),
		"utf-16, no bom":    utf16(`<?xml version="1.0"?>`+svg, false),
		"utf-16 be, no bom": utf16(svg, true),
		"long comment":      "<!--" + strings.Repeat("x", 100_000) + "-->" + svg,
	} {
		got, err := readBytes([]byte(s))
		if err != nil || got.Format != "svg" || got.Kind != media.KindImage || got.Pages != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, s := range map[string]string{
		"plain": "%PDF-1.7\n", "after junk": strings.Repeat("\x01", 500) + "%PDF-1.4", "after a tag": "<x>%PDF-1.4",
	} {
		got, err := readBytes([]byte(s))
		if err != nil || got.Format != "pdf" || got.Kind != media.KindImage {
			t.Errorf("pdf %s: %+v, %v", name, got, err)
		}
	}
	for name, s := range map[string]string{
		"unended comment": "<!-- " + svg, "unended doctype": "<!DOCTYPE svg [" + svg, "other name": "<svgx/>", "cut": "<svg",
		"comment beyond the bound": "<!--" + strings.Repeat("x", svgPrologue) + "-->" + svg,
	} {
		if got, err := readBytes([]byte(s)); err != nil || got.Format != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	picture := func(w, h int) header {
		return header{Format: "png", Kind: media.KindImage, Width: w, Height: h, Pages: 1}
	}
	moving := func(w, h, n int) header {
		p := picture(w, h)
		p.Pages, p.Animated = n, true
		return p
	}
	later := picture(10, 10)
	later.largest = 200_000_000
	pages := picture(1000, 1000)
	pages.Pages = 10_000
	cases := []struct {
		h       header
		l       Limits
		message string // "" passes
		what    string
		got     int64
	}{
		{h: picture(10_000, 10_000)},
		{h: picture(65535, 1)},
		{h: moving(100, 100, 2000)},
		{h: moving(1000, 1000, 256)},
		{h: pages}, // a document: pages are not all decoded
		{h: filmHeader("mp4")},
		{h: picture(65535, 65535), message: "Image is too large: 65535 x 65535 pixels, the maximum is 100 megapixels", what: "pixels", got: 65535 * 65535},
		{h: picture(10_001, 10_000), message: "Image is too large: 10001 x 10000 pixels, the maximum is 100 megapixels", what: "pixels", got: 100_010_000},
		{h: picture(65536, 1), message: "Image is too large: 65536 x 1 pixels, the maximum side is 65535", what: "side", got: 65536},
		{h: picture(1<<31-1, 1<<31-1), message: "Image is too large: 2147483647 x 2147483647 pixels, the maximum side is 65535", what: "side", got: 1<<31 - 1},
		{h: moving(1, 1, 2001), message: "Image has too many frames: the maximum is 2000", what: "frames", got: 2001},
		{h: moving(1000, 1000, 257), message: "Image is too large: 257 frames of 1000 x 1000 pixels, the maximum is 256 megapixels together", what: "pixels", got: 257_000_000},
		{h: later, message: "Image is too large: it holds a picture of 200 megapixels, the maximum is 100 megapixels", what: "pixels", got: 200_000_000},
		{h: picture(1000, 600), l: Limits{Pixels: 500_000}, message: "Image is too large: 1000 x 600 pixels, the maximum is 0.5 megapixels", what: "pixels", got: 600_000},
		{h: moving(10, 10, 3), l: Limits{Frames: 2}, message: "Image has too many frames: the maximum is 2", what: "frames", got: 3},
	}
	for _, c := range cases {
		err := c.l.check(c.h)
		if c.message == "" {
			if err != nil {
				t.Errorf("%+v: %v", c.h, err)
			}
			continue
		}
		var limit *media.LimitError
		if media.CodeOf(err) != media.Invalid || media.MessageOf(err) != c.message || !errors.As(err, &limit) {
			t.Errorf("%+v: %v", c.h, err)
			continue
		}
		if limit.What != c.what || limit.Got != c.got {
			t.Errorf("%+v: %+v", c.h, limit)
		}
	}
}

// brokenReader fails as a disk does.
type brokenReader struct{}

var errDisk = errors.New("disk fails")

func (brokenReader) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

// A reader's failure is ours, and never blamed on the file.
func TestHeaderReaderFails(t *testing.T) {
	t.Parallel()
	if _, err := readHeader(brokenReader{}, 100); !errors.Is(err, errDisk) || media.CodeOf(err) != media.Internal {
		t.Errorf("got %v", err)
	}
	head := append([]byte("\x89PNG\r\n\x1A\n\x00\x00\x00\x0DIHDR"), make([]byte, 5000)...)
	head[19], head[23] = 1, 1
	later := io.NewSectionReader(failsAfter(head), 0, 1<<20)
	if _, err := readHeader(later, 1<<20); !errors.Is(err, errDisk) || media.CodeOf(err) != media.Internal {
		t.Errorf("later: got %v", err)
	}
}

// failsAfter reads what it holds and fails beyond.
type failsAfter []byte

func (f failsAfter) ReadAt(b []byte, off int64) (int, error) {
	if off >= int64(len(f)) {
		return 0, errDisk
	}
	n := copy(b, f[off:])
	if n < len(b) {
		return n, errDisk
	}
	return n, nil
}

// A size that lies is a truncated file.
func TestHeaderSizeLies(t *testing.T) {
	t.Parallel()
	b := claimedPNG(10, 10)
	if _, err := readHeader(bytes.NewReader(b[:20]), 1<<40); media.CodeOf(err) != media.Invalid {
		t.Errorf("got %v", err)
	}
	if h, err := readHeader(bytes.NewReader(b), -5); err != nil || h.Format != "" {
		t.Errorf("got %+v, %v", h, err)
	}
}

// quick fails the test when fn takes longer than a refused upload may.
func quick(t *testing.T, what string, fn func()) {
	t.Helper()
	start := time.Now()
	fn()
	if d := time.Since(start); d > 5*time.Second { // 100 ms alone on a machine; tests share theirs
		t.Errorf("%s took %v", what, d)
	}
}

func FuzzHeader(f *testing.F) {
	files, err := filepath.Glob("testdata/headers/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds")
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, b := range [][]byte{
		madeJPEG(f), claimedPNG(65535, 65535), madeGIF(f, 3), madeTIFF(cyclic), madeWebP(3), madeAVIF(avifSpec{rotate: true}),
		[]byte("8BPS\x00\x01" + strings.Repeat("\x00\x00\x00\x04", 5)),
		[]byte("<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>"),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := readBytes(b)
		if err != nil {
			if media.CodeOf(err) != media.Invalid || media.MessageOf(err) == "" {
				t.Fatalf("%v is not a sentence of code Invalid", err)
			}
			return
		}
		if h.Width < 0 || h.Height < 0 || h.Pages < 0 || h.Pages > maxPages || h.largest < 0 || h.Orientation < 0 || h.Orientation > 8 || h.Bits < 0 {
			t.Fatalf("impossible: %+v", h)
		}
		if (h.Format == "") != (h.Kind == media.KindRaw) {
			t.Fatalf("kind and format disagree: %+v", h)
		}
		if err := (Limits{}).check(h); err != nil && media.CodeOf(err) != media.Invalid {
			t.Fatal(err)
		}
	})
}
