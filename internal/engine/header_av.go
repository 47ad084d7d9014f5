package engine

import (
	"bytes"
	"encoding/binary"
	"errors"

	"tintype/internal/media"
)

// av is the answer of a reader that knows film or sound only by name.
func av(format string) (header, error) {
	if format == "" {
		return header{}, nil
	}
	return header{Format: format, Kind: media.KindVideo}, nil
}

// readAs is for containers whose first bytes say everything.
func readAs(format string) func(*window, []byte) (header, error) {
	return func(*window, []byte) (header, error) { return av(format) }
}

// readEBML tells WebM from Matroska by the document type.
func readEBML(w *window, _ []byte) (header, error) {
	size, n, err := vint(w, 4)
	if err != nil || size > 4096 {
		return header{}, unlessReading(err)
	}
	off := 4 + n
	for end := off + size; off < end; {
		b, err := w.bytes(off, 2)
		if err != nil {
			return header{}, unlessReading(err)
		}
		id, idLen := int(b[0]), int64(1)
		if b[0]&0x80 == 0 {
			id, idLen = id<<8|int(b[1]), 2
		}
		length, n, err := vint(w, off+idLen)
		if err != nil || length > 4096 {
			return header{}, unlessReading(err)
		}
		off += idLen + n
		if id == 0x4282 {
			doc, err := w.upTo(off, int(length))
			if err != nil {
				return header{}, err
			}
			switch string(bytes.TrimRight(doc, "\x00")) {
			case "webm":
				return av("webm")
			case "matroska":
				return av("mkv")
			}
			return header{}, nil
		}
		off += length
	}
	return header{}, nil
}

// unlessReading keeps an error of the reader and drops those that only say
// that the file is something else.
func unlessReading(err error) error {
	if errors.Is(err, errShort) || errors.Is(err, errBusy) {
		return nil
	}
	return err
}

// vint reads EBML's number of 1 to 8 bytes, without its length marker.
func vint(w *window, off int64) (v, n int64, err error) {
	first, err := w.num(off, 1, binary.BigEndian)
	if err != nil {
		return 0, 0, err
	}
	for n = 1; n <= 8 && first&(0x100>>n) == 0; n++ {
	}
	if n > 8 {
		return 0, 0, errShort
	}
	u, err := w.num(off, int(n), binary.BigEndian)
	return int64(u &^ (1 << (7 * n))), n, err
}

// readOgg tells by the first packets of the streams: any Theora makes it a film.
func readOgg(w *window, _ []byte) (header, error) {
	format := ""
	for off := int64(0); ; {
		b, err := w.bytes(off, 27)
		if err != nil {
			if err = unlessReading(err); err != nil {
				return header{}, err
			}
			return av(format)
		}
		if string(b[:4]) != "OggS" || b[5]&2 == 0 { // all first pages come first
			return av(format)
		}
		n := int64(b[26])
		table, err := w.upTo(off+27, int(n))
		if err != nil {
			return header{}, err
		}
		length := int64(0)
		for _, l := range table {
			length += int64(l)
		}
		packet, err := w.upTo(off+27+n, 8)
		if err != nil {
			return header{}, err
		}
		switch {
		case bytes.HasPrefix(packet, []byte("\x80theora")):
			return av("ogv")
		case bytes.HasPrefix(packet, []byte("OpusHead")):
			format = "opus"
		case format == "" && (bytes.HasPrefix(packet, []byte("\x01vorbis")) || bytes.HasPrefix(packet, []byte("\x7FFLAC")) || bytes.HasPrefix(packet, []byte("Speex"))):
			format = "ogg"
		}
		off += 27 + n + length
	}
}

// readTS wants a sync byte at each of the first packets, of 188 bytes or of
// 192 with a time stamp before each.
func readTS(w *window, head []byte) (header, error) {
	size, off := int64(188), int64(0)
	if head[0] != 0x47 {
		size, off = 192, 4
	}
	packets := min(w.size/size, 5)
	if packets < 3 {
		return header{}, nil
	}
	for range packets {
		b, err := w.num(off, 1, binary.BigEndian)
		if err != nil || b != 0x47 {
			return header{}, unlessReading(err)
		}
		off += size
	}
	return av("ts")
}

// readID3 looks behind an ID3v2 tag for what it was put before.
func readID3(w *window, head []byte) (header, error) {
	if len(head) < 10 || head[3] < 2 || head[3] > 4 || head[6]|head[7]|head[8]|head[9] >= 0x80 {
		return header{}, nil
	}
	off := 10 + int64(head[6])<<21 + int64(head[7])<<14 + int64(head[8])<<7 + int64(head[9])
	b, err := w.upTo(off, 4)
	if err != nil {
		return header{}, err
	}
	if string(b) == "fLaC" {
		return av("flac")
	}
	format, err := audioFrames(w, off)
	if format == "" && err == nil {
		format = "mp3" // padding may follow the tag; the demuxer will judge
	}
	if err != nil {
		return header{}, unlessReading(err)
	}
	return av(format)
}

// readFrames is for bare MPEG audio, which has no header of its own.
func readFrames(w *window, _ []byte) (header, error) {
	format, err := audioFrames(w, 0)
	if err != nil {
		return header{}, unlessReading(err)
	}
	return av(format)
}

// audioFrames answers "mp3" or "aac" when two frames of one kind follow each
// other at off, else "".
func audioFrames(w *window, off int64) (string, error) {
	kind := ""
	for range 2 {
		b, err := w.upTo(off, 7)
		if err != nil {
			return "", err
		}
		k, length := audioFrame(b)
		if k == "" || kind != "" && k != kind {
			return "", nil
		}
		kind = k
		off += length
	}
	return kind, nil
}

// audioFrame reads the header of an MPEG layer III or ADTS frame.
func audioFrame(b []byte) (kind string, length int64) {
	if len(b) < 7 || b[0] != 0xFF || b[1]&0xE0 != 0xE0 {
		return "", 0
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	if layer == 0 {
		length = int64(b[3]&3)<<11 | int64(b[4])<<3 | int64(b[5])>>5
		if b[1]&0xF0 != 0xF0 || b[2]>>2&15 > 12 || length < 7 {
			return "", 0
		}
		return "aac", length
	}
	bitrates := [16]int64{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}
	slot := int64(144)
	if version != 3 { // MPEG-2 and 2.5
		bitrates = [16]int64{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}
		slot = 72
	}
	rates := [4][3]int64{{11025, 12000, 8000}, {}, {22050, 24000, 16000}, {44100, 48000, 32000}}
	rate := b[2] >> 2 & 3
	if layer != 1 || version == 1 || rate == 3 || bitrates[b[2]>>4] == 0 {
		return "", 0
	}
	return "mp3", slot*1000*bitrates[b[2]>>4]/rates[version][rate] + int64(b[2]>>1&1)
}
