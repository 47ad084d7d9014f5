package cloudinary

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
	"d":   {"default image", false},
	"dl":  {"delay", false},
	"dn":  {"density", false},
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
	"if":  {"condition", false},
	"ki":  {"keyframe interval", false},
	"l":   {"overlay", false},
	"o":   {"opacity", true},
	"p":   {"prefix", true},
	"pg":  {"page", false},
	"q":   {"quality", true},
	"r":   {"radius", true},
	"so":  {"start offset", false},
	"sp":  {"streaming profile", false},
	"t":   {"named transformation", true},
	"u":   {"underlay", false},
	"vc":  {"video codec", false},
	"vs":  {"video sampling", false},
	"w":   {"width", true},
	"x":   {"x", true},
	"y":   {"y", true},
	"z":   {"zoom", false},
}

// flagKind says what becomes of a flag.
type flagKind uint8

const (
	flagUnknown flagKind = iota
	flagUnbuilt
	// flagGiven flags ask for what is always done: metadata is stripped and
	// colours are sRGB unless asked otherwise.
	flagGiven
	flagProgressive
	flagFrames
	flagAttachment
	flagImmutable
	flagFreeRatio
)

// flags lists every flag by its name before a colon.
var flags = map[string]flagKind{
	"alternate":              flagUnbuilt,
	"animated":               flagFrames,
	"any_format":             flagUnbuilt,
	"apng":                   flagUnbuilt,
	"attachment":             flagAttachment,
	"awebp":                  flagFrames,
	"c2pa":                   flagUnbuilt,
	"clip":                   flagUnbuilt,
	"clip_evenodd":           flagUnbuilt,
	"cutter":                 flagUnbuilt,
	"draco":                  flagUnbuilt,
	"force_icc":              flagUnbuilt,
	"force_strip":            flagGiven,
	"getinfo":                flagUnbuilt,
	"group4":                 flagUnbuilt,
	"hlsv3":                  flagUnbuilt,
	"ignore_aspect_ratio":    flagFreeRatio,
	"ignore_mask_channels":   flagUnbuilt,
	"immutable_cache":        flagImmutable,
	"keep_attribution":       flagUnbuilt,
	"keep_dar":               flagUnbuilt,
	"keep_iptc":              flagUnbuilt,
	"layer_apply":            flagUnbuilt,
	"lossy":                  flagUnbuilt,
	"mono":                   flagUnbuilt,
	"no_overflow":            flagUnbuilt,
	"no_stream":              flagUnbuilt,
	"original":               flagUnbuilt,
	"png8":                   flagUnbuilt,
	"png24":                  flagUnbuilt,
	"png32":                  flagUnbuilt,
	"preserve_transparency":  flagUnbuilt,
	"progressive":            flagProgressive,
	"rasterize":              flagUnbuilt,
	"region_relative":        flagUnbuilt,
	"relative":               flagUnbuilt,
	"replace_image":          flagUnbuilt,
	"sanitize":               flagUnbuilt,
	"splice":                 flagUnbuilt,
	"streaming_attachment":   flagAttachment,
	"strip_profile":          flagGiven,
	"text_disallow_overflow": flagUnbuilt,
	"text_no_trim":           flagUnbuilt,
	"tiled":                  flagUnbuilt,
	"truncate_ts":            flagUnbuilt,
	"waveform":               flagUnbuilt,
}

// outputFormats are the values of f_ that can be made, besides "auto".
var outputFormats = map[string]bool{"jpeg": true, "png": true, "webp": true, "avif": true, "gif": true, "tiff": true}

// otherFormats are values of f_ that media's table does not know.
var otherFormats = words("wdp jxr hdp flif tga psd eps ps ai djvu wmv mxf m3u8 mpd amr json css glb gltf")

// otherEffects are the effects that are not offered here yet.
var otherEffects = words(`accelerate adv_redeye anti_removal art assist_colorblind auto_brightness
	auto_color auto_contrast auto_enhance background_removal bgremoval blackwhite blue blur_faces
	blur_region boomerang brightness_hsb camera cartoonify colorize cut_out deshake displace distort
	dropshadow embed_clipping_path enhance extract fade fill_light gamma gen_background_replace
	gen_fill gen_recolor gen_remove gen_replace gen_restore gradient_fade green hue improve light
	loop make_transparent mask morphology multiply negate noise oil_paint opacity_threshold
	ordered_dither outline overlay pixelate pixelate_faces pixelate_region preview progressbar
	recolor red redeye replace_color reverse screen shadow shear simulate_colorblind style_transfer
	swap_image theme tint transition trim unsharp_mask upscale vectorize vibrance viesus_correct
	vignette volume zoompan`)

// otherCrops are the crop modes that are not offered here yet.
var otherCrops = words("auto auto_pad fill_pad imagga_crop imagga_scale")

// otherGravities are the gravities that are not offered here yet, before a colon.
var otherGravities = words(`face faces custom adv_face adv_faces adv_eyes ocr_text body liquid
	cld-decompose_tile track_person object auto`)
