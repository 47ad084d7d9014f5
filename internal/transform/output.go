package transform

// Output says how the result is encoded. What a format cannot do (a
// progressive WebP, the chroma of a PNG) is ignored.
type Output struct {
	// Format is a name of media's table; "" keeps the source's format; Auto
	// is negotiated with the client before the plan is made.
	Format string
	// Quality is 1 to 100; 0 is the format's default, or Level's.
	Quality int
	// Level has the engine choose the quality by what can be seen; it wins
	// over Quality.
	Level Level
	// Frames says what becomes of an animation.
	Frames Frames
	// Progressive asks for a progressive or interlaced file.
	Progressive bool
	// Chroma is the resolution of colour in lossy formats.
	Chroma Chroma
	// Lossless asks for exact pixels where the format offers both (WebP,
	// AVIF, JPEG XL, JPEG 2000).
	Lossless bool
	// Lossy allows a loss where the format is lossless by nature, and lets
	// Quality count there: a GIF of fewer changes; instead of a PNG a JPEG, or
	// one of a palette where there is alpha or Depth asks for it.
	Lossy bool
	// Depth is how a PNG's pixels are stored.
	Depth Depth
	// Space is the colour space and the profile of the result.
	Space Space
	// Metadata says what is taken along from the source.
	Metadata Metadata
	// Density in dots per inch is written into the file, 1 to 2400; 0 writes none.
	Density int
	// Delay of every frame of an animation in milliseconds, up to 60,000; 0 keeps the source's.
	Delay int
	// Loop is how often an animation plays, up to 65,535; 0 keeps the source's, -1 is for ever.
	Loop int
	// Info asks for a description in place of pixels. The plan is the same;
	// what answers is the caller's business.
	Info bool
}

// Auto as Output.Format lets the client's Accept header choose.
const Auto = "auto"

// Level is a quality by what can be seen.
type Level string

// The levels, from the least loss to the smallest file. Each is the smallest
// file whose difference from the uncompressed picture stays below what the
// level allows.
const (
	LevelBest Level = "best"
	LevelGood Level = "good" // no visible loss
	LevelEco  Level = "eco"
	LevelLow  Level = "low"
)

// Chroma is the resolution of colour in a lossy format.
type Chroma string

// The chromas; "" is 4:2:0 below quality 90, else 4:4:4.
const (
	Chroma420 Chroma = "420"
	Chroma444 Chroma = "444"
)

// Depth is how the pixels of a PNG are stored.
type Depth string

// The depths; "" is whatever the picture needs.
const (
	DepthPalette Depth = "palette" // at most 256 colours
	DepthRGB     Depth = "rgb"     // alpha is flattened
	DepthRGBA    Depth = "rgba"    // with alpha even when all is opaque
)

// Space is what becomes of the colour space and the profile.
type Space string

// The spaces. SpaceSRGB is the default and "" in the normal form.
const (
	SpaceSRGB     Space = "srgb"     // convert, write no profile
	SpaceTagged   Space = "srgb-icc" // convert, write a small sRGB profile
	SpaceKeep     Space = "keep"     // keep pixels and profile as far as the format can
	SpaceCMYK     Space = "cmyk"     // convert to CMYK; JPEG and TIFF only
	SpaceNoCMYK   Space = "no-cmyk"  // convert CMYK to sRGB, keep the rest
	SpaceUntagged Space = "untagged" // keep the pixels, drop the profile
)

// Metadata says what is taken along of Exif, IPTC and XMP. The orientation is
// reset wherever the pixels were turned.
type Metadata string

// The ways to treat metadata; "" drops all.
const (
	MetadataKeep        Metadata = "keep"
	MetadataAttribution Metadata = "attribution" // author and copyright only
	MetadataNoPlace     Metadata = "no-place"    // Exif without GPS; no XMP, no IPTC
)

// Frames says what becomes of an animated source.
type Frames uint8

const (
	// FramesDefault keeps the animation when the output's format is the
	// source's own, is GIF, or was negotiated; else the first frame is taken.
	FramesDefault Frames = iota
	// FramesAll keeps the animation in every format that can play.
	FramesAll
	// FramesFirst takes the first frame only.
	FramesFirst
)

// PlanOutput says how to encode; every field is decided, the words are
// Output's, and what Format cannot do is already gone: equal outputs are
// equally encoded, and what has no effect has its default.
type PlanOutput struct {
	Format      string // never "" nor Auto
	Quality     int    // 1 to 100; 80 where nothing is lost
	Progressive bool
	// Background is what alpha is flattened onto when Format has none.
	Background Color
	// Level, if not "", has the engine look for the quality, which is then
	// the first to try.
	Level Level `json:",omitempty"`
	// Chroma is never stated where "" means the same.
	Chroma   Chroma   `json:",omitempty"`
	Lossless bool     `json:",omitempty"`
	Lossy    bool     `json:",omitempty"`
	Depth    Depth    `json:",omitempty"`
	Space    Space    `json:",omitempty"`
	Metadata Metadata `json:",omitempty"`
	Density  int      `json:",omitempty"`
	Delay    int      `json:",omitempty"` // milliseconds of each frame
	Loop     int      `json:",omitempty"` // as Output.Loop
}

// args lists everything but the format, which stands first and without key
// where it is given.
func (o *Output) args(f form) {
	f.count("q", &o.Quality, span{lo: 1, hi: 100})
	f.word("level", (*string)(&o.Level), false, "best", "good", "eco", "low")
	f.small("frames", (*uint8)(&o.Frames), "all", "first")
	yes(f, "progressive", &o.Progressive)
	f.word("chroma", (*string)(&o.Chroma), false, "420", "444")
	yes(f, "lossless", &o.Lossless)
	yes(f, "lossy", &o.Lossy)
	f.word("depth", (*string)(&o.Depth), false, "palette", "rgb", "rgba")
	f.word("space", (*string)(&o.Space), false, "srgb", "srgb-icc", "keep", "cmyk", "no-cmyk", "untagged")
	f.word("metadata", (*string)(&o.Metadata), false, "keep", "attribution", "no-place")
	f.count("density", &o.Density, span{lo: 1, hi: 2400})
	f.count("delay", &o.Delay, span{lo: 1, hi: 60_000})
	f.count("loop", &o.Loop, span{lo: -1, hi: 65_535})
	yes(f, "info", &o.Info)
}

// yes is a flag with a key, for where a word without key means something else.
func yes(f form, name string, v *bool) {
	s := ""
	if *v {
		s = "true"
	}
	f.word(name, &s, false, "true")
	*v = s == "true"
}

func (in *Input) args(f form) {
	f.flag("ignore-orientation", &in.IgnoreOrientation)
	f.num("density", &in.Density, span{lo: 1, hi: 2400})
}
