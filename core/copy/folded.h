/* folded.h: names that a filesystem may not tell apart.
 *
 * Where inode numbers can be trusted they tell which names are one file (written.h). A FUSE
 * filesystem may number each spelling of a name anew (exfat-fuse and others of libfuse's path
 * interface do): there the names themselves are compared, with upper and lower case taken as one,
 * as in the C library's C.UTF-8 locale. Whether the filesystem does so is seen in its listing. */
#ifndef CORE_COPY_FOLDED_H
#define CORE_COPY_FOLDED_H

#include <stdint.h>

/* A hash of a name and a seed in which case makes no difference. */
uint64_t folded_hash(uint64_t seed, const char *name);
/* How many entries of a directory differ from the name in case at most, up to 2; or -errno. */
int folded_count(int dir_fd, const char *name);

#endif
