/* sparse.c: the contract of core/copy/copy.h for a sparse source that shrinks after its data was
 * searched for and before that is read. This program has its own lseek(2), which cuts the source.
 */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/copying.h"
#include "../support/scratch.h"

enum { DATA = 64 * 1024, SECOND = 1024 * 1024, SIZE = 12 * 1024 * 1024 };

static int64_t cut_after = -1; /* a search that finds data at or after this offset; -1: none */
static off_t cut_to;

off_t lseek(int fd, off_t offset, int whence)
{
    off_t (*next)(int, off_t, int) = (off_t(*)(int, off_t, int))dlsym(RTLD_NEXT, "lseek64");
    off_t found = next(fd, offset, whence);

    if (whence == SEEK_HOLE && cut_after >= 0 && offset >= cut_after) {
        cut_after = -1;
        if (truncate("src/sparse", cut_to) < 0)
            test_broken("truncate");
    }
    return found;
}

/* Makes a file with data at the beginning, if wanted, and at SECOND. */
static void make_sparse(bool begins_with_data)
{
    int fd;

    pattern_file("src/sparse", 1, begins_with_data ? DATA : 0);
    fd = open("src/sparse", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ftruncate(fd, SIZE) < 0 || lseek(fd, SECOND, SEEK_SET) < 0)
        test_broken("src/sparse");
    pattern_write(fd, 1, SECOND, DATA);
    close(fd);
}

/* The copy has the size that the source was cut to. If it was cut within data that had been read,
 * it has all of that, or no more than is left: a read ahead may come before or after the cut. */
static void check_cut(struct copying *it, bool begins_with_data, uint64_t to)
{
    static char bytes[SECOND];

    for (int warm = 0; warm < 2; warm++) {
        uint64_t data = begins_with_data ? DATA : 0;
        ssize_t len;
        int fd;
        make_sparse(begins_with_data);
        file_make_cold("src/sparse");
        if (warm)
            file_make_warm("src/sparse");
        cut_after = SECOND;
        cut_to = (off_t)to;
        copying_run(it);
        assert_int_equal(cut_after, -1);
        assert_int_equal(copying_outcome(it, "sparse")->status, 0);
        fd = open("dst/sparse", O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        len = read(fd, bytes, sizeof(bytes));
        close(fd);
        assert_true(len == (ssize_t)to || (to < data && len == (ssize_t)data));
        for (ssize_t i = 0; i < len; i++)
            assert_int_equal(bytes[i], i < (ssize_t)data ? (char)pattern_byte(1, (uint64_t)i) : 0);
        assert_int_equal(unlink("dst/sparse"), 0);
    }
}

static void cut_in_the_hole(const struct engine *engine, const struct contract_case *this)
{
    struct copying *it = copying_new(engine, this);

    check_cut(it, false, 117575);
    check_cut(it, true, 117575);
    free(it);
}

static void cut_in_what_was_read(const struct engine *engine, const struct contract_case *this)
{
    struct copying *it = copying_new(engine, this);

    check_cut(it, true, 1000);
    free(it);
}

static void cut_to_nothing(const struct engine *engine, const struct contract_case *this)
{
    struct copying *it = copying_new(engine, this);

    check_cut(it, false, 0);
    free(it);
}

static const struct contract_case cases[] = {
    {"a sparse file that is cut in a hole", cut_in_the_hole, 0, 0, 1},
    {"a sparse file that is cut in a hole, 64 KiB blocks, depth 1", cut_in_the_hole, 65536, 1, 1},
    {"a sparse file that is cut in what was read", cut_in_what_was_read, 65536, 1, 1},
    {"a sparse file that is cut to nothing", cut_to_nothing, 0, 0, 1},
};

int main(void)
{
    return contract_main(cases, sizeof(cases) / sizeof(cases[0]));
}
