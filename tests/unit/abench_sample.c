/* abench_sample.c: tests of the sample that abench takes of files that take too long. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cmd/abench/measure/sample.h"

enum { DIRECTORIES = 10, FILES = 40 }; /* in each directory */

static struct bench bench;

/* Creates files, of 1 to 2 KiB and every fourth of 64 KiB, and their list. */
static int make_tree(void **state)
{
    char path[PATH_MAX + 64];
    FILE *list;

    (void)state;
    strcpy(bench.temp_dir, "/tmp/abench-sample.XXXXXX");
    if (!mkdtemp(bench.temp_dir) || !(list = fopen(bench_temp(&bench, "list"), "we")))
        return -1;
    for (unsigned i = 0; i < DIRECTORIES * FILES; i++) {
        uint64_t bytes = i % 4 == 3 ? 65536 : 1024 + i;
        snprintf(path, sizeof(path), "%s/%u", bench.temp_dir, i / FILES);
        mkdir(path, 0700);
        snprintf(path, sizeof(path), "%s/%u/%u", bench.temp_dir, i / FILES, i % FILES);
        FILE *file = fopen(path, "we");
        if (!file || ftruncate(fileno(file), (off_t)bytes) < 0)
            return -1;
        fclose(file);
        fwrite(path, strlen(path) + 1, 1, list);
        bench.data.files++;
        bench.data.bytes += bytes;
    }
    bench.opts.operation = BENCH_HASH;
    bench.opts.rounds_min = 7;
    return fclose(list);
}

static int remove_tree(void **state)
{
    char command[PATH_MAX + 16];

    (void)state;
    snprintf(command, sizeof(command), "rm -r '%s'", bench.temp_dir);
    return system(command);
}

static void only_if_the_time_is_short(void **state)
{
    (void)state;
    assert_float_equal(sample_part(&bench, 1, 0, 100), 1, 0);
    double part = sample_part(&bench, 10, 0, 40);
    assert_true(part > 0.25 &&
                part < 0.75); /* 40 s for 7 rounds of 10 s, and what is around them */
    /* after the first round, only if the others do not fit */
    assert_float_equal(sample_part(&bench, 10, 1, 61), 1, 0);
    assert_true(sample_part(&bench, 10, 1, 59) < 1);
    bench.opts.rounds_min = 1;
    assert_float_equal(sample_part(&bench, 10, 1, 1), 1, 0);
    bench.opts.rounds_min = 7;
    /* fewer files tell too little */
    assert_float_equal(sample_part(&bench, 1000, 0, 40), 1, 0);
    /* a command that takes the tree cannot take a sample */
    bench.arms[0].command = (char *)"sha256sum {src}/*";
    bench.n_arms = 1;
    assert_float_equal(sample_part(&bench, 10, 0, 40), 1, 0);
    bench.arms[0].command = (char *)"xargs -0 sha256sum <{list}";
    assert_true(sample_part(&bench, 10, 0, 40) < 1);
    bench.opts.operation = BENCH_COPY;
    assert_float_equal(sample_part(&bench, 10, 0, 40), 1, 0);
    bench.opts.operation = BENCH_HASH;
}

static void what_is_known_to_be_too_long(void **state)
{
    uint64_t files = bench.data.files, bytes = bench.data.bytes;

    (void)state;
    assert_float_equal(sample_small_part(&bench), 0.25, 0.001); /* 100 files */
    bench.data.files = 100000;
    assert_float_equal(sample_small_part(&bench), 1.0 / 16, 0);
    /* ten large files take long enough */
    bench.data.files = 40;
    assert_float_equal(sample_small_part(&bench), 1, 0);
    bench.data.bytes = UINT64_C(40) << 30;
    assert_float_equal(sample_small_part(&bench), 0.25, 0.001);
    bench.data.files = 1;
    assert_float_equal(sample_small_part(&bench), 1, 0);
    bench.data.files = files;
    bench.data.bytes = bytes;
}

static void is_drawn_over_directories_and_sizes(void **state)
{
    uint64_t files = bench.data.files, bytes = bench.data.bytes;
    unsigned in_directory[DIRECTORIES] = {0};
    char text[PATH_MAX];
    size_t at = 0;
    int byte;

    (void)state;
    assert_int_equal(sample_take(&bench, 0.25), 0);
    assert_int_equal(bench.data.whole_files, files);
    assert_int_equal(bench.data.whole_bytes, bytes);
    assert_float_equal((double)bench.data.files / (double)files, 0.25, 0.01);
    assert_float_equal((double)bench.data.bytes / (double)bytes, 0.25, 0.01);
    FILE *list = fopen(bench_temp(&bench, "list"), "re");
    assert_non_null(list);
    while ((byte = getc(list)) != EOF) {
        text[at++] = (char)byte;
        if (byte)
            continue;
        in_directory[atoi(text + strlen(bench.temp_dir) + 1)]++;
        at = 0;
    }
    fclose(list);
    for (unsigned i = 0; i < DIRECTORIES; i++)
        assert_uint_in_range(in_directory[i], 8, 12);
    /* a smaller one is still a part of the same whole */
    assert_int_equal(sample_take(&bench, 0.5), 0);
    assert_int_equal(bench.data.whole_files, files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_if_the_time_is_short),
        cmocka_unit_test(what_is_known_to_be_too_long),
        cmocka_unit_test(is_drawn_over_directories_and_sizes),
    };

    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
