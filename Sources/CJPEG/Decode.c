#include <stdlib.h>
#include <string.h>

#include "Session.h"

static const char exif_label[6] = "Exif\0";

/// The decoder, and what was allocated so far.
typedef struct {
    session session;
    struct jpeg_decompress_struct info;
    struct jpeg_progress_mgr progress;
    jpeg_shim_limits limits;
    jpeg_shim_image *image;
} decoding;

/// Called now and then while libjpeg reads: ends files of scans without number.
static void count_scans(j_common_ptr common) {
    decoding *d = common->client_data;
    if (d->info.input_scan_number > (int)d->limits.scan_count)
        jpeg_session_leave(&d->session, JPEG_SHIM_REFUSED, "more scans than an honest file has");
}

/// Copies the first marker that holds EXIF.
static void read_exif(decoding *d) {
    for (jpeg_saved_marker_ptr m = d->info.marker_list; m; m = m->next) {
        if (m->data_length <= sizeof exif_label || memcmp(m->data, exif_label, sizeof exif_label)) continue;
        size_t count = m->data_length - sizeof exif_label;
        d->image->exif = malloc(count);
        if (!d->image->exif) jpeg_session_leave(&d->session, JPEG_SHIM_OUT_OF_MEMORY, "out of memory");
        memcpy(d->image->exif, m->data + sizeof exif_label, count);
        d->image->exif_byte_count = count;
        return;
    }
}

static void choose_colours(decoding *d) {
    switch (d->info.jpeg_color_space) {
    case JCS_GRAYSCALE: d->info.out_color_space = JCS_GRAYSCALE; break;
    case JCS_RGB:
    case JCS_YCbCr: d->info.out_color_space = JCS_RGB; break;
    case JCS_CMYK:
    case JCS_YCCK: d->info.out_color_space = JCS_CMYK; break;
    default: jpeg_session_leave(&d->session, JPEG_SHIM_REFUSED, "an unknown kind of colour");
    }
}

static void read_pixels(decoding *d) {
    jpeg_shim_image *image = d->image;
    image->channels = (uint32_t)d->info.output_components;
    size_t stride = (size_t)image->width * image->channels;
    image->pixels = calloc(image->height, stride);
    if (!image->pixels) jpeg_session_leave(&d->session, JPEG_SHIM_OUT_OF_MEMORY, "out of memory");
    while (d->info.output_scanline < d->info.output_height) {
        JSAMPROW row = image->pixels + d->info.output_scanline * stride;
        jpeg_read_scanlines(&d->info, &row, 1);
    }
}

/// Whatever fails in here comes back to the setjmp; what it had allocated is in `d`.
static void read_file(decoding *d, const uint8_t *bytes, size_t byte_count) {
    if (setjmp(d->session.exit)) return;
    jpeg_create_decompress(&d->info);
    d->info.client_data = d;
    d->info.mem->max_memory_to_use = (long)d->limits.memory_byte_count;
    d->progress.progress_monitor = count_scans;
    d->info.progress = &d->progress;
    jpeg_mem_src(&d->info, bytes, byte_count);
    jpeg_save_markers(&d->info, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&d->info, TRUE);
    d->image->width = d->info.image_width;
    d->image->height = d->info.image_height;
    if (d->image->width > d->limits.side || d->image->height > d->limits.side ||
        (uint64_t)d->image->width * d->image->height > d->limits.pixel_count)
        jpeg_session_leave(&d->session, JPEG_SHIM_TOO_LARGE, "too many pixels");
    read_exif(d);
    choose_colours(d);
    jpeg_start_decompress(&d->info);
    read_pixels(d);
    jpeg_finish_decompress(&d->info);
}

jpeg_shim_status jpeg_shim_decode(const uint8_t *bytes, size_t byte_count, jpeg_shim_limits limits,
                                  jpeg_shim_image *image, char message[JPEG_SHIM_MESSAGE_CAPACITY]) {
    decoding d = {.limits = limits, .image = image};
    *image = (jpeg_shim_image){0};
    jpeg_session_begin(&d.session, (struct jpeg_common_struct *)&d.info, message);
    read_file(&d, bytes, byte_count);
    jpeg_destroy_decompress(&d.info);
    if (d.session.status != JPEG_SHIM_OK) {
        uint32_t width = image->width, height = image->height;
        jpeg_shim_free_image(image);
        image->width = width;
        image->height = height;
    }
    return d.session.status;
}
