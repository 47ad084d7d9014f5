package uploadcare

import "tintype/internal/transform"

// looks are the filters by name. The vendor's colour tables are not public:
// these are forty looks of our own.
var looks = map[string]transform.Grade{
	"adaris":     {Saturation: 0.15, Warmth: 0.1, Contrast: 0.15, Fade: 0.05},
	"briaril":    {Saturation: -0.25, Warmth: 0.2, Contrast: 0.1, Gamma: 1.05, Fade: 0.15, Highlights: rgba(255, 240, 200, 40)},
	"calarel":    {Saturation: 0.05, Warmth: -0.2, Contrast: 0.2, Shadows: rgba(20, 40, 90, 50)},
	"carris":     {Saturation: 0.25, Warmth: 0.05, Contrast: 0.25},
	"cynarel":    {Saturation: -0.1, Warmth: -0.35, Contrast: 0.05, Gamma: 1.1, Fade: 0.1},
	"cyren":      {Saturation: -0.15, Warmth: -0.25, Contrast: 0.1, Fade: 0.05, Shadows: rgba(0, 60, 80, 70), Highlights: rgba(230, 255, 255, 30)},
	"elmet":      {Saturation: 0.1, Warmth: 0.3, Contrast: 0.1, Gamma: 1.05},
	"elonni":     {Saturation: -0.4, Warmth: 0.1, Contrast: -0.1, Gamma: 1.15, Fade: 0.25, Highlights: rgba(255, 235, 225, 50)},
	"enzana":     {Saturation: 0.2, Warmth: 0.25, Contrast: -0.05, Gamma: 1.1, Fade: 0.1, Shadows: rgba(90, 30, 40, 40), Highlights: rgba(255, 220, 160, 40)},
	"erydark":    {Saturation: -0.3, Warmth: -0.05, Contrast: 0.4, Gamma: 0.8, Shadows: rgba(0, 0, 0, 60)},
	"fenralan":   {Saturation: 0.05, Warmth: 0.15, Contrast: 0.3, Gamma: 0.95, Shadows: rgba(30, 20, 60, 50), Highlights: rgba(255, 230, 190, 40)},
	"ferand":     {Saturation: 0.4, Contrast: 0.15, Gamma: 1.05},
	"galen":      {Saturation: -0.2, Contrast: 0.3, Gamma: 0.95},
	"gavin":      {Warmth: 0.4, Contrast: 0.05, Gamma: 1, Fade: 0.2, Shadows: rgba(60, 30, 0, 40)},
	"gethriel":   {Saturation: -0.6, Warmth: 0.15, Contrast: 0.2, Gamma: 1, Fade: 0.1},
	"iorill":     {Saturation: 0.3, Warmth: -0.1, Contrast: 0.1, Gamma: 1.1, Highlights: rgba(220, 240, 255, 30)},
	"iothari":    {Saturation: -0.05, Warmth: 0.2, Contrast: -0.15, Gamma: 1.2, Fade: 0.2, Highlights: rgba(255, 250, 235, 40)},
	"iselva":     {Saturation: 0.1, Warmth: -0.15, Contrast: -0.1, Gamma: 1.1, Fade: 0.15, Shadows: rgba(70, 90, 140, 50)},
	"jadis":      {Saturation: -0.7, Warmth: -0.2, Contrast: 0.15, Gamma: 1.05, Fade: 0.05},
	"lavra":      {Saturation: 0.15, Warmth: 0.05, Contrast: -0.05, Gamma: 1.05, Fade: 0.1, Shadows: rgba(80, 40, 110, 50), Highlights: rgba(250, 230, 255, 30)},
	"misiara":    {Saturation: 0.05, Warmth: 0.35, Contrast: 0.15, Gamma: 0.95, Fade: 0.05, Shadows: rgba(50, 10, 20, 40), Highlights: rgba(255, 215, 170, 50)},
	"namala":     {Saturation: 0.35, Warmth: 0.2, Contrast: 0.2},
	"nerion":     {Saturation: -1, Contrast: 0.2},
	"nethari":    {Saturation: -1, Contrast: 0.45, Gamma: 0.9},
	"pamaya":     {Saturation: 0.2, Warmth: 0.1, Gamma: 1.2, Fade: 0.1, Highlights: rgba(255, 225, 235, 50)},
	"sarnar":     {Saturation: -0.35, Warmth: 0.3, Contrast: 0.15, Gamma: 0.9, Fade: 0.1, Shadows: rgba(40, 30, 10, 50)},
	"sedis":      {Saturation: -0.5, Contrast: 0.1, Gamma: 1.05, Fade: 0.15, Shadows: rgba(40, 60, 60, 40)},
	"sewen":      {Saturation: -0.45, Warmth: -0.1, Contrast: -0.15, Gamma: 1.1, Fade: 0.3},
	"sorahel":    {Saturation: 0.5, Warmth: 0.1, Contrast: 0.05, Gamma: 1},
	"sorlen":     {Saturation: -0.15, Warmth: 0.1, Contrast: 0.35, Gamma: 1.05, Shadows: rgba(20, 60, 50, 60), Highlights: rgba(255, 235, 210, 30)},
	"tarian":     {Saturation: 0.05, Contrast: 0.5, Gamma: 1},
	"thellassan": {Saturation: 0.1, Warmth: -0.4, Contrast: 0.15, Gamma: 1, Fade: 0.05, Shadows: rgba(0, 50, 70, 50)},
	"varriel":    {Saturation: -0.25, Warmth: 0.25, Contrast: 0.25, Gamma: 1, Fade: 0.15},
	"varven":     {Saturation: -1, Warmth: 0.1, Contrast: 0.05, Gamma: 1.1, Fade: 0.2, Highlights: rgba(255, 245, 230, 60)},
	"vevera":     {Saturation: -1, Warmth: 0.35, Contrast: 0.1, Gamma: 1, Fade: 0.1, Shadows: rgba(60, 35, 10, 60), Highlights: rgba(255, 235, 200, 60)},
	"virkas":     {Saturation: 0.25, Warmth: -0.2, Contrast: 0.3, Gamma: 0.95},
	"yedis":      {Saturation: -0.1, Warmth: 0.15, Contrast: -0.2, Gamma: 1.05, Fade: 0.35},
	"yllara":     {Saturation: 0.15, Warmth: 0.15, Contrast: -0.1, Gamma: 1.15, Fade: 0.15, Shadows: rgba(40, 70, 110, 40), Highlights: rgba(255, 230, 190, 50)},
	"zatvel":     {Saturation: -1, Warmth: -0.25, Contrast: 0.3, Gamma: 1, Shadows: rgba(10, 20, 60, 60), Highlights: rgba(225, 240, 255, 40)},
	"zevcen":     {Saturation: -0.8, Warmth: 0.05, Contrast: -0.2, Gamma: 1.05, Fade: 0.4},
}

func rgba(r, g, b, a uint8) transform.Color { return transform.Color{R: r, G: g, B: b, A: a} }
