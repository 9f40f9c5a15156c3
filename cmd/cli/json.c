/* json.c: writes JSON. See json.h. */
#define _GNU_SOURCE
#include "json.h"
#include "messages.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static void put(struct json_writer *json, const char *text, size_t len)
{
    fwrite_unlocked(text, 1, len, json->out);
}

static void put_char(struct json_writer *json, char c)
{
    putc_unlocked(c, json->out);
}

static void put_line_break(struct json_writer *json)
{
    put_char(json, '\n');
    for (unsigned i = 0; i < json->depth; i++)
        put_char(json, ' ');
}

/* Returns the length of the UTF-8 character at text, or 0 if the bytes are not valid UTF-8. */
static size_t character_length(const unsigned char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = text[0] < 0x80   ? 1
                 : text[0] < 0xc0 ? 0
                 : text[0] < 0xe0 ? 2
                 : text[0] < 0xf0 ? 3
                                  : 4;
    uint32_t code = text[0] & (0xffU >> (len + 1));

    if (len < 2)
        return len;
    if (text[0] > 0xf7)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    return code >= least[len] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? len : 0;
}

static bool is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t len;

    for (; *at; at += len) {
        len = character_length(at);
        if (len == 0)
            return false;
    }
    return true;
}

static void put_escaped(struct json_writer *json, unsigned char c)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                   ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    char text[8];

    if (c < sizeof(letters) && letters[c])
        snprintf(text, sizeof(text), "\\%c", letters[c]);
    else
        snprintf(text, sizeof(text), "\\u%04x", c);
    put(json, text, strlen(text));
}

/* Writes a string. If it is not valid UTF-8, all bytes that are not ASCII become U+FFFD. */
static void put_string(struct json_writer *json, const char *text, bool valid)
{
    const char *start = text;

    put_char(json, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool replaced = c >= 0x80 && !valid;
        if (c >= 0x20 && c != '"' && c != '\\' && !replaced)
            continue;
        put(json, start, (size_t)(text - start));
        start = text + 1;
        if (replaced)
            put(json, replacement, sizeof(replacement) - 1);
        else
            put_escaped(json, c);
    }
    put(json, start, (size_t)(text - start));
    put_char(json, '"');
}

static void put_hex_string(struct json_writer *json, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    put_char(json, '"');
    for (size_t i = 0; i < len; i++) {
        put_char(json, digits[bytes[i] >> 4]);
        put_char(json, digits[bytes[i] & 15]);
    }
    put_char(json, '"');
}

/* Writes what precedes a value: a comma, the line break, and in an object the key, with suffix. */
static void put_key_and(struct json_writer *json, const char *key, const char *suffix)
{
    assert(json->depth > 0 && json->in_array[json->depth] == !key);
    if (!json->empty)
        put_char(json, ',');
    json->empty = false;
    if (json->layout == JSON_INDENTED)
        put_line_break(json);
    if (!key)
        return;
    put_char(json, '"');
    put(json, key, strlen(key));
    put(json, suffix, strlen(suffix));
    put(json, "\": ", json->layout == JSON_INDENTED ? 3 : 2);
}

static void put_key(struct json_writer *json, const char *key)
{
    put_key_and(json, key, "");
}

static void enter(struct json_writer *json, bool array)
{
    put_char(json, array ? '[' : '{');
    json->depth++;
    assert(json->depth < JSON_DEPTH_MAX);
    json->in_array[json->depth] = array;
    json->empty = true;
}

void json_end(struct json_writer *json)
{
    bool array = json->in_array[json->depth];

    assert(json->depth > 0);
    json->depth--;
    if (json->layout == JSON_INDENTED && !json->empty)
        put_line_break(json);
    json->empty = false;
    put_char(json, array ? ']' : '}');
}

void json_put_object(struct json_writer *json, const char *key)
{
    put_key(json, key);
    enter(json, false);
}

void json_put_array(struct json_writer *json, const char *key)
{
    put_key(json, key);
    enter(json, true);
}

void json_begin(struct json_writer *json, FILE *out, enum json_layout layout, const char *type)
{
    *json = (struct json_writer){.out = out, .layout = layout};
    flockfile(out);
    enter(json, false);
    json_put_count(json, "format", JSON_FORMAT);
    json_put_text(json, "type", type);
}

void json_put_program(struct json_writer *json, const char *program)
{
    json_put_text(json, "program", program);
    json_put_text(json, "version", AIOUTILS_VERSION);
}

int json_finish(struct json_writer *json)
{
    int rc;

    json_end(json);
    assert(json->depth == 0);
    put_char(json, '\n');
    rc = ferror_unlocked(json->out) ? -1 : 0;
    funlockfile(json->out);
    return rc;
}

void json_put_null(struct json_writer *json, const char *key)
{
    put_key(json, key);
    put(json, "null", 4);
}

void json_put_bool(struct json_writer *json, const char *key, bool value)
{
    const char *text = value ? "true" : "false";

    put_key(json, key);
    put(json, text, strlen(text));
}

void json_put_count(struct json_writer *json, const char *key, uint64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRIu64, value);

    put_key(json, key);
    put(json, text, (size_t)len);
}

void json_put_real(struct json_writer *json, const char *key, double value)
{
    char text[32];
    int len;

    if (!isfinite(value)) {
        json_put_null(json, key);
        return;
    }
    put_key(json, key);
    /* no program sets LC_NUMERIC: the decimal point is a point */
    len = snprintf(text, sizeof(text), "%.9g", value);
    put(json, text, (size_t)len);
}

void json_put_text(struct json_writer *json, const char *key, const char *text)
{
    if (!text) {
        json_put_null(json, key);
        return;
    }
    put_key(json, key);
    put_string(json, text, is_utf8(text));
}

void json_put_hex(struct json_writer *json, const char *key, const uint8_t *bytes, size_t len)
{
    put_key(json, key);
    put_hex_string(json, bytes, len);
}

void json_put_name(struct json_writer *json, const char *key, const char *name)
{
    bool valid = is_utf8(name);

    put_key(json, key);
    put_string(json, name, valid);
    if (!valid) {
        put_key_and(json, key, "_hex");
        put_hex_string(json, (const uint8_t *)name, strlen(name));
    }
}

void json_put_names(struct json_writer *json, const char *key, char *const *names, size_t n)
{
    bool valid = true;

    json_put_array(json, key);
    for (size_t i = 0; i < n; i++) {
        valid &= is_utf8(names[i]);
        json_put_text(json, NULL, names[i]);
    }
    json_end(json);
    if (valid)
        return;
    put_key_and(json, key, "_hex");
    enter(json, true);
    for (size_t i = 0; i < n; i++)
        json_put_hex(json, NULL, (const uint8_t *)names[i], strlen(names[i]));
    json_end(json);
}
