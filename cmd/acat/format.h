/* format.h: lines numbered, squeezed, and made visible. */
#ifndef CMD_ACAT_FORMAT_H
#define CMD_ACAT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct format_opts {
    bool number;       /* number all lines */
    bool number_lines; /* number lines that are not blank; overrides number */
    bool squeeze;      /* drop blank lines that follow a blank one */
    bool ends;         /* $ at the end of each line */
    bool tabs;         /* tabs as ^I */
    bool nonprinting;  /* other bytes as ^X and M-x, but not newlines */
};

struct format;

/* put writes the formatted bytes. Returns NULL if memory is short. */
struct format *format_new(const struct format_opts *opts,
                          void (*put)(void *arg, const char *bytes, size_t len), void *arg);
/* Formats bytes, and puts all that can be shown of them before it returns. Lines go on from one
 * call, and one file, to the next. */
void format_data(struct format *format, const void *bytes, size_t len);
/* Puts the bytes that were held back, after the last file. */
void format_end(struct format *format);
void format_free(struct format *format); /* takes NULL */

#endif
