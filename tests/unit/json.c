/* json.c: tests of cmd/cli/json.c: jansson must read what it writes, and no name may be lost. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/cli/json.h"
#include "../../cmd/cli/messages.h"

/* One document, in memory. */
struct document {
    char *text;
    size_t size;
    FILE *out;
    struct json_writer json;
};

static void begin(struct document *document, enum json_layout layout)
{
    document->out = open_memstream(&document->text, &document->size);
    assert_non_null(document->out);
    json_begin(&document->json, document->out, layout, "test");
}

/* Returns the document as jansson reads it. */
static json_t *finish(struct document *document)
{
    json_error_t error;
    json_t *read;

    assert_int_equal(json_finish(&document->json), 0);
    assert_int_equal(fclose(document->out), 0);
    assert_int_equal(document->text[document->size - 1], '\n');
    read = json_loads(document->text, JSON_REJECT_DUPLICATES, &error);
    if (!read)
        fail_msg("%s in %s", error.text, document->text);
    free(document->text);
    return read;
}

/* Checks a member: its bytes in hex if there are any, else its text. */
static void check_name(const json_t *read, const char *name)
{
    const char *hex = json_string_value(json_object_get(read, "name_hex"));
    char expected[2 * 256 + 1];

    for (size_t i = 0; i <= strlen(name); i++)
        snprintf(expected + 2 * i, 3, "%02x", (unsigned char)name[i]);
    expected[2 * strlen(name)] = 0;
    if (hex)
        assert_string_equal(hex, expected);
    else
        assert_string_equal(json_string_value(json_object_get(read, "name")), name);
}

static void names_are_not_lost(void **state)
{
    struct document document;
    unsigned seed = 1;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        char name[9] = "";
        for (unsigned at = 0, len = (unsigned)rand_r(&seed) % 8; at < len; at++) {
            /* most are bytes that begin or continue a character */
            unsigned byte = (unsigned)rand_r(&seed) % 4 ? 0x80 | (unsigned)rand_r(&seed) % 0x80
                                                        : 1 + (unsigned)rand_r(&seed) % 0xff;
            name[at] = (char)byte;
        }
        begin(&document, JSON_LINE);
        json_put_name(&document.json, "name", name);
        json_t *read = finish(&document), *valid = json_string(name);
        check_name(read, name);
        /* jansson has its own opinion on what is UTF-8 */
        assert_int_equal(!json_object_get(read, "name_hex"), valid != NULL);
        json_decref(valid);
        json_decref(read);
    }
}

static void characters_are_utf8_or_not(void **state)
{
    static const struct {
        const char *name;
        bool valid;
    } cases[] = {
        {"", true},
        {"\x01\x1f\x7f\"\\/\b\f\n\r\t", true},
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xe0\xa0\x80", true},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},             /* continues nothing */
        {"\xc2", false},             /* ends early */
        {"\xc2z", false},            /* the same */
        {"\xc1\xbf", false},         /* longer than needed */
        {"\xe0\x9f\xbf", false},     /* the same */
        {"\xf0\x8f\xbf\xbf", false}, /* the same */
        {"\xed\xa0\x80", false},     /* half of a UTF-16 pair */
        {"\xed\xbf\xbf", false},     /* the same */
        {"\xf4\x90\x80\x80", false}, /* behind U+10FFFF */
        {"\xf8\x88\x80\x80\x80", false},
        {"\xfe", false},
        {"\xff", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct document document;
        json_t *read;
        begin(&document, JSON_INDENTED);
        json_put_name(&document.json, "name", cases[i].name);
        read = finish(&document);
        check_name(read, cases[i].name);
        assert_int_equal(!json_object_get(read, "name_hex"), cases[i].valid);
        json_decref(read);
    }
}

static void one_odd_name_gives_all_in_hex(void **state)
{
    char plain[] = "a", odd[] = "\xff";
    char *const names[] = {plain, odd};
    struct document document;
    json_t *read, *expected;

    (void)state;
    begin(&document, JSON_LINE);
    json_put_names(&document.json, "plain", names, 1);
    json_put_names(&document.json, "both", names, 2);
    json_put_names(&document.json, "none", names, 0);
    read = finish(&document);
    expected = json_pack("{s:i, s:s, s:[s], s:[s,s], s:[s,s], s:[]}", "format", 1, "type", "test",
                         "plain", "a", "both", "a", "\xef\xbf\xbd", "both_hex", "61", "ff", "none");
    assert_true(json_equal(read, expected));
    json_decref(expected);
    json_decref(read);
}

static void values_are_kept(void **state)
{
    static const uint8_t digest[] = {0x00, 0xa9, 0xff};

    (void)state;
    for (unsigned layout = JSON_LINE; layout <= JSON_INDENTED; layout++) {
        struct document document;
        json_t *read, *expected;
        begin(&document, layout);
        json_put_program(&document.json, "program");
        json_put_count(&document.json, "count", INT64_MAX);
        json_put_real(&document.json, "half", 0.5);
        json_put_real(&document.json, "small", 1.25e-9);
        json_put_real(&document.json, "unknown", NAN);
        json_put_real(&document.json, "infinite", INFINITY);
        json_put_bool(&document.json, "yes", true);
        json_put_null(&document.json, "null");
        json_put_text(&document.json, "no text", NULL);
        json_put_text(&document.json, "text", "lossy \xff");
        json_put_hex(&document.json, "digest", digest, sizeof(digest));
        json_put_object(&document.json, "empty");
        json_end(&document.json);
        json_put_array(&document.json, "array");
        json_put_array(&document.json, NULL);
        json_end(&document.json);
        json_put_object(&document.json, NULL);
        json_put_bool(&document.json, "no", false);
        json_end(&document.json);
        json_end(&document.json);
        read = finish(&document);
        expected = json_pack("{s:i, s:s, s:s, s:s, s:I, s:f, s:f, s:n, s:n, s:b, s:n, s:n, s:s, "
                             "s:s, s:{}, s:[[], {s:b}]}",
                             "format", 1, "type", "test", "program", "program", "version",
                             AIOUTILS_VERSION, "count", (json_int_t)INT64_MAX, "half", 0.5, "small",
                             1.25e-9, "unknown", "infinite", "yes", 1, "null", "no text", "text",
                             "lossy \xef\xbf\xbd", "digest", "00a9ff", "empty", "array", "no", 0);
        assert_true(json_equal(read, expected));
        json_decref(expected);
        json_decref(read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_not_lost),
        cmocka_unit_test(characters_are_utf8_or_not),
        cmocka_unit_test(one_odd_name_gives_all_in_hex),
        cmocka_unit_test(values_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
