/* extents.c: finding data and holes. See extents.h. */
#define _GNU_SOURCE
#include "extents.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "retry.h"

/* There is no data from offset on. Returns the file's size, or offset if that is larger; -EAGAIN if
 * data has been appended; or another -errno. The size is asked for first: what is a hole after that
 * was one while the file had this size. */
static off_t last_hole(int fd, off_t offset)
{
    off_t end = lseek(fd, 0, SEEK_END), data;

    if (end < 0)
        return -errno;
    if (end <= offset)
        return offset;
    data = lseek(fd, offset, SEEK_DATA);
    if (data >= 0)
        return data < end ? -EAGAIN : end;
    return errno == ENXIO ? end : -errno;
}

/* There is no data from *offset on, in a hole or behind the end. Returns as extents_next, or
 * -EAGAIN. A file that has been cut off there has no hole, and one that is filled again since has
 * data. */
static int rest(int fd, uint64_t *offset, uint64_t *end)
{
    off_t from = (off_t)*offset, size = last_hole(fd, from), hole;

    if (size <= from)
        return size < 0 ? (int)size : 0;
    hole = lseek(fd, from, SEEK_HOLE);
    if (hole < 0)
        return errno == ENXIO ? 0 : -errno;
    if (hole > from) {
        *end = (uint64_t)hole;
        return 1;
    }
    *offset = (uint64_t)size;
    return 0;
}

int extents_next(int fd, uint64_t *offset, uint64_t *end)
{
    for (;;) {
        off_t data = lseek(fd, (off_t)*offset, SEEK_DATA);
        off_t other;

        if (data < 0 && errno == ENXIO) {
            int rc = rest(fd, offset, end);
            if (rc == -EAGAIN)
                continue;
            return rc;
        }
        other = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
        *end = other > data ? (uint64_t)other : UINT64_MAX;
        if (data >= 0)
            *offset = (uint64_t)data;
        return 1;
    }
}

uint64_t extents_end(int fd, uint64_t data_end, uint64_t offset)
{
    off_t size = lseek(fd, 0, SEEK_END);

    assert(data_end <= offset);
    if (size < 0 || (uint64_t)size > offset)
        return offset;
    return (uint64_t)size < data_end ? data_end : (uint64_t)size;
}

bool extents_are_known(int fd, off_t size)
{
    off_t data = lseek(fd, 0, SEEK_DATA);
    bool known = data < 0 ? errno == ENXIO : /* all of it is a hole */
                     data > 0 || lseek(fd, 0, SEEK_HOLE) < size;

    (void)lseek(fd, 0, SEEK_SET);
    return known;
}
