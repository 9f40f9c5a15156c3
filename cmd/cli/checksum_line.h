/* checksum_line.h: lines of checksums that sha256sum -c and its like accept. */
#ifndef CMD_CLI_CHECKSUM_LINE_H
#define CMD_CLI_CHECKSUM_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct checksum_format {
    const char *tag; /* "SHA256" for BSD's style; NULL: digest, mode, name */
    char mode;       /* ' ' text, '*' binary */
    char end;        /* '\n', or 0, and nothing is escaped */
};

/* Prints a file's line. */
void checksum_line_print(FILE *out, const struct checksum_format *format, const uint8_t *digest,
                         size_t digest_bytes, const char *name);
/* Prints a name on one line, as -c does: a name with a newline is escaped. */
void checksum_line_print_name(FILE *out, const char *name);

#endif
