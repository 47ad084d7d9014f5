package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

const profileItem = "icc-profile-data"

// colours says how a source's colours are loaded.
type colours struct {
	keep bool // as they are, with the profile that says what they mean
	ink  bool // as the CMYK that they are
}

// coloursFor decides by the plan and the source's header. What was never
// asked for, such as a layer's or a measurement's, is converted to sRGB. So
// are pictures that a colour is brought into or changed in, since the
// operations speak of sRGB.
func coloursFor(plan transform.Plan, head *vips.Image) colours {
	out := plan.Output
	if out.Format == "" || out.Space == "" || out.Space == transform.SpaceSRGB || out.Space == transform.SpaceTagged || out.Space == transform.SpaceCMYK {
		return colours{}
	}
	if head.Interpretation() == "cmyk" {
		inkable := out.Format == "jpeg" || out.Format == "tiff"
		return colours{ink: inkable && len(plan.Ops) == 0 && out.Space != transform.SpaceNoCMYK && head.Bands() == 4 && head.Format() == "uchar"}
	}
	rgb := head.Bands() >= 3 && (head.Interpretation() == "srgb" || head.Interpretation() == "rgb16")
	return colours{keep: rgb && colourless(plan.Ops) && foreignProfile(head) != nil}
}

// colourless reports that operations neither change colours nor bring any in.
func colourless(ops []transform.Op) bool {
	for _, op := range ops {
		switch op := op.(type) {
		case transform.OpResize, transform.OpExtract, transform.OpFlip, transform.OpRound, transform.OpOpacity,
			transform.OpBlur, transform.OpSharpen, transform.OpPixelate, transform.OpFade, transform.OpCorners:
		case transform.OpEmbed:
			if op.Backdrop != nil || !fillsGrey(op) {
				return false
			}
		default:
			if !fillsGrey(op) {
				return false
			}
		}
	}
	return true
}

// foreignProfile is the profile for RGB of a picture that is in another space
// than sRGB, or nil.
func foreignProfile(im *vips.Image) []byte {
	if !im.Has(profileItem) {
		return nil
	}
	v, _ := im.Get(profileItem)
	b, _ := v.([]byte)
	if len(b) < 132 || string(b[36:40]) != "acsp" || string(b[16:20]) != "RGB " || isSRGB(b) {
		return nil
	}
	return b
}

// isSRGB goes by what a profile calls itself.
func isSRGB(profile []byte) bool {
	count := min(binary.BigEndian.Uint32(profile[128:]), 100)
	for i := range int(count) {
		at := 132 + 12*i
		if at+12 > len(profile) {
			return false
		}
		if string(profile[at:at+4]) != "desc" {
			continue
		}
		off, n := int(binary.BigEndian.Uint32(profile[at+4:])), int(binary.BigEndian.Uint32(profile[at+8:]))
		if off > len(profile) || n > len(profile)-off {
			return false
		}
		name := bytes.ReplaceAll(profile[off:off+n], []byte{0}, nil) // also of UTF-16
		return bytes.Contains(name, []byte("sRGB"))
	}
	return false
}

// tag brings the picture to the colour space of the output, once all else is
// done to it. It answers the profile that is to be written, or nil.
func (p *picture) tag(out transform.PlanOutput) ([]byte, error) {
	switch out.Space {
	case transform.SpaceTagged:
		if p.im.Bands() < 3 {
			return nil, nil // grey is grey
		}
		return srgbProfile(), nil
	case transform.SpaceCMYK:
		if err := p.ontoBackground(out.Background); err != nil {
			return nil, fmt.Errorf("flatten: %w", err)
		}
		if err := p.toColour(); err != nil {
			return nil, err
		}
		if err := p.apply("icc_transform", vips.Args{"output_profile": "cmyk", "input_profile": "srgb"}); err != nil {
			return nil, fmt.Errorf("to CMYK: %w", err)
		}
		return nil, nil
	case transform.SpaceUntagged:
		return nil, nil
	}
	return p.profile, nil
}

// srgbProfile is a small profile of sRGB, version 4 of the format.
func srgbProfile() []byte {
	be := binary.BigEndian
	fixed := func(b []byte, v float64) []byte { return be.AppendUint32(b, uint32(int32(math.Round(v*65536)))) }
	xyz := func(x, y, z float64) []byte {
		return fixed(fixed(fixed([]byte("XYZ \x00\x00\x00\x00"), x), y), z)
	}
	text := func(s string) []byte {
		b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0CenUS")
		b = be.AppendUint32(be.AppendUint32(b, uint32(2*len(s))), 28)
		for _, c := range s {
			b = be.AppendUint16(b, uint16(c))
		}
		return b
	}
	curve := []byte("para\x00\x00\x00\x00\x00\x03\x00\x00")
	for _, v := range []float64{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045} {
		curve = fixed(curve, v)
	}
	parts := []struct {
		names []string
		body  []byte
	}{
		{[]string{"desc"}, text("sRGB")},
		{[]string{"cprt"}, text("CC0")},
		{[]string{"wtpt"}, xyz(0.96420, 1, 0.82491)},
		{[]string{"rXYZ"}, xyz(0.43607, 0.22249, 0.01392)},
		{[]string{"gXYZ"}, xyz(0.38515, 0.71687, 0.09708)},
		{[]string{"bXYZ"}, xyz(0.14307, 0.06061, 0.71410)},
		{[]string{"rTRC", "gTRC", "bTRC"}, curve},
	}
	var table, body []byte
	off := 128 + 4 + 12*9
	for _, part := range parts {
		for len(part.body)%4 != 0 {
			part.body = append(part.body, 0)
		}
		for _, name := range part.names {
			table = be.AppendUint32(append(table, name...), uint32(off))
			table = be.AppendUint32(table, uint32(len(part.body)))
		}
		body, off = append(body, part.body...), off+len(part.body)
	}
	head := make([]byte, 128)
	be.PutUint32(head, uint32(off))
	be.PutUint32(head[8:], 0x04200000)
	copy(head[12:], "mntrRGB XYZ ")
	be.PutUint16(head[24:], 2020)
	be.PutUint16(head[26:], 1)
	be.PutUint16(head[28:], 1)
	copy(head[36:], "acsp")
	copy(head[68:], fixed(fixed(fixed(nil, 0.96420), 1), 0.82491))
	return append(append(be.AppendUint32(head, 9), table...), body...)
}
