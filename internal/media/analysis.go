package media

// Analysis is what was found out about the content of one version. A part
// that was not asked for is absent: nil, or "". A list that is there but empty
// was asked for, and nothing was found.
type Analysis struct {
	// Version is what the findings are about; they count for no other.
	Version VersionID `json:"version,omitempty"`
	// Colors are at most 32, the largest share first.
	Colors []ColorShare `json:"colors,omitzero"`
	// Faces are in pixels of the upright picture, the largest first.
	Faces []Box `json:"faces,omitzero"`
	// Hash is 16 lower-case hexadecimal digits, few of whose bits differ
	// between pictures that look alike.
	Hash        string       `json:"hash,omitempty"`
	Quality     *Quality     `json:"quality,omitempty"`
	ColorVision *ColorVision `json:"color_vision,omitempty"`
	Cinemagraph *Cinemagraph `json:"cinemagraph,omitempty"`
	Metadata    *Metadata    `json:"metadata,omitempty"`
	Look        *Look        `json:"look,omitempty"`
}

// Join takes over each part that b has.
func (a *Analysis) Join(b Analysis) {
	if b.Version != "" {
		a.Version = b.Version
	}
	if b.Colors != nil {
		a.Colors = b.Colors
	}
	if b.Faces != nil {
		a.Faces = b.Faces
	}
	if b.Hash != "" {
		a.Hash = b.Hash
	}
	if b.Quality != nil {
		a.Quality = b.Quality
	}
	if b.ColorVision != nil {
		a.ColorVision = b.ColorVision
	}
	if b.Cinemagraph != nil {
		a.Cinemagraph = b.Cinemagraph
	}
	if b.Metadata != nil {
		a.Metadata = b.Metadata
	}
	if b.Look != nil {
		a.Look = b.Look
	}
}

// ColorShare is a colour and how much of the picture has it.
type ColorShare struct {
	Hex   string  `json:"hex"`   // "#162E02"
	Share float64 `json:"share"` // 0 to 1 of what is not transparent
}

// Quality judges a picture technically. All numbers are from 0 to 1.
type Quality struct {
	// Focus is 1 for a picture as sharp as its pixels allow, 0 for mist.
	Focus float64 `json:"focus"`
	// Contrast is the standard deviation of the brightness, of which a
	// quarter of the whole range is as much as a picture needs.
	Contrast float64 `json:"contrast"`
	// Exposure is 1 where the mean brightness is middle grey, 0 for all black
	// and all white.
	Exposure float64 `json:"exposure"`
	// Saturation is the mean of max - min of the three colours.
	Saturation float64 `json:"saturation"`
	// Score is all in one: half focus, a quarter contrast, a quarter exposure.
	Score float64 `json:"score"`
}

// ColorVision says how a picture fares with people who confuse colours. Each
// of protanopia, deuteranopia and tritanopia is looked at; the worst counts.
type ColorVision struct {
	// Edges is the share of the edges that stay visible.
	Edges float64 `json:"edges"`
	// Colors is the share of the pairs of main colours that stay distinct.
	Colors float64 `json:"colors"`
	// Pair holds the two main colours that come closest to each other, as
	// "#RRGGBB"; empty where there are not two.
	Pair [2]string `json:"pair"`
	// Score is Edges times Colors.
	Score float64 `json:"score"`
}

// Cinemagraph says how much a picture is a still in which a part moves.
type Cinemagraph struct {
	// Score is 0 for a still, and for a film in which half of the picture
	// moves; near 1 where but a small part does.
	Score float64 `json:"score"`
}

// Metadata is what a file says of itself, as text by the usual names of its
// fields. What is not text was made so; very long values are left out.
type Metadata struct {
	Exif map[string]string `json:"exif,omitempty"`
	IPTC map[string]string `json:"iptc,omitempty"`
	XMP  map[string]string `json:"xmp,omitempty"`
	// Container is what a film's or sound's container says.
	Container map[string]string `json:"container,omitempty"`
	// DPI is the density in dots per inch. Where the file does not say, it is
	// what its format's decoder assumes: 72, or 0 for none.
	DPI float64 `json:"dpi,omitempty"`
}

// Look is what kind of picture it is.
type Look struct {
	// Grey: there is no colour in it.
	Grey bool `json:"grey"`
	// SemiTransparent: there are pixels that one sees through in part.
	SemiTransparent bool `json:"semi_transparent"`
	// Illustration is how likely it was drawn, not photographed: 0 to 1.
	Illustration float64 `json:"illustration"`
}
