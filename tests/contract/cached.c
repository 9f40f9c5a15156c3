/* contract/cached.c: what a read leaves in the page cache, by opts.direct; and that the size of a
 * file is known while it is read. This program has its own fcntl(2), which can refuse O_DIRECT, and
 * its own posix_fadvise(3), which notes what is dropped. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "../../core/base/cache.h"
#include "../support/contract.h"
#include "../support/reading.h"
#include "../support/scratch.h"

enum { FILE_BYTES = 1024 * 1024 };

static bool refuse_direct;
static _Atomic unsigned drops; /* of whole files */

int fcntl(int fd, int command, ...)
{
    int (*libc)(int, int, ...) = dlsym(RTLD_NEXT, "fcntl");
    va_list list;
    long arg;

    va_start(list, command);
    arg = va_arg(list, long);
    va_end(list);
    if (refuse_direct && command == F_SETFL && (arg & O_DIRECT)) {
        errno = EINVAL;
        return -1;
    }
    return libc(fd, command, arg);
}

int posix_fadvise(int fd, off_t at, off_t len, int advice)
{
    int (*libc)(int, off_t, off_t, int) = dlsym(RTLD_NEXT, "posix_fadvise");

    drops += at == 0 && len == 0 && advice == POSIX_FADV_DONTNEED;
    return libc(fd, at, len, advice);
}

/* Returns the bytes of the file that are in the page cache. */
static int64_t resident(void)
{
    int fd = open("file", O_RDONLY | O_CLOEXEC);
    int64_t bytes = cache_resident(fd, 0, 0);

    assert_true(fd >= 0);
    close(fd);
    return bytes;
}

/* Tells whether the kernel tells what is cached, and the filesystem reads past the cache. */
static bool is_possible(void)
{
    int fd = open("file", O_RDONLY | O_DIRECT | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0 && resident() == 0;
}

/* Reads a cold file. Returns what is cached of it then. */
static int64_t read_cold(const struct engine *engine, enum direct_mode direct)
{
    struct reading reading = {.engine = engine, .opts = {.direct = direct}};
    int64_t bytes;

    reading_add_pattern(&reading, "file", 1, FILE_BYTES)->type = DT_REG;
    reading_make_cold(&reading);
    if (!is_possible()) {
        reading_free(&reading);
        print_message("# skipped: this filesystem cannot be read past the page cache\n");
        skip();
    }
    reading_run(&reading);
    assert_true(reading_is_right(&reading));
    bytes = resident();
    assert_int_equal(reading.stats.direct_bytes, bytes == 0 ? FILE_BYTES : 0);
    reading_free(&reading);
    return bytes;
}

static void a_cold_file(const struct engine *engine, const struct contract_case *this)
{
    (void)this;
    assert_int_equal(read_cold(engine, DIRECT_ALWAYS), 0);
    assert_true(read_cold(engine, DIRECT_NEVER) > 0);
    /* uring reads it past the cache by itself, sync does not */
    assert_int_equal(read_cold(engine, DIRECT_AUTO) == 0, engine == &engine_uring);
}

static void a_cached_file(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = {.engine = engine};

    (void)this;
    reading_add_pattern(&reading, "file", 1, FILE_BYTES)->type = DT_REG;
    file_make_warm("file");
    reading_run(&reading);
    assert_true(reading_is_right(&reading));
    assert_int_equal(reading.stats.direct_bytes, 0);
    reading_free(&reading);
}

/* Tells whether the file has been dropped before its first bytes come. */
static int note_drops(struct reading *reading, struct record *record)
{
    unsigned *dropped = reading->arg;

    if (record->bytes == 0)
        *dropped = drops;
    return 0;
}

/* Then it is read from the device all the same. */
static void direct_is_refused(const struct engine *engine, const struct contract_case *this)
{
    unsigned dropped = 0;
    struct reading reading = {.engine = engine,
                              .opts = {.direct = DIRECT_ALWAYS},
                              .on_data = note_drops,
                              .arg = &dropped};

    (void)this;
    reading_add_pattern(&reading, "file", 1, FILE_BYTES)->type = DT_REG;
    file_make_warm("file");
    drops = 0;
    refuse_direct = true;
    reading_run(&reading);
    refuse_direct = false;
    assert_true(reading_is_right(&reading));
    assert_int_equal(dropped, 1);
    assert_int_equal(reading.stats.direct_bytes, 0);
    reading_free(&reading);
}

/* Notes the largest sum of sizes that is known while bytes come. */
static int note_known(struct reading *reading, struct record *record)
{
    uint64_t *known = reading->arg;
    struct progress_now now;

    (void)record;
    progress_read(reading->opts.progress, &now);
    *known = now.bytes_known > *known ? now.bytes_known : *known;
    return 0;
}

static void a_size(const struct engine *engine, const struct contract_case *this)
{
    uint64_t known = 0;
    struct reading reading = {.engine = engine,
                              .opts = {.progress = progress_new()},
                              .on_data = note_known,
                              .arg = &known};

    (void)this;
    reading_add_pattern(&reading, "file", 1, FILE_BYTES);
    reading_run(&reading);
    assert_true(reading_is_right(&reading));
    assert_int_equal(known, FILE_BYTES);
    progress_free(reading.opts.progress);
    reading_free(&reading);
}

static const struct contract_case cases[] = {
    {"what is cached after a cold file has been read", a_cold_file, 0, 0, 1},
    {"a cached file is read from the cache", a_cached_file, 0, 0, 1},
    {"a filesystem that refuses direct reads", direct_is_refused, 0, 0, 1},
    {"the size of a file is known while it is read", a_size, 0, 0, 1},
};

int main(void)
{
    return contract_main(cases, sizeof(cases) / sizeof(cases[0]));
}
