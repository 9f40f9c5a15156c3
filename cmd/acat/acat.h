/* acat.h: what acat's parts have in common: its operands, lines as cat shows them, the load. */
#ifndef CMD_ACAT_ACAT_H
#define CMD_ACAT_ACAT_H

#include "../../core/load/load.h"
#include "../cli/name_list.h"
#include "../cli/options.h"

/* -- operands.c: what is to be read, one after the other -- */

enum operand {
    OPERAND_FILE,
    OPERAND_RESIDENT, /* a file that acat_open_resident has opened */
    OPERAND_STDIN,
    OPERAND_FAULT, /* something is wrong with the list: operands_report says what */
    OPERAND_END,
};

struct operands {
    char **words; /* NULL-ended; where there is a list, none */

    enum operand kind; /* of the one that operands_next has taken */
    const char *name;  /* where it is a file */
    size_t name_len;
    const char *list; /* --files0-from, or NULL */
    struct names0 *names;
    int got; /* what names0_next returned last */
};

/* Opens the list, if there is one. Exits where that fails, or where there are words besides. */
void operands_open(struct operands *operands, const struct cli_common *common);
void operands_next(struct operands *operands);
/* Reports an OPERAND_FAULT. */
void operands_report(const struct operands *operands);
void operands_close(struct operands *operands);

/* -- offload.c: from file to file within the kernel -- */

/* A descriptor of the file, where it is a large one that is in the page cache; else -1. */
int acat_open_resident(const char *name);
/* Moves what is left of from to standard output, as far as the kernel can. Returns how many bytes:
 * whether there are more, and what is wrong with them, is for read and write to find out; or -errno
 * where from cannot be read on. */
int64_t acat_offload(int from, struct progress *progress);

/* -- format.c: lines numbered, squeezed, and made visible -- */

struct format_opts {
    bool number;       /* all lines */
    bool number_lines; /* those that are not blank: overrides number */
    bool squeeze;      /* blank lines that follow one */
    bool ends;         /* $ at the end of each */
    bool tabs;         /* as ^I */
    bool nonprinting;  /* as ^X and M-x, but not tab and newline */
};

struct format;

/* put is given what there is to be written. NULL: out of memory. */
struct format *format_new(const struct format_opts *opts,
                          void (*put)(void *arg, const char *bytes, size_t len), void *arg);
/* All that can be shown of the bytes has been put on return. Lines go on from one call, and one
 * file, to the next. */
void format_data(struct format *format, const void *bytes, size_t len);
/* Puts what was held back, after the last file. */
void format_end(struct format *format);
void format_free(struct format *format); /* takes NULL */

/* -- blocks.c: --discard in blocks, to measure how long each takes -- */

enum { OPT_DISCARD = CLI_OPT_FIRST, OPT_PATTERN, OPT_TIME, OPT_BYTES, OPT_JSON };

struct load_request {
    bool wanted; /* one of its options was there */
    enum load_pattern pattern;
    uint64_t time_ns, bytes; /* 0: not given */
    bool json;
};

/* Takes one of its options: true if it was one. Bad values end the program. */
bool load_option(struct load_request *request, int option, const char *argument);
/* Reads one operand after the other, and reports on each on standard output, which it closes.
 * Returns whether all went well. */
bool load_operands(const struct load_request *request, const struct cli_common *common,
                   const struct engine *engine, const char *why, unsigned jobs,
                   struct operands *operands);

#endif
