/* abench_subtrees.c: tests of the directories that a probe of abench takes a part of. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cmd/abench/measure/subtrees.h"

enum { DIRECTORIES = 60, FILES = 8, LOOSE = 100, FILES_ALL = DIRECTORIES * FILES + LOOSE };

static struct bench bench;
static char *operand[1];

static int add(FILE *list, const char *directory, unsigned i, uint64_t bytes)
{
    char path[PATH_MAX + 64];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s/%u", bench.temp_dir, directory, i);
    file = fopen(path, "we");
    if (!file || ftruncate(fileno(file), (off_t)bytes) < 0)
        return -1;
    fwrite(path, strlen(path) + 1, 1, list);
    bench.data.files++;
    bench.data.bytes += bytes;
    return fclose(file);
}

/* Creates tree/D/E for each directory, of which the first ones have large files, and files beside
 * the directories. */
static int make_files(FILE *list)
{
    char path[PATH_MAX + 64], name[64];

    for (unsigned d = 0; d < DIRECTORIES; d++) {
        snprintf(path, sizeof(path), "%s/tree/%02u", bench.temp_dir, d);
        mkdir(path, 0700);
        snprintf(name, sizeof(name), "tree/%02u/e%u", d, d);
        snprintf(path, sizeof(path), "%s/%s", bench.temp_dir, name);
        mkdir(path, 0700);
        for (unsigned i = 0; i < FILES; i++)
            if (add(list, name, i, d < DIRECTORIES / 10 ? 100000 : 1000) < 0)
                return -1;
    }
    for (unsigned i = 0; i < LOOSE; i++)
        if (add(list, "tree", 1000 + i, 1000) < 0)
            return -1;
    return 0;
}

/* Creates the tree, and the list of its files. */
static int make_tree(void **state)
{
    char path[PATH_MAX + 64];
    FILE *list;
    int rc;

    (void)state;
    strcpy(bench.temp_dir, "/tmp/abench-subtrees.XXXXXX");
    if (!mkdtemp(bench.temp_dir))
        return -1;
    snprintf(path, sizeof(path), "%s/tree", bench.temp_dir);
    if (mkdir(path, 0700) < 0 || !(operand[0] = strdup(path)))
        return -1;
    bench.data.paths = operand;
    bench.data.n_paths = 1;
    list = fopen(bench_temp(&bench, "list"), "we");
    if (!list)
        return -1;
    rc = make_files(list);
    return fclose(list) == 0 ? rc : -1;
}

static int remove_tree(void **state)
{
    char command[PATH_MAX + 16];

    (void)state;
    free(operand[0]);
    snprintf(command, sizeof(command), "rm -r '%s'", bench.temp_dir);
    return system(command);
}

/* Calls each for every name of a temporary file. Returns their number. */
static uint64_t names_of(const char *name, void (*each)(const char *name, void *arg), void *arg)
{
    char path[PATH_MAX];
    uint64_t n = 0;
    size_t at = 0;
    int byte;
    FILE *file = fopen(bench_temp(&bench, name), "re");

    assert_non_null(file);
    while ((byte = getc(file)) != EOF) {
        path[at++] = (char)byte;
        if (byte)
            continue;
        each(path, arg);
        at = 0;
        n++;
    }
    fclose(file);
    return n;
}

static void add_bytes(const char *name, void *bytes)
{
    struct stat st;

    assert_int_equal(stat(name, &st), 0);
    *(uint64_t *)bytes += (uint64_t)st.st_size;
}

struct kinds {
    unsigned directories, files;
};

static void count_kind(const char *name, void *arg)
{
    struct kinds *kinds = arg;
    struct stat st;

    assert_int_equal(stat(name, &st), 0);
    if (S_ISDIR(st.st_mode))
        kinds->directories++;
    else
        kinds->files++;
}

/* Draws a quarter of the files, and checks the sizes and what the operands have. */
static struct kinds draw_a_quarter(void)
{
    struct subtrees *subtrees = subtrees_new(&bench);
    double mean = (double)bench.data.bytes / (double)bench.data.files;
    struct kinds kinds = {0};
    uint64_t bytes = 0, drawn;

    assert_non_null(subtrees);
    drawn = subtrees_draw(subtrees, FILES_ALL / 4);
    subtrees_free(subtrees);
    assert_float_equal((double)drawn, FILES_ALL / 4.0, FILES_ALL / 16.0);
    assert_int_equal(names_of("sample", add_bytes, &bytes), drawn);
    assert_float_equal((double)bytes / (double)drawn / mean, 1, 0.25);
    names_of("operands", count_kind, &kinds);
    assert_int_equal(kinds.directories * FILES + kinds.files, drawn);
    return kinds;
}

static void a_copy_has_directories_only(void **state)
{
    (void)state;
    bench.opts.operation = BENCH_COPY;
    struct kinds kinds = draw_a_quarter();
    assert_int_equal(kinds.files, 0);
}

static void digests_have_the_files_beside_them_too(void **state)
{
    (void)state;
    bench.opts.operation = BENCH_HASH;
    struct kinds kinds = draw_a_quarter();
    assert_true(kinds.directories > 0 && kinds.files > 0);
}

static void files_are_read_by_name(void **state)
{
    (void)state;
    bench.opts.operation = BENCH_READ;
    struct kinds kinds = draw_a_quarter();
    assert_int_equal(kinds.directories, 0);
    bench.opts.operation = BENCH_HASH;
    bench.data.whole_files = 2 * bench.data.files; /* directories have more than the sample */
    kinds = draw_a_quarter();
    assert_int_equal(kinds.directories, 0);
    bench.data.whole_files = 0;
}

static void a_flat_directory_cannot_be_copied_in_part(void **state)
{
    char flat[PATH_MAX + 16], *tree = operand[0];

    (void)state;
    bench.opts.operation = BENCH_COPY;
    snprintf(flat, sizeof(flat), "%s/00/e0", tree);
    operand[0] = flat;
    struct subtrees *subtrees = subtrees_new(&bench); /* all others are in no operand */
    operand[0] = tree;
    assert_null(subtrees);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_has_directories_only),
        cmocka_unit_test(digests_have_the_files_beside_them_too),
        cmocka_unit_test(files_are_read_by_name),
        cmocka_unit_test(a_flat_directory_cannot_be_copied_in_part),
    };

    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
