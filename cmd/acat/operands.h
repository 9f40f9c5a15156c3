/* operands.h: the operands of the command line, or of a list of names, one after the other. */
#ifndef CMD_ACAT_OPERANDS_H
#define CMD_ACAT_OPERANDS_H

#include "../cli/name_list.h"
#include "../cli/options.h"

enum operand {
    OPERAND_FILE,
    OPERAND_CACHED, /* a file that offload_open_cached has opened */
    OPERAND_STDIN,
    OPERAND_FAULT, /* an error in the list: operands_report */
    OPERAND_END,
};

struct operands {
    char **words; /* NULL-ended; empty if there is a list */

    enum operand kind; /* of the current operand */
    const char *name;  /* of a file */
    size_t name_len;
    const char *list; /* --files0-from, or NULL */
    struct names0 *names;
    int got; /* the last result of names0_next */
};

/* Opens the list, if there is one. Exits if that fails, or if there are words too. */
void operands_open(struct operands *operands, const struct cli_common *common);
/* Goes on to the next operand. */
void operands_next(struct operands *operands);
/* Reports an OPERAND_FAULT. */
void operands_report(const struct operands *operands);
void operands_close(struct operands *operands);

#endif
