/* checksum_line.c: prints and parses lines of checksums. See checksum_line.h. */
#define _GNU_SOURCE
#include "checksum_line.h"

#include <string.h>

/* A name takes one line whatever is in it. A backslash in front of the line says that it is
 * escaped. */
static void print_escaped(FILE *out, const char *name)
{
    for (; *name; name++) {
        if (*name == '\n')
            fputs_unlocked("\\n", out);
        else if (*name == '\r')
            fputs_unlocked("\\r", out);
        else if (*name == '\\')
            fputs_unlocked("\\\\", out);
        else
            putc_unlocked(*name, out);
    }
}

static void print_hex(FILE *out, const uint8_t *digest, size_t bytes)
{
    static const char hex[] = "0123456789abcdef";
    char text[2 * DIGEST_BYTES_MAX];

    for (size_t i = 0; i < bytes; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
    fwrite_unlocked(text, 1, 2 * bytes, out);
}

void checksum_line_print(FILE *out, const struct checksum_format *format, const uint8_t *digest,
                         size_t digest_bytes, const char *name)
{
    bool escape = format->end == '\n' && strpbrk(name, "\\\n\r");

    if (escape)
        putc_unlocked('\\', out);
    if (format->tag) {
        fputs_unlocked(format->tag, out);
        fputs_unlocked(" (", out);
    } else {
        print_hex(out, digest, digest_bytes);
        putc_unlocked(' ', out);
        putc_unlocked(format->mode, out);
    }
    if (escape)
        print_escaped(out, name);
    else
        fputs_unlocked(name, out);
    if (format->tag) {
        fputs_unlocked(") = ", out);
        print_hex(out, digest, digest_bytes);
    }
    putc_unlocked(format->end, out);
}

void checksum_line_print_name(FILE *out, const char *name)
{
    if (strchr(name, '\n')) {
        putc_unlocked('\\', out);
        print_escaped(out, name);
    } else {
        fputs_unlocked(name, out);
    }
}

bool checksum_line_read(FILE *stream, char *text, size_t *len)
{
    size_t n = 0;
    int c = 0;

    while (n < CHECKSUM_LINE_BYTES_MAX && (c = getc_unlocked(stream)) != EOF && c != '\n')
        text[n++] = (char)c;
    if (c == EOF && (n == 0 || ferror_unlocked(stream)))
        return false;
    text[n] = 0;
    *len = n;
    return true;
}

void checksum_line_skip(FILE *stream)
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

/* Parses a digest. Returns false if the string ends before it. */
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
static bool parse_tagged(char *at, char *end, bool escaped, struct checksum_line *line)
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

/* Parses "digest  name". */
static bool parse_plain(struct checksum_reader *reader, char *at, char *end, bool escaped,
                        struct checksum_line *line)
{
    size_t digits = strspn(at, "0123456789abcdefABCDEF");
    /* a blank and, unless the length of the digest is open as with b2sum, at least one byte more */
    size_t least = reader->any_length ? 1 : 2;

    if ((size_t)(end - at) < digits + least || !is_blank(at[digits]))
        return false;
    line->algorithm = reader->by_digits(reader->arg, digits);
    if (!line->algorithm || !parse_hex(at, line->digest, digits / 2))
        return false;
    at += digits + 1;
    if (end - at == 1 || (*at != ' ' && *at != '*')) {
        if (reader->separator == SEPARATOR_MODE)
            return false;
        reader->separator = SEPARATOR_BLANK;
    } else if (reader->separator != SEPARATOR_BLANK) {
        reader->separator = SEPARATOR_MODE;
        at++;
    }
    line->name = at;
    return !escaped || unescape(at, end);
}

bool checksum_line_parse(struct checksum_reader *reader, char *text, size_t len,
                         struct checksum_line *line)
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
    line->algorithm = reader->by_tag ? reader->by_tag(reader->arg, at, &tag_len) : NULL;
    line->tagged = line->algorithm != NULL;
    if (line->tagged)
        return parse_tagged(at + tag_len, end, escaped, line);
    return parse_plain(reader, at, end, escaped, line);
}
