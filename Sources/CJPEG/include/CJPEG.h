#ifndef C_JPEG_H
#define C_JPEG_H

#include <stddef.h>
#include <stdint.h>

// libjpeg-turbo behind two calls over memory. libjpeg reports errors by a call that must not return; here it leaves by
// longjmp, which Swift code must not be jumped over: every jump stays inside these functions, and what they allocated is
// freed before they return.

/// Room for a message of libjpeg's, its end included.
#define JPEG_SHIM_MESSAGE_CAPACITY 200

typedef enum {
    JPEG_SHIM_OK = 0,
    /// The bytes are no JPEG file, or a damaged one; or they cannot be written as one: see the message.
    JPEG_SHIM_REFUSED = 1,
    /// More pixels than the limits allow; `width` and `height` say how many.
    JPEG_SHIM_TOO_LARGE = 2,
    JPEG_SHIM_OUT_OF_MEMORY = 3,
} jpeg_shim_status;

/// Bounds of what is read, enforced before memory and time are spent.
typedef struct {
    /// The longest side, and the most pixels.
    uint32_t side, pixel_count;
    /// The most scans: each of a progressive file's passes over all coefficients may take a few bytes only.
    uint32_t scan_count;
    /// The most bytes that libjpeg keeps for coefficients.
    size_t memory_byte_count;
} jpeg_shim_limits;

/// What was read. Free with jpeg_shim_free_image.
typedef struct {
    uint32_t width, height;
    /// 1 (grey), 3 (RGB) or 4 (CMYK, as stored: Adobe's programs store it inverted).
    uint32_t channels;
    /// width · height · channels bytes, row by row.
    uint8_t *pixels;
    /// What follows "Exif\0\0" in the first such marker, if there is one.
    uint8_t *exif;
    size_t exif_byte_count;
} jpeg_shim_image;

/// Writes an 8-bit grey or RGB image (`channels` 1 or 3), row by row, with `exif` behind "Exif\0\0" and `xmp` behind
/// its name before the pixels.
///
/// `quality` is libjpeg's, 1 to 100. `exif` and `xmp` may be null and are at most JPEG_SHIM_EXIF_CAPACITY and
/// JPEG_SHIM_XMP_CAPACITY bytes. On success `*bytes` holds `*byte_count` bytes, to be freed with jpeg_shim_free.
jpeg_shim_status jpeg_shim_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, int quality,
                                  const uint8_t *exif, size_t exif_byte_count, const uint8_t *xmp,
                                  size_t xmp_byte_count, uint8_t **bytes, size_t *byte_count,
                                  char message[JPEG_SHIM_MESSAGE_CAPACITY]);

/// The longest that a marker's content behind "Exif\0\0" can be.
#define JPEG_SHIM_EXIF_CAPACITY (65533 - 6)
/// The longest that a marker's content behind "http://ns.adobe.com/xap/1.0/\0" can be.
#define JPEG_SHIM_XMP_CAPACITY (65533 - 29)

/// Reads a whole JPEG file, which must be complete and without a flaw that libjpeg would warn of.
///
/// `image` needs no initial value; its size is set even when it is refused as too large.
jpeg_shim_status jpeg_shim_decode(const uint8_t *bytes, size_t byte_count, jpeg_shim_limits limits,
                                  jpeg_shim_image *image, char message[JPEG_SHIM_MESSAGE_CAPACITY]);

/// The version of libjpeg-turbo that was built against, such as "2.1.5".
const char *jpeg_shim_version(void);

void jpeg_shim_free(void *bytes);
void jpeg_shim_free_image(jpeg_shim_image *image);

#endif
