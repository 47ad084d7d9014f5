#ifndef BRIDGE_H
#define BRIDGE_H

#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>
#include <fontconfig/fontconfig.h>

enum { TP_LEFT, TP_CENTER, TP_RIGHT, TP_JUSTIFY, TP_START, TP_END };
enum { TP_BEST, TP_NONE, TP_GRAY };

typedef struct {
	const char *families;
	double size;
	int weight, italic, underline, strike;
	int align;
	double letter_spacing, line_spacing, line_height;
	double stroke;
	int line_color; /* something lies behind the lines */
	int wrap, max_height, trim;
	int antialias;
	int hinting; /* a cairo_hint_style_t */
} TpStyle;

typedef struct {
	double r, g, b, a;
} TpColor;

typedef struct {
	FcConfig *config;
	PangoFontMap *map;
	char *file;
} TpFonts;

/* One line of a layout: its left end and baseline, and its boxes, in Pango units. */
typedef struct {
	PangoLayoutLine *line;
	int x, baseline;
	PangoRectangle ink, logical;
} TpLine;

typedef struct {
	PangoLayout *layout;
	PangoLayoutIter *iter;
	TpLine *lines;
	int n;
	/* The page in pixels of the layout's coordinates. */
	int left, top, width, height;
	int unknown;
} TpLayout;

TpFonts *tp_fonts_new(const char *file);
void tp_fonts_free(TpFonts *fonts);
int tp_fonts_count(TpFonts *fonts);
/* The k-th name of the family of the n-th font, both from 0; NULL when there is none. */
const char *tp_fonts_family(TpFonts *fonts, int n, int k);

TpLayout *tp_layout_new(TpFonts *fonts, const char *text, int length, const TpStyle *style);
void tp_layout_free(TpLayout *layout);

int tp_draw(TpLayout *layout, const TpStyle *style, TpColor fill, TpColor stroke, TpColor behind,
	unsigned char *pixels, int width, int height);

#endif
