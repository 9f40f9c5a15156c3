/* check_line.c: the lines that ahash -c reads. See ahash.h. */
#define _GNU_SOURCE
#include "ahash.h"

#include <string.h>

bool ahash_line_read(FILE *stream, char *text, size_t *len)
{
    size_t n = 0;
    int c = 0;

    while (n < AHASH_LINE_BYTES_MAX && (c = getc_unlocked(stream)) != EOF && c != '\n')
        text[n++] = (char)c;
    if (c == EOF && (n == 0 || ferror_unlocked(stream)))
        return false;
    text[n] = 0;
    *len = n;
    return true;
}

void ahash_line_skip(FILE *stream)
{
    int c;

    do
        c = getc_unlocked(stream);
    while (c != EOF && c != '\n');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *skip_blanks(char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Reads a digest; a string that ends before it is none. */
static bool parse_hex(const char *text, uint8_t *digest, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        int high = hex_value(text[2 * i]);
        int low = high < 0 ? -1 : hex_value(text[2 * i + 1]);
        if (low < 0)
            return false;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Reverses the escapes of checksum_line_print in place; the name ends at end. Returns false if they
 * are wrong. */
static bool unescape(char *name, const char *end)
{
    char *out = name;

    for (const char *at = name; at < end; at++) {
        char c = *at;
        if (c == 0)
            return false;
        if (c == '\\') {
            at++;
            if (at == end || !strchr("\\nr", *at) || *at == 0)
                return false;
            c = *at == 'n' ? '\n' : *at == 'r' ? '\r' : '\\';
        }
        *out++ = c;
    }
    *out = 0;
    return true;
}

/* Parses "(name) = digest"; at is behind the tag. The last parenthesis ends the name. */
static bool parse_tagged(char *at, char *end, bool escaped, struct ahash_line *line)
{
    size_t bytes = digest_bytes(line->algorithm);
    char *close;

    if (*at == ' ')
        at++;
    if (*at != '(')
        return false;
    at++;
    close = memrchr(at, ')', (size_t)(end - at));
    if (!close || (escaped && !unescape(at, close)))
        return false;
    line->name = at;
    *close = 0;
    at = skip_blanks(close + 1);
    if (*at != '=')
        return false;
    at = skip_blanks(at + 1);
    return parse_hex(at, line->digest, bytes) && at[2 * bytes] == 0;
}

/* "digest  name". */
static bool parse_plain(struct ahash_parser *parser, char *at, char *end, bool escaped,
                        struct ahash_line *line)
{
    size_t digits = strspn(at, "0123456789abcdefABCDEF");
    /* a blank and, unless the length of the digest is open as with b2sum, at least one byte more */
    size_t least = parser->algorithms->any_length ? 1 : 2;

    if ((size_t)(end - at) < digits + least || !is_blank(at[digits]))
        return false;
    line->algorithm = algorithms_by_digits(parser->algorithms, digits);
    if (!line->algorithm || !parse_hex(at, line->digest, digits / 2))
        return false;
    line->other = algorithms_other(parser->algorithms, line->algorithm);
    at += digits + 1;
    if (end - at == 1 || (*at != ' ' && *at != '*')) {
        if (parser->separator == SEPARATOR_MODE)
            return false;
        parser->separator = SEPARATOR_BLANK;
    } else if (parser->separator != SEPARATOR_BLANK) {
        parser->separator = SEPARATOR_MODE;
        at++;
    }
    line->name = at;
    return !escaped || unescape(at, end);
}

bool ahash_line_parse(struct ahash_parser *parser, char *text, size_t len, struct ahash_line *line)
{
    char *end = text + len;
    size_t tag_len;
    char *at;
    bool escaped;

    *end = 0;
    at = skip_blanks(text);
    escaped = *at == '\\';
    if (escaped)
        at++;
    line->algorithm = algorithms_by_tag(parser->algorithms, at, &tag_len);
    line->other = NULL;
    if (line->algorithm)
        return parse_tagged(at + tag_len, end, escaped, line);
    return parse_plain(parser, at, end, escaped, line);
}
