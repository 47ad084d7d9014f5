package engine

import (
	"strings"
	"testing"

	"tintype/internal/media"
)

// atom is a box of an ISO file.
func atom(kind string, parts ...string) string {
	body := strings.Join(parts, "")
	return be32(8+len(body)) + kind + body
}

// avifSpec says what madeAVIF makes; the primary item is number 1, 24 x 16.
type avifSpec struct {
	width, height int
	rotate        bool // by 90 degrees
	crop          bool // to 20 x 10, before the rotation
	alpha         bool
	hidden        bool // another item of 65,535 x 65,535
	wide          bool // 32-bit item numbers and 15-bit property numbers
	brand         string
}

func madeAVIF(a avifSpec) []byte {
	if a.width == 0 {
		a.width, a.height = 24, 16
	}
	if a.brand == "" {
		a.brand = "avif"
	}
	props := atom("ispe", be32(0), be32(a.width), be32(a.height)) + atom("pixi", be32(0), "\x03\x0A\x0A\x0A")
	primary := []int{1, 2}
	count := 2
	add := func(box string) int {
		props += box
		count++
		return count
	}
	if a.crop {
		primary = append(primary, add(atom("clap", be32(40), be32(2), be32(10), be32(1), be32(0), be32(1), be32(0), be32(1))))
	}
	if a.rotate {
		primary = append(primary, add(atom("irot", "\x03")))
	}
	var other []int
	if a.alpha {
		other = append(other, 1, add(atom("auxC", be32(0), "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00")))
	}
	if a.hidden {
		other = append(other, add(atom("ispe", be32(0), be32(65535), be32(65535))))
	}
	items := [][]int{primary}
	if other != nil {
		items = append(items, other)
	}
	flags, pitm := be32(0), atom("pitm", be32(0), be16(1))
	if a.wide {
		flags, pitm = be32(1<<24|1), atom("pitm", be32(1<<24), be32(1))
	}
	ipma := flags + be32(len(items))
	for i, list := range items {
		if a.wide {
			ipma += be32(i + 1)
		} else {
			ipma += be16(i + 1)
		}
		ipma += string([]byte{byte(len(list))})
		for _, p := range list {
			if a.wide {
				ipma += be16(1<<15 | p)
			} else {
				ipma += string([]byte{byte(1<<7 | p)})
			}
		}
	}
	meta := atom("meta", be32(0), pitm, atom("iprp", atom("ipco", props), atom("ipma", ipma)))
	return []byte(atom("ftyp", a.brand, be32(0), "mif1avif") + meta + atom("mdat", "x"))
}

func TestHeaderAVIF(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a    avifSpec
		w, h int
	}{
		"plain":              {avifSpec{}, 24, 16},
		"turned":             {avifSpec{rotate: true}, 16, 24},
		"cut out":            {avifSpec{crop: true}, 20, 10},
		"cut out and turned": {avifSpec{crop: true, rotate: true}, 10, 20},
		"alpha":              {avifSpec{alpha: true}, 24, 16},
		"wide numbers":       {avifSpec{wide: true, rotate: true, alpha: true}, 16, 24},
		"general brand":      {avifSpec{brand: "mif1"}, 24, 16},
		"sequence brand":     {avifSpec{brand: "avis"}, 24, 16},
	} {
		want := header{Format: "avif", Kind: media.KindImage, Width: c.w, Height: c.h, Pages: 1, Bits: 10, Alpha: c.a.alpha, largest: 384}
		if got, err := readBytes(madeAVIF(c.a)); err != nil || got != want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, want)
		}
	}
	heic := strings.NewReplacer("ftypavif", "ftypheic", "mif1avif", "mif1heic").Replace(string(madeAVIF(avifSpec{})))
	if got, err := readBytes([]byte(heic)); err != nil || got.Format != "heic" || got.Width != 24 {
		t.Errorf("heic: %+v, %v", got, err)
	}
	whole := string(madeAVIF(avifSpec{}))
	start := whole[:24]
	many := strings.Repeat(atom("free"), 5000)
	for name, file := range map[string]string{
		"cut":              whole[:len(whole)-40],
		"no meta":          start + atom("mdat", "x"),
		"no properties":    start + atom("meta", be32(0), atom("pitm", be32(0), be16(1))),
		"other primary":    strings.Replace(whole, "pitm\x00\x00\x00\x00\x00\x01", "pitm\x00\x00\x00\x00\x00\x09", 1),
		"box too small":    start + "\x00\x00\x00\x03meta",
		"box of 2^64":      start + "\x00\x00\x00\x01meta\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
		"box of 64 bits":   start + "\x00\x00\x00\x01meta\x00\x00\x00\x00\x00\x00\x00\x02",
		"5,000 properties": start + atom("meta", be32(0), atom("iprp", atom("ipco", many))),
		"2^32 items":       start + atom("meta", be32(0), atom("iprp", atom("ipma", be32(0), be32(-1), strings.Repeat("\x00", 1<<20)))),
		"too many links":   start + atom("meta", be32(0), atom("iprp", atom("ipma", be32(0), be32(-1), strings.Repeat("\x00\x01\xFF"+strings.Repeat("\x01", 255), 300)))),
	} {
		quick(t, name, func() { refusedAs(t, "avif "+name, []byte(file)) })
	}
}

func TestHeaderBrands(t *testing.T) {
	t.Parallel()
	file := func(major string, compatible ...string) []byte {
		return []byte(atom("ftyp", major, be32(0), strings.Join(compatible, "")) + atom("moov"))
	}
	for want, files := range map[string][][]byte{
		"mp4": {file("isom", "isom", "mp41"), file("iso6"), file("mp42"), file("avc1"), file("dash"), file("M4V "), file("XXXX", "mp42")},
		"mov": {file("qt  "), []byte(atom("moov")), []byte(atom("wide") + atom("mdat", "xxxx") + atom("moov")), []byte("\x00\x00\x00\x00moov")},
		"m4a": {file("M4A ", "isom"), file("M4B ")},
		"3gp": {file("3gp4"), file("3gp5"), file("3g2a")},
	} {
		for _, b := range files {
			if got, err := readBytes(b); err != nil || got != filmHeader(want) {
				t.Errorf("%q: %+v, %v, want %s", b, got, err, want)
			}
		}
	}
}

func TestHeaderSound(t *testing.T) {
	t.Parallel()
	frame := "\xFF\xFB\x90\x00" + strings.Repeat("\x00", 413) // 128 kbit/s at 44.1 kHz
	adts := "\xFF\xF1\x50\x80\x02\x1F\xFC" + strings.Repeat("\x00", 9)
	tag := "ID3\x04\x00\x00\x00\x00\x00\x05hello"
	page := func(flags byte, packet string) string {
		return "OggS\x00" + string([]byte{flags}) + strings.Repeat("\x00", 20) + "\x01" + string([]byte{byte(len(packet))}) + packet
	}
	for name, c := range map[string]struct{ file, want string }{
		"mp3":               {frame + frame, "mp3"},
		"mp3 behind a tag":  {tag + frame + frame, "mp3"},
		"padded tag":        {tag + strings.Repeat("\x00", 100) + frame + frame, "mp3"},
		"aac":               {adts + adts, "aac"},
		"aac behind a tag":  {tag + adts + adts, "aac"},
		"flac behind a tag": {tag + "fLaC\x00\x00\x00\x22", "flac"},
		"one frame, junk":   {frame + "junkjunk", ""},
		"broken tag":        {"ID3\x04\x00\x00\xFF\x00\x00\x05hello" + frame + frame, ""},
		"vorbis":            {page(2, "\x01vorbis"), "ogg"},
		"opus":              {page(2, "OpusHead"), "opus"},
		"theora second":     {page(2, "\x01vorbis") + page(2, "\x80theora"), "ogv"},
		"skeleton first":    {page(2, "fishead\x00") + page(2, "\x80theora"), "ogv"},
		"theora too late":   {page(2, "\x01vorbis") + page(0, "\x80theora"), "ogg"},
		"unknown ogg":       {page(2, "whatever") + page(0, "x"), ""},
		"ogg cut":           {page(2, "\x01vorbis")[:20], ""},
		"ts of 3 packets":   {strings.Repeat("\x47"+strings.Repeat("\x00", 187), 3), "ts"},
		"ts out of step":    {strings.Repeat("\x47"+strings.Repeat("\x00", 186), 5), ""},
	} {
		want := filmHeader(c.want)
		if c.want == "" {
			want = header{Kind: media.KindRaw}
		}
		if got, err := readBytes([]byte(c.file)); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, c.want)
		}
	}
}
