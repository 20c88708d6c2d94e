#include <stdlib.h>
#include <string.h>

#include "Session.h"

enum { first_capacity = 1 << 16 };

/// The file so far.
typedef struct {
    session session;
    struct jpeg_compress_struct info;
    struct jpeg_destination_mgr destination;
    uint8_t *bytes;
    size_t byte_count, capacity;
    uint8_t *marker;
} encoding;

/// Gives libjpeg room behind the first `byte_count` bytes. (Its own writer to memory leaks when an error jumps over it.)
static void make_room(encoding *e) {
    size_t capacity = e->capacity ? e->capacity * 2 : first_capacity;
    uint8_t *grown = realloc(e->bytes, capacity);
    if (!grown) jpeg_session_leave(&e->session, JPEG_SHIM_OUT_OF_MEMORY, "out of memory");
    e->bytes = grown;
    e->capacity = capacity;
    e->destination.next_output_byte = e->bytes + e->byte_count;
    e->destination.free_in_buffer = e->capacity - e->byte_count;
}

static void start(j_compress_ptr info) { make_room(info->client_data); }

/// Called when all room is used up.
static boolean grow(j_compress_ptr info) {
    encoding *e = info->client_data;
    e->byte_count = e->capacity;
    make_room(e);
    return TRUE;
}

static void finish(j_compress_ptr info) {
    encoding *e = info->client_data;
    e->byte_count = e->capacity - e->destination.free_in_buffer;
}

/// Both EXIF and XMP lie in APP1 markers, behind names of their own. Source: CIPA DC-008; ISO 16684-3, section 4.3.
static void write_marker(encoding *e, const char *name, size_t length, const uint8_t *content, size_t count) {
    if (!content) return;
    free(e->marker);
    e->marker = malloc(length + count);
    if (!e->marker) jpeg_session_leave(&e->session, JPEG_SHIM_OUT_OF_MEMORY, "out of memory");
    memcpy(e->marker, name, length);
    memcpy(e->marker + length, content, count);
    jpeg_write_marker(&e->info, JPEG_APP0 + 1, e->marker, (unsigned)(length + count));
}

static const char exif_name[6] = "Exif\0";
static const char xmp_name[] = "http://ns.adobe.com/xap/1.0/";

/// Whatever fails in here comes back to the setjmp; what it had allocated is in `e`.
static void write_file(encoding *e, const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                       int quality, const uint8_t *exif, size_t exif_byte_count, const uint8_t *xmp,
                       size_t xmp_byte_count) {
    if (setjmp(e->session.exit)) return;
    jpeg_create_compress(&e->info);
    e->info.client_data = e;
    e->destination = (struct jpeg_destination_mgr){
        .init_destination = start, .empty_output_buffer = grow, .term_destination = finish};
    e->info.dest = &e->destination;
    e->info.image_width = width;
    e->info.image_height = height;
    e->info.input_components = (int)channels;
    e->info.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&e->info);
    jpeg_set_quality(&e->info, quality, TRUE);
    e->info.optimize_coding = TRUE;
    jpeg_start_compress(&e->info, TRUE);
    write_marker(e, exif_name, sizeof exif_name, exif, exif_byte_count);
    write_marker(e, xmp_name, sizeof xmp_name, xmp, xmp_byte_count);
    size_t stride = (size_t)width * channels;
    while (e->info.next_scanline < height) {
        JSAMPROW row = (JSAMPROW)(pixels + e->info.next_scanline * stride);
        jpeg_write_scanlines(&e->info, &row, 1);
    }
    jpeg_finish_compress(&e->info);
}

jpeg_shim_status jpeg_shim_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, int quality,
                                  const uint8_t *exif, size_t exif_byte_count, const uint8_t *xmp,
                                  size_t xmp_byte_count, uint8_t **bytes, size_t *byte_count,
                                  char message[JPEG_SHIM_MESSAGE_CAPACITY]) {
    encoding e = {0};
    jpeg_session_begin(&e.session, (struct jpeg_common_struct *)&e.info, message);
    write_file(&e, pixels, width, height, channels, quality, exif, exif_byte_count, xmp, xmp_byte_count);
    jpeg_destroy_compress(&e.info);
    free(e.marker);
    if (e.session.status != JPEG_SHIM_OK) {
        free(e.bytes);
        e.bytes = NULL;
        e.byte_count = 0;
    }
    *bytes = e.bytes;
    *byte_count = e.byte_count;
    return e.session.status;
}
