/* progress.c: tests of core/pipeline/progress.c with a feed, and of the line that
 * cmd/cli/progress.c writes. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/cli/progress.h"
#include "../../core/pipeline/feed.h"

static int produce(struct feed *feed, void *arg)
{
    static const char *const names[] = {"a", "b", "c"};
    struct dir *cwd = arg;
    int rc = 0;

    for (size_t i = 0; i < 3 && rc == 0; i++)
        rc = feed_add(feed, feed_file(feed, cwd, names[i], 1));
    return rc ? rc : feed_add_done(feed, feed_file(feed, cwd, "done", 4));
}

static void check_oldest(struct progress *progress, const char *expected)
{
    char *oldest = progress_oldest(progress);

    if (expected)
        assert_string_equal(oldest, expected);
    else
        assert_null(oldest);
    free(oldest);
}

static void counts_and_names_the_oldest(void **state)
{
    struct progress *progress = progress_new();
    struct dir *cwd = dir_cwd();
    const struct feed_config config = {
        .keep_order = true, .produce = produce, .arg = cwd, .progress = progress};
    struct progress_now now;
    struct file *file[3], *none;
    struct feed *feed;

    (void)state;
    check_oldest(progress, NULL);
    assert_int_equal(feed_start(&feed, &config), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(feed_next(feed, &file[i], true), 0);
    assert_int_equal(feed_next(feed, &none, true), -ENODATA);
    progress_outside(progress, "-");
    check_oldest(progress, "a");
    progress_size(progress, file[0], 100);
    progress_size(progress, file[1], 50);
    progress_bytes(progress, 70);
    file[0]->bytes = 60; /* less than announced; file[1] has 10 so far */
    feed_done(feed, file[0]);
    check_oldest(progress, "b");
    progress_read(progress, &now);
    assert_int_equal(now.files, 2);
    assert_int_equal(now.files_taken, 4);
    assert_int_equal(now.files_known, 4);
    assert_int_equal(now.bytes, 70);
    assert_int_equal(now.bytes_known, 110);
    assert_true(now.all_known);
    feed_done(feed, file[2]);
    check_oldest(progress, "b");
    feed_done(feed, file[1]);
    check_oldest(progress, "-");
    assert_int_equal(feed_join(feed), 0);
    progress_outside(progress, NULL);
    check_oldest(progress, NULL);
    progress_free(progress);
    dir_put(cwd);
}

static void nobody_looks(void **state)
{
    struct file file = {0};

    (void)state;
    progress_bytes(NULL, 1);
    progress_size(NULL, &file, 1);
    progress_outside(NULL, "-");
    progress_free(NULL);
    assert_int_equal(file.size_counted, 0);
}

static void line_says_what_is_known(void **state)
{
    static const struct {
        struct cli_progress_line line;
        size_t width;
        const char *text;
    } cases[] = {
        {{{0}, 0, 0, 0, NULL}, 80, "0/0+ files  0 B/0 B+  0 B/s"},
        {{{1, 2, 3, 999, 1000, false}, 1e6, 2, 0, NULL},
         80,
         "1/3+ files  999 B/1.00 kB+  1.00 MB/s"},
        /* all found, not all opened: counted by files */
        {{{1, 2, 11, 999499, 999500, true}, 1e6, 2, 0, NULL},
         80,
         "1/11 files  999 kB/1.00 MB+  1.00 MB/s  ETA 0:05"},
        /* counted by bytes */
        {{{1, 3, 3, 1000000000, 3000000000, true}, 1e7, 2, 0, NULL},
         80,
         "1/3 files  1.00 GB/3.00 GB  10.0 MB/s  ETA 3:20"},
        {{{0, 1, 1, 0, 40000000000000, true}, 1e10, 0, 0, NULL},
         80,
         "0/1 files  0 B/40.0 TB  10.0 GB/s  ETA 1:06:40"},
        {{{0, 1, 1, 0, 40000000000000, true}, 1, 0, 0, NULL}, 80, "0/1 files  0 B/40.0 TB  1 B/s"},
        /* a file that has grown */
        {{{0, 1, 1, 20, 10, true}, 0, 0, 0, NULL}, 80, "0/1 files  20 B/20 B  0 B/s"},
        {{{0, 1, 1, 0, 0, true}, 5, 5, 3, NULL}, 80, "0/1 files  0 B/0 B  stalled 3 s"},
        {{{0, 1, 1, 0, 0, true}, 0, 0, 3, "d/e"}, 80, "0/1 files  0 B/0 B  stalled 3 s: d/e"},
        {{{0, 1, 1, 0, 0, true}, 0, 0, 3, "directory/the-end"},
         45,
         "0/1 files  0 B/0 B  stalled 3 s: ...y/the-end"},
        {{{0, 1, 1, 0, 0, true}, 0, 0, 3, "directory/end"}, 40, "0/1 files  0 B/0 B  stalled 3 s"},
        {{{0, 1, 1, 0, 0, true}, 0, 0, 3, NULL}, 12, "0/1 files  0"},
        {{{0, 1, 1, 0, 0, true}, 0, 0, 3, NULL}, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[CLI_PROGRESS_BYTES(80)];
        cli_progress_format(&cases[i].line, text, cases[i].width);
        assert_string_equal(text, cases[i].text);
        assert_true(strlen(text) <= cases[i].width);
    }
}

/* Checks the width in columns: two for a wide character, none for a combining one. */
static void shows_names_in_the_locale(void **state)
{
    static const struct {
        const char *name;
        size_t width;
        const char *shown;
    } cases[] = {
        {"caf\303\251", 80, "caf\303\251"},
        {"e\314\201", 80, "e\314\201"},
        {"a\tb\377c\342\202", 80, "a?b?c?"},
        {"directory/\344\272\272-\303\251nd", 45, "...ry/\344\272\272-\303\251nd"},
        {"directory/\344\272\272-the-\303\251nd", 45, "...-the-\303\251nd"},
    };
    struct cli_progress_line line = {{0, 1, 1, 0, 0, true}, 0, 0, 3, NULL};
    static const char start[] = "0/1 files  0 B/0 B  stalled 3 s: ";
    char marks[600] = "x";

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[CLI_PROGRESS_BYTES(80)];
        line.stalled = cases[i].name;
        cli_progress_format(&line, text, cases[i].width);
        assert_memory_equal(text, start, strlen(start));
        assert_string_equal(text + strlen(start), cases[i].shown);
    }
    for (size_t i = 1; i + 2 < sizeof(marks); i += 2)
        memcpy(marks + i, "\314\201", 2);
    line.stalled = marks;
    char text[CLI_PROGRESS_BYTES(80)];
    cli_progress_format(&line, text, 80);
    assert_true(strlen(text) < sizeof(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_names_the_oldest),
        cmocka_unit_test(nobody_looks),
        cmocka_unit_test(line_says_what_is_known),
        cmocka_unit_test(shows_names_in_the_locale),
    };

    setenv("LC_ALL", "C.UTF-8", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
