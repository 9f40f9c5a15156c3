/* source.c: tests of core/sync/source.c: opening, reading and closing one file. This program has
 * its own read(2), pread(2) and posix_fadvise(3): reads can fail, and all are counted. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../core/sync/source.h"
#include "../support/fifo.h"
#include "../support/scratch.h"

enum {
    FILE_BYTES = 64 * 1024,
    BAD_AT = 41472, /* a sector within a page */
    BAD_BYTES = 512,
    ALWAYS = -1,
    MIB = 1024 * 1024,
    DROPS_MAX = 8,
};

static struct {
    int error, times;       /* errno of the next reads; times -1: ALWAYS */
    bool only_pread, bad;   /* bad: a read of the sector at BAD_AT fails */
    unsigned reads, preads; /* that were made */
    off_t drop_at[DROPS_MAX], drop_len[DROPS_MAX];
    unsigned drops;
} calls;

static bool fails(off_t at, size_t len)
{
    if (calls.bad && at < BAD_AT + BAD_BYTES && at + (off_t)len > BAD_AT) {
        errno = EIO;
        return true;
    }
    if (calls.times == 0)
        return false;
    calls.times -= calls.times > 0;
    errno = calls.error;
    return true;
}

ssize_t read(int fd, void *buf, size_t len)
{
    calls.reads++;
    if (!calls.only_pread && fails(lseek(fd, 0, SEEK_CUR), len))
        return -1;
    return syscall(SYS_read, fd, buf, len);
}

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
    calls.preads++;
    return fails(at, len) ? -1 : syscall(SYS_pread64, fd, buf, len, at);
}

int posix_fadvise(int fd, off_t at, off_t len, int advice)
{
    (void)fd;
    assert_int_equal(advice, POSIX_FADV_DONTNEED);
    assert_true(calls.drops < DROPS_MAX);
    calls.drop_at[calls.drops] = at;
    calls.drop_len[calls.drops++] = len;
    return 0;
}

static char bytes[FILE_BYTES], buf[FILE_BYTES];

/* Makes the file, and opens it. */
static int open_file(int flags)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    for (size_t i = 0; i < FILE_BYTES; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    assert_int_equal(write(fd, bytes, FILE_BYTES), FILE_BYTES);
    close(fd);
    fd = open("file", O_RDONLY | O_CLOEXEC | flags);
    assert_true(fd >= 0);
    memset(&calls, 0, sizeof(calls));
    memset(buf, 0, sizeof(buf));
    return fd;
}

static void a_read_stops_before_a_bad_sector(void **state)
{
    int fd = open_file(0);

    (void)state;
    calls.bad = true;
    assert_int_equal(source_read(fd, buf, FILE_BYTES, 0), BAD_AT);
    assert_memory_equal(buf, bytes, BAD_AT);
    assert_int_equal(source_read(fd, buf, FILE_BYTES - 4096, 4096), BAD_AT - 4096);
    assert_memory_equal(buf, bytes + 4096, BAD_AT - 4096);
    assert_int_equal(source_read(fd, buf, 4096, BAD_AT), -EIO);
    /* by the descriptor's position, which is behind what was read */
    assert_int_equal(lseek(fd, 4096, SEEK_SET), 4096);
    assert_int_equal(source_read(fd, buf, FILE_BYTES, -1), BAD_AT - 4096);
    assert_memory_equal(buf, bytes + 4096, BAD_AT - 4096);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), BAD_AT);
    assert_int_equal(source_read(fd, buf, FILE_BYTES, -1), -EIO);
    close(fd);
}

static void an_interrupted_read_is_repeated(void **state)
{
    int fd = open_file(0);

    (void)state;
    calls.error = EINTR;
    calls.times = 2;
    assert_int_equal(source_read(fd, buf, 100, 7), 100);
    assert_int_equal(calls.preads, 3);
    calls.times = 2;
    assert_int_equal(source_read(fd, buf, 100, -1), 100);
    assert_int_equal(calls.reads, 3);
    assert_memory_equal(buf, bytes, 100);
    close(fd);
}

static void a_regular_file_is_waited_for(void **state)
{
    int fd = open_file(O_NONBLOCK), fifo;

    (void)state;
    calls.error = EAGAIN;
    calls.times = 1;
    assert_int_equal(source_read(fd, buf, 100, 0), 100);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    /* a filesystem that fails so */
    calls.times = ALWAYS;
    assert_int_equal(source_read(fd, buf, 100, 0), -EAGAIN);
    close(fd);
    fifo_make("fifo");
    fifo = open("fifo", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    calls.times = 0;
    assert_int_equal(source_read(fifo, buf, 100, -1), -EAGAIN);
    assert_true(fcntl(fifo, F_GETFL) & O_NONBLOCK);
    close(fifo);
}

static void a_refused_direct_read_goes_through_the_cache(void **state)
{
    int fd = open_file(0);

    (void)state;
    if (fcntl(fd, F_SETFL, O_DIRECT) == 0) {
        calls.error = EINVAL;
        calls.times = 1;
        assert_int_equal(source_read(fd, buf, 100, 3), 100);
        assert_int_equal(fcntl(fd, F_GETFL) & O_DIRECT, 0);
        assert_int_equal(calls.drops, 1);
        assert_int_equal(calls.drop_at[0] + calls.drop_len[0], 0); /* all of the file */
    }
    calls.error = EINVAL;
    calls.times = ALWAYS;
    calls.drops = 0;
    assert_int_equal(source_read(fd, buf, 100, 3), -EINVAL);
    assert_int_equal(calls.drops, 0);
    close(fd);
}

/* Opens a name as the engine does. Returns the flags of the descriptor, or -errno. */
static int flags_of(const struct engine_opts *opts, struct dir *dir, const char *name,
                    unsigned char type)
{
    struct file file = {.dir = dir, .name = name, .type = type};
    int fd = source_open(opts, &file, 0), flags;

    if (fd < 0)
        return fd;
    flags = fcntl(fd, F_GETFL);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
    return flags;
}

static void a_file_is_opened_as_its_type_and_directory_demand(void **state)
{
    struct engine_opts opts = {.progress = progress_new()}, direct = {.direct = DIRECT_ALWAYS};
    struct dir *dir = dir_cwd();
    int fd = open_file(0);
    bool can_direct = fcntl(fd, F_SETFL, O_DIRECT) == 0;
    struct progress_now now;

    (void)state;
    close(fd);
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(flags_of(&opts, dir, "file", DT_UNKNOWN) & (O_NONBLOCK | O_DIRECT), 0);
    assert_true(flags_of(&opts, dir, "file", DT_REG) & O_NONBLOCK);
    assert_true(flags_of(&opts, dir, "link", DT_UNKNOWN) >= 0);
    assert_int_equal(flags_of(&opts, dir, "missing", DT_UNKNOWN), -ENOENT);
    dir->may_follow = false;
    assert_int_equal(flags_of(&opts, dir, "link", DT_REG), -ELOOP);
    progress_read(opts.progress, &now);
    assert_int_equal(now.bytes_known, 3 * FILE_BYTES);
    /* what is cached of a file that cannot be read past the cache must be dropped */
    assert_int_equal(calls.drops, 0);
    assert_int_equal(!(flags_of(&direct, dir, "file", DT_REG) & O_DIRECT), !can_direct);
    assert_int_equal(calls.drops, !can_direct);
    progress_free(opts.progress);
    dir_put(dir);
}

static void blocks_of_direct_reads_are_aligned(void **state)
{
    struct engine_opts opts = {.block_bytes = 5000};

    (void)state;
    assert_int_equal(source_block_bytes(&opts), 5000);
    opts.direct = DIRECT_ALWAYS;
    assert_int_equal(source_block_bytes(&opts), 8192);
    opts.block_bytes = 0;
    assert_int_equal(source_block_bytes(&opts), SOURCE_BLOCK_BYTES);
}

/* Reads a source to its end in blocks, and closes it. Returns the bytes. */
static uint64_t read_all(struct source *source, const struct engine_opts *opts, size_t block)
{
    struct stats stats = {.files = 0};
    size_t n;

    while ((n = source_next(source, opts, buf, block)) > 0)
        source->file->bytes += n;
    source_close(source, opts, &stats);
    return source->file->bytes;
}

static void the_end_is_known_by_the_size(void **state)
{
    const struct engine_opts opts = {.block_bytes = 0};
    struct file file = {.type = DT_REG};
    struct source source = {.file = &file, .by_offset = true};

    (void)state;
    source.fd = open_file(0);
    assert_int_equal(read_all(&source, &opts, FILE_BYTES), FILE_BYTES);
    assert_int_equal(calls.preads, 2); /* it is full: another one finds the end */
    source = (struct source){.file = &file, .by_offset = true, .fd = open_file(0)};
    assert_int_equal(fstat(source.fd, &source.st), 0);
    file.bytes = 0;
    assert_int_equal(read_all(&source, &opts, FILE_BYTES - 100), FILE_BYTES);
    assert_int_equal(calls.preads, 2); /* the second one is short, and ends at the size */
    assert_int_equal(file.status, 0);
}

static void a_file_without_offsets_is_read_in_order(void **state)
{
    const struct engine_opts opts = {.block_bytes = 0};
    struct file file = {.type = DT_REG};
    struct source source = {.file = &file, .by_offset = true, .fd = open_file(0)};
    unsigned preads;

    (void)state;
    calls.only_pread = true;
    calls.error = ESPIPE;
    calls.times = ALWAYS;
    file.bytes = source_next(&source, &opts, buf, 30000);
    assert_int_equal(file.bytes, 30000);
    preads = calls.preads;
    assert_int_equal(read_all(&source, &opts, 30000), FILE_BYTES);
    assert_int_equal(calls.preads, preads); /* it is known by then */
    assert_int_equal(file.status, 0);
}

static void a_failed_read_fails_the_file(void **state)
{
    const struct engine_opts opts = {.block_bytes = 0};
    struct file file = {.type = DT_REG};
    struct source source = {.file = &file, .by_offset = true, .fd = open_file(0)};

    (void)state;
    calls.error = ENXIO;
    calls.times = ALWAYS;
    assert_int_equal(read_all(&source, &opts, 30000), 0);
    assert_int_equal(file.status, -ENXIO);
    assert_int_equal(file.step, STEP_READ);
}

/* Reads a file of holes, which is not in the page cache, in blocks of 64 KiB. */
static void read_cold(uint64_t size, enum direct_mode direct)
{
    const struct engine_opts opts = {.direct = direct};
    struct file file = {.type = DT_REG};
    struct source source = {.file = &file, .by_offset = true};

    unlink("cold");
    source.fd = open("cold", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(source.fd, (off_t)size), 0);
    memset(&calls, 0, sizeof(calls));
    assert_int_equal(read_all(&source, &opts, FILE_BYTES), size);
}

static void a_large_cold_file_is_not_left_in_the_cache(void **state)
{
    (void)state;
    read_cold(UINT64_C(20) * MIB, DIRECT_AUTO);
    assert_int_equal(calls.drops, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(calls.drop_at[i], i * 8 * MIB);
        assert_int_equal(calls.drop_len[i], i < 2 ? 8 * MIB : 0);
    }
    read_cold(UINT64_C(3) * MIB, DIRECT_AUTO);
    assert_int_equal(calls.drops, 1);
    read_cold(UINT64_C(2) * MIB, DIRECT_AUTO);
    assert_int_equal(calls.drops, 0);
    read_cold(UINT64_C(20) * MIB, DIRECT_NEVER);
    assert_int_equal(calls.drops, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_stops_before_a_bad_sector),
        cmocka_unit_test(an_interrupted_read_is_repeated),
        cmocka_unit_test(a_regular_file_is_waited_for),
        cmocka_unit_test(a_refused_direct_read_goes_through_the_cache),
        cmocka_unit_test(a_file_is_opened_as_its_type_and_directory_demand),
        cmocka_unit_test(blocks_of_direct_reads_are_aligned),
        cmocka_unit_test(the_end_is_known_by_the_size),
        cmocka_unit_test(a_file_without_offsets_is_read_in_order),
        cmocka_unit_test(a_failed_read_fails_the_file),
        cmocka_unit_test(a_large_cold_file_is_not_left_in_the_cache),
    };

    return cmocka_run_group_tests_name("source", tests, scratch_set_up, scratch_tear_down);
}
