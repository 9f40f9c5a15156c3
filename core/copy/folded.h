/* folded.h: names that a filesystem may not tell apart.
 *
 * If inode numbers can be trusted, they tell which names are one file (written.h). A FUSE
 * filesystem may give each spelling of a name a number of its own, as exfat-fuse and others of
 * libfuse's path interface do. On these the names are compared, without regard to case, as in the C
 * library's C.UTF-8 locale. The filesystem's listing shows whether it ignores case itself. */
#ifndef CORE_COPY_FOLDED_H
#define CORE_COPY_FOLDED_H

#include <stdint.h>

/* Returns a hash of a name and a seed, in which case makes no difference. */
uint64_t folded_hash(uint64_t seed, const char *name);
/* Returns how many entries of a directory differ from the name in case at most, up to 2; or -errno.
 */
int folded_count(int dir_fd, const char *name);

#endif
