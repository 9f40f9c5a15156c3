/* checksum_line.c: lines of checksums, as sha256sum prints them. See checksum_line.h. */
#define _GNU_SOURCE
#include "checksum_line.h"

#include <stdbool.h>
#include <string.h>

#include "../../core/digest/digest.h"

/* A name takes one line whatever is in it. A backslash in front of the line says that it is
 * escaped. */
static void print_escaped(FILE *out, const char *name)
{
    for (; *name; name++) {
        if (*name == '\n')
            fputs_unlocked("\\n", out);
        else if (*name == '\r')
            fputs_unlocked("\\r", out);
        else if (*name == '\\')
            fputs_unlocked("\\\\", out);
        else
            putc_unlocked(*name, out);
    }
}

static void print_hex(FILE *out, const uint8_t *digest, size_t bytes)
{
    static const char hex[] = "0123456789abcdef";
    char text[2 * DIGEST_BYTES_MAX];

    for (size_t i = 0; i < bytes; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
    fwrite_unlocked(text, 1, 2 * bytes, out);
}

void checksum_line_print(FILE *out, const struct checksum_format *format, const uint8_t *digest,
                         size_t digest_bytes, const char *name)
{
    bool escape = format->end == '\n' && strpbrk(name, "\\\n\r");

    if (escape)
        putc_unlocked('\\', out);
    if (format->tag) {
        fputs_unlocked(format->tag, out);
        fputs_unlocked(" (", out);
    } else {
        print_hex(out, digest, digest_bytes);
        putc_unlocked(' ', out);
        putc_unlocked(format->mode, out);
    }
    if (escape)
        print_escaped(out, name);
    else
        fputs_unlocked(name, out);
    if (format->tag) {
        fputs_unlocked(") = ", out);
        print_hex(out, digest, digest_bytes);
    }
    putc_unlocked(format->end, out);
}

void checksum_line_print_name(FILE *out, const char *name)
{
    if (strchr(name, '\n')) {
        putc_unlocked('\\', out);
        print_escaped(out, name);
    } else {
        fputs_unlocked(name, out);
    }
}
