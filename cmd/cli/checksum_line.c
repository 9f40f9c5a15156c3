/* checksum_line.c: prints and parses lines of checksums. See checksum_line.h. */
#define _GNU_SOURCE
#include "checksum_line.h"

#include <string.h>

#include "../../core/base/retry.h"

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

bool checksum_line_fits(const struct checksum_format *format, size_t digest_bytes, const char *name)
{
    size_t len = format->tag ? strlen(format->tag) + strlen(" () = ") : strlen("  ");

    len += 2 * digest_bytes + strlen(name);
    if (format->end == '\n' && (name = strpbrk(name, "\\\n\r")))
        len++;
    for (; format->end == '\n' && name; name = strpbrk(name + 1, "\\\n\r"))
        len++;
    return len < CHECKSUM_LINE_BYTES_MAX;
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

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

static size_t base64_len(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

/* Parses a digest of base64_len(bytes) characters. Returns false if the string ends before it. */
static bool parse_base64(const char *text, struct checksum_line *line, size_t bytes)
{
    size_t len = base64_len(bytes), digits = (8 * bytes + 5) / 6, out = 0;
    unsigned bits = 0, held = 0; /* the low `held` bits are no whole byte yet */

    for (size_t i = 0; i < digits; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xfff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            line->digest[out++] = (uint8_t)(bits >> held);
        }
    }
    for (size_t i = digits; i < len; i++)
        if (text[i] != '=')
            return false;
    line->matches_none = (bits & ((1U << held) - 1)) != 0;
    return true;
}

/* Parses a digest that ends the string. */
static bool parse_digest(const struct checksum_reader *reader, const char *text,
                         struct checksum_line *line)
{
    size_t bytes = digest_bytes(line->algorithm);

    if (parse_hex(text, line->digest, bytes))
        return text[2 * bytes] == 0;
    return reader->base64 && parse_base64(text, line, bytes) && text[base64_len(bytes)] == 0;
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
static bool parse_tagged(const struct checksum_reader *reader, char *at, char *end, bool escaped,
                         struct checksum_line *line)
{
    char *close;

    if (at > end)
        return false;
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
    return parse_digest(reader, skip_blanks(at + 1), line);
}

/* Parses the digest of an untagged line, whose length tells the algorithm. */
static bool parse_first(const struct checksum_reader *reader, char *at, size_t len,
                        struct checksum_line *line)
{
    /* of MD5, SHA-1 and SHA-2: prose has words of other lengths */
    static const uint8_t base64_bytes[] = {16, 20, 28, 32, 48, 64};

    if (strspn(at, "0123456789abcdefABCDEF") == len)
        line->algorithm = reader->by_digits(reader->arg, len);
    if (line->algorithm)
        return parse_hex(at, line->digest, len / 2);
    for (size_t i = 0; reader->base64 && i < sizeof(base64_bytes); i++) {
        if (base64_len(base64_bytes[i]) == len && parse_base64(at, line, base64_bytes[i])) {
            line->algorithm = reader->by_digits(reader->arg, (size_t)2 * base64_bytes[i]);
            return line->algorithm;
        }
    }
    return false;
}

/* Parses "digest  name". */
static bool parse_plain(struct checksum_reader *reader, char *at, char *end, bool escaped,
                        struct checksum_line *line)
{
    size_t digits = strcspn(at, " \t");
    /* a blank and, unless the length of the digest is open as with b2sum, at least one byte more */
    size_t least = reader->any_length ? 1 : 2;

    if ((size_t)(end - at) < digits + least || !is_blank(at[digits]) ||
        !parse_first(reader, at, digits, line))
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
    line->matches_none = false;
    line->algorithm = reader->by_tag ? reader->by_tag(reader->arg, at, &tag_len) : NULL;
    line->tagged = line->algorithm != NULL;
    if (line->tagged)
        return parse_tagged(reader, at + tag_len, end, escaped, line);
    return parse_plain(reader, at, end, escaped, line);
}
