package engine

import (
	"bytes"
	"encoding/binary"
)

// sniffLen is how much of a file the matchers see: PDF's mark may stand as
// late as this.
const sniffLen = 1024

// A sniffer recognises a format by the first bytes and then reads its header.
// read may still answer with Format "": then the next matcher is asked.
type sniffer struct {
	name  string // for messages
	match func(head []byte) bool
	read  func(w *window, head []byte) (header, error)
}

// sniffers stand in order: firm marks first, then those that could be chance.
// Playlists of every kind (M3U, DASH, SDP, ffconcat, SMIL) are text and match
// none, so that they are never handed to a demuxer.
var sniffers = []sniffer{
	{"jpeg", at(0, "\xFF\xD8\xFF"), readJPEG},
	{"png", at(0, "\x89PNG\r\n\x1A\n"), readPNG},
	{"gif", either(at(0, "GIF87a"), at(0, "GIF89a")), readGIF},
	{"webp", both(at(0, "RIFF"), at(8, "WEBP")), readWebP},
	{"media", at(4, "ftyp"), readISO},
	{"jxl", either(at(0, "\xFF\x0A"), at(0, "\x00\x00\x00\x0CJXL \r\n\x87\n")), readJXL},
	{"jp2", either(at(0, "\x00\x00\x00\x0CjP  \r\n\x87\n"), at(0, "\xFF\x4F\xFF\x51")), readJP2},
	{"tiff", either(at(0, "II\x2A\x00"), at(0, "MM\x00\x2A"), at(0, "II\x2B\x00\x08\x00\x00\x00"), at(0, "MM\x00\x2B\x00\x08\x00\x00")), readTIFF},
	{"psd", either(at(0, "8BPS\x00\x01"), at(0, "8BPS\x00\x02")), readPSD},
	{"webm", at(0, "\x1A\x45\xDF\xA3"), readEBML},
	{"avi", both(at(0, "RIFF"), at(8, "AVI ")), readAs("avi")},
	{"wav", either(both(at(0, "RIFF"), at(8, "WAVE")), both(at(0, "RF64"), at(8, "WAVE"))), readAs("wav")},
	{"aiff", both(at(0, "FORM"), either(at(8, "AIFF"), at(8, "AIFC"))), readAs("aiff")},
	{"flac", at(0, "fLaC"), readAs("flac")},
	{"ogg", at(0, "OggS"), readOgg},
	{"flv", at(0, "FLV\x01"), readAs("flv")},
	{"mpeg", isProgramStream, readAs("mpeg")},
	{"mp3", at(0, "ID3"), readID3},
	{"mov", either(at(4, "moov"), at(4, "mdat"), at(4, "wide"), at(4, "free"), at(4, "skip"), at(4, "pnot")), readMOV},
	{"bmp", isBMP, readBMP},
	{"ico", both(at(0, "\x00\x00\x01\x00"), longer(22)), readICO},
	{"ts", either(at(0, "\x47"), at(4, "\x47")), readTS},
	{"mp3", at(0, "\xFF"), readFrames},
	{"svg", maybeXML, readSVG},
	{"pdf", func(head []byte) bool { return bytes.Contains(head, []byte("%PDF-")) }, readPDF},
}

func at(off int, mark string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) >= off+len(mark) && string(head[off:off+len(mark)]) == mark
	}
}

func either(fns ...func([]byte) bool) func([]byte) bool {
	return func(head []byte) bool {
		for _, fn := range fns {
			if fn(head) {
				return true
			}
		}
		return false
	}
}

func both(a, b func([]byte) bool) func([]byte) bool {
	return func(head []byte) bool { return a(head) && b(head) }
}

func longer(n int) func([]byte) bool {
	return func(head []byte) bool { return len(head) >= n }
}

// isProgramStream wants a pack header of MPEG-1 or MPEG-2 with its marker bits.
func isProgramStream(head []byte) bool {
	return at(0, "\x00\x00\x01\xBA")(head) && len(head) > 4 && (head[4]&0xF1 == 0x21 || head[4]&0xC4 == 0x44)
}

// isBMP wants more than the two letters, which begin many a text.
func isBMP(head []byte) bool {
	if !at(0, "BM")(head) || len(head) < 26 {
		return false
	}
	switch n := binary.LittleEndian.Uint32(head[14:]); {
	case n == 12:
		return binary.LittleEndian.Uint16(head[22:]) == 1
	case n >= 40 && n <= 124 && len(head) >= 28:
		return binary.LittleEndian.Uint16(head[26:]) == 1
	default:
		return n == 16
	}
}
