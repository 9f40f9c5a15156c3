/* nearest.h: the name that a mistyped word was probably meant to be. */
#ifndef CMD_CLI_NEAREST_H
#define CMD_CLI_NEAREST_H

/* The best of the names tried so far. Starts zeroed. */
struct cli_nearest {
    const char *name; /* NULL: none is near */
    unsigned distance;
};

/* Tries one more name. The first of equally near ones is kept. */
void cli_nearest_try(struct cli_nearest *nearest, const char *word, const char *name);

#endif
