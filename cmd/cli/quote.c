/* quote.c: names in messages, quoted the way GNU's commands do it: so that a name can be told from
 * the text around it, and pasted into a shell.
 *
 *   plain       nothing to quote
 *   "a'b"       a quote and nothing else that would need it
 *   'a b'       everything else; a quote in it is '\'' and the bytes of characters that the locale
 *               cannot print are 'a'$'\n''b'
 *
 * Words of the command line that are no names stand in the locale's quotes. */
#define _GNU_SOURCE
#include "quote.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFERS = 16 };

static char *buffer_get(size_t bytes)
{
    static char *buffers[BUFFERS];
    static atomic_uint turn;
    char **buffer = &buffers[atomic_fetch_add(&turn, 1) % BUFFERS];

    free(*buffer);
    *buffer = malloc(bytes);
    return *buffer;
}

/* Returns true if the printable ASCII character at name[i] means something to a shell. */
static bool is_special(const char *name, size_t i)
{
    switch (name[i]) {
    case '#':
    case '~':
        return i == 0;
    case '{':
    case '}':
        return i == 0 && name[1] == 0;
    default:
        return strchr(" !\"$&'()*;<=>?[\\^`|", name[i]);
    }
}

/* Returns true if "..." leaves the character alone. Besides unquoted characters these are few:
 * GNU's list is not the shell's. */
static bool is_plain_in_double(const char *name, size_t i)
{
    char c = name[i];

    if (c == ' ' || c == '\'')
        return true;
    if (c == '#' || c == '~')
        return i == 0;
    return c != '{' && c != '}' && !is_special(name, i);
}

/* Writes the byte as it stands in $'...'. */
static char *put_escaped(char *out, unsigned char c)
{
    static const char letters[] = "abtnvfr"; /* of the bytes from 7 on */

    *out++ = '\\';
    if (c >= 7 && c < 7 + sizeof(letters) - 1) {
        *out++ = letters[c - 7];
    } else {
        *out++ = (char)('0' + (c >> 6));
        *out++ = (char)('0' + (c >> 3 & 7));
        *out++ = (char)('0' + (c & 7));
    }
    return out;
}

/* escaping: GNU goes over a name with a quote in it twice and enters the second pass in the state
 * in which the first has ended. It shows in names that end in an escaped byte; messages are the
 * same. */
static void quote_single(char *out, const char *name, bool escaping)
{
    struct cli_char one;

    *out++ = '\'';
    for (size_t left = strlen(name); left > 0; name += one.bytes, left -= one.bytes) {
        one = cli_char(name, left);
        if (!one.printable) {
            if (!escaping)
                out = stpcpy(out, "'$'");
            escaping = true;
            for (size_t i = 0; i < one.bytes; i++)
                out = put_escaped(out, (unsigned char)name[i]);
            continue;
        }
        if (*name == '\'') {
            out = stpcpy(out, "'\\''");
            escaping = false;
            continue;
        }
        if (escaping)
            out = stpcpy(out, "''");
        escaping = false;
        out = mempcpy(out, name, one.bytes);
    }
    *out++ = '\'';
    *out = 0;
}

static const char *quote(const char *name, bool always)
{
    size_t len = strlen(name);
    bool special = len == 0, has_quote = false, plain_in_double = true;
    struct cli_char one = {.printable = true};
    char *out;

    for (size_t i = 0; i < len; i += one.bytes) {
        one = cli_char(name + i, len - i);
        special = special || name[i] == ':' || !one.printable || is_special(name, i);
        has_quote = has_quote || name[i] == '\'';
        plain_in_double = plain_in_double && one.printable && is_plain_in_double(name, i);
    }
    if (!special && !always)
        return name;
    /* the longest: '$'\377'' for one byte */
    out = buffer_get(len * 9 + 4);
    if (!out)
        return name;
    if (has_quote && plain_in_double) {
        out[0] = '"';
        memcpy(out + 1, name, len);
        memcpy(out + 1 + len, "\"", 2);
    } else {
        quote_single(out, name, has_quote && !one.printable);
    }
    return out;
}

const char *cli_quote(const char *name)
{
    return quote(name, true);
}

const char *cli_quote_maybe(const char *name)
{
    return quote(name, false);
}

const char *cli_quote_word(const char *word)
{
    bool utf8 = cli_utf8();
    const char *close = utf8 ? "\342\200\231" : "'";
    size_t left = strlen(word);
    char *out, *result = buffer_get(left * 4 + 7);
    struct cli_char one;

    if (!result)
        return word;
    out = stpcpy(result, utf8 ? "\342\200\230" : "'");
    for (; left > 0; word += one.bytes, left -= one.bytes) {
        one = cli_char(word, left);
        if (!one.printable) {
            for (size_t i = 0; i < one.bytes; i++)
                out = put_escaped(out, (unsigned char)word[i]);
            continue;
        }
        if (*word == '\\' || strncmp(word, close, strlen(close)) == 0)
            *out++ = '\\';
        out = mempcpy(out, word, one.bytes);
    }
    memcpy(out, close, strlen(close) + 1);
    return result;
}
