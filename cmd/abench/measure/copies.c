/* copies.c: a fresh destination for each copy, and the space for copies.
 *
 * ext4 does not reuse an inode for about a minute after its file was deleted, and scans past it
 * until then. Copying right after deleting would measure that scan (3 to 8 times slower). Therefore
 * copies stay until the end, as far as there is space. */
#define _GNU_SOURCE
#include "copies.h"
#include "place.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"
#include "../../cli/sizes.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 4096,
    PROBE_FILES = 64,
    DELETED_FELT = 1000, /* this number of deleted inodes slows down the creation of new ones */
    PROBE_BYTES_MAX = 65536,
};

static const double margin = 1.1; /* of the space of a copy */

/* Returns the space of a copy: the bytes, half a block lost per file, a block per directory. */
static uint64_t copy_bytes(const struct bench *bench)
{
    const struct bench_data *data = &bench->data;

    return data->bytes + data->files * (BLOCK_BYTES / 2) + data->others * BLOCK_BYTES;
}

static void run_path(const struct bench *bench, uint64_t number, char path[PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/run-%" PRIu64, bench->dest_dir, number) >= PATH_MAX)
        cli_fatal(ENAMETOOLONG, "%s", cli_quote_maybe(bench->dest_dir));
}

/* Returns the directory to create copies in: by default that of the operand, because it is on the
 * same filesystem. */
static const char *choose_base(struct bench *bench)
{
    static char beside[PATH_MAX];

    if (bench->opts.dest)
        return bench->opts.dest;
    if (realpath(bench->data.paths[0], beside)) {
        const char *parent = dirname(beside);
        if (access(parent, W_OK) == 0)
            return parent;
        bench_warn(bench,
                   "the copies were made in the working directory, because %s cannot be written;"
                   " choose another one with --dest=DIR",
                   cli_quote(parent));
    }
    return ".";
}

static void refuse_inside_source(const struct bench *bench, const char *base)
{
    char *real = realpath(base, NULL);

    if (!real)
        cli_fatal(errno, "%s", cli_quote_maybe(base));
    for (size_t i = 0; i < bench->data.n_paths; i++) {
        char *source = realpath(bench->data.paths[i], NULL);
        size_t len = source ? strlen(source) : 0;
        if (len == 1) /* "/" */
            len = 0;
        if (source && strncmp(real, source, len) == 0 && (!real[len] || real[len] == '/'))
            cli_fatal(0,
                      "copies would be created in %s, which is inside the source; choose another"
                      " directory with --dest=DIR",
                      cli_quote(base));
        free(source);
    }
    free(real);
}

static void check_space(struct bench *bench, const char *base)
{
    const double nearly_full = 0.05;
    uint64_t need = (uint64_t)((double)copy_bytes(bench) * margin);
    uint64_t entries = bench->data.files + bench->data.others;
    struct statvfs fs;
    char needed[CLI_SIZE_BYTES], free_text[CLI_SIZE_BYTES];
    uint64_t available;

    if (statvfs(base, &fs) < 0)
        cli_fatal(errno, "%s", cli_quote_maybe(base));
    available = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (available < need)
        cli_fatal(0,
                  "%s: a copy needs %s, but %s are free; make room, or choose another directory"
                  " with --dest=DIR",
                  cli_quote_maybe(base), cli_size((double)need, needed),
                  cli_size((double)available, free_text));
    if (fs.f_files > 0 && fs.f_favail < entries)
        cli_fatal(0, "%s: too few free inodes for a copy of %" PRIu64 " entries",
                  cli_quote_maybe(base), entries);
    if ((double)(available - need) < nearly_full * (double)fs.f_blocks * (double)fs.f_frsize)
        bench_warn(bench,
                   "the filesystem of the copies is nearly full, which slows down writes; make"
                   " room, or choose another directory with --dest=DIR");
    bench->keep_bytes = bench->opts.keep_bytes ? bench->opts.keep_bytes : available / 2;
    if (bench->keep_bytes > available)
        bench->keep_bytes = available;
}

static int make_file(const char *path, uint64_t bytes)
{
    static const char zeros[PROBE_BYTES_MAX];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ssize_t n = fd < 0 ? -1 : write(fd, zeros, bytes);

    if (fd >= 0)
        close(fd);
    return n < 0 ? -1 : 0;
}

/* Measures the deletion of files. Its time differs a hundredfold between filesystems and mounts,
 * and the deletion of the copies has to fit into the time limit. */
static void try_entries(struct bench *bench)
{
    const double side_by_side =
        0.6; /* time of place_remove, relative to deleting one file after the other */
    uint64_t average = bench->data.bytes / bench->data.files;
    char path[PATH_MAX + 32];
    double start;

    for (int i = 0; i < PROBE_FILES; i++) {
        snprintf(path, sizeof(path), "%s/%d", bench->dest_dir, i);
        if (make_file(path, average < PROBE_BYTES_MAX ? average : PROBE_BYTES_MAX) < 0)
            cli_fatal(errno, "%s", cli_quote_maybe(path));
    }
    copies_sync(bench); /* freeing blocks that were never allocated is too fast */
    start = bench_now();
    for (int i = 0; i < PROBE_FILES; i++) {
        snprintf(path, sizeof(path), "%s/%d", bench->dest_dir, i);
        unlink(path);
    }
    bench->removal_seconds = side_by_side * (bench_now() - start) / PROBE_FILES *
                             (double)(bench->data.files + bench->data.others);
}

void copies_init(struct bench *bench)
{
    const char *base = choose_base(bench);
    int rc;

    assert(!bench->dest_dir[0]);
    refuse_inside_source(bench, base);
    place_sweep(base); /* which makes room */
    check_space(bench, base);
    rc = place_make(base, bench->dest_dir);
    if (rc < 0) {
        bench->dest_dir[0] = '\0';
        cli_fatal(-rc, "cannot create a directory in %s%s", cli_quote(base),
                  bench->opts.dest ? "" : " (choose another one with --dest=DIR)");
    }
    try_entries(bench);
}

bool copies_have_room(const struct bench *bench, uint64_t copies)
{
    return copies * copy_bytes(bench) <= bench->keep_bytes;
}

bool copies_have_spare(const struct bench *bench)
{
    struct statvfs fs;

    return statvfs(bench->dest_dir, &fs) == 0 &&
           2 * margin * (double)copy_bytes(bench) <= (double)fs.f_bavail * (double)fs.f_frsize;
}

int copies_next(struct bench *bench, char path[PATH_MAX])
{
    assert(bench->dest_dir[0] && bench->copy_first <= bench->copy_next);
    while (bench->copy_next > bench->copy_first &&
           !copies_have_room(bench, bench->copy_next - bench->copy_first + 1)) {
        if (bench->data.files > DELETED_FELT)
            bench_warn(
                bench,
                "copies were deleted between runs to save space, which on ext4 slows down the"
                " next copies for a minute; make room, or allow more space with --keep-space");
        run_path(bench, bench->copy_first, path);
        if (place_remove(path) < 0)
            return -EIO;
        bench->copy_first++;
    }
    run_path(bench, bench->copy_next++, path);
    if ((bench->data.n_paths > 1 || bench->data.whole_files > 0) && mkdir(path, 0777) < 0)
        return -errno;
    return 0;
}

int copies_sync(const struct bench *bench)
{
    int fd = open(bench->dest_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || syncfs(fd) < 0 ? -errno : 0;

    if (fd >= 0)
        close(fd);
    return rc;
}

int copies_remove(struct bench *bench)
{
    int rc;

    if (!bench->dest_dir[0])
        return 0;
    cli_status("removing the copies");
    rc = place_remove(bench->dest_dir);
    if (rc < 0)
        cli_message(0, "cannot remove %s", cli_quote(bench->dest_dir));
    cli_status_clear();
    bench->dest_dir[0] = '\0';
    return rc;
}
