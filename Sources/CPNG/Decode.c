#include <stdlib.h>
#include <string.h>

#include "Session.h"

/// The bytes left to read, and what was allocated so far.
typedef struct {
    session session;
    png_structp png;
    png_infop info;
    const uint8_t *next;
    size_t left;
    png_shim_limits limits;
    png_shim_image *image;
    png_bytep *rows;
} decoding;

static void take(png_structp png, png_bytep target, size_t length) {
    decoding *d = png_get_io_ptr(png);
    if (length > d->left) png_error(png, "the file ends early");
    memcpy(target, d->next, length);
    d->next += length;
    d->left -= length;
}

static void *allocate(decoding *d, size_t count, size_t size) {
    void *block = calloc(count ? count : 1, size);
    if (!block) session_leave(&d->session, PNG_SHIM_OUT_OF_MEMORY, "out of memory");
    return block;
}

/// Asks libpng for 8-bit RGBA whatever the file holds.
static void request_rgba(png_structp png, png_infop info) {
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

/// Copies the EXIF chunk out, which libpng has bounded in size.
static void read_exif(decoding *d) {
    png_bytep found = NULL;
    png_uint_32 count = 0;
    if (!png_get_eXIf_1(d->png, d->info, &count, &found) || !count) return;
    d->image->exif = allocate(d, count, 1);
    memcpy(d->image->exif, found, count);
    d->image->exif_byte_count = count;
}

static void read_pixels(decoding *d) {
    png_structp png = d->png;
    png_infop info = d->info;
    png_shim_image *image = d->image;
    image->width = png_get_image_width(png, info);
    image->height = png_get_image_height(png, info);
    if (image->width > d->limits.side || image->height > d->limits.side ||
        (uint64_t)image->width * image->height > d->limits.pixel_count)
        session_leave(&d->session, PNG_SHIM_TOO_LARGE, "too many pixels");
    image->has_alpha = png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA || png_get_valid(png, info, PNG_INFO_tRNS);
    request_rgba(png, info);
    size_t stride = (size_t)image->width * 4;
    if (png_get_rowbytes(png, info) != stride) png_error(png, "an unknown kind of pixel");
    image->pixels = allocate(d, image->height, stride);
    d->rows = allocate(d, image->height, sizeof *d->rows);
    for (uint32_t y = 0; y < image->height; y++) d->rows[y] = image->pixels + y * stride;
    png_read_image(png, d->rows);
}

/// Copies the text chunks out, which libpng has bounded in size and number; key and value share one block.
static void read_texts(decoding *d) {
    png_textp found = NULL;
    int count = 0;
    png_get_text(d->png, d->info, &found, &count);
    d->image->texts = allocate(d, (size_t)count, sizeof *d->image->texts);
    for (int i = 0; i < count; i++) {
        int is_utf8 = found[i].compression >= PNG_ITXT_COMPRESSION_NONE;
        size_t key = strlen(found[i].key), value = is_utf8 ? found[i].itxt_length : found[i].text_length;
        uint8_t *block = allocate(d, key + value + 1, 1);
        memcpy(block, found[i].key, key);
        if (value) memcpy(block + key, found[i].text, value);
        d->image->texts[d->image->text_count++] = (png_shim_text){
            .key = block, .key_length = key, .value = block + key, .value_length = value, .is_utf8 = is_utf8};
    }
}

/// Whatever fails in here comes back to the setjmp; what it had allocated is in `d`.
static void read_file(decoding *d) {
    if (setjmp(d->session.exit)) return;
    d->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d->session, session_fail, session_ignore);
    d->info = d->png ? png_create_info_struct(d->png) : NULL;
    if (!d->info) session_leave(&d->session, PNG_SHIM_OUT_OF_MEMORY, "out of memory");
    png_set_read_fn(d->png, d, take);
    // libpng's own limit only says "invalid IHDR"; read_pixels says the size.
    png_set_user_limits(d->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(d->png, d->limits.chunk_byte_count);
    png_set_chunk_cache_max(d->png, d->limits.chunk_count);
    png_set_crc_action(d->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_read_info(d->png, d->info);
    read_pixels(d);
    png_read_end(d->png, d->info);
    read_texts(d);
    read_exif(d);
}

png_shim_status png_shim_decode(const uint8_t *bytes, size_t byte_count, png_shim_limits limits,
                                png_shim_image *image, char message[PNG_SHIM_MESSAGE_CAPACITY]) {
    decoding d = {.session = {.message = message}, .next = bytes, .left = byte_count, .limits = limits, .image = image};
    *image = (png_shim_image){0};
    message[0] = 0;
    read_file(&d);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    free(d.rows);
    if (d.session.status != PNG_SHIM_OK) {
        uint32_t width = image->width, height = image->height;
        png_shim_free_image(image);
        image->width = width;
        image->height = height;
    }
    return d.session.status;
}
