#ifndef C_WEBP_H
#define C_WEBP_H

#include <stddef.h>
#include <stdint.h>

// libwebp behind two calls over memory. It knows pictures only; the container with its metadata is read and written by Imaging.

typedef enum {
    WEBP_SHIM_OK = 0,
    /// The bytes are no WebP file, or a damaged one; or they cannot be written as one.
    WEBP_SHIM_REFUSED = 1,
    /// More pixels than the limits allow; `width` and `height` say how many.
    WEBP_SHIM_TOO_LARGE = 2,
    WEBP_SHIM_OUT_OF_MEMORY = 3,
    /// The file ends early.
    WEBP_SHIM_INCOMPLETE = 4,
    /// A moving picture.
    WEBP_SHIM_ANIMATED = 5,
} webp_shim_status;

/// What was read. Free with webp_shim_free_image.
typedef struct {
    uint32_t width, height;
    int has_alpha;
    /// width · height · 4 bytes, red, green, blue and alpha of each pixel, row by row.
    uint8_t *pixels;
} webp_shim_image;

/// Reads a whole WebP file of at most `side` pixels a side and `pixel_count` in all.
///
/// `image` needs no initial value; its size is set even when it is refused as too large.
webp_shim_status webp_shim_decode(const uint8_t *bytes, size_t byte_count, uint32_t side, uint32_t pixel_count,
                                  webp_shim_image *image);

/// Writes an 8-bit RGB or RGBA image (`channels` 3 or 4), row by row; `quality` is libwebp's, 0 to 100, lossy.
///
/// On success `*bytes` holds `*byte_count` bytes, to be freed with webp_shim_free.
webp_shim_status webp_shim_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                                  float quality, uint8_t **bytes, size_t *byte_count);

/// The version of the libwebp decoder that runs: major, minor and revision, 8 bits each.
int webp_shim_version(void);

void webp_shim_free(void *bytes);
void webp_shim_free_image(webp_shim_image *image);

#endif
