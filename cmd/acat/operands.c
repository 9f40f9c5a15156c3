/* operands.c: see operands.h. */
#define _GNU_SOURCE
#include "operands.h"

#include <string.h>

void operands_open(struct operands *operands, const struct cli_common *common)
{
    operands->list = common->files0_from;
    if (operands->list)
        operands->names = names0_of_option(common, operands->words);
}

static void next_listed(struct operands *operands)
{
    /* a read error ends the list */
    operands->got = operands->got < 0
                        ? NAMES0_END
                        : names0_next(operands->names, &operands->name, &operands->name_len);
    if (operands->got == NAMES0_NAME)
        operands->kind = strcmp(operands->name, "-") == 0 ? OPERAND_STDIN : OPERAND_FILE;
    else
        operands->kind = operands->got == NAMES0_END ? OPERAND_END : OPERAND_FAULT;
}

void operands_next(struct operands *operands)
{
    if (operands->names) {
        next_listed(operands);
        return;
    }
    operands->name = *operands->words;
    if (!operands->name) {
        operands->kind = OPERAND_END;
        return;
    }
    operands->words++;
    operands->name_len = strlen(operands->name);
    operands->kind = strcmp(operands->name, "-") == 0 ? OPERAND_STDIN : OPERAND_FILE;
}

void operands_report(const struct operands *operands)
{
    names0_report(operands->list, names0_line(operands->names), operands->got);
}

void operands_close(struct operands *operands)
{
    names0_close(operands->names);
    operands->names = NULL;
}
