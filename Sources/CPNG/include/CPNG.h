#ifndef C_PNG_H
#define C_PNG_H

#include <stddef.h>
#include <stdint.h>

// libpng behind two calls over memory. libpng reports errors with longjmp, which Swift code must not be jumped over:
// every jump stays inside these functions, and what they allocated is freed before they return.

/// Room for a message of libpng's, its end included.
#define PNG_SHIM_MESSAGE_CAPACITY 128

/// A text chunk. Neither field needs a zero at its end; neither may hold one.
typedef struct {
    /// Latin-1, 1 to 79 bytes.
    const uint8_t *key;
    size_t key_length;
    /// Latin-1 (a tEXt chunk), or UTF-8 (an iTXt chunk) if `is_utf8`.
    const uint8_t *value;
    size_t value_length;
    int is_utf8;
} png_shim_text;

typedef enum {
    PNG_SHIM_OK = 0,
    /// The bytes are no PNG file, or a damaged one; or they cannot be written as one: see the message.
    PNG_SHIM_REFUSED = 1,
    /// More pixels or bytes than the limits allow; `width` and `height` say how many pixels.
    PNG_SHIM_TOO_LARGE = 2,
    PNG_SHIM_OUT_OF_MEMORY = 3,
} png_shim_status;

/// Bounds of what is read, enforced before memory is spent.
typedef struct {
    /// The longest side, and the most pixels.
    uint32_t side, pixel_count;
    /// The largest chunk that is kept, inflated, in bytes, and the most text chunks.
    uint32_t chunk_byte_count, chunk_count;
} png_shim_limits;

/// What was read. Free with png_shim_free_image.
typedef struct {
    uint32_t width, height;
    /// width · height · 4 bytes, red, green, blue and alpha of each pixel, row by row.
    uint8_t *pixels;
    /// Whether the file says anything of alpha.
    int has_alpha;
    png_shim_text *texts;
    size_t text_count;
    /// The content of the eXIf chunk, if there is one.
    uint8_t *exif;
    size_t exif_byte_count;
} png_shim_image;

/// Writes an 8-bit image, row by row, with text chunks before the pixels; `channels` is 1 (grey), 3 (RGB) or 4 (RGBA).
///
/// On success `*bytes` holds `*byte_count` bytes, to be freed with png_shim_free.
png_shim_status png_shim_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                                const png_shim_text *texts, size_t text_count, uint8_t **bytes, size_t *byte_count,
                                char message[PNG_SHIM_MESSAGE_CAPACITY]);

/// Reads a whole PNG file: every checksum must hold, nothing may be missing. Any colour type becomes 8-bit RGBA.
///
/// `image` needs no initial value; its size is set even when it is refused as too large.
png_shim_status png_shim_decode(const uint8_t *bytes, size_t byte_count, png_shim_limits limits,
                                png_shim_image *image, char message[PNG_SHIM_MESSAGE_CAPACITY]);

/// The version of the libpng that runs, such as "1.6.39".
const char *png_shim_version(void);

void png_shim_free(void *bytes);
void png_shim_free_image(png_shim_image *image);

#endif
