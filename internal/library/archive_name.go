package library

import (
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tintype/internal/media"
)

// name gives each file of the archive a name of its own that is safe to
// unpack anywhere.
func (p *Packing) name(a Archive) {
	taken := newNames()
	for i := range p.entries {
		e := &p.entries[i]
		label := ""
		if !e.original && !a.Unlabelled && len(a.Variants) > 0 {
			label = a.Variants[e.variant].Label
		}
		e.name = taken.unique(entryName(e, a, label))
	}
}

// entryName is what a file is called before it is cleaned: of several
// variants each has a folder, or its label at the end.
func entryName(e *entry, a Archive, label string) (stem, ext string) {
	folder, stem := "", e.asset.Name
	if i := strings.LastIndexByte(stem, '/'); i >= 0 {
		folder, stem = stem[:i+1], stem[i+1:]
	}
	ext = "." + media.Extension(e.Info.Format)
	if e.asset.Kind == media.KindRaw {
		ext = path.Ext(stem)
		stem = strings.TrimSuffix(stem, ext)
	}
	if a.OriginalNames && e.asset.OriginalName != "" {
		stem = strings.ReplaceAll(e.asset.OriginalName, "/", "_")
	}
	if a.FlattenFolders {
		folder = ""
	}
	switch {
	case label == "":
	case len(a.Variants) > 1 && !a.FlattenVariants:
		folder = strings.ReplaceAll(label, "/", ",") + "/" + folder
	default:
		stem += "-" + strings.ReplaceAll(label, "/", ",")
	}
	if ext == "." {
		ext = ""
	}
	return folder + stem, ext
}

// names are those that an archive has so far, as file systems that do not
// tell case apart see them.
type names struct{ files, folders map[string]bool }

func newNames() names { return names{map[string]bool{}, map[string]bool{}} }

// unique cleans a name and numbers it where another file has it, or where it
// would be file and folder at once.
func (n names) unique(stem, ext string) string {
	parts := strings.Split(stem, "/")
	folder := ""
	for _, part := range parts[:len(parts)-1] {
		if part == "" {
			continue
		}
		part = cleanPart(part, "")
		for i, try := 1, part; ; i++ {
			if !n.files[fold(folder+try)] {
				part = try
				break
			}
			try = part + "_" + strconv.Itoa(i)
		}
		folder += part + "/"
		n.folders[fold(strings.TrimSuffix(folder, "/"))] = true
	}
	last := parts[len(parts)-1]
	for i := 0; ; i++ {
		suffix := ext
		if i > 0 {
			suffix = "_" + strconv.Itoa(i) + ext
		}
		name := folder + cleanPart(last, suffix)
		if key := fold(name); !n.files[key] && !n.folders[key] {
			n.files[key] = true
			return name
		}
	}
}

// fold is what two names share that a file system may take for one.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// reservedNames are devices on Windows, whatever the extension.
var reservedNames = map[string]bool{
	"con": true, "prn": true, "aux": true, "nul": true,
	"com1": true, "com2": true, "com3": true, "com4": true, "com5": true, "com6": true, "com7": true, "com8": true, "com9": true,
	"lpt1": true, "lpt2": true, "lpt3": true, "lpt4": true, "lpt5": true, "lpt6": true, "lpt7": true, "lpt8": true, "lpt9": true,
}

// maxPart is the longest name of a file or folder, in bytes.
const maxPart = 255

// cleanPart makes one part of a path, with its end, fit for every file
// system: none leads out of its folder or means a device.
func cleanPart(part, end string) string {
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case unicode.IsControl(r) || r == utf8.RuneError || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029:
				return -1
			case strings.ContainsRune(`/\:*?"<>|`, r):
				return '_'
			}
			return r
		}, strings.ToValidUTF8(s, "_"))
	}
	part, end = strings.TrimLeft(clean(part), " "), clean(end)
	end = strings.TrimRight(end, ". ")
	if end == "" {
		part = strings.TrimRight(part, ". ")
	}
	for len(part)+len(end) > maxPart && part != "" {
		_, size := utf8.DecodeLastRuneInString(part)
		part = part[:len(part)-size]
	}
	name := part + end
	if first, _, _ := strings.Cut(strings.ToLower(name), "."); reservedNames[strings.TrimSpace(first)] || strings.Trim(name, ".") == "" && name != "" {
		name = "_" + name
	}
	if name == "" {
		name = "_"
	}
	return name
}
