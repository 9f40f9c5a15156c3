/* copy_kinds.c: copying files with holes, pipes, and files of the kernel: one table of cases for
 * both engines. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/child.h"
#include "../support/copying.h"
#include "../support/fifo.h"
#include "../support/scratch.h"

static void holes(const struct engine *engine, const struct contract_case *this)
{
    static const uint64_t starts[] = {0, 1 << 20, 5 << 20, (16 << 20) - 65536};
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};
    struct copying *it = copying_new(engine, this);

    for (unsigned which = 0; which < 16; which++) { /* bits: the places with data */
        struct stat from, to;
        size_t data_bytes = which & 4
                                ? 700001
                                : 65536; /* enough for copy_file_range, or for read and write */
        int fd = open("src/sparse", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0 || ftruncate(fd, 16 << 20) < 0)
            test_broken("src/sparse");
        for (unsigned i = 0; i < 4; i++) {
            if (which & 1 << i) {
                lseek(fd, (off_t)starts[i], SEEK_SET);
                pattern_write(fd, i, 0, data_bytes);
            }
        }
        close(fd);
        it->opts.direct = modes[which % 3];
        if (which % 2)
            file_make_cold("src/sparse");
        copying_run(it);
        assert_int_equal(it->failed, 0);
        assert_true(same_bytes("src/sparse", "dst/sparse"));
        assert_int_equal(stat("src/sparse", &from), 0);
        assert_int_equal(stat("dst/sparse", &to), 0);
        assert_uint_in_range(to.st_blocks, 0, from.st_blocks + 16);
        unlink("dst/sparse");
    }
    free(it);
}

static void pipes(const struct engine *engine, const struct contract_case *this)
{
    static const uint64_t lens[] = {0, 1, 65537, 300000};
    struct copying *it = copying_new(engine, this);

    it->copy.opts.recursive = false;
    fifo_make("fifo");
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        pid_t writer = fifo_write("fifo", 7, lens[i]);
        copying_run_one(it, "fifo", "from");
        child_end(writer);
        assert_int_equal(copying_outcome(it, "fifo")->status, 0);
        assert_true(holds_pattern("from", 7, lens[i]));
        /* else the next writer would write to a reader that is gone */
        assert_int_equal(open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
        assert_int_equal(errno, ENXIO);
    }
    free(it);
}

/* Copies to a destination that takes bytes in order only: it gets all bytes of any source. */
static void into_pipes(const struct engine *engine, const struct contract_case *this)
{
    struct copying *it = copying_new(engine, this);

    fifo_make("fifo");
    pattern_file("src/small", 7, 3000);
    pattern_file("src/large", 7, COPYING_LARGE_BYTES);
    pattern_file("src/sparse", 7, 70000);
    if (truncate("src/sparse", 10 << 20) < 0)
        test_broken("src/sparse");
    for (int i = 0; i < 6; i++) {
        static const char *const names[] = {"src/small", "src/large", "src/sparse"};
        const char *name = names[i % 3];
        pid_t reader;

        if (i < 3)
            file_make_cold(name);
        reader = fifo_read("fifo", "from");
        copying_run_one(it, name, "fifo");
        child_end(reader);
        assert_int_equal(copying_outcome(it, name)->status, 0);
        assert_true(same_bytes(name, "from"));
    }
    free(it);
}

/* Copies files with a wrong st_size: 0 in /proc, 4096 in sysfs. */
static void kernel_files(const struct engine *engine, const struct contract_case *this)
{
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};
    static const char *const paths[] = {"/proc/version", "/proc/filesystems",
                                        "/sys/devices/system/cpu/online"};
    struct copying *it = copying_new(engine, this);

    for (size_t i = 0; i < 9; i++) {
        it->opts.direct = modes[i / 3];
        unlink("copy"); /* the mode is the source's: only root could write it again */
        copying_run_one(it, paths[i % 3], "copy");
        assert_int_equal(it->failed, 0);
        assert_true(same_bytes(paths[i % 3], "copy"));
    }
    free(it);
}

static const struct contract_case cases[] = {
    {"holes", holes, 0, 0, 1},
    {"holes, 64 KiB blocks, depth 3", holes, 65536, 3, 1},
    {"pipes", pipes, 0, 0, 1},
    {"pipes, 4 KiB blocks", pipes, 4096, 2, 1},
    {"into pipes", into_pipes, 0, 0, 1},
    {"files of /proc and sysfs", kernel_files, 0, 0, 1},
    {"files of /proc and sysfs, small blocks", kernel_files, 4096, 4, 1},
};

int main(void)
{
    return contract_main(cases, sizeof(cases) / sizeof(cases[0]));
}
