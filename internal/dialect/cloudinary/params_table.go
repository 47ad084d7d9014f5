package cloudinary

import "tintype/internal/transform"

// param is one parameter of the grammar.
type param struct {
	// name is what error messages call it: "Invalid <name> in transformation: …".
	name string
	// built: the parameter is carried out. The others are the vendor's, but
	// not offered here yet, and are refused by name.
	built bool
}

// params lists every prefix of the grammar. A path segment is a
// transformation component only if all its parts begin with one of these.
var params = map[string]param{
	"a":   {"angle", true},
	"ac":  {"audio codec", false},
	"af":  {"audio frequency", false},
	"ar":  {"aspect ratio", true},
	"b":   {"background", true},
	"bl":  {"baseline", true},
	"bo":  {"border", true},
	"br":  {"bit rate", false},
	"c":   {"crop", true},
	"co":  {"color", true},
	"cs":  {"color space", true},
	"d":   {"default image", true},
	"dl":  {"delay", true},
	"dn":  {"density", true},
	"dpr": {"dpr", true},
	"dr":  {"dynamic range", false},
	"du":  {"duration", false},
	"e":   {"effect", true},
	"eo":  {"end offset", false},
	"f":   {"format", true},
	"fl":  {"flag", true},
	"fn":  {"function", false},
	"fps": {"fps", false},
	"g":   {"gravity", true},
	"h":   {"height", true},
	"if":  {"condition", true},
	"ki":  {"keyframe interval", false},
	"l":   {"overlay", true},
	"o":   {"opacity", true},
	"p":   {"prefix", true},
	"pg":  {"page", true},
	"q":   {"quality", true},
	"r":   {"radius", true},
	"so":  {"start offset", false},
	"sp":  {"streaming profile", false},
	"t":   {"named transformation", true},
	"u":   {"underlay", true},
	"vc":  {"video codec", false},
	"vs":  {"video sampling", false},
	"w":   {"width", true},
	"x":   {"x", true},
	"y":   {"y", true},
	"z":   {"zoom", true},
}

// flagKind says what becomes of a flag.
type flagKind uint8

const (
	flagUnknown flagKind = iota
	flagUnbuilt
	// flagGiven flags ask for what is always done.
	flagGiven
	// flagIdle flags are about what there is none of here, and say nothing of
	// the picture.
	flagIdle
	// flagOutput flags configure the encoder.
	flagOutput
	// flagQualifier flags say how their component acts.
	flagQualifier
	flagAnyFormat
	flagProgressive
	flagAttachment
	flagImmutable
	// flagInfo asks for a description in place of the file.
	flagInfo
	flagFreeRatio
)

// flagSpec is what is known of one flag.
type flagSpec struct {
	kind   flagKind
	output func(*transform.Output)
}

func encodes(set func(*transform.Output)) flagSpec { return flagSpec{flagOutput, set} }

// flags lists every flag by its name before a colon.
var flags = map[string]flagSpec{
	"alternate":              {kind: flagUnbuilt},
	"animated":               encodes(func(o *transform.Output) { o.Frames = transform.FramesAll }),
	"any_format":             {kind: flagAnyFormat},
	"apng":                   {kind: flagUnbuilt},
	"attachment":             {kind: flagAttachment},
	"awebp":                  encodes(func(o *transform.Output) { o.Frames = transform.FramesAll }),
	"c2pa":                   {kind: flagUnbuilt},
	"clip":                   {kind: flagUnbuilt},
	"clip_evenodd":           {kind: flagUnbuilt},
	"cutter":                 {kind: flagQualifier},
	"draco":                  {kind: flagUnbuilt},
	"force_icc":              {kind: flagUnbuilt},
	"force_strip":            encodes(func(o *transform.Output) { o.Metadata = "" }),
	"getinfo":                {kind: flagInfo},
	"group4":                 {kind: flagUnbuilt},
	"hlsv3":                  {kind: flagUnbuilt},
	"ignore_aspect_ratio":    {kind: flagFreeRatio},
	"ignore_mask_channels":   {kind: flagUnbuilt},
	"immutable_cache":        {kind: flagImmutable},
	"keep_attribution":       encodes(func(o *transform.Output) { o.Metadata = transform.MetadataAttribution }),
	"keep_dar":               {kind: flagUnbuilt},
	"keep_iptc":              encodes(func(o *transform.Output) { o.Metadata = transform.MetadataKeep }),
	"layer_apply":            {kind: flagQualifier},
	"lossy":                  encodes(func(o *transform.Output) { o.Lossy = true }),
	"mono":                   {kind: flagUnbuilt},
	"no_overflow":            {kind: flagQualifier},
	"no_stream":              {kind: flagIdle},
	"original":               {kind: flagIdle},
	"png8":                   encodes(func(o *transform.Output) { o.Depth = transform.DepthPalette }),
	"png24":                  encodes(func(o *transform.Output) { o.Depth = transform.DepthRGB }),
	"png32":                  encodes(func(o *transform.Output) { o.Depth = transform.DepthRGBA }),
	"preserve_transparency":  {kind: flagGiven},
	"progressive":            {kind: flagProgressive},
	"rasterize":              {kind: flagGiven},
	"region_relative":        {kind: flagQualifier},
	"relative":               {kind: flagQualifier},
	"replace_image":          {kind: flagUnbuilt},
	"sanitize":               {kind: flagUnbuilt},
	"splice":                 {kind: flagUnbuilt},
	"streaming_attachment":   {kind: flagAttachment},
	"strip_profile":          encodes(func(o *transform.Output) { o.Space = transform.SpaceSRGB }),
	"text_disallow_overflow": {kind: flagQualifier},
	"text_no_trim":           {kind: flagQualifier},
	"tiff8_lzw":              {kind: flagUnbuilt},
	"tiled":                  {kind: flagQualifier},
	"truncate_ts":            {kind: flagUnbuilt},
	"waveform":               {kind: flagUnbuilt},
}

// outputFormats are the values of f_ that can be made, besides "auto".
var outputFormats = map[string]bool{"jpeg": true, "png": true, "webp": true, "avif": true, "gif": true, "tiff": true}

// otherFormats are values of f_ that media's table does not know.
var otherFormats = words("wdp jxr hdp flif tga psd eps ps ai djvu wmv mxf m3u8 mpd amr json css glb gltf")
