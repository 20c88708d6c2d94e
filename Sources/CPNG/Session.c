#include "Session.h"

#include <stdlib.h>
#include <string.h>

_Noreturn void session_leave(session *session, png_shim_status status, const char *message) {
    session->status = status;
    size_t length = strnlen(message, PNG_SHIM_MESSAGE_CAPACITY - 1);
    memcpy(session->message, message, length);
    session->message[length] = 0;
    longjmp(session->exit, 1);
}

_Noreturn void session_fail(png_structp png, png_const_charp message) {
    session_leave(png_get_error_ptr(png), PNG_SHIM_REFUSED, message);
}

void session_ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

const char *png_shim_version(void) { return png_get_libpng_ver(NULL); }

void png_shim_free(void *bytes) { free(bytes); }

void png_shim_free_image(png_shim_image *image) {
    for (size_t i = 0; i < image->text_count; i++) free((void *)image->texts[i].key);
    free(image->texts);
    free(image->exif);
    free(image->pixels);
    *image = (png_shim_image){0};
}
