/* progress.c: tests of core/pipeline/progress.c with a feed, and of the line that
 * cmd/cli/progress.c writes. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <locale.h>
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

#define ONE_FILE                                              \
    {                                                         \
        .files_taken = 1, .files_known = 1, .all_known = true \
    }

static const struct {
    struct cli_progress_line line;
    size_t width;
    const char *text;
} line_cases[] = {
    {{.now = {0}}, 80, "0 of >0 files  0 B  0 B/s"},
    {{.now = {.files = 1, .files_known = 3, .bytes = 999, .bytes_known = 1000},
      .byte_rate = 1e6,
      .file_rate = 2},
     80,
     "1 of >3 files  999 B  1.00 MB/s"},
    /* still counting: what the run has found may be more */
    {{.now = {.files = 9472,
              .files_known = 10000,
              .files_counted = 13064,
              .bytes = 390000000,
              .bytes_known = 400000000,
              .bytes_counted = 500000000,
              .counting = true},
      .byte_rate = 172e6,
      .file_rate = 2},
     80,
     "9,472 of >13,064 files  390 MB  172 MB/s  (counting)"},
    /* counted: the part by bytes, the time left by what takes longer */
    {{.now = {.files = 48365,
              .files_known = 50000,
              .files_counted = 78579,
              .bytes = 910000000,
              .bytes_known = 920000000,
              .bytes_counted = 1330000000,
              .counting = true,
              .all_counted = true},
      .byte_rate = 52e6,
      .file_rate = 6000},
     90,
     "48,365 of 78,579 files  910 MB of 1.33 GB  68% [=============>     ]  52.0 MB/s  0:08 "
     "left"},
    {{.now = {.files = 10,
              .files_known = 11,
              .files_counted = 100,
              .bytes = 50,
              .bytes_known = 50,
              .bytes_counted = 60,
              .all_counted = true},
      .byte_rate = 10,
      .file_rate = 1},
     50,
     "10 of 100 files  50 of 60 B  83%  10 B/s  1:30 lef"},
    /* what need not be copied counts as done */
    {{.now = {.files = 2,
              .files_known = 4,
              .bytes = 100,
              .bytes_known = 200,
              .bytes_skipped = 400,
              .bytes_counted = 1000,
              .all_counted = true}},
     60,
     "2 of 4 files  500 B of 1.00 kB  50% [=======>       ]  0 B/s"},
    /* all found and opened */
    {{.now = {.files = 1,
              .files_taken = 3,
              .files_known = 3,
              .bytes = 1000000000,
              .bytes_known = 3000000000,
              .all_known = true},
      .byte_rate = 1e7,
      .file_rate = 2},
     58,
     "1 of 3 files  1.00 of 3.00 GB  33%  10.0 MB/s  3:20 left"},
    /* one file has its name */
    {{.now = {.files_taken = 1, .files_known = 1, .bytes_known = 40000000000000, .all_known = true},
      .byte_rate = 1e10,
      .only = "big"},
     70,
     "big  0 B of 40.0 TB  0% [>                  ]  10.0 GB/s  1:06:40 left"},
    {{.now = {.files_taken = 1, .files_known = 1, .bytes_known = 40000000000000, .all_known = true},
      .byte_rate = 1},
     50,
     "0 of 1 files  0 B of 40.0 TB  0% [>       ]  1 B/s"},
    /* a file that has grown */
    {{.now =
          {.files_taken = 1, .files_known = 1, .bytes = 20, .bytes_known = 10, .all_known = true}},
     46,
     "0 of 1 files  20 of 20 B  100% [======]  0 B/s"},
    {{.now = ONE_FILE, .byte_rate = 5, .file_rate = 5, .stalled_s = 3},
     80,
     "0 of 1 files  0 of 0 B  stalled 3 s"},
    {{.now = ONE_FILE, .stalled_s = 3, .stalled = "d/e"},
     80,
     "0 of 1 files  0 of 0 B  stalled 3 s: d/e"},
    {{.now = ONE_FILE, .stalled_s = 3, .stalled = "directory/the-end"},
     50,
     "0 of 1 files  0 of 0 B  stalled 3 s: ...ry/the-end"},
    {{.now = ONE_FILE, .stalled_s = 3, .stalled = "directory/end"},
     40,
     "0 of 1 files  0 of 0 B  stalled 3 s"},
    {{.now = ONE_FILE, .stalled_s = 3}, 12, "0 of 1 files"},
    {{.now = ONE_FILE, .stalled_s = 3}, 0, ""},
};

static void line_says_what_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(line_cases) / sizeof(line_cases[0]); i++) {
        char text[CLI_PROGRESS_BYTES(90)];
        cli_progress_format(&line_cases[i].line, text, line_cases[i].width);
        assert_string_equal(text, line_cases[i].text);
        assert_true(strlen(text) <= line_cases[i].width);
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
        {"directory/\344\272\272-\303\251nd", 49, "...ry/\344\272\272-\303\251nd"},
        {"directory/\344\272\272-the-\303\251nd", 49, "...-the-\303\251nd"},
    };
    struct cli_progress_line line = {.now = ONE_FILE, .stalled_s = 3};
    static const char start[] = "0 of 1 files  0 of 0 B  stalled 3 s: ";
    char marks[600] = "x";
    locale_t locale = newlocale(LC_ALL_MASK, "", (locale_t)0);

    (void)state;
    if (!locale) {
        print_message("there is no locale %s for this processor\n", getenv("LC_ALL"));
        skip();
    }
    freelocale(locale);
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

static void last_lines_say_what_was_done(void **state)
{
    const struct cli_progress_line line = {
        .now = {.files = 78582, .files_skipped = 2, .files_failed = 1, .bytes = 1330000000}};
    const struct cli_progress_line one = {.now = {.files = 1, .bytes = 5}};
    const struct cli_progress_run by_update = {.resume = "go on"}, none = {0};
    const struct cli_progress_run by_times = {.resume = "go on", .resume_finds_incomplete = true};
    char text[CLI_PROGRESS_BYTES(100)];

    (void)state;
    cli_progress_format_end(&line, "copied", 2.7, text, 100);
    assert_string_equal(text,
                        "copied 78,579 files, 1.33 GB in 2.7 s (493 MB/s), 2 skipped, 1 failed");
    cli_progress_format_end(&one, "read", 0, text, 100);
    assert_string_equal(text, "read 1 file, 5 B in 0.0 s (0 B/s)");
    cli_progress_format_stopped(&line, 0, &by_update, text, 100);
    assert_string_equal(text, "stopped after 1.33 GB, 78,581 files complete; go on");
    cli_progress_format_stopped(&one, 0, &none, text, 100);
    assert_string_equal(text, "stopped after 5 B, 1 file complete");
    cli_progress_format_stopped(&one, 2, &by_update, text, 100);
    assert_string_equal(
        text, "stopped after 5 B, 1 file complete, 2 existing files not: go on without -u");
    cli_progress_format_stopped(&one, 2, &by_times, text, 100);
    assert_string_equal(text, "stopped after 5 B, 1 file complete; go on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_names_the_oldest),  cmocka_unit_test(nobody_looks),
        cmocka_unit_test(line_says_what_is_known),      cmocka_unit_test(shows_names_in_the_locale),
        cmocka_unit_test(last_lines_say_what_was_done),
    };

    setenv("LC_ALL", "C.UTF-8", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
