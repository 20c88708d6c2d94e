#ifndef C_PNG_SESSION_H
#define C_PNG_SESSION_H

#include <png.h>
#include <setjmp.h>

#include "CPNG.h"

/// One call into libpng: where it jumps on an error, and what it said.
typedef struct {
    jmp_buf exit;
    png_shim_status status;
    char *message;
} session;

/// libpng's error function: keeps the message and leaves the call.
_Noreturn void session_fail(png_structp png, png_const_charp message);

/// libpng's warning function: a warning is not worth a line.
void session_ignore(png_structp png, png_const_charp message);

/// Leaves the call with `status`.
_Noreturn void session_leave(session *session, png_shim_status status, const char *message);

#endif
