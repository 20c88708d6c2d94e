#include "Session.h"

#include <jerror.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void jpeg_session_leave(session *session, jpeg_shim_status status, const char *message) {
    session->status = status;
    size_t length = strnlen(message, JPEG_SHIM_MESSAGE_CAPACITY - 1);
    memcpy(session->message, message, length);
    session->message[length] = 0;
    longjmp(session->exit, 1);
}

/// libjpeg's error: keeps the message and leaves the call.
static void fail(j_common_ptr info) {
    session *s = (session *)info->err;
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    int is_memory = info->err->msg_code == JERR_OUT_OF_MEMORY;
    jpeg_session_leave(s, is_memory ? JPEG_SHIM_OUT_OF_MEMORY : JPEG_SHIM_REFUSED, text);
}

/// A warning (level below 0) is as bad as an error: libjpeg goes on with made-up data, which a file of a few bytes can
/// make it do for minutes. Anything else is a trace.
static void emit(j_common_ptr info, int level) {
    if (level < 0) fail(info);
}

/// libjpeg would print.
static void ignore(j_common_ptr info) { (void)info; }

void jpeg_session_begin(session *session, struct jpeg_common_struct *info, char *message) {
    info->err = jpeg_std_error(&session->manager);
    session->manager.error_exit = fail;
    session->manager.emit_message = emit;
    session->manager.output_message = ignore;
    session->status = JPEG_SHIM_OK;
    session->message = message;
    message[0] = 0;
}

#define TEXT(x) #x
#define VERSION(x) TEXT(x)

const char *jpeg_shim_version(void) { return VERSION(LIBJPEG_TURBO_VERSION); }

void jpeg_shim_free(void *bytes) { free(bytes); }

void jpeg_shim_free_image(jpeg_shim_image *image) {
    free(image->exif);
    free(image->pixels);
    *image = (jpeg_shim_image){0};
}
