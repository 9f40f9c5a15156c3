/* contract.c: the contract of core/engine.h for reading: one table of cases for both engines. The
 * run fails if io_uring is unavailable, unless AIOUTILS_TEST_NO_URING=1 is set. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/child.h"
#include "../support/contract.h"
#include "../support/fifo.h"
#include "../support/reading.h"
#include "../support/scratch.h"

/* Returns the options of a case. */
static struct reading reading_of(const struct engine *engine, const struct contract_case *this)
{
    return (struct reading){
        .engine = engine,
        .opts = {.block_bytes = this->block_bytes, .depth = this->depth},
        .jobs = this->jobs,
    };
}

static void add_small(struct reading *reading, unsigned count)
{
    char path[32];

    for (unsigned i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "small%u", i);
        reading_add_pattern(reading, path, i, i * 37 % 6000);
    }
}

static void check(struct reading *reading)
{
    reading_run(reading);
    assert_true(reading_is_right(reading));
}

/* Reads sizes around one block and around all blocks in flight; cold and cached files; with
 * O_DIRECT and buffered. */
static void sizes(const struct engine *engine, const struct contract_case *this)
{
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};
    struct reading reading = reading_of(engine, this);
    uint64_t block = this->block_bytes, all = block * this->depth;
    const uint64_t lens[] = {
        0,         1,         511,     512, 513,     block - 1, block,
        block + 1, 2 * block, all - 1, all, all + 1, 2 * all,   2 * all + 4096 - 1};
    char path[32];

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        snprintf(path, sizeof(path), "size%zu", i);
        reading_add_pattern(&reading, path, i, lens[i]);
    }
    for (size_t mode = 0; mode < 3; mode++) {
        reading.opts.direct = modes[mode];
        reading_make_cold(&reading);
        check(&reading);
        for (size_t i = 0; i < reading.count; i++)
            file_make_warm(reading.records[i].path);
        check(&reading);
    }
    reading_free(&reading);
}

static void default_options(const struct engine *engine, const struct contract_case *this)
{
    static const uint64_t lens[] = {
        0, 1, 4095, 4096, 65537, 1 << 20, (1 << 20) + 1, (9 << 20) + 5, 32 << 20};
    struct reading reading = reading_of(engine, this);
    char path[32];

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        snprintf(path, sizeof(path), "default%zu", i);
        reading_add_pattern(&reading, path, i, lens[i]);
    }
    reading_make_cold(&reading);
    check(&reading);
    check(&reading);
    reading_free(&reading);
}

static void many_small(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);

    add_small(&reading, 3000);
    check(&reading);
    reading_make_cold(&reading);
    check(&reading);
    reading_free(&reading);
}

/* Hangs if an engine waits for more files before it returns those that it has. */
static void narrow_window(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);

    add_small(&reading, 100);
    reading_add_pattern(&reading, "narrow", 1, 1 << 20);
    for (unsigned window = 1; window <= 3; window++) {
        reading.window = window;
        reading.keep_order = reading.opts.ordered = false;
        check(&reading);
        /* ordered delivery has one worker, because the bytes go to one place */
        reading.keep_order = reading.opts.ordered = reading.jobs == 1;
        check(&reading);
    }
    reading_free(&reading);
}

static void no_files(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);

    check(&reading);
    reading_free(&reading);
}

static void fifos(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);
    static const char *const paths[] = {"fifo0", "fifo1", "fifo2"};
    static const uint64_t lens[] = {200000, 0, 65537};

    add_small(&reading, 20);
    for (unsigned i = 0; i < 3; i++) {
        struct record *record = reading_add(&reading, paths[i]);
        record->seed = i;
        record->len = lens[i];
        fifo_make(paths[i]);
    }
    reading_add_pattern(&reading, "after", 5, 300000);
    for (int ordered = 0; ordered < 2; ordered++) {
        pid_t writers[3];

        reading.keep_order = reading.opts.ordered = ordered;
        for (unsigned i = 0; i < 3; i++)
            writers[i] = fifo_write(paths[i], i, lens[i]);
        reading_run(&reading);
        for (int i = 0; i < 3; i++)
            child_end(writers[i]);
        assert_true(reading_is_right(&reading));
    }
    reading_free(&reading);
}

static char *whole_file(const char *path)
{
    char *text = calloc(1, 65536);
    FILE *stream = fopen(path, "re");

    if (!text || !stream || fread(text, 1, 65535, stream) == 0)
        test_broken(path);
    fclose(stream);
    return text;
}

/* Reads files with a wrong st_size: 0 in /proc, 4096 in sysfs. */
static void kernel_files(const struct engine *engine, const struct contract_case *this)
{
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};
    static const char *const paths[] = {"/proc/version", "/proc/filesystems",
                                        "/sys/devices/system/cpu/online"};
    struct reading reading = reading_of(engine, this);
    char pid[32];

    snprintf(pid, sizeof(pid), "\nPid:\t%d\n", (int)getpid());
    reading.keep_content = true;
    for (int i = 0; i < 3; i++)
        reading_add(&reading, paths[i]);
    reading_add(&reading, "/proc/self/status");
    for (size_t mode = 0; mode < 3; mode++) {
        reading.opts.direct = modes[mode];
        reading_run(&reading);
        assert_int_equal(reading.result, 0);
        for (size_t i = 0; i < reading.count; i++) {
            struct record *record = &reading.records[i];
            assert_true(record_ended_once(record));
            assert_int_equal(record->status, 0);
            assert_non_null(record->content);
            if (i < 3) {
                char *text = whole_file(paths[i]);
                assert_string_equal(record->content, text);
                free(text);
            } else {
                assert_non_null(strstr(record->content, pid));
                assert_non_null(strstr(record->content, "nonvoluntary_ctxt_switches"));
            }
        }
    }
    reading_free(&reading);
}

enum { CHANGING_BYTES = 40 * 65536, SHRUNK_BYTES = 65536, GROWN_BYTES = CHANGING_BYTES + 123457 };

static int shrink_at_first(struct reading *reading, struct record *record)
{
    (void)reading;
    if (record->data_calls == 1 && strcmp(record->path, "changing") == 0 &&
        truncate(record->path, SHRUNK_BYTES) < 0)
        test_broken(record->path);
    return 0;
}

static int grow_at_first(struct reading *reading, struct record *record)
{
    (void)reading;
    if (record->data_calls == 1 && strcmp(record->path, "changing") == 0) {
        int fd = open(record->path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (fd < 0)
            test_broken(record->path);
        pattern_write(fd, record->seed, CHANGING_BYTES, GROWN_BYTES - CHANGING_BYTES);
        close(fd);
    }
    return 0;
}

/* Changes the length of a file while it is read. The delivered bytes are a beginning of the file
 * and have at least the part that was always there; other files are not affected. */
static void check_changing(const struct engine *engine, const struct contract_case *this,
                           int (*change)(struct reading *, struct record *), uint64_t least,
                           uint64_t most)
{
    static const enum direct_mode modes[] = {DIRECT_NEVER, DIRECT_ALWAYS, DIRECT_AUTO};

    for (size_t mode = 0; mode < 3; mode++) {
        struct reading reading = reading_of(engine, this);
        struct record *record;

        reading.opts.direct = modes[mode];
        reading.on_data = change;
        reading_add_pattern(&reading, "changing", 9, CHANGING_BYTES);
        if (modes[mode] != DIRECT_NEVER)
            reading_make_cold(&reading);
        add_small(&reading, 10);
        reading_run(&reading);
        record = &reading.records[0];
        assert_uint_in_range(record->bytes, least, most);
        record->len = record->bytes; /* any length in this range is right */
        assert_true(reading_is_right(&reading));
        reading_free(&reading);
    }
}

static void shrinking(const struct engine *engine, const struct contract_case *this)
{
    check_changing(engine, this, shrink_at_first, SHRUNK_BYTES, CHANGING_BYTES);
}

static void growing(const struct engine *engine, const struct contract_case *this)
{
    check_changing(engine, this, grow_at_first, CHANGING_BYTES, GROWN_BYTES);
}

static int fail_one(struct reading *reading, struct record *record)
{
    bool fails = strcmp(record->path, "refused") == 0 &&
                 record->data_calls == *(const unsigned *)reading->arg;

    return fails ? -ENOSPC : 0;
}

static void failing_sink(const struct engine *engine, const struct contract_case *this)
{
    for (unsigned call = 1; call <= 3; call++) {
        struct reading reading = reading_of(engine, this);
        struct record *record;

        reading.arg = &call;
        reading.on_data = fail_one;
        add_small(&reading, 10);
        record = reading_add_pattern(&reading, "refused", 3, 20 * this->block_bytes);
        record->expect = -ENOSPC;
        record->expect_step = STEP_SINK;
        reading_add_pattern(&reading, "beside", 4, 20 * this->block_bytes);
        check(&reading);
        assert_int_equal(reading.records[10].data_calls, call);
        reading_free(&reading);
    }
}

static void add_failing(struct reading *reading, const char *path, int status, enum step step)
{
    struct record *record = reading_add(reading, path);

    record->expect = status;
    record->expect_step = step;
}

/* Checks that a FIFO whose bytes were refused is not read again: its writer may stay. */
static void failing_fifo(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);
    unsigned first = 1;

    add_failing(&reading, "refused", -ENOSPC, STEP_SINK);
    reading.arg = &first;
    reading.on_data = fail_one;
    fifo_make("refused");
    for (int ordered = 0; ordered < 2; ordered++) {
        pid_t writer = child_start();

        if (writer == 0) {
            int fd = open("refused", O_WRONLY | O_CLOEXEC);
            if (fd < 0 || write(fd, "bytes", 5) != 5)
                _exit(1);
            for (;;)
                pause();
        }
        reading.keep_order = reading.opts.ordered = ordered;
        check(&reading);
        kill(writer, SIGKILL);
        waitpid(writer, NULL, 0);
    }
    reading_free(&reading);
}

static void bad_files(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);
    char too_long[300];

    memset(too_long, 'n', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = 0;
    if (mkdir("dir", 0755) < 0 || symlink("loop", "loop") < 0 || symlink("none", "dangling") < 0)
        test_broken("dir");
    add_failing(&reading, "missing", -ENOENT, STEP_OPEN);
    add_small(&reading, 10);
    add_failing(&reading, "dir", -EISDIR, STEP_READ);
    add_failing(&reading, "small0/x", -ENOTDIR, STEP_OPEN);
    reading_add_pattern(&reading, "between", 1, 100000);
    add_failing(&reading, "loop", -ELOOP, STEP_OPEN);
    add_failing(&reading, "dangling", -ENOENT, STEP_OPEN);
    add_failing(&reading, too_long, -ENAMETOOLONG, STEP_OPEN);
    add_failing(&reading, "", -ENOENT, STEP_OPEN);
    reading_add_pattern(&reading, "last", 1, 100000);
    check(&reading);
    reading.keep_order = reading.opts.ordered = true;
    check(&reading);
    reading_free(&reading);
}

/* Runs in a process of its own, which gives up root's rights. */
static int unreadable_child(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);
    bool right;

    add_small(&reading, 10);
    reading_add_pattern(&reading, "closed", 1, 1000);
    reading.records[10].expect = -EACCES;
    reading.records[10].expect_step = STEP_OPEN;
    reading_add_pattern(&reading, "open", 1, 1000);
    if (chmod("closed", 0) < 0)
        test_broken("closed");
    if (geteuid() == 0 &&
        (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        test_broken("setresuid");
    reading_run(&reading);
    right = reading_is_right(&reading);
    reading_free(&reading);
    return right ? 0 : 1;
}

static void unreadable(const struct engine *engine, const struct contract_case *this)
{
    pid_t pid = child_start();

    if (pid == 0)
        _exit(unreadable_child(engine, this));
    child_end(pid);
}

static void links_are_followed(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);
    struct record *record;

    reading_add_pattern(&reading, "target", 6, 200000);
    record = reading_add(&reading, "link");
    record->seed = 6;
    record->len = 200000;
    if (symlink("target", "link") < 0)
        test_broken("link");
    check(&reading);
    reading_free(&reading);
}

/* Reads large files first, so that small ones are done long before their turn. */
static void ordered(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);
    char path[32];

    reading.keep_order = reading.opts.ordered = true;
    for (unsigned i = 0; i < 200; i++) {
        snprintf(path, sizeof(path), "ordered%u", i);
        if (i % 17 == 3)
            add_failing(&reading, "missing", -ENOENT, STEP_OPEN);
        else
            reading_add_pattern(&reading, path, i, i % 20 == 0 ? 3000000 : i * 131 % 9000);
    }
    check(&reading);
    reading_make_cold(&reading);
    check(&reading);
    reading_free(&reading);
}

static int cancel_at_tenth(struct reading *reading, struct record *record)
{
    (void)record;
    if (atomic_fetch_add((atomic_uint *)reading->arg, 1) == 9)
        feed_cancel(reading->feed);
    return 0;
}

/* Checks that files taken from the feed are returned with their end, and others are untouched. */
static void cancelled(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = reading_of(engine, this);
    atomic_uint calls = 0;
    unsigned ended = 0;
    char path[32];

    reading.window = 64;
    reading.arg = &calls;
    reading.on_data = cancel_at_tenth;
    for (unsigned i = 0; i < 500; i++) {
        snprintf(path, sizeof(path), "cancel%u", i);
        reading_add_pattern(&reading, path, i, 1000);
    }
    reading_run(&reading);
    assert_int_equal(reading.result, 0);
    assert_int_equal(reading.produced, -ECANCELED);
    for (size_t i = 0; i < reading.count; i++) {
        assert_uint_in_range(reading.records[i].ends, 0, 1);
        assert_false(reading.records[i].broke_rules);
        ended += reading.records[i].ends;
    }
    assert_int_equal(ended, reading.stats.files);
    assert_uint_in_range(ended, 10, 499);
    reading_free(&reading);
}

static const struct contract_case cases[] = {
    {"sizes around 4 KiB blocks, depth 1", sizes, 4096, 1, 1},
    {"sizes around 4 KiB blocks, depth 4", sizes, 4096, 4, 1},
    {"sizes around 4 KiB blocks, depth 64", sizes, 4096, 64, 1},
    {"sizes around 64 KiB blocks, depth 1", sizes, 65536, 1, 1},
    {"sizes around 64 KiB blocks, depth 4", sizes, 65536, 4, 2},
    {"sizes around 64 KiB blocks, depth 64", sizes, 65536, 64, 1},
    {"default block and depth", default_options, 0, 0, 1},
    {"a block size that is no multiple of anything", fifos, 1000, 3, 1},
    {"3000 small files", many_small, 0, 0, 1},
    {"3000 small files, 3 workers", many_small, 0, 0, 3},
    {"3000 small files, depth 1", many_small, 4096, 1, 2},
    {"a window narrower than the depth", narrow_window, 4096, 64, 1},
    {"a narrow window and 3 workers", narrow_window, 4096, 64, 3},
    {"no files", no_files, 0, 0, 2},
    {"FIFOs with slow writers", fifos, 65536, 8, 1},
    {"FIFOs with slow writers, default options", fifos, 0, 0, 1},
    {"files of /proc and sysfs", kernel_files, 0, 0, 1},
    {"files of /proc and sysfs, small blocks", kernel_files, 4096, 4, 1},
    {"a file that shrinks", shrinking, 65536, 8, 1},
    {"a file that shrinks, depth 1", shrinking, 65536, 1, 1},
    {"a file that grows", growing, 65536, 8, 1},
    {"a file that grows, default options", growing, 0, 0, 1},
    {"a sink that fails", failing_sink, 4096, 4, 1},
    {"a sink that fails, 64 KiB blocks", failing_sink, 65536, 64, 1},
    {"a sink that fails on a FIFO", failing_fifo, 0, 0, 1},
    {"missing files, directories, loops", bad_files, 0, 0, 1},
    {"missing files, directories, loops, depth 1", bad_files, 4096, 1, 1},
    {"an unreadable file", unreadable, 0, 0, 1},
    {"operands that are symbolic links", links_are_followed, 0, 0, 1},
    {"ordered delivery", ordered, 65536, 16, 1},
    {"ordered delivery, default options", ordered, 0, 0, 1},
    {"ordered delivery, depth 1", ordered, 4096, 1, 1},
    {"a cancelled feed", cancelled, 0, 0, 1},
    {"a cancelled feed, 3 workers", cancelled, 0, 0, 3},
};

int main(void)
{
    return contract_main(cases, sizeof(cases) / sizeof(cases[0]));
}
