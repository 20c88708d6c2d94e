#ifndef C_JPEG_SESSION_H
#define C_JPEG_SESSION_H

#include <stdio.h>  // jpeglib.h needs it and does not say so

#include <jpeglib.h>
#include <setjmp.h>

#include "CJPEG.h"

/// One call into libjpeg: its error manager first, where it jumps on an error, and what it said.
typedef struct {
    struct jpeg_error_mgr manager;
    jmp_buf exit;
    jpeg_shim_status status;
    char *message;
} session;

/// Makes `session` the error manager of `info`, whose every error and warning leaves the call.
void jpeg_session_begin(session *session, struct jpeg_common_struct *info, char *message);

/// Leaves the call with `status`.
_Noreturn void jpeg_session_leave(session *session, jpeg_shim_status status, const char *message);

#endif
