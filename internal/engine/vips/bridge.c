#include "bridge.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

int tv_init(const char *name)
{
#ifdef __GLIBC__
	/* Fewer arenas keep the memory of a long-lived process small and cost
	 * no measurable time with one evaluation thread. */
	mallopt(M_ARENA_MAX, 2);
	/* Memory of one job is there for the next: asking the kernel anew for
	 * every buffer costs more than a small job's decoding. tv_trim gives it
	 * back. */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
	return vips_init(name);
}

void tv_setup(int concurrency)
{
	vips_concurrency_set(concurrency);
	vips_cache_set_max(0);
	vips_cache_set_max_mem(0);
	vips_cache_set_max_files(0);
}

void tv_trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void tv_block(const char *class_name, int state)
{
	vips_operation_block_set(class_name, state);
}

int tv_has_operation(const char *name)
{
	return vips_type_find("VipsOperation", name) != 0;
}

int tv_argument(VipsOperation *op, const char *name, GType *type, int *flags)
{
	GParamSpec *pspec;
	VipsArgumentClass *argument;
	VipsArgumentInstance *instance;

	/* Asking libvips for a missing name would leave an error behind. */
	if (!g_object_class_find_property(G_OBJECT_GET_CLASS(op), name))
		return -1;
	if (vips_object_get_argument(VIPS_OBJECT(op), name, &pspec, &argument, &instance))
		return -1;
	*type = G_PARAM_SPEC_VALUE_TYPE(pspec);
	*flags = argument->flags;
	return 0;
}

TvKind tv_kind(GType type)
{
	GType fundamental = G_TYPE_FUNDAMENTAL(type);

	if (type == VIPS_TYPE_ARRAY_DOUBLE)
		return TV_ARRAY_DOUBLE;
	if (type == VIPS_TYPE_ARRAY_INT)
		return TV_ARRAY_INT;
	if (type == VIPS_TYPE_ARRAY_IMAGE)
		return TV_ARRAY_IMAGE;
	if (type == VIPS_TYPE_REF_STRING)
		return TV_STRING;
	if (g_type_is_a(type, VIPS_TYPE_BLOB))
		return TV_BLOB;
	if (g_type_is_a(type, VIPS_TYPE_IMAGE))
		return TV_IMAGE;
	if (g_type_is_a(type, VIPS_TYPE_INTERPOLATE))
		return TV_INTERPOLATE;
	switch (fundamental) {
	case G_TYPE_BOOLEAN:
		return TV_BOOL;
	case G_TYPE_INT:
	case G_TYPE_UINT:
	case G_TYPE_INT64:
	case G_TYPE_UINT64:
		return TV_INT;
	case G_TYPE_FLOAT:
	case G_TYPE_DOUBLE:
		return TV_DOUBLE;
	case G_TYPE_STRING:
		return TV_STRING;
	case G_TYPE_ENUM:
		return TV_ENUM;
	case G_TYPE_FLAGS:
		return TV_FLAGS;
	}
	return TV_OTHER;
}

TvKind tv_value_kind(GValue *v)
{
	return tv_kind(G_VALUE_TYPE(v));
}

static int set(VipsOperation *op, const char *name, GValue *v)
{
	g_object_set_property(G_OBJECT(op), name, v);
	g_value_unset(v);
	return 0;
}

int tv_set_bool(VipsOperation *op, const char *name, int x)
{
	GValue v = G_VALUE_INIT;
	g_value_init(&v, G_TYPE_BOOLEAN);
	g_value_set_boolean(&v, x);
	return set(op, name, &v);
}

int tv_set_int(VipsOperation *op, const char *name, gint64 x)
{
	GValue v = G_VALUE_INIT;
	g_value_init(&v, G_TYPE_INT64);
	g_value_set_int64(&v, x);
	return set(op, name, &v);
}

int tv_set_double(VipsOperation *op, const char *name, double x)
{
	GValue v = G_VALUE_INIT;
	g_value_init(&v, G_TYPE_DOUBLE);
	g_value_set_double(&v, x);
	return set(op, name, &v);
}

int tv_set_string(VipsOperation *op, const char *name, const char *x)
{
	GValue v = G_VALUE_INIT;
	g_value_init(&v, G_TYPE_STRING);
	g_value_set_string(&v, x);
	return set(op, name, &v);
}

int tv_set_nick(VipsOperation *op, const char *name, GType type, const char *nick)
{
	GValue v = G_VALUE_INIT;
	gpointer class = g_type_class_ref(type);
	int ok = 0;

	g_value_init(&v, type);
	if (G_TYPE_FUNDAMENTAL(type) == G_TYPE_FLAGS) {
		GFlagsValue *f = g_flags_get_value_by_nick(class, nick);
		if ((ok = f != NULL))
			g_value_set_flags(&v, f->value);
	} else {
		GEnumValue *e = g_enum_get_value_by_nick(class, nick);
		if ((ok = e != NULL))
			g_value_set_enum(&v, e->value);
	}
	g_type_class_unref(class);
	if (!ok) {
		g_value_unset(&v);
		return -1;
	}
	return set(op, name, &v);
}

int tv_set_image(VipsOperation *op, const char *name, VipsImage *x)
{
	GValue v = G_VALUE_INIT;
	g_value_init(&v, VIPS_TYPE_IMAGE);
	g_value_set_object(&v, x);
	return set(op, name, &v);
}

int tv_set_blob(VipsOperation *op, const char *name, void *data, size_t size, int copy)
{
	GValue v = G_VALUE_INIT;
	VipsBlob *blob = copy ? vips_blob_copy(data, size) : vips_blob_new(NULL, data, size);

	if (!blob)
		return -1;
	g_value_init(&v, VIPS_TYPE_BLOB);
	g_value_set_boxed(&v, blob);
	vips_area_unref(VIPS_AREA(blob));
	return set(op, name, &v);
}

int tv_set_doubles(VipsOperation *op, const char *name, double *x, int n)
{
	GValue v = G_VALUE_INIT;
	g_value_init(&v, VIPS_TYPE_ARRAY_DOUBLE);
	vips_value_set_array_double(&v, x, n);
	return set(op, name, &v);
}

int tv_set_ints(VipsOperation *op, const char *name, int *x, int n)
{
	GValue v = G_VALUE_INIT;
	g_value_init(&v, VIPS_TYPE_ARRAY_INT);
	vips_value_set_array_int(&v, x, n);
	return set(op, name, &v);
}

int tv_set_images(VipsOperation *op, const char *name, VipsImage **x, int n)
{
	GValue v = G_VALUE_INIT;
	VipsImage **a;
	int i;

	g_value_init(&v, VIPS_TYPE_ARRAY_IMAGE);
	vips_value_set_array_image(&v, n);
	a = vips_value_get_array_image(&v, NULL);
	for (i = 0; i < n; i++) {
		a[i] = x[i];
		g_object_ref(x[i]);
	}
	return set(op, name, &v);
}

int tv_set_interpolate(VipsOperation *op, const char *name, const char *nick)
{
	GValue v = G_VALUE_INIT;
	VipsInterpolate *x = vips_interpolate_new(nick);

	if (!x)
		return -1;
	g_value_init(&v, VIPS_TYPE_INTERPOLATE);
	g_value_set_object(&v, x);
	g_object_unref(x);
	return set(op, name, &v);
}

int tv_outputs(VipsOperation *op, const char ***names, int **flags, int *n)
{
	return vips_object_get_args(VIPS_OBJECT(op), names, flags, n);
}

int tv_get(VipsOperation *op, const char *name, GValue *v)
{
	GType type;
	int flags;

	if (tv_argument(op, name, &type, &flags))
		return -1;
	g_value_init(v, type);
	g_object_get_property(G_OBJECT(op), name, v);
	return 0;
}

gint64 tv_value_int(GValue *v)
{
	switch (G_TYPE_FUNDAMENTAL(G_VALUE_TYPE(v))) {
	case G_TYPE_BOOLEAN:
		return g_value_get_boolean(v);
	case G_TYPE_UINT:
		return g_value_get_uint(v);
	case G_TYPE_INT64:
		return g_value_get_int64(v);
	case G_TYPE_UINT64:
		return (gint64) g_value_get_uint64(v);
	case G_TYPE_ENUM:
		return g_value_get_enum(v);
	case G_TYPE_FLAGS:
		return g_value_get_flags(v);
	default:
		return g_value_get_int(v);
	}
}

double tv_value_double(GValue *v)
{
	if (G_TYPE_FUNDAMENTAL(G_VALUE_TYPE(v)) == G_TYPE_FLOAT)
		return g_value_get_float(v);
	return g_value_get_double(v);
}

const char *tv_value_string(GValue *v)
{
	if (G_VALUE_TYPE(v) == VIPS_TYPE_REF_STRING)
		return vips_value_get_ref_string(v, NULL);
	return g_value_get_string(v);
}

const char *tv_value_nick(GValue *v)
{
	return tv_nick(G_VALUE_TYPE(v), g_value_get_enum(v));
}

VipsImage *tv_value_image(GValue *v)
{
	return VIPS_IMAGE(g_value_dup_object(v));
}

VipsArea *tv_value_blob(GValue *v)
{
	/* A boxed copy of an area is one more reference to it. */
	return (VipsArea *) g_value_dup_boxed(v);
}

void tv_image_set_blob(VipsImage *im, const char *name, void *data, size_t size)
{
	vips_image_set_blob_copy(im, name, data, size);
}

const char *tv_nick(GType type, int value)
{
	return vips_enum_nick(type, value);
}

const char *tv_interpretation(VipsImage *im)
{
	return tv_nick(VIPS_TYPE_INTERPRETATION, vips_image_get_interpretation(im));
}

const char *tv_format(VipsImage *im)
{
	return tv_nick(VIPS_TYPE_BAND_FORMAT, vips_image_get_format(im));
}

VipsImage *tv_from_memory(void *data, size_t size, int w, int h, int bands, const char *format)
{
	int f = vips_enum_from_nick("bridge", VIPS_TYPE_BAND_FORMAT, format);

	if (f < 0)
		return NULL;
	return vips_image_new_from_memory_copy(data, size, w, h, bands, f);
}
