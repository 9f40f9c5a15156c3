/* cli.c: tests of cmd/cli: sizes, counts, quoting, lists of names. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cmd/cli/name_list.h"
#include "../../cmd/cli/nearest.h"
#include "../../cmd/cli/options.h"
#include "../../cmd/cli/quote.h"
#include "../../cmd/cli/sizes.h"
#include "../support/scratch.h"

static void sizes_are_parsed(void **state)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t bytes;
    } cases[] = {
        {"0", 0, 0},
        {"4096", 0, 4096},
        {"1K", 0, 1024},
        {"1k", 0, 1024},
        {"64KiB", 0, 65536},
        {"1kB", 0, 1000},
        {"1KB", 0, 1000},
        {"3M", 0, 3 << 20},
        {"1MiB", 0, 1 << 20},
        {"1MB", 0, 1000000},
        {"2G", 0, UINT64_C(2) << 30},
        {"1T", 0, UINT64_C(1) << 40},
        {"15E", 0, UINT64_C(15) << 60},
        {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709551616", -ERANGE, 0},
        {"16E", -ERANGE, 0},
        {"99999999999G", -ERANGE, 0},
        {"", -EINVAL, 0},
        {"K", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"+1", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"1X", -EINVAL, 0},
        {"1Ki", -EINVAL, 0},
        {"1KiBs", -EINVAL, 0},
        {"1KK", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"1.5M", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t bytes = 0;
        int rc = cli_parse_size(cases[i].text, &bytes);
        if (rc != cases[i].rc || (rc == 0 && bytes != cases[i].bytes))
            fail_msg("'%s': %d, %llu", cases[i].text, rc, (unsigned long long)bytes);
    }
}

static void counts_are_parsed(void **state)
{
    static const struct {
        const char *text;
        int rc;
        unsigned count;
    } cases[] = {
        {"1", 0, 1},
        {"100", 0, 100},
        {"101", -EINVAL, 0},
        {"0", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"1x", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"1K", -EINVAL, 0},
        {"007", 0, 7},
        {"4294967297", -EINVAL, 0},
        {"18446744073709551617", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned count = 0;
        int rc = cli_parse_count(cases[i].text, 100, &count);
        if (rc != cases[i].rc || (rc == 0 && count != cases[i].count))
            fail_msg("'%s': %d, %u", cases[i].text, rc, count);
    }
}

/* What ls --quoting-style=shell-escape and shell-escape-always print in the C locale (9.1), but for
 * the ':', which messages quote. NULL: as it is. */
static const struct {
    const char *name, *always, *maybe;
} quotings[] = {
    {"plain", "'plain'", NULL},
    {"-x", "'-x'", NULL},
    {"a%b", "'a%b'", NULL},
    {"a+b", "'a+b'", NULL},
    {"a,b", "'a,b'", NULL},
    {"a/b.c", "'a/b.c'", NULL},
    {"a]b", "'a]b'", NULL},
    {"x~", "'x~'", NULL},
    {"a#b", "'a#b'", NULL},
    {"{a}", "'{a}'", NULL},
    {"", "''", "''"},
    {"a b", "'a b'", "'a b'"},
    {"a!b", "'a!b'", "'a!b'"},
    {"a\"b", "'a\"b'", "'a\"b'"},
    {"a*b", "'a*b'", "'a*b'"},
    {"a=b", "'a=b'", "'a=b'"},
    {"a?b", "'a?b'", "'a?b'"},
    {"a[b", "'a[b'", "'a[b'"},
    {"a\\b", "'a\\b'", "'a\\b'"},
    {"a^b", "'a^b'", "'a^b'"},
    {"a:b", "'a:b'", "'a:b'"},
    {"{", "'{'", "'{'"},
    {"~x", "'~x'", "'~x'"},
    {"#x", "'#x'", "'#x'"},
    {"it's", "\"it's\"", "\"it's\""},
    {"it's \"x\"", "'it'\\''s \"x\"'", "'it'\\''s \"x\"'"},
    {"a'b\\c", "'a'\\''b\\c'", "'a'\\''b\\c'"},
    {"a'\nb", "'a'\\'''$'\\n''b'", "'a'\\'''$'\\n''b'"},
    {"\t", "''$'\\t'", "''$'\\t'"},
    {"\n", "''$'\\n'", "''$'\\n'"},
    {"a\nb", "'a'$'\\n''b'", "'a'$'\\n''b'"},
    {"a\nb\nc", "'a'$'\\n''b'$'\\n''c'", "'a'$'\\n''b'$'\\n''c'"},
    {"caf\303\251", "'caf'$'\\303\\251'", "'caf'$'\\303\\251'"},
    {"\377", "''$'\\377'", "''$'\\377'"},
    {"x\177y", "'x'$'\\177''y'", "'x'$'\\177''y'"},
};

static void names_are_quoted_as_gnu_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(quotings) / sizeof(quotings[0]); i++) {
        const char *name = quotings[i].name;
        assert_string_equal(cli_quote(name), quotings[i].always);
        assert_string_equal(cli_quote_maybe(name), quotings[i].maybe ? quotings[i].maybe : name);
    }
}

/* In the C locale, as the names above. */
static void words_are_quoted_as_gnu_does(void **state)
{
    (void)state;
    assert_string_equal(cli_quote_word("word"), "'word'");
    assert_string_equal(cli_quote_word(""), "''");
    assert_string_equal(cli_quote_word("a'b\\"), "'a\\'b\\\\'");
    assert_string_equal(cli_quote_word("\n\303\251\177"), "'\\n\\303\\251\\177'");
}

static void several_quoted_names_stay_valid(void **state)
{
    const char *one = cli_quote("one"), *two = cli_quote("two"), *three = cli_quote_maybe("th ree");

    (void)state;
    assert_string_equal(one, "'one'");
    assert_string_equal(two, "'two'");
    assert_string_equal(three, "'th ree'");
}

static void longest_names_are_quoted_whole(void **state)
{
    char name[4096];

    (void)state;
    memset(name, '\n', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    assert_int_equal(strlen(cli_quote(name)), 2 * (sizeof(name) - 1) + strlen("''$''"));
}

static void write_list(const char *bytes, size_t len)
{
    int fd = open("list", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
        test_broken("list");
    close(fd);
}

static void check_next(struct names0 *names, const char *expected)
{
    const char *name = NULL;
    size_t len = 0;

    assert_int_equal(names0_next(names, &name, &len), NAMES0_NAME);
    assert_string_equal(name, expected);
    assert_int_equal(len, strlen(expected));
}

static void lists_of_names_are_read(void **state)
{
    static const char list[] = "a\0b c\nd\0\0after\0last without an end";
    struct names0 *names;
    const char *name;
    size_t len;

    (void)state;
    scratch_enter();
    write_list(list, sizeof(list) - 1);
    assert_int_equal(names0_open(&names, "list"), 0);
    check_next(names, "a");
    assert_int_equal(names0_line(names), 1);
    check_next(names, "b c\nd");
    assert_int_equal(names0_next(names, &name, &len), NAMES0_EMPTY);
    assert_int_equal(names0_line(names), 3);
    check_next(names, "after");
    check_next(names, "last without an end");
    assert_int_equal(names0_line(names), 5);
    assert_int_equal(names0_next(names, &name, &len), NAMES0_END);
    names0_close(names);

    write_list("", 0);
    assert_int_equal(names0_open(&names, "list"), 0);
    assert_int_equal(names0_next(names, &name, &len), NAMES0_END);
    names0_close(names);

    assert_int_equal(names0_open(&names, "missing"), -ENOENT);
    assert_int_equal(names0_open(&names, "."), 0);
    assert_int_equal(names0_next(names, &name, &len), -EISDIR);
    names0_close(names);
    names0_close(NULL);
    scratch_leave();
}

static void common_options_are_taken(void **state)
{
    struct cli_common common;

    (void)state;
    unsetenv("AIOUTILS_ENGINE");
    cli_common_init(&common, "program");
    assert_string_equal(common.engine, "auto");
    setenv("AIOUTILS_ENGINE", "sync", 1);
    cli_common_init(&common, "program");
    assert_string_equal(common.engine, "sync");
    assert_true(cli_common_option(&common, CLI_OPT_ENGINE, "uring"));
    assert_string_equal(common.engine, "uring");
    assert_true(cli_common_option(&common, 'j', "3"));
    assert_int_equal(common.jobs, 3);
    assert_true(cli_common_option(&common, CLI_OPT_DEPTH, "17"));
    assert_int_equal(common.opts.depth, 17);
    assert_true(cli_common_option(&common, CLI_OPT_BLOCK_SIZE, "64K"));
    assert_int_equal(common.opts.block_bytes, 65536);
    assert_int_equal(common.opts.direct, DIRECT_AUTO);
    assert_true(cli_common_option(&common, CLI_OPT_DIRECT, "always"));
    assert_int_equal(common.opts.direct, DIRECT_ALWAYS);
    assert_true(cli_common_option(&common, CLI_OPT_DIRECT, "never"));
    assert_int_equal(common.opts.direct, DIRECT_NEVER);
    assert_int_equal(common.stats, STATS_NONE);
    assert_true(cli_common_option(&common, CLI_OPT_STATS, NULL));
    assert_int_equal(common.stats, STATS_TEXT);
    assert_true(cli_common_option(&common, CLI_OPT_STATS, "json"));
    assert_int_equal(common.stats, STATS_JSON);
    assert_false(cli_common_option(&common, CLI_OPT_FIRST, NULL));
    assert_false(cli_common_option(&common, 'r', NULL));
}

static void sizes_are_for_people(void **state)
{
    char text[CLI_SIZE_BYTES];

    (void)state;
    assert_string_equal(cli_size(0, text), "0 B");
    assert_string_equal(cli_size(999, text), "999 B");
    assert_string_equal(cli_size(1000, text), "1.00 kB");
    assert_string_equal(cli_size(42185844, text), "42.2 MB");
    assert_string_equal(cli_size(999.6e6, text), "1.00 GB");
    assert_string_equal(cli_size(123.4e9, text), "123 GB");
}

/* Returns the nearest of some names, or "none". */
static const char *nearest_of(const char *word)
{
    static const char *const names[] = {"recursive", "reflink", "rate",
                                        "sha256",    "sha1",    "sha3-256"};
    struct cli_nearest nearest = {0};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cli_nearest_try(&nearest, word, names[i]);
    return nearest.name ? nearest.name : "none";
}

static void mistyped_words_have_a_nearest_name(void **state)
{
    (void)state;
    assert_string_equal(nearest_of("recusive"), "recursive");   /* a letter is missing */
    assert_string_equal(nearest_of("recurrsive"), "recursive"); /* one too many */
    assert_string_equal(nearest_of("recursibe"), "recursive");  /* another one */
    assert_string_equal(nearest_of("rceursive"), "recursive");  /* two are swapped */
    assert_string_equal(nearest_of("SHA265"), "sha256");
    assert_string_equal(nearest_of("sha3"), "sha3-256"); /* its beginning */
    assert_string_equal(nearest_of("rafe"), "rate");
    assert_string_equal(nearest_of("xyz"), "none");
    assert_string_equal(nearest_of(""), "none");
    assert_string_equal(nearest_of("r"), "none");
    assert_string_equal(nearest_of("recursiverecursiverecursiverecursiverecursive"), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_parsed),
        cmocka_unit_test(counts_are_parsed),
        cmocka_unit_test(names_are_quoted_as_gnu_does),
        cmocka_unit_test(words_are_quoted_as_gnu_does),
        cmocka_unit_test(several_quoted_names_stay_valid),
        cmocka_unit_test(longest_names_are_quoted_whole),
        cmocka_unit_test(lists_of_names_are_read),
        cmocka_unit_test(common_options_are_taken),
        cmocka_unit_test(sizes_are_for_people),
        cmocka_unit_test(mistyped_words_have_a_nearest_name),
    };

    setenv("LC_ALL", "C", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
