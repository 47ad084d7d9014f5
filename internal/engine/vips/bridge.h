#ifndef BRIDGE_H
#define BRIDGE_H

#include <vips/vips.h>
#include <vips/vector.h>

/* What an argument or metadata item holds, as far as the Go side can carry it. */
typedef enum {
	TV_OTHER,
	TV_BOOL,
	TV_INT,
	TV_DOUBLE,
	TV_STRING,
	TV_ENUM,
	TV_FLAGS,
	TV_IMAGE,
	TV_BLOB,
	TV_ARRAY_DOUBLE,
	TV_ARRAY_INT,
	TV_ARRAY_IMAGE,
	TV_INTERPOLATE
} TvKind;

int tv_init(const char *name);
void tv_setup(int concurrency);
void tv_trim(void);
void tv_block(const char *class_name, int state);

int tv_has_operation(const char *name);
int tv_argument(VipsOperation *op, const char *name, GType *type, int *flags);
TvKind tv_kind(GType type);
TvKind tv_value_kind(GValue *v);

int tv_set_bool(VipsOperation *op, const char *name, int v);
int tv_set_int(VipsOperation *op, const char *name, gint64 v);
int tv_set_double(VipsOperation *op, const char *name, double v);
int tv_set_string(VipsOperation *op, const char *name, const char *v);
int tv_set_nick(VipsOperation *op, const char *name, GType type, const char *nick);
int tv_set_image(VipsOperation *op, const char *name, VipsImage *v);
int tv_set_blob(VipsOperation *op, const char *name, void *data, size_t size, int copy);
int tv_set_doubles(VipsOperation *op, const char *name, double *v, int n);
int tv_set_ints(VipsOperation *op, const char *name, int *v, int n);
int tv_set_images(VipsOperation *op, const char *name, VipsImage **v, int n);
int tv_set_interpolate(VipsOperation *op, const char *name, const char *nick);

int tv_outputs(VipsOperation *op, const char ***names, int **flags, int *n);
int tv_get(VipsOperation *op, const char *name, GValue *v);
gint64 tv_value_int(GValue *v);
double tv_value_double(GValue *v);
const char *tv_value_string(GValue *v);
const char *tv_value_nick(GValue *v);
VipsImage *tv_value_image(GValue *v);
VipsArea *tv_value_blob(GValue *v);

void tv_image_set_blob(VipsImage *im, const char *name, void *data, size_t size);
const char *tv_nick(GType type, int value);
const char *tv_interpretation(VipsImage *im);
const char *tv_format(VipsImage *im);
VipsImage *tv_from_memory(void *data, size_t size, int w, int h, int bands, const char *format);

#endif
