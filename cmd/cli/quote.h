/* quote.h: names in messages, and their characters in the locale of the environment. */
#ifndef CMD_CLI_QUOTE_H
#define CMD_CLI_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

/* All three return one of a few static buffers, which stay valid for several calls. */

/* Quotes a name as GNU's messages do: 'a b'. */
const char *cli_quote(const char *name);
/* Quotes a name only if it needs quotes (shell-escape style, with $'\n' for control characters and
 * what the locale cannot print). A ':' needs quotes too, because ": reason" follows (GNU's quotef).
 */
const char *cli_quote_maybe(const char *name);
/* Quotes a word of the command line that is no name, in the locale's quotes. */
const char *cli_quote_word(const char *word);

/* The first character of a text. */
struct cli_char {
    size_t bytes;     /* at least 1 */
    unsigned columns; /* on a terminal; 1 if it is not printable */
    bool printable;
};
struct cli_char cli_char(const char *text, size_t len); /* len: at least 1 */
/* Returns true if the locale's characters are UTF-8. */
bool cli_utf8(void);

#endif
