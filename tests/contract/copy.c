/* copy.c: the contract of core/engine.h and core/copy/copy.h for copying: one table of cases for
 * both engines. A case makes files in src/, copies them to dst/, and examines the copies. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../support/child.h"
#include "../support/copying.h"
#include "../support/scratch.h"

static uint64_t size_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        test_broken(path);
    return (uint64_t)st.st_size;
}

/* Makes files with patterns: name and seed are the number. */
static void make_files(const uint64_t *lens, size_t count)
{
    char path[32];

    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "src/%zu", i);
        pattern_file(path, i, lens[i]);
    }
}

static void make_small(uint64_t *lens, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lens[i] = i * 37 % 6000;
    make_files(lens, count);
}

static void check_files(const struct copying *it, const uint64_t *lens, size_t count)
{
    char path[32];

    for (size_t i = 0; i < count; i++) {
        const struct outcome *outcome;
        snprintf(path, sizeof(path), "dst/%zu", i);
        assert_true(holds_pattern(path, i, lens[i]));
        outcome = copying_outcome(it, path + strlen("dst/"));
        assert_int_equal(outcome->status, 0);
        assert_int_equal(outcome->bytes, lens[i]);
        assert_false(outcome->told);
    }
}

static void make_cold(size_t count)
{
    char path[32];

    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "src/%zu", i);
        file_make_cold(path);
    }
}

static void empty_dst(size_t count)
{
    char path[32];

    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "dst/%zu", i);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir("dst"), 0);
}

/* Copies to new names and over existing files; cold and cached; with O_DIRECT and buffered. */
static void check_sizes(struct copying *it, const uint64_t *lens, size_t count)
{
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};
    char path[32];

    make_files(lens, count);
    for (size_t mode = 0; mode < 3; mode++) {
        it->opts.direct = modes[mode];
        make_cold(count);
        copying_run(it);
        check_files(it, lens, count);
        empty_dst(count);
        for (size_t i = 0; i < count; i++) {
            snprintf(path, sizeof(path), "src/%zu", i);
            file_make_warm(path);
        }
        copying_run(it);
        check_files(it, lens, count);
        for (size_t i = 0; i < count; i++) {
            snprintf(path, sizeof(path), "dst/%zu", i);
            pattern_file(path, i + 1, i % 2 ? lens[i] / 2 : lens[i] + 100000);
        }
        make_cold(count);
        copying_run(it);
        check_files(it, lens, count);
        empty_dst(count);
    }
    free(it);
}

static void sizes(const struct engine *engine, const struct contract_case *this)
{
    uint64_t block = this->block_bytes, all = block * this->depth;
    const uint64_t lens[] = {0,         1,         511,     512, 513,     block - 1,     block,
                             block + 1, 2 * block, all - 1, all, all + 1, 2 * all + 4095};

    check_sizes(copying_new(engine, this), lens, sizeof(lens) / sizeof(lens[0]));
}

/* Copies files around the size from which both sides can use O_DIRECT. */
static void large_sizes(const struct engine *engine, const struct contract_case *this)
{
    static const uint64_t mib8 = 8 << 20;
    const uint64_t lens[] = {mib8 - 1,    mib8,        mib8 + 1,           mib8 + 4095,
                             mib8 + 4096, mib8 + 4097, COPYING_LARGE_BYTES};

    check_sizes(copying_new(engine, this), lens, sizeof(lens) / sizeof(lens[0]));
}

static void many_small(const struct engine *engine, const struct contract_case *this)
{
    struct copying *it = copying_new(engine, this);
    uint64_t lens[500];

    make_small(lens, 500);
    copying_run(it);
    check_files(it, lens, 500);
    assert_int_equal(it->count, 500);
    empty_dst(500);
    make_cold(500);
    copying_run(it);
    check_files(it, lens, 500);
    free(it);
}

/* -- a source that changes while it is read -- */

static int shrink(struct copying *it)
{
    if (it->calls == 1 && truncate("src/changing", 100001) < 0)
        test_broken("src/changing");
    return 0;
}

static int grow(struct copying *it)
{
    if (it->calls == 1) {
        int fd = open("src/changing", O_WRONLY | O_APPEND | O_CLOEXEC);
        if (fd < 0)
            test_broken("src/changing");
        pattern_write(fd, 77, COPYING_LARGE_BYTES, 123457);
        close(fd);
    }
    return 0;
}

/* Checks that the copy is a beginning of the source, has at least the part that was always there,
 * and is as long as the bytes read. Bytes that were appended before the end was reached belong to
 * it. */
static void check_changing(const struct engine *engine, const struct contract_case *this,
                           int (*change)(struct copying *), uint64_t least, uint64_t most)
{
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};

    for (size_t mode = 0; mode < 3; mode++) {
        struct copying *it = copying_new(engine, this);
        const struct outcome *outcome;

        it->opts.direct = modes[mode];
        it->watched = "changing";
        it->on_watched = change;
        unlink("src/changing");
        pattern_file("src/changing", 77, COPYING_LARGE_BYTES);
        file_make_cold("src/changing");
        copying_run(it);
        outcome = copying_outcome(it, "changing");
        assert_int_equal(outcome->status, 0);
        assert_int_equal(outcome->bytes, it->seen);
        assert_uint_in_range(it->seen, least, most);
        assert_true(holds_pattern("dst/changing", 77, it->seen));
        assert_int_equal(unlink("dst/changing"), 0);
        free(it);
    }
}

static void shrinking(const struct engine *engine, const struct contract_case *this)
{
    check_changing(engine, this, shrink, 100001, COPYING_LARGE_BYTES);
}

static void growing(const struct engine *engine, const struct contract_case *this)
{
    check_changing(engine, this, grow, COPYING_LARGE_BYTES + 123457, COPYING_LARGE_BYTES + 123457);
}

/* -- failures -- */

static int refuse(struct copying *it)
{
    return it->calls == it->fail_at ? -EILSEQ : 0;
}

/* Checks that a new destination is removed after a failure, and an existing one is left short. */
static void failing_sink(const struct engine *engine, const struct contract_case *this)
{
    static const uint64_t bytes[] = {3000, COPYING_LARGE_BYTES};
    struct copying *it = copying_new(engine, this);
    uint64_t lens[10];

    it->watched = "refused";
    it->on_watched = refuse;
    make_small(lens, 10);
    for (int i = 0; i < 6; i++) {
        const struct outcome *outcome;
        uint64_t len = bytes[i % 2];
        bool there = i >= 2 && i < 4;

        it->fail_at = i == 5 ? 3 : 1;
        if (i == 4)
            continue; /* a small file has no third call */
        pattern_file("src/refused", 5, len);
        if (there)
            pattern_file("dst/refused", 6, 2 * len);
        file_make_cold("src/refused");
        copying_run(it);
        check_files(it, lens, 10);
        outcome = copying_outcome(it, "refused");
        assert_int_equal(outcome->status, -EILSEQ);
        assert_int_equal(outcome->step, STEP_SINK);
        assert_int_equal(it->calls, it->fail_at);
        if (!there) {
            assert_int_equal(access("dst/refused", F_OK), -1);
        } else {
            /* the blocking engine writes first */
            assert_uint_in_range(size_of("dst/refused"), 0, len == 3000 ? len : len - 1);
            assert_int_equal(unlink("dst/refused"), 0);
        }
    }
    free(it);
}

/* Checks that a copy is shorter than its source until its last block is written, so that it never
 * looks complete before, whatever ends the program. */
static int look_at_size(struct copying *it)
{
    if (it->seen < COPYING_LARGE_BYTES && size_of("dst/large") >= COPYING_LARGE_BYTES)
        it->over = true;
    return 0;
}

static void never_looks_complete(const struct engine *engine, const struct contract_case *this)
{
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};
    struct copying *it = copying_new(engine, this);

    it->watched = "large";
    it->on_watched = look_at_size;
    pattern_file("src/large", 8, COPYING_LARGE_BYTES);
    for (size_t mode = 0; mode < 3; mode++) {
        it->opts.direct = modes[mode];
        for (int there = 0; there < 2; there++) {
            if (there)
                pattern_file("dst/large", 9, 2 * (uint64_t)COPYING_LARGE_BYTES);
            file_make_cold("src/large");
            copying_run(it);
            assert_false(it->over);
            assert_true(it->calls > 1);
            assert_true(holds_pattern("dst/large", 8, COPYING_LARGE_BYTES));
        }
        assert_int_equal(unlink("dst/large"), 0);
    }
    free(it);
}

/* Runs a part of a case in a process of its own, which can give up rights. */
static void in_child(void (*part)(const struct engine *, const struct contract_case *),
                     const struct engine *engine, const struct contract_case *this)
{
    pid_t pid = child_start();

    if (pid == 0) {
        part(engine, this);
        _exit(0);
    }
    child_end(pid);
}

/* Checks a condition in a process that cmocka does not watch. */
#define CHILD_CHECK(condition)                             \
    do {                                                   \
        if (!(condition)) {                                \
            fprintf(stderr, "# not so: %s\n", #condition); \
            _exit(1);                                      \
        }                                                  \
    } while (0)

static void limited_child(const struct engine *engine, const struct contract_case *this)
{
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};
    struct rlimit limit = {9 << 20, 9 << 20};
    struct copying *it = copying_new(engine, this);

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        test_broken("setrlimit");
    for (size_t mode = 0; mode < 3; mode++) {
        const struct outcome *outcome;
        it->opts.direct = modes[mode];
        file_make_cold("src/large");
        copying_run(it);
        outcome = copying_outcome(it, "large");
        CHILD_CHECK(outcome->status == -EFBIG);
        CHILD_CHECK(outcome->step == STEP_WRITE);
        CHILD_CHECK(access("dst/large", F_OK) < 0);
        CHILD_CHECK(it->failed == 1);
        CHILD_CHECK(holds_pattern("dst/0", 0, 5000));
        CHILD_CHECK(holds_pattern("dst/1", 1, 6000));
    }
    free(it);
}

/* Fails a write in the middle of a large file. */
static void failing_write(const struct engine *engine, const struct contract_case *this)
{
    static const uint64_t lens[] = {5000, 6000};

    free(copying_new(engine, this)); /* makes src */
    make_files(lens, 2);
    pattern_file("src/large", 8, COPYING_LARGE_BYTES);
    in_child(limited_child, engine, this);
}

static void unreadable_child(const struct engine *engine, const struct contract_case *this)
{
    struct copying *it = copying_new(engine, this);
    const struct outcome *outcome;

    if (geteuid() == 0 &&
        (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        test_broken("setresuid");
    copying_run(it);
    outcome = copying_outcome(it, "2");
    CHILD_CHECK(outcome->status == -EACCES);
    CHILD_CHECK(outcome->step == STEP_OPEN);
    CHILD_CHECK(access("dst/2", F_OK) < 0);
    CHILD_CHECK(it->failed == 1);
    for (size_t i = 0; i < 5; i++) {
        char path[32];
        snprintf(path, sizeof(path), "dst/%zu", i);
        CHILD_CHECK(i == 2 || holds_pattern(path, i, i * 37 % 6000));
    }
    free(it);
}

static void unreadable(const struct engine *engine, const struct contract_case *this)
{
    uint64_t lens[5];

    free(copying_new(engine, this));
    make_small(lens, 5);
    if (chmod("src/2", 0) < 0 || chmod(".", 0777) < 0)
        test_broken("chmod");
    in_child(unreadable_child, engine, this);
}

static void check_refused(struct copying *it, const char *from, const char *to,
                          enum refusal refusal)
{
    copying_run_one(it, from, to);
    assert_int_equal(it->count, 1);
    assert_int_equal(it->outcomes[0].step, STEP_REFUSED);
    assert_int_equal(it->outcomes[0].refusal, refusal);
}

static void refused(const struct engine *engine, const struct contract_case *this)
{
    struct copying *it = copying_new(engine, this);

    pattern_file("a", 1, 1000);
    if (link("a", "hard") < 0 || symlink("a", "soft") < 0 || symlink("none", "dangling") < 0 ||
        mkdir("src/in", 0755) < 0)
        test_broken("links");
    check_refused(it, "src", "src/in/src", REFUSED_INTO_ITSELF);
    check_refused(it, "src", "a", REFUSED_OVER_FILE);
    check_refused(it, "a", "src", REFUSED_OVER_DIRECTORY);
    check_refused(it, "a", "dangling", REFUSED_DANGLING);
    check_refused(it, "a", "./a", REFUSED_SAME_FILE);
    check_refused(it, "a", "hard", REFUSED_SAME_FILE);
    check_refused(it, "a", "soft", REFUSED_SAME_FILE);
    check_refused(it, "soft", "a", REFUSED_SAME_FILE);
    it->copy.opts.recursive = false;
    check_refused(it, "soft", "a", REFUSED_SAME_FILE);
    check_refused(it, "src", "dst", REFUSED_DIRECTORY);
    assert_true(holds_pattern("a", 1, 1000));
    assert_int_equal(access("none", F_OK), -1);
    assert_int_equal(access("dst", F_OK), -1);
    free(it);
}

static void hard_links(const struct engine *engine, const struct contract_case *this)
{
    struct copying *it = copying_new(engine, this);
    struct stat first, st;
    uint64_t lens[50];
    char path[32];

    make_small(lens, 50);
    pattern_file("src/link0", 9, 300000);
    for (int i = 1; i < 50; i++) {
        snprintf(path, sizeof(path), "src/link%d", i);
        if (link("src/link0", path) < 0)
            test_broken(path);
    }
    it->copy.opts.preserve_links = true;
    for (int round = 0; round < 10; round++) {
        file_make_cold("src/link0");
        copying_run(it);
        check_files(it, lens, 50);
        assert_int_equal(it->failed, 0);
        assert_int_equal(stat("dst/link0", &first), 0);
        assert_int_equal(first.st_nlink, 50);
        assert_true(holds_pattern("dst/link0", 9, 300000));
        for (int i = 0; i < 50; i++) {
            snprintf(path, sizeof(path), "dst/link%d", i);
            assert_int_equal(stat(path, &st), 0);
            assert_int_equal(st.st_ino, first.st_ino);
            unlink(path);
        }
        empty_dst(50);
    }
    free(it);
}

static const struct contract_case cases[] = {
    {"sizes around 4 KiB blocks, depth 1", sizes, 4096, 1, 1},
    {"sizes around 4 KiB blocks, depth 4", sizes, 4096, 4, 1},
    {"sizes around 64 KiB blocks, depth 1", sizes, 65536, 1, 1},
    {"sizes around 64 KiB blocks, depth 4", sizes, 65536, 4, 2},
    {"sizes around 64 KiB blocks, depth 64", sizes, 65536, 64, 1},
    {"large sizes, default options", large_sizes, 0, 0, 1},
    {"large sizes, 64 KiB blocks, depth 3", large_sizes, 65536, 3, 2},
    {"large sizes, 4 MiB blocks, depth 1", large_sizes, 4 << 20, 1, 1},
    {"500 small files", many_small, 0, 0, 1},
    {"500 small files, 3 workers", many_small, 0, 0, 3},
    {"500 small files, depth 2, 3 workers", many_small, 4096, 2, 3},
    {"a file that shrinks", shrinking, 0, 0, 1},
    {"a file that shrinks, 64 KiB blocks, depth 8", shrinking, 65536, 8, 1},
    {"a file that shrinks, depth 1", shrinking, 65536, 1, 1},
    {"a file that grows", growing, 0, 0, 1},
    {"a file that grows, 64 KiB blocks, depth 8", growing, 65536, 8, 1},
    {"a sink that fails", failing_sink, 0, 0, 1},
    {"a sink that fails, 64 KiB blocks, depth 8", failing_sink, 65536, 8, 2},
    {"a large copy never looks complete before it is", never_looks_complete, 0, 0, 1},
    {"a large copy never looks complete, depth 2", never_looks_complete, 65536, 2, 1},
    {"writing fails in a large file", failing_write, 0, 0, 1},
    {"writing fails in a large file, depth 2", failing_write, 65536, 2, 2},
    {"an unreadable file", unreadable, 0, 0, 1},
    {"what must not be copied", refused, 0, 0, 1},
    {"50 names of one file, 4 workers", hard_links, 0, 0, 4},
    {"50 names of one file, depth 1", hard_links, 4096, 1, 2},
};

int main(void)
{
    return contract_main(cases, sizeof(cases) / sizeof(cases[0]));
}
