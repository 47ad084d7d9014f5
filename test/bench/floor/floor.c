/* The floor: what libvips alone needs for one of the four jobs, in one process
 * and without HTTP, files or checks.
 *
 *   floor JOB FILE COUNT     JOB: scale800 fill400 avif800 png300
 *
 * Prints CPU milliseconds per job and peak memory in MiB.
 *   cc -O2 floor.c $(pkg-config --cflags --libs vips) -o floor
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <vips/vips.h>

static int
render(const char *job, void *source, size_t length, void **out, size_t *out_length)
{
	VipsImage *image = NULL;
	int width = strcmp(job, "fill400") == 0 ? 400 : strcmp(job, "png300") == 0 ? 300 : 800;
	int failed;

	if (strcmp(job, "fill400") == 0)
		failed = vips_thumbnail_buffer(source, length, &image, width, "height", width, "crop", VIPS_INTERESTING_CENTRE, NULL);
	else
		failed = vips_thumbnail_buffer(source, length, &image, width, "height", 1000000, NULL);
	if (failed)
		return -1;
	if (strcmp(job, "scale800") == 0)
		failed = vips_jpegsave_buffer(image, out, out_length, "Q", 80, "strip", TRUE, "optimize_coding", TRUE, NULL);
	else if (strcmp(job, "avif800") == 0)
		failed = vips_heifsave_buffer(image, out, out_length, "Q", 60, "effort", 0, "strip", TRUE, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, NULL);
	else
		failed = vips_webpsave_buffer(image, out, out_length, "Q", 80, "strip", TRUE, NULL);
	g_object_unref(image);
	return failed;
}

static double
cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The most memory that was resident, in MiB. (ru_maxrss would count what the
 * parent had before exec.) */
static double
peak_memory(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	double kib = 0;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %lf", &kib) == 1)
			break;
	if (status)
		fclose(status);
	return kib / 1024;
}

int
main(int argc, char **argv)
{
	char *source;
	gsize length;
	size_t out_length = 0;
	double before = 0;

	if (argc != 4 || VIPS_INIT(argv[0]))
		return 2;
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	if (!g_file_get_contents(argv[2], &source, &length, NULL))
		return 1;
	int count = atoi(argv[3]);
	for (int i = -1; i < count; i++) { /* the first one only warms up */
		void *out = NULL;
		if (i == 0)
			before = cpu_seconds();
		if (render(argv[1], source, length, &out, &out_length)) {
			fprintf(stderr, "%s\n", vips_error_buffer());
			return 1;
		}
		g_free(out);
	}
	double spent = cpu_seconds() - before;
	printf("%.3f %.1f %zu\n", spent * 1000 / count, peak_memory(), out_length);
	return 0;
}
