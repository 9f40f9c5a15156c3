/* checksum_line.h: lines of checksums that sha256sum -c and its like accept. */
#ifndef CMD_CLI_CHECKSUM_LINE_H
#define CMD_CLI_CHECKSUM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../core/digest/digest.h"

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

/* A name can have PATH_MAX bytes, twice as many escaped. A longer line names no file that can be
 * opened, and a list that is no text must not fill the memory. */
enum { CHECKSUM_LINE_BYTES_MAX = 65536 };

/* Returns true if checksum_line_read takes the line that checksum_line_print prints. */
bool checksum_line_fits(const struct checksum_format *format, size_t digest_bytes,
                        const char *name);

/* Reads a line without its end into text, which has CHECKSUM_LINE_BYTES_MAX + 1 bytes. If *len is
 * CHECKSUM_LINE_BYTES_MAX the line is too long, and the next read continues in it. Returns false at
 * the end and after a read error. */
bool checksum_line_read(FILE *stream, char *text, size_t *len);
/* Reads to the end of a line that is too long. */
void checksum_line_skip(FILE *stream);

/* Separator of digest and name. The first unambiguous line decides for all lines, so that a file
 * name with a leading blank cannot change the meaning of a line. */
enum checksum_separator {
    SEPARATOR_UNKNOWN,
    SEPARATOR_MODE,  /* blank, then ' ' or '*', then the name */
    SEPARATOR_BLANK, /* blank, then the name: as old BSD commands wrote it */
};

/* The lines of one list. */
struct checksum_reader {
    /* Finds the algorithm that a BSD-style line names at its beginning; *tag_len is the length of
     * the name, which can be past the end of the line. Returns NULL if the list must not have lines
     * of it. NULL: no line is BSD-style. */
    const struct digest *(*by_tag)(void *arg, const char *text, size_t *tag_len);
    /* Finds the algorithm of an untagged line by its number of digits, or returns NULL. */
    const struct digest *(*by_digits)(void *arg, size_t digits);
    void *arg;
    bool any_length; /* digests of any length, as b2sum has them */
    bool base64;     /* digests may be in base64, as cksum --base64 prints them */
    enum checksum_separator separator;
};

struct checksum_line {
    const struct digest *algorithm;
    bool tagged;       /* the line names its algorithm */
    bool matches_none; /* base64 with bits behind the last byte, as no command prints it */
    const char *name;  /* in the text that was parsed */
    uint8_t digest[DIGEST_BYTES_MAX];
};

/* Parses a line of len bytes without its end. Changes text, up to text[len]. Returns false if the
 * line is not properly formatted. */
bool checksum_line_parse(struct checksum_reader *reader, char *text, size_t len,
                         struct checksum_line *line);

#endif
