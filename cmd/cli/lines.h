/* lines.h: breaks a text for people into lines. */
#ifndef CMD_CLI_LINES_H
#define CMD_CLI_LINES_H

#include <stdio.h>

/* Prints words from column on, in lines of at most width columns; width 0: in one line. A newline
 * in the text starts a line, too. Further lines begin with indent blanks. */
void cli_put_words(FILE *out, const char *text, int column, int indent, int width);

#endif
