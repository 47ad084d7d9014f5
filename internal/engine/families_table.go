package engine

// defaultFamilies come after whatever was asked for. The set-up installs them.
var defaultFamilies = []string{"Liberation Sans", "DejaVu Sans", "Noto Sans"}

// standIn is a family that is asked for by habit, and the open fonts that it is
// drawn with where it is not installed itself.
type standIn struct {
	name string
	// equal are fonts of the same widths, or the family itself under another
	// name; like are fonts of a similar look. The first that is there is used.
	equal, like []string
}

var familiarFonts = []standIn{
	{"Arial", []string{"Liberation Sans", "Arimo"}, nil},
	{"Arial Black", nil, []string{"Liberation Sans"}},
	{"Arial Narrow", []string{"Liberation Sans Narrow"}, []string{"Liberation Sans"}},
	{"Helvetica", []string{"Liberation Sans", "Arimo"}, nil},
	{"Helvetica Neue", nil, []string{"Liberation Sans"}},
	{"sans-serif", nil, []string{"Liberation Sans", "DejaVu Sans"}},
	{"Times", []string{"Liberation Serif", "Tinos"}, nil},
	{"Times New Roman", []string{"Liberation Serif", "Tinos"}, nil},
	{"serif", nil, []string{"Liberation Serif", "DejaVu Serif"}},
	{"Courier", []string{"Liberation Mono", "Cousine"}, nil},
	{"Courier New", []string{"Liberation Mono", "Cousine"}, nil},
	{"monospace", nil, []string{"Liberation Mono", "DejaVu Sans Mono"}},
	{"Georgia", []string{"Gelasio"}, []string{"DejaVu Serif"}},
	{"Verdana", nil, []string{"DejaVu Sans"}},
	{"Tahoma", nil, []string{"DejaVu Sans Condensed", "DejaVu Sans"}},
	{"Trebuchet MS", nil, []string{"Open Sans"}},
	{"Palatino", nil, []string{"DejaVu Serif"}},
	{"Calibri", []string{"Carlito"}, []string{"Open Sans"}},
	{"Cambria", []string{"Caladea"}, []string{"Liberation Serif"}},
	{"Segoe UI", nil, []string{"Open Sans"}},
	{"Consolas", nil, []string{"DejaVu Sans Mono"}},
	{"Menlo", []string{"DejaVu Sans Mono"}, nil},
	{"Monaco", nil, []string{"DejaVu Sans Mono"}},
	{"Open Sans", []string{"Open Sans"}, nil},
	{"Roboto", []string{"Roboto"}, nil},
	{"Roboto Mono", []string{"Roboto Mono"}, []string{"DejaVu Sans Mono"}},
	{"Roboto Slab", []string{"Roboto Slab"}, []string{"DejaVu Serif"}},
	{"Montserrat", []string{"Montserrat"}, []string{"Open Sans"}},
	{"Lato", []string{"Lato"}, []string{"Carlito", "Open Sans"}},
	{"Noto", []string{"Noto Sans"}, []string{"Open Sans", "DejaVu Sans"}},
	{"Noto Sans", []string{"Noto Sans"}, []string{"Open Sans", "DejaVu Sans"}},
	{"Noto Serif", []string{"Noto Serif"}, []string{"DejaVu Serif"}},
	{"Noto Mono", []string{"Noto Mono", "Noto Sans Mono"}, []string{"DejaVu Sans Mono"}},
	{"Noto Sans Mono", []string{"Noto Sans Mono", "Noto Mono"}, []string{"DejaVu Sans Mono"}},
	{"DejaVu", []string{"DejaVu Sans"}, nil},
	{"DejaVu Mono", []string{"DejaVu Sans Mono"}, nil},
	{"DejaVu Serif", []string{"DejaVu Serif"}, nil},
	{"PT Sans", []string{"PT Sans"}, []string{"Open Sans"}},
	{"PT Serif", []string{"PT Serif"}, []string{"Liberation Serif"}},
	{"PT Mono", []string{"PT Mono"}, []string{"Liberation Mono"}},
	{"Old Standard", []string{"Old Standard TT"}, []string{"Liberation Serif"}},
	{"Vollkorn", []string{"Vollkorn"}, []string{"Liberation Serif"}},
	{"Lobster", []string{"Lobster Two"}, []string{"Liberation Serif"}},
	{"Abril Fatface", []string{"Abril Fatface"}, []string{"Old Standard TT", "Liberation Serif"}},
	{"Amaranth", []string{"Amaranth"}, []string{"Open Sans"}},
	{"Arvo", []string{"Arvo"}, []string{"Roboto Slab", "DejaVu Serif"}},
	{"Audiowide", []string{"Audiowide"}, []string{"Roboto"}},
	{"Chivo", []string{"Chivo"}, []string{"Roboto"}},
	{"Crimson Text", []string{"Crimson Text", "Crimson"}, []string{"Liberation Serif"}},
	{"Exo", []string{"Exo"}, []string{"Roboto"}},
	{"Fredoka One", []string{"Fredoka One"}, []string{"Open Sans"}},
	{"Gravitas One", []string{"Gravitas One"}, []string{"Old Standard TT", "Liberation Serif"}},
	{"Kanit", []string{"Kanit"}, []string{"Roboto"}},
	{"Lora", []string{"Lora"}, []string{"PT Serif", "Liberation Serif"}},
	{"Monoton", []string{"Monoton"}, []string{"Roboto"}},
	{"Ubuntu", []string{"Ubuntu"}, []string{"Open Sans"}},
}

var familiar = func() map[string]standIn {
	m := map[string]standIn{}
	for _, s := range familiarFonts {
		m[folded(s.name)] = s
	}
	return m
}()
