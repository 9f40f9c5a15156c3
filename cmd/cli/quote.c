/* quote.c: names in messages, quoted the way GNU's commands do it in the C locale: so that a
 * name can be told from the text around it, and pasted into a shell.
 *
 *   plain       nothing to quote
 *   "a'b"       a quote and nothing else that would need it
 *   'a b'       everything else; a quote in it is '\'' and bytes outside of printable ASCII are
 *               'a'$'\n''b'
 */
#define _GNU_SOURCE
#include "cli.h"

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

static bool is_printable(unsigned char c)
{
    return c >= 0x20 && c < 0x7f;
}

/* Whether the byte at name[i] means something to a shell. */
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
        return strchr(" !\"$&'()*;<=>?[\\^`|", name[i]) || !is_printable((unsigned char)name[i]);
    }
}

/* Whether "..." leaves the byte alone. Beside what needs no quoting at all these are few: GNU's
 * list is not the shell's. */
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

static void quote_single(char *out, const char *name, bool has_quote)
{
    size_t len = strlen(name);
    /* GNU goes over a name with a quote in it twice and enters the second pass in the state in
     * which the first has ended. It shows in names that end in an escaped byte; messages are the
     * same. */
    bool escaping = has_quote && !is_printable((unsigned char)name[len - 1]);

    *out++ = '\'';
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if (!is_printable(c)) {
            if (!escaping)
                out = stpcpy(out, "'$'");
            escaping = true;
            out = put_escaped(out, c);
            continue;
        }
        if (c == '\'') {
            out = stpcpy(out, "'\\''");
            escaping = false;
            continue;
        }
        if (escaping)
            out = stpcpy(out, "''");
        escaping = false;
        *out++ = (char)c;
    }
    *out++ = '\'';
    *out = 0;
}

static const char *quote(const char *name, bool always)
{
    size_t len = strlen(name);
    bool special = len == 0, has_quote = false, plain_in_double = true;
    char *out;

    for (size_t i = 0; i < len; i++) {
        special = special || name[i] == ':' || is_special(name, i);
        has_quote = has_quote || name[i] == '\'';
        plain_in_double = plain_in_double && is_plain_in_double(name, i);
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
        quote_single(out, name, has_quote);
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
