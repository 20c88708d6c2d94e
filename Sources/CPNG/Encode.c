#include <stdlib.h>
#include <string.h>

#include "Session.h"

/// The file so far, and the texts in the form that libpng wants.
typedef struct {
    session session;
    png_structp png;
    png_infop info;
    uint8_t *bytes;
    size_t byte_count, capacity;
    png_text *texts;
    size_t text_count;
} encoding;

static void append(png_structp png, png_bytep source, size_t length) {
    encoding *e = png_get_io_ptr(png);
    if (length > e->capacity - e->byte_count) {
        size_t capacity = e->capacity * 2 > e->byte_count + length ? e->capacity * 2 : e->byte_count + length;
        uint8_t *grown = realloc(e->bytes, capacity);
        if (!grown) session_leave(&e->session, PNG_SHIM_OUT_OF_MEMORY, "out of memory");
        e->bytes = grown;
        e->capacity = capacity;
    }
    memcpy(e->bytes + e->byte_count, source, length);
    e->byte_count += length;
}

static void flush(png_structp png) { (void)png; }

/// A copy of `length` bytes with a zero at its end.
static char *terminated(encoding *e, const uint8_t *bytes, size_t length) {
    char *copy = malloc(length + 1);
    if (!copy) session_leave(&e->session, PNG_SHIM_OUT_OF_MEMORY, "out of memory");
    if (length) memcpy(copy, bytes, length);
    copy[length] = 0;
    return copy;
}

static void set_texts(encoding *e, const png_shim_text *texts, size_t count) {
    if (!count) return;
    e->texts = calloc(count, sizeof *e->texts);
    if (!e->texts) session_leave(&e->session, PNG_SHIM_OUT_OF_MEMORY, "out of memory");
    e->text_count = count;
    for (size_t i = 0; i < count; i++) {
        png_text *text = &e->texts[i];
        text->key = terminated(e, texts[i].key, texts[i].key_length);
        text->text = terminated(e, texts[i].value, texts[i].value_length);
        if (texts[i].is_utf8) {
            text->compression = PNG_ITXT_COMPRESSION_NONE;
            text->itxt_length = texts[i].value_length;
        } else {
            text->compression = PNG_TEXT_COMPRESSION_NONE;
            text->text_length = texts[i].value_length;
        }
    }
    png_set_text(e->png, e->info, e->texts, (int)count);
}

/// Whatever fails in here comes back to the setjmp; what it had allocated is in `e`.
static void write_file(encoding *e, const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                       const png_shim_text *texts, size_t text_count) {
    if (setjmp(e->session.exit)) return;
    e->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &e->session, session_fail, session_ignore);
    e->info = e->png ? png_create_info_struct(e->png) : NULL;
    if (!e->info) session_leave(&e->session, PNG_SHIM_OUT_OF_MEMORY, "out of memory");
    png_set_write_fn(e->png, e, append, flush);
    png_set_IHDR(e->png, e->info, width, height, 8,
                 channels == 1   ? PNG_COLOR_TYPE_GRAY
                 : channels == 3 ? PNG_COLOR_TYPE_RGB
                                 : PNG_COLOR_TYPE_RGBA,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    set_texts(e, texts, text_count);
    png_write_info(e->png, e->info);
    for (uint32_t y = 0; y < height; y++) png_write_row(e->png, pixels + (size_t)y * width * channels);
    png_write_end(e->png, NULL);
}

png_shim_status png_shim_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                                const png_shim_text *texts, size_t text_count, uint8_t **bytes, size_t *byte_count,
                                char message[PNG_SHIM_MESSAGE_CAPACITY]) {
    encoding e = {.session = {.message = message}};
    message[0] = 0;
    write_file(&e, pixels, width, height, channels, texts, text_count);
    png_destroy_write_struct(&e.png, &e.info);
    for (size_t i = 0; i < e.text_count; i++) {
        free(e.texts[i].key);
        free(e.texts[i].text);
    }
    free(e.texts);
    if (e.session.status != PNG_SHIM_OK) {
        free(e.bytes);
        e.bytes = NULL;
        e.byte_count = 0;
    }
    *bytes = e.bytes;
    *byte_count = e.byte_count;
    return e.session.status;
}
