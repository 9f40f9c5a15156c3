/* extents.c: see extents.h. */
#define _GNU_SOURCE
#include "extents.h"

#include <errno.h>
#include <unistd.h>

off_t extents_last_hole(int fd, off_t offset)
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

bool extents_are_known(int fd, off_t size)
{
    off_t data = lseek(fd, 0, SEEK_DATA);
    bool known = data < 0 ? errno == ENXIO : /* all of it is a hole */
                     data > 0 || lseek(fd, 0, SEEK_HOLE) < size;

    (void)lseek(fd, 0, SEEK_SET);
    return known;
}
