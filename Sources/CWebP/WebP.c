#include "CWebP.h"

#include <stdlib.h>
#include <webp/decode.h>
#include <webp/encode.h>

static webp_shim_status shim_status(VP8StatusCode code) {
    switch (code) {
    case VP8_STATUS_OK: return WEBP_SHIM_OK;
    case VP8_STATUS_OUT_OF_MEMORY: return WEBP_SHIM_OUT_OF_MEMORY;
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED: return WEBP_SHIM_INCOMPLETE;
    default: return WEBP_SHIM_REFUSED;
    }
}

webp_shim_status webp_shim_decode(const uint8_t *bytes, size_t byte_count, uint32_t side, uint32_t pixel_count,
                                  webp_shim_image *image) {
    *image = (webp_shim_image){0};
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) return WEBP_SHIM_REFUSED;
    VP8StatusCode code = WebPGetFeatures(bytes, byte_count, &config.input);
    if (code != VP8_STATUS_OK) return shim_status(code);
    if (config.input.has_animation) return WEBP_SHIM_ANIMATED;
    image->width = (uint32_t)config.input.width;
    image->height = (uint32_t)config.input.height;
    image->has_alpha = config.input.has_alpha;
    if (image->width > side || image->height > side || (uint64_t)image->width * image->height > pixel_count)
        return WEBP_SHIM_TOO_LARGE;
    size_t stride = (size_t)image->width * 4;
    image->pixels = calloc(image->height, stride);
    if (!image->pixels) return WEBP_SHIM_OUT_OF_MEMORY;
    config.output.colorspace = MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = image->pixels;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = stride * image->height;
    code = WebPDecode(bytes, byte_count, &config);
    WebPFreeDecBuffer(&config.output);
    if (code == VP8_STATUS_OK) return WEBP_SHIM_OK;
    free(image->pixels);
    image->pixels = NULL;
    return shim_status(code);
}

webp_shim_status webp_shim_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                                  float quality, uint8_t **bytes, size_t *byte_count) {
    int stride = (int)(width * channels);
    *bytes = NULL;
    *byte_count = channels == 4 ? WebPEncodeRGBA(pixels, (int)width, (int)height, stride, quality, bytes)
                                : WebPEncodeRGB(pixels, (int)width, (int)height, stride, quality, bytes);
    return *byte_count ? WEBP_SHIM_OK : WEBP_SHIM_REFUSED;
}

int webp_shim_version(void) { return WebPGetDecoderVersion(); }

void webp_shim_free(void *bytes) { WebPFree(bytes); }

void webp_shim_free_image(webp_shim_image *image) {
    free(image->pixels);
    *image = (webp_shim_image){0};
}
