/* html_text.h: text within HTML. */
#ifndef CMD_ABENCH_REPORT_HTML_TEXT_H
#define CMD_ABENCH_REPORT_HTML_TEXT_H

#include <stdio.h>

/* Writes text without markup; a newline breaks the line. */
void html_text(FILE *out, const char *text);

#endif
