package engine

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"tintype/internal/media"
)

func be16(v int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(v))) }
func be32(v int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(v))) }
func le16(v int) string { return string(binary.LittleEndian.AppendUint16(nil, uint16(v))) }
func le32(v int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(v))) }

func le24(v int) string { return le32(v)[:3] }

// pngChunk is one of a PNG.
func pngChunk(kind, data string) string {
	body := kind + data
	return be32(len(data)) + body + be32(int(crc32.ChecksumIEEE([]byte(body))))
}

const pngMark = "\x89PNG\r\n\x1A\n"

func ihdr(w, h, bits, colour int) string {
	return pngChunk("IHDR", be32(w)+be32(h)+string([]byte{byte(bits), byte(colour), 0, 0, 0}))
}

// claimedPNG is a PNG that claims a size; its pixels are one short IDAT.
func claimedPNG(w, h int) []byte {
	return []byte(pngMark + ihdr(w, h, 8, 2) + pngChunk("IDAT", "x") + pngChunk("IEND", ""))
}

// exifBlock is a TIFF structure with an orientation.
func exifBlock(order binary.AppendByteOrder, orientation int) string {
	b := []byte("II")
	if order == binary.BigEndian {
		b = []byte("MM")
	}
	b = order.AppendUint16(b, 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	for _, e := range [][3]int{{0x100, 3, 7}, {0x112, 3, orientation}} {
		b = order.AppendUint16(b, uint16(e[0]))
		b = order.AppendUint16(b, uint16(e[1]))
		b = order.AppendUint32(b, 1)
		b = order.AppendUint16(b, uint16(e[2]))
		b = append(b, 0, 0)
	}
	return string(append(b, 0, 0, 0, 0))
}

func jpegSegment(marker byte, data string) string {
	return "\xFF" + string([]byte{marker}) + be16(len(data)+2) + data
}

func madeJPEG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 24, 16)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// madeJPEGWith puts segments behind the start of a real JPEG.
func madeJPEGWith(t testing.TB, segments ...string) string {
	b := madeJPEG(t)
	return string(b[:2]) + strings.Join(segments, "") + string(b[2:])
}

func TestHeaderJPEG(t *testing.T) {
	t.Parallel()
	sof := func(marker byte) string {
		return "\xFF\xD8" + jpegSegment(0xDB, strings.Repeat("\x01", 65)) + jpegSegment(marker, "\x08"+be16(16)+be16(24)+"\x01\x01\x11\x00")
	}
	cases := map[string]struct {
		file        string
		orientation int
	}{
		"plain":             {madeJPEGWith(t), 0},
		"exif little":       {madeJPEGWith(t, jpegSegment(0xE1, "Exif\x00\x00"+exifBlock(binary.LittleEndian, 6))), 6},
		"exif big":          {madeJPEGWith(t, jpegSegment(0xE1, "Exif\x00\x00"+exifBlock(binary.BigEndian, 8))), 8},
		"xmp before exif":   {madeJPEGWith(t, jpegSegment(0xE1, "http://ns.adobe.com/xap/1.0/\x00<x/>"), jpegSegment(0xE1, "Exif\x00\x00"+exifBlock(binary.BigEndian, 3))), 3},
		"impossible":        {madeJPEGWith(t, jpegSegment(0xE1, "Exif\x00\x00"+exifBlock(binary.BigEndian, 9))), 0},
		"exif of no ifd":    {madeJPEGWith(t, jpegSegment(0xE1, "Exif\x00\x00II\x2A\x00\xFF\xFF\xFF\x7F")), 0},
		"exif cut":          {madeJPEGWith(t, jpegSegment(0xE1, "Exif\x00\x00II")), 0},
		"60 large segments": {madeJPEGWith(t, slices.Repeat([]string{jpegSegment(0xE2, strings.Repeat("x", 65533))}, 60)...), 0},
		"fill bytes":        {madeJPEGWith(t, strings.Repeat("\xFF", 100)), 0},
		"stray bytes":       {madeJPEGWith(t, jpegSegment(0xFE, "x"), strings.Repeat("\x00", 100)), 0},
		"comment of a SOF":  {madeJPEGWith(t, jpegSegment(0xFE, "\xFF\xC0\x00\x11\x08\xFF\xFF\xFF\xFF\x03")), 0},
		"baseline":          {sof(0xC0), 0},
		"extended":          {sof(0xC1), 0},
		"progressive":       {sof(0xC2), 0},
		"lossless":          {sof(0xC3), 0},
		"arithmetic":        {sof(0xC9), 0},
		"restart in front":  {"\xFF\xD8\xFF\xD0" + sof(0xC2)[2:], 0},
	}
	for name, c := range cases {
		want := header{Format: "jpeg", Kind: media.KindImage, Width: 24, Height: 16, Pages: 1, Bits: 8, Orientation: c.orientation}
		if got, err := readBytes([]byte(c.file)); err != nil || got != want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, want)
		}
	}
	whole := madeJPEGWith(t, jpegSegment(0xE1, "Exif\x00\x00"+exifBlock(binary.BigEndian, 8)))
	frame := strings.Index(whole, "\xFF\xC0")
	for name, file := range map[string]string{
		"cut before the frame": whole[:frame],
		"cut in the frame":     whole[:frame+6],
		"no frame":             "\xFF\xD8\xFF\xDA\x00\x02",
		"end at once":          "\xFF\xD8\xFF\xD9",
		"no length":            "\xFF\xD8\xFF\xE0\x00\x01",
		"no height":            "\xFF\xD8" + jpegSegment(0xC0, "\x08"+be16(0)+be16(24)+"\x01\x01\x11\x00"),
		"mark only":            "\xFF\xD8\xFF",
	} {
		refusedAs(t, "jpeg "+name, []byte(file))
	}
}

// refusedAs wants an Invalid error with a sentence.
func refusedAs(t *testing.T, name string, file []byte) {
	t.Helper()
	if got, err := readBytes(file); media.CodeOf(err) != media.Invalid || !strings.HasPrefix(media.MessageOf(err), "Image ") {
		t.Errorf("%s: %+v, %v", name, got, err)
	}
}

func TestHeaderPNG(t *testing.T) {
	t.Parallel()
	var real bytes.Buffer
	if err := png.Encode(&real, image.NewNRGBA64(image.Rect(0, 0, 24, 16))); err != nil {
		t.Fatal(err)
	}
	actl := pngChunk("acTL", be32(7)+be32(0))
	idat := pngChunk("IDAT", "x") + pngChunk("IEND", "")
	base := header{Format: "png", Kind: media.KindImage, Width: 24, Height: 16, Pages: 1, Bits: 8}
	cases := map[string]struct {
		file string
		with func(*header)
	}{
		"real":                {real.String(), func(h *header) { h.Bits, h.Alpha = 16, true }},
		"palette":             {pngMark + ihdr(24, 16, 4, 3) + idat, func(h *header) { h.Bits = 4 }},
		"palette with alpha":  {pngMark + ihdr(24, 16, 8, 3) + pngChunk("tRNS", "\x00") + idat, func(h *header) { h.Alpha = true }},
		"grey with alpha":     {pngMark + ihdr(24, 16, 8, 4) + idat, func(h *header) { h.Alpha = true }},
		"frames":              {pngMark + ihdr(24, 16, 8, 2) + actl + idat, func(h *header) { h.Pages, h.Animated = 7, true }},
		"one frame":           {pngMark + ihdr(24, 16, 8, 2) + pngChunk("acTL", be32(1)+be32(0)) + idat, func(h *header) {}},
		"orientation":         {pngMark + ihdr(24, 16, 8, 2) + pngChunk("eXIf", exifBlock(binary.BigEndian, 5)) + idat, func(h *header) { h.Orientation = 5 }},
		"orientation at last": {pngMark + ihdr(24, 16, 8, 2) + pngChunk("IDAT", "x") + pngChunk("eXIf", exifBlock(binary.LittleEndian, 2)) + pngChunk("IEND", ""), func(h *header) { h.Orientation = 2 }},
		"cut behind IHDR":     {pngMark + ihdr(24, 16, 8, 2), func(h *header) {}},
	}
	for name, c := range cases {
		want := base
		c.with(&want)
		if got, err := readBytes([]byte(c.file)); err != nil || got != want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, want)
		}
	}
	for name, file := range map[string]string{
		"cut":             pngMark + ihdr(24, 16, 8, 2)[:12],
		"no header":       pngMark + pngChunk("IDAT", strings.Repeat("x", 20)),
		"no width":        pngMark + ihdr(0, 16, 8, 2),
		"impossible size": pngMark + ihdr(1<<31, 16, 8, 2),
		"200,000 chunks":  pngMark + ihdr(24, 16, 8, 2) + strings.Repeat(pngChunk("teXt", ""), 200_000),
		"2^31 frames":     pngMark + ihdr(24, 16, 8, 2) + pngChunk("acTL", be32(1<<31-1)+be32(0)) + idat,
	} {
		quick(t, name, func() { refusedAs(t, "png "+name, []byte(file)) })
	}
}

// A file of a hundred bytes that claims 65,535 x 65,535 pixels is refused
// without a decoder.
func TestPixelBombs(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"png":                     string(claimedPNG(65535, 65535)),
		"jpeg":                    "\xFF\xD8" + jpegSegment(0xC2, "\x08\xFF\xFF\xFF\xFF\x01\x01\x11\x00"),
		"gif":                     "GIF89a\xFF\xFF\xFF\xFF\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00;",
		"gif by its frame":        "GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\xFF\xFF\xFF\xFF\x00\x02\x02\x44\x01\x00;",
		"webp":                    "RIFF\x1A\x00\x00\x00WEBPVP8X\x0A\x00\x00\x00\x00\x00\x00\x00" + le24(65534) + le24(65534),
		"bmp":                     "BM" + strings.Repeat("\x00", 12) + le32(40) + le32(65535) + le32(65535) + le16(1) + le16(24) + strings.Repeat("\x00", 24),
		"psd":                     "8BPS\x00\x01" + strings.Repeat("\x00", 6) + "\x00\x03" + be32(65535) + be32(65535) + "\x00\x08\x00\x03",
		"ico":                     "\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00\x20\x00" + le32(100) + le32(22) + string(claimedPNG(65535, 65535)) + strings.Repeat("\x00", 100),
		"tiff":                    string(madeTIFF([]tiffPage{{65535, 65535, 1, 0}})),
		"tiff by its second page": string(madeTIFF([]tiffPage{{10, 10, 1, 1}, {65535, 65535, 1, 0}})),
		"avif":                    string(madeAVIF(avifSpec{width: 65535, height: 65535})),
		"avif by a hidden item":   string(madeAVIF(avifSpec{hidden: true})),
		"jp2":                     "\xFF\x4F\xFF\x51" + be16(41) + be16(0) + be32(65535) + be32(65535) + strings.Repeat("\x00", 24) + be16(1) + "\x07\x01\x01",
		"jxl":                     string(madeJXL(65535, 65535, 1)),
	} {
		h, err := readBytes([]byte(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := (Limits{}).check(h); media.CodeOf(err) != media.Invalid || !strings.HasPrefix(media.MessageOf(err), "Image is too large") {
			t.Errorf("%s: %+v passes: %v", name, h, err)
		}
	}
}

func madeGIF(t testing.TB, frames int) []byte {
	t.Helper()
	g := &gif.GIF{Config: image.Config{Width: 24, Height: 16}}
	for range frames {
		g.Image = append(g.Image, image.NewPaletted(image.Rect(2, 2, 10, 10), color.Palette{color.Black, color.Transparent}))
		g.Delay = append(g.Delay, 5)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHeaderGIF(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 40} {
		want := header{Format: "gif", Kind: media.KindImage, Width: 24, Height: 16, Pages: n, Animated: n > 1, Alpha: true, Bits: 8}
		if got, err := readBytes(madeGIF(t, n)); err != nil || got != want {
			t.Errorf("%d frames: %v\ngot  %+v\nwant %+v", n, err, got, want)
		}
	}
	start := "GIF89a" + le16(4) + le16(3) + "\x80\x00\x00" + "abcdef"
	frame := "," + le16(0) + le16(0) + le16(4) + le16(3) + "\x00\x02\x02\x44\x01\x00"
	local := "," + le16(0) + le16(0) + le16(4) + le16(3) + "\x81" + strings.Repeat("x", 12) + "\x02\x02\x44\x01\x00"
	loop := "!\xFF\x0BNETSCAPE2.0\x03\x01\x00\x00\x00"
	for name, c := range map[string]struct {
		file          string
		pages, w, h   int
		alpha, refuse bool
	}{
		"opaque":             {start + frame + ";", 1, 4, 3, false, false},
		"loop and comment":   {start + loop + "!\xFE\x05hello\x00" + frame + frame + ";", 2, 4, 3, false, false},
		"local colours":      {start + local + frame + ";", 2, 4, 3, false, false},
		"transparent":        {start + "!\xF9\x04\x01\x00\x00\x00\x00" + frame + ";", 1, 4, 3, true, false},
		"no trailer":         {start + frame + frame, 2, 4, 3, false, false},
		"cut in a frame":     {start + frame + frame[:12], 2, 4, 3, false, false},
		"junk between":       {start + frame + "junk" + frame, 1, 4, 3, false, false},
		"beyond the canvas":  {start + "," + le16(10) + le16(20) + frame[5:] + ";", 1, 14, 23, false, false},
		"no canvas":          {"GIF89a\x00\x00\x00\x00\x00\x00\x00" + frame + ";", 1, 4, 3, false, false},
		"no frame":           {start + ";", 0, 0, 0, false, true},
		"cut before a frame": {start + loop[:8], 0, 0, 0, false, true},
		"cut in the header":  {start[:9], 0, 0, 0, false, true},
	} {
		if c.refuse {
			refusedAs(t, "gif "+name, []byte(c.file))
			continue
		}
		want := header{Format: "gif", Kind: media.KindImage, Width: c.w, Height: c.h, Pages: c.pages, Animated: c.pages > 1, Alpha: c.alpha, Bits: 8}
		if got, err := readBytes([]byte(c.file)); err != nil || got != want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, want)
		}
	}
	quick(t, "100,000 frames", func() { refusedAs(t, "gif of 100,000 frames", []byte(start+strings.Repeat(frame, 100_000))) })
	quick(t, "sub-blocks of one byte", func() {
		refusedAs(t, "gif of 10 million sub-blocks", []byte(start+frame[:11]+strings.Repeat("\x01x", 10_000_000)))
	})
	many, err := readBytes([]byte(start + strings.Repeat(frame, 2001)))
	if err != nil || many.Pages != 2001 {
		t.Fatalf("2,001 frames: %+v, %v", many, err)
	}
	if err := (Limits{}).check(many); media.MessageOf(err) != "Image has too many frames: the maximum is 2000" {
		t.Errorf("2,001 frames: %v", err)
	}
}

// tiffPage is a page of a TIFF: its size, its orientation and the number of the
// page that follows, 0 for none; pages are numbered from 0.
type tiffPage struct{ width, height, orientation, next int }

// cyclic is a chain that comes back to its second page.
var cyclic = []tiffPage{{4, 4, 1, 1}, {4, 4, 1, 2}, {4, 4, 1, 1}}

func madeTIFF(pages []tiffPage) []byte { return madeTIFFOf(binary.LittleEndian, false, pages) }

func madeTIFFOf(order binary.AppendByteOrder, big bool, pages []tiffPage) []byte {
	b := []byte("II")
	if order == binary.BigEndian {
		b = []byte("MM")
	}
	offset := func(b []byte, v int) []byte {
		if big {
			return order.AppendUint64(b, uint64(v))
		}
		return order.AppendUint32(b, uint32(v))
	}
	first, size := 8, 2+4*12+4
	if big {
		b = order.AppendUint16(b, 43)
		b = order.AppendUint16(b, 8)
		b = order.AppendUint16(b, 0)
		first, size = 16, 8+4*20+8
	} else {
		b = order.AppendUint16(b, 42)
	}
	b = offset(b, first)
	for _, p := range pages {
		if big {
			b = order.AppendUint64(b, 4)
		} else {
			b = order.AppendUint16(b, 4)
		}
		for _, e := range [][3]int{{256, 4, p.width}, {257, 4, p.height}, {258, 3, 8}, {274, 3, p.orientation}} {
			b = order.AppendUint16(b, uint16(e[0]))
			b = order.AppendUint16(b, uint16(e[1]))
			b = offset(b, 1)
			if e[1] == 3 {
				b = order.AppendUint16(b, uint16(e[2]))
				b = append(b, 0, 0)
			} else {
				b = order.AppendUint32(b, uint32(e[2]))
			}
			if big {
				b = append(b, 0, 0, 0, 0)
			}
		}
		next := 0
		if p.next != 0 {
			next = first + p.next*size
		}
		b = offset(b, next)
	}
	return b
}

func TestHeaderTIFF(t *testing.T) {
	t.Parallel()
	pages := []tiffPage{{24, 16, 6, 1}, {30, 20, 1, 2}, {5, 5, 1, 0}}
	for name, file := range map[string][]byte{
		"little":     madeTIFFOf(binary.LittleEndian, false, pages),
		"big":        madeTIFFOf(binary.BigEndian, false, pages),
		"little big": madeTIFFOf(binary.LittleEndian, true, pages),
		"big big":    madeTIFFOf(binary.BigEndian, true, pages),
	} {
		want := header{Format: "tiff", Kind: media.KindImage, Width: 24, Height: 16, Pages: 3, Orientation: 6, Bits: 8, largest: 600}
		if got, err := readBytes(file); err != nil || got != want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, want)
		}
	}
	many := make([]tiffPage, 70_000)
	for i := range many {
		many[i] = tiffPage{4, 4, 1, (i + 1) % len(many)}
	}
	whole := madeTIFF(pages)
	for name, file := range map[string][]byte{
		"circle":        madeTIFF(cyclic),
		"own next":      []byte("II\x2A\x00\x08\x00\x00\x00\x01\x00" + "\x00\x01\x04\x00\x01\x00\x00\x00\x04\x00\x00\x00" + "\x08\x00\x00\x00"),
		"70,000 pages":  madeTIFF(many),
		"cut":           whole[:30],
		"no page":       []byte("II\x2A\x00\x00\x00\x00\x00"),
		"page far away": []byte("II\x2A\x00\xFF\xFF\xFF\xFF"),
		"page beyond":   []byte("II\x2B\x00\x08\x00\x00\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
		"no entries":    []byte("II\x2A\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		"2^63 entries":  append([]byte("II\x2B\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"), make([]byte, 100)...),
		"no size":       madeTIFF([]tiffPage{{0, 4, 1, 0}}),
	} {
		quick(t, name, func() { refusedAs(t, "tiff "+name, file) })
	}
}

// madeWebP is an animation of 24 x 16 with an orientation.
func madeWebP(frames int) []byte {
	part := func(kind, data string) string {
		return kind + le32(len(data)) + data + strings.Repeat("\x00", len(data)%2)
	}
	body := "WEBP" + part("VP8X", "\x1A\x00\x00\x00"+le24(23)+le24(15)) + part("ANIM", "\x00\x00\x00\x00\x00\x00")
	for range frames {
		body += part("ANMF", strings.Repeat("\x00", 17))
	}
	body += part("EXIF", exifBlock(binary.LittleEndian, 7))
	return []byte("RIFF" + le32(len(body)) + body)
}

func TestHeaderWebP(t *testing.T) {
	t.Parallel()
	want := header{Format: "webp", Kind: media.KindImage, Width: 24, Height: 16, Pages: 5, Animated: true, Orientation: 7, Alpha: true, Bits: 8}
	if got, err := readBytes(madeWebP(5)); err != nil || got != want {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
	}
	head := "RIFF\xFF\x00\x00\x00WEBP"
	lossy := head + "VP8 " + le32(100) + "\x00\x00\x00\x9D\x01\x2A" + le16(24|1<<14) + le16(16)
	lossless := head + "VP8L" + le32(100) + "\x2F" + le32(23|15<<14|1<<28) + strings.Repeat("\x00", 8)
	for file, alpha := range map[string]bool{lossy: false, lossless: true} {
		want := header{Format: "webp", Kind: media.KindImage, Width: 24, Height: 16, Pages: 1, Alpha: alpha, Bits: 8}
		if got, err := readBytes([]byte(file)); err != nil || got != want {
			t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
		}
	}
	for name, file := range map[string]string{
		"cut": lossy[:25], "no key frame": strings.Replace(lossy, "\x9D", "\x00", 1),
		"no signature": strings.Replace(lossless, "\x2F", "\x00", 1), "other chunk": strings.Replace(lossy, "VP8 ", "VP9 ", 1),
		"no size": lossy[:26] + "\x00\x00\x00\x00",
	} {
		refusedAs(t, "webp "+name, []byte(file))
	}
}

func TestHeaderOtherPictures(t *testing.T) {
	t.Parallel()
	bmp := func(info string) string { return "BM" + strings.Repeat("\x00", 12) + info + strings.Repeat("\x00", 30) }
	entry := func(w, h byte, size, off int) string {
		return string([]byte{w, h, 0, 0, 1, 0, 32, 0}) + le32(size) + le32(off)
	}
	small := le32(40) + le32(16) + le32(32) + le16(1) + le16(32) + strings.Repeat("\x00", 24)
	large := string(claimedPNG(256, 256))
	icon := "\x00\x00\x01\x00\x02\x00" + entry(16, 16, len(small), 38) + entry(0, 0, len(large), 38+len(small)) + small + large
	want := func(format string, w, h int, more header) header {
		more.Format, more.Kind, more.Width, more.Height, more.Pages = format, media.KindImage, w, h, 1
		return more
	}
	for name, c := range map[string]struct {
		file string
		want header
	}{
		"bmp":            {bmp(le32(40) + le32(24) + le32(16) + le16(1) + le16(24)), want("bmp", 24, 16, header{})},
		"bmp, rows down": {bmp(le32(124) + le32(24) + le32(-16) + le16(1) + le16(24)), want("bmp", 24, 16, header{})},
		"bmp of OS/2":    {bmp(le32(12) + le16(24) + le16(16) + le16(1) + le16(24)), want("bmp", 24, 16, header{})},
		"icon":           {icon, want("ico", 256, 256, header{Alpha: true})},
		"psd":            {"8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x04" + be32(16) + be32(24) + "\x00\x10\x00\x03", want("psd", 24, 16, header{Alpha: true, Bits: 16})},
		"jxl":            {string(madeJXL(24, 16, 1)), want("jxl", 24, 16, header{Bits: 8})},
		"jxl turned":     {string(madeJXL(24, 16, 6)), want("jxl", 16, 24, header{Bits: 8})},
	} {
		if got, err := readBytes([]byte(c.file)); err != nil || got != c.want {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, c.want)
		}
	}
	for name, file := range map[string]string{
		"bmp of no width":  bmp(le32(40) + le32(0) + le32(16) + le16(1) + le16(24)),
		"bmp to the left":  bmp(le32(40) + le32(-24) + le32(16) + le16(1) + le16(24)),
		"bmp of min int":   bmp(le32(40) + le32(-1<<31) + le32(-1<<31) + le16(1) + le16(24)),
		"psd cut":          "8BPS\x00\x01\x00\x00",
		"jxl cut":          "\xFF\x0A\x00",
		"jp2 of no header": "\x00\x00\x00\x0CjP  \r\n\x87\n" + strings.Repeat("\x00", 100),
		"jxl of no stream": "\x00\x00\x00\x0CJXL \r\n\x87\n\x00\x00\x00\x08free",
	} {
		refusedAs(t, name, []byte(file))
	}
	for name, file := range map[string]string{
		"icon of no entries":    "\x00\x00\x01\x00\x00\x00" + strings.Repeat("\x00", 40),
		"icon beyond the file":  "\x00\x00\x01\x00\x01\x00" + entry(16, 16, 1000, 22) + small,
		"icon over its entries": "\x00\x00\x01\x00\x01\x00" + entry(16, 16, 40, 6) + small,
	} {
		if got, err := readBytes([]byte(file)); err != nil || got.Format != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// bitWriter packs numbers from the lowest bit up.
type bitWriter struct {
	b []byte
	n int
}

func (w *bitWriter) u(n, v int) {
	for i := range n {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
}

// madeJXL is a naked JPEG XL header.
func madeJXL(width, height, orientation int) []byte {
	w := &bitWriter{}
	w.u(1, 0) // not in eights
	w.u(2, 2)
	w.u(18, height-1)
	w.u(3, 0) // no ratio
	w.u(2, 2)
	w.u(18, width-1)
	w.u(1, 0) // not all default
	w.u(1, 1) // extra fields
	w.u(3, orientation-1)
	w.u(3, 0)  // no intrinsic size, preview, animation
	w.u(1, 0)  // integers
	w.u(2, 0)  // of 8 bits
	w.u(1, 1)  // 16-bit buffers
	w.u(2, 0)  // no extra channels
	w.u(32, 0) // what follows
	return append([]byte("\xFF\x0A"), w.b...)
}
