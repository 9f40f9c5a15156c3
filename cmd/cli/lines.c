/* lines.c: see lines.h. */
#include "lines.h"

#include <string.h>

void cli_put_words(FILE *out, const char *text, int column, int indent, int width)
{
    for (const char *at = text; *at;) {
        size_t word = strcspn(at, " \n");
        if (width && column > indent && column + (int)word > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        fwrite(at, word, 1, out);
        at += word;
        column += (int)word;
        if (*at == '\n') {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            at++;
            continue;
        }
        size_t blanks = strspn(at, " ");
        at += blanks;
        column += (int)blanks;
        /* the blanks, unless the next word starts a line */
        if (*at && (!width || column + (int)strcspn(at, " \n") <= width))
            fprintf(out, "%*s", (int)blanks, "");
    }
    putc('\n', out);
}
