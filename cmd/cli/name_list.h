/* name_list.h: a list of names that end in NUL, for --files0-from. */
#ifndef CMD_CLI_NAME_LIST_H
#define CMD_CLI_NAME_LIST_H

#include <stddef.h>
#include <stdint.h>

struct cli_common;
struct names0;

enum {
    NAMES0_END,
    NAMES0_NAME,
    NAMES0_EMPTY, /* a name of zero length */
    NAMES0_STDIN, /* the name "-" in a list that comes from standard input itself */
    NAMES0_LONG,  /* a name of NAMES0_BYTES_MAX bytes or more: such a list need not be one */
};

enum { NAMES0_BYTES_MAX = 131072 }; /* longer names cannot be operands, either */

/* Opens a list; "-" is standard input. Returns 0 or -errno. */
int names0_open(struct names0 **names, const char *path);
/* Opens the list of --files0-from. Exits if it cannot be opened, or if there are also operands. */
struct names0 *names0_of_option(const struct cli_common *common, char *const *operands);
/* Reads the next name. Returns one of NAMES0_*, or -errno for a read error. The name is valid until
 * the next call; NAMES0_EMPTY sets it, too, for lists in which it stands for something. */
int names0_next(struct names0 *names, const char **name, size_t *len);
/* Returns the number of the name last returned, from 1. */
uint64_t names0_line(const struct names0 *names);
/* Reports what names0_next returned if it was neither a name nor the end. */
void names0_report(const char *path, uint64_t line, int got);
void names0_close(struct names0 *names); /* takes NULL */

#endif
