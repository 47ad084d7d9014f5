package engine

import (
	"slices"
	"strings"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
)

// loader says how files of a format are read. What is not listed is not
// opened, whatever libvips could do with it.
type loader struct {
	format string
	op     string // libvips operation on a blob
	class  string // libvips type that is unblocked for it
	pages  bool   // the operation can load several pages ("page", "n")
	vector bool   // the operation renders at any size ("scale")
}

var loaders = []loader{
	{format: "jpeg", op: "jpegload_buffer", class: "VipsForeignLoadJpeg"},
	{format: "png", op: "pngload_buffer", class: "VipsForeignLoadPng"},
	{format: "gif", op: "gifload_buffer", class: "VipsForeignLoadNsgif", pages: true},
	{format: "webp", op: "webpload_buffer", class: "VipsForeignLoadWebp", pages: true},
	{format: "avif", op: "heifload_buffer", class: "VipsForeignLoadHeif", pages: true},
	{format: "heic", op: "heifload_buffer", class: "VipsForeignLoadHeif", pages: true},
	{format: "tiff", op: "tiffload_buffer", class: "VipsForeignLoadTiff", pages: true},
	{format: "jxl", op: "jxlload_buffer", class: "VipsForeignLoadJxl"},
	{format: "svg", op: "svgload_buffer", class: "VipsForeignLoadSvg", vector: true},
	{format: "pdf", op: "pdfload_buffer", class: "VipsForeignLoadPdf", pages: true, vector: true},
	// These two are decoded here; the loader takes over from there.
	{format: "bmp", op: "tiffload_buffer", class: "VipsForeignLoadTiff"},
	{format: "ico", op: "tiffload_buffer", class: "VipsForeignLoadTiff"},
}

// saver says how files of a format are written.
type saver struct {
	format string
	op     string
	class  string
}

var savers = []saver{
	{format: "jpeg", op: "jpegsave_buffer", class: "VipsForeignSaveJpeg"},
	{format: "png", op: "pngsave_buffer", class: "VipsForeignSavePng"},
	{format: "webp", op: "webpsave_buffer", class: "VipsForeignSaveWebp"},
	{format: "avif", op: "heifsave_buffer", class: "VipsForeignSaveHeif"},
	{format: "gif", op: "gifsave_buffer", class: "VipsForeignSaveCgif"},
	{format: "tiff", op: "tiffsave_buffer", class: "VipsForeignSaveTiff"},
	{format: "jxl", op: "jxlsave_buffer", class: "VipsForeignSaveJxl"},
	{format: "jp2", op: "jp2ksave_buffer", class: "VipsForeignSaveJp2k"},
}

// openFormats blocks every loader and saver of libvips but those listed.
func openFormats() {
	vips.BlockUntrusted()
	vips.Block("VipsForeign", true)
	for _, l := range loaders {
		vips.Block(l.class, false)
	}
	for _, s := range savers {
		vips.Block(s.class, false)
	}
}

func loaderFor(format string) (loader, error) {
	i := slices.IndexFunc(loaders, func(l loader) bool { return l.format == format })
	if i < 0 {
		return loader{}, media.Errorf(media.Unsupported, "%s files cannot be processed by this server", displayName(format))
	}
	return loaders[i], nil
}

func saverFor(format string) (saver, error) {
	i := slices.IndexFunc(savers, func(s saver) bool { return s.format == format })
	if i < 0 || !vips.Has(savers[i].op) {
		return saver{}, media.Errorf(media.Unsupported, "%s files cannot be made by this server", displayName(format))
	}
	return savers[i], nil
}

func displayName(format string) string {
	if format == "webp" {
		return "WebP"
	}
	return strings.ToUpper(format)
}
