#include "bridge.h"

#include <math.h>
#include <string.h>

/* With a file of its own, a map prefers that file to whatever a family says. */
static void prefer_file(FcPattern *pattern, gpointer data)
{
	TpFonts *fonts = data;

	FcPatternDel(pattern, FC_FILE);
	FcPatternAddString(pattern, FC_FILE, (const FcChar8 *) fonts->file);
}

TpFonts *tp_fonts_new(const char *file)
{
	TpFonts *fonts = g_new0(TpFonts, 1);

	fonts->config = FcInitLoadConfigAndFonts();
	if (fonts->config && file && FcConfigAppFontAddFile(fonts->config, (const FcChar8 *) file)) {
		FcFontSet *own = FcConfigGetFonts(fonts->config, FcSetApplication);
		if (own && own->nfont > 0)
			fonts->file = g_strdup(file);
	}
	if (!fonts->config || (file && !fonts->file)) {
		tp_fonts_free(fonts);
		return NULL;
	}
	fonts->map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
	if (!fonts->map) {
		tp_fonts_free(fonts);
		return NULL;
	}
	pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(fonts->map), fonts->config);
	if (file)
		pango_fc_font_map_set_default_substitute(PANGO_FC_FONT_MAP(fonts->map), prefer_file, fonts, NULL);
	return fonts;
}

void tp_fonts_free(TpFonts *fonts)
{
	if (fonts->map)
		g_object_unref(fonts->map);
	if (fonts->config)
		FcConfigDestroy(fonts->config);
	g_free(fonts->file);
	g_free(fonts);
}

int tp_fonts_count(TpFonts *fonts)
{
	FcFontSet *set = FcConfigGetFonts(fonts->config, FcSetSystem);

	return set ? set->nfont : 0;
}

const char *tp_fonts_family(TpFonts *fonts, int n, int k)
{
	FcFontSet *set = FcConfigGetFonts(fonts->config, FcSetSystem);
	FcChar8 *name;

	if (FcPatternGetString(set->fonts[n], FC_FAMILY, k, &name) != FcResultMatch)
		return NULL;
	return (const char *) name;
}

static PangoContext *context_new(TpFonts *fonts, const TpStyle *style)
{
	PangoContext *context = pango_font_map_create_context(fonts->map);
	cairo_font_options_t *options = cairo_font_options_create();

	cairo_font_options_set_antialias(options, style->antialias == TP_NONE ? CAIRO_ANTIALIAS_NONE : CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, style->hinting);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_context_set_round_glyph_positions(context, FALSE);
	return context;
}

static int units(double pixels)
{
	return (int) round(pixels * PANGO_SCALE);
}

static PangoAttrList *attributes(const TpStyle *style)
{
	PangoAttrList *list = pango_attr_list_new();

	if (style->underline)
		pango_attr_list_insert(list, pango_attr_underline_new(PANGO_UNDERLINE_SINGLE));
	if (style->strike)
		pango_attr_list_insert(list, pango_attr_strikethrough_new(TRUE));
	if (style->letter_spacing != 0)
		pango_attr_list_insert(list, pango_attr_letter_spacing_new(units(style->letter_spacing)));
	if (style->line_height > 0)
		pango_attr_list_insert(list, pango_attr_line_height_new_absolute(units(style->line_height)));
	return list;
}

static PangoLayout *plain_layout(TpFonts *fonts, const char *text, int length, const TpStyle *style)
{
	PangoContext *context = context_new(fonts, style);
	PangoLayout *layout = pango_layout_new(context);
	PangoFontDescription *font = pango_font_description_new();
	PangoAttrList *list = attributes(style);

	g_object_unref(context);
	pango_font_description_set_family(font, style->families);
	pango_font_description_set_absolute_size(font, units(style->size));
	pango_font_description_set_weight(font, style->weight);
	if (style->italic)
		pango_font_description_set_style(font, PANGO_STYLE_ITALIC);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
	pango_layout_set_attributes(layout, list);
	pango_attr_list_unref(list);
	pango_layout_set_spacing(layout, units(style->line_spacing));
	pango_layout_set_justify(layout, style->align == TP_JUSTIFY && style->wrap > 0);
	if (style->wrap > 0) {
		pango_layout_set_width(layout, style->wrap * PANGO_SCALE);
		pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	}
	pango_layout_set_text(layout, text, length);
	if (style->max_height > 0) {
		if (style->wrap <= 0) {
			/* Pango shortens only what has a width. */
			PangoRectangle all;
			pango_layout_get_extents(layout, NULL, &all);
			pango_layout_set_width(layout, all.width + PANGO_SCALE);
		}
		pango_layout_set_height(layout, style->max_height * PANGO_SCALE);
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	}
	return layout;
}

/* Where a line begins. Pango's own alignment takes left for the start. */
static int line_x(const TpStyle *style, TpLine *line, int width)
{
	int align = style->align, room = width - line->logical.width;
	int rtl = pango_layout_line_get_resolved_direction(line->line) == PANGO_DIRECTION_RTL;

	if (align == TP_JUSTIFY)
		align = TP_START;
	if (align == TP_START)
		align = rtl ? TP_RIGHT : TP_LEFT;
	if (align == TP_END)
		align = rtl ? TP_LEFT : TP_RIGHT;
	switch (align) {
	case TP_CENTER:
		return room / 2;
	case TP_RIGHT:
		return room;
	}
	return 0;
}

static void grow(PangoRectangle *all, const PangoRectangle *one)
{
	int right, bottom;

	if (one->width <= 0 || one->height <= 0)
		return;
	if (all->width <= 0 || all->height <= 0) {
		*all = *one;
		return;
	}
	right = MAX(all->x + all->width, one->x + one->width);
	bottom = MAX(all->y + all->height, one->y + one->height);
	all->x = MIN(all->x, one->x);
	all->y = MIN(all->y, one->y);
	all->width = right - all->x;
	all->height = bottom - all->y;
}

static int floor_px(int u) { return (int) floor((double) u / PANGO_SCALE); }
static int ceil_px(int u) { return (int) ceil((double) u / PANGO_SCALE); }

static void measure(TpLayout *l, const TpStyle *style, int width)
{
	PangoRectangle box = { 0, 0, 0, 0 };
	int i, room = (int) ceil(style->stroke);

	for (i = 0; i < l->n; i++) {
		TpLine *line = &l->lines[i];
		int x = line_x(style, line, width);
		line->ink.x += x - line->x;
		line->logical.x += x - line->x;
		line->x = x;
		if (style->trim)
			grow(&box, &line->ink);
		if (!style->trim || style->line_color)
			grow(&box, &line->logical);
	}
	if (!style->trim) {
		/* The whole of the layout counts, with the room between lines. */
		PangoRectangle all;
		pango_layout_get_extents(l->layout, NULL, &all);
		box.x = 0;
		box.y = 0;
		box.width = MAX(width, 0);
		box.height = all.height;
	}
	l->left = floor_px(box.x) - room;
	l->top = floor_px(box.y) - room;
	l->width = MAX(1, ceil_px(box.x + box.width) + room - l->left);
	l->height = MAX(1, ceil_px(box.y + box.height) + room - l->top);
	if (style->max_height > 0)
		l->height = MIN(l->height, style->max_height);
}

TpLayout *tp_layout_new(TpFonts *fonts, const char *text, int length, const TpStyle *style)
{
	TpLayout *l = g_new0(TpLayout, 1);
	int i = 0, width = 0;

	l->layout = plain_layout(fonts, text, length, style);
	l->n = pango_layout_get_line_count(l->layout);
	l->lines = g_new0(TpLine, l->n);
	l->iter = pango_layout_get_iter(l->layout);
	do {
		TpLine *line = &l->lines[i++];
		line->line = pango_layout_iter_get_line_readonly(l->iter);
		pango_layout_iter_get_line_extents(l->iter, &line->ink, &line->logical);
		line->baseline = pango_layout_iter_get_baseline(l->iter);
		line->x = line->logical.x;
		width = MAX(width, line->logical.width);
	} while (i < l->n && pango_layout_iter_next_line(l->iter));
	l->n = i;
	if (style->align == TP_JUSTIFY && style->wrap > 0)
		width = style->wrap * PANGO_SCALE;
	l->unknown = pango_layout_get_unknown_glyphs_count(l->layout);
	measure(l, style, width);
	return l;
}

void tp_layout_free(TpLayout *l)
{
	pango_layout_iter_free(l->iter);
	g_object_unref(l->layout);
	g_free(l->lines);
	g_free(l);
}

static void to_line(cairo_t *cr, TpLayout *l, int i)
{
	cairo_move_to(cr, (double) l->lines[i].x / PANGO_SCALE, (double) l->lines[i].baseline / PANGO_SCALE);
}

static void draw_behind(cairo_t *cr, TpLayout *l, TpColor c)
{
	int i;

	cairo_set_source_rgba(cr, c.r, c.g, c.b, c.a);
	for (i = 0; i < l->n; i++) {
		PangoRectangle *r = &l->lines[i].logical;
		int x = floor_px(r->x), y = floor_px(r->y);
		cairo_rectangle(cr, x, y, ceil_px(r->x + r->width) - x, ceil_px(r->y + r->height) - y);
	}
	/* One path: where lines overlap they do not add up. */
	cairo_set_fill_rule(cr, CAIRO_FILL_RULE_WINDING);
	cairo_fill(cr);
}

static void outline(cairo_t *cr, TpLayout *l)
{
	int i;

	cairo_new_path(cr);
	for (i = 0; i < l->n; i++) {
		to_line(cr, l, i);
		pango_cairo_layout_line_path(cr, l->lines[i].line);
	}
}

static void draw_stroke(cairo_t *cr, TpLayout *l, const TpStyle *style, TpColor c, int under)
{
	/* A group costs a page's memory: only what shows through needs one. */
	int group = !under || c.a < 1;

	if (group)
		cairo_push_group(cr);
	cairo_set_source_rgb(cr, c.r, c.g, c.b);
	cairo_set_line_width(cr, 2 * style->stroke);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	outline(cr, l);
	cairo_stroke_preserve(cr);
	if (!under) {
		/* What shows through the glyph is what lies behind, not the stroke's inner half. */
		cairo_set_operator(cr, CAIRO_OPERATOR_DEST_OUT);
		cairo_fill_preserve(cr);
		cairo_set_operator(cr, CAIRO_OPERATOR_OVER);
	}
	cairo_new_path(cr);
	if (group) {
		cairo_pop_group_to_source(cr);
		cairo_paint_with_alpha(cr, c.a);
	}
}

static void draw_fill(cairo_t *cr, TpLayout *l, TpColor c)
{
	int i;

	if (c.a < 1)
		cairo_push_group(cr);
	cairo_set_source_rgb(cr, c.r, c.g, c.b);
	for (i = 0; i < l->n; i++) {
		to_line(cr, l, i);
		pango_cairo_show_layout_line(cr, l->lines[i].line);
	}
	if (c.a < 1) {
		cairo_pop_group_to_source(cr);
		cairo_paint_with_alpha(cr, c.a);
	}
}

/* Draws in native ARGB, premultiplied; rows follow each other without a gap. */
int tp_draw(TpLayout *l, const TpStyle *style, TpColor fill, TpColor stroke, TpColor behind,
	unsigned char *pixels, int width, int height)
{
	cairo_surface_t *surface = cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_ARGB32, width, height, 4 * width);
	cairo_t *cr = cairo_create(surface);
	int status;

	cairo_translate(cr, -l->left, -l->top);
	cairo_set_antialias(cr, style->antialias == TP_NONE ? CAIRO_ANTIALIAS_NONE : CAIRO_ANTIALIAS_DEFAULT);
	if (behind.a > 0)
		draw_behind(cr, l, behind);
	if (style->stroke > 0 && stroke.a > 0)
		draw_stroke(cr, l, style, stroke, fill.a >= 1);
	if (fill.a > 0)
		draw_fill(cr, l, fill);
	status = cairo_status(cr);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	if (!status)
		status = cairo_surface_status(surface);
	cairo_surface_destroy(surface);
	return status;
}
