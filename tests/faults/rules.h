/* rules.h: what the faulty filesystem does wrong, and when: rules as text, one a line.
 *
 *   OPERATION GLOB WORD...
 *
 * OPERATION is one of the names below, or a comma-separated list, or "all". GLOB is matched
 * with the path below the mount point, without the first slash ("*" for all, "." for the root).
 * Each word is one of
 *
 *   delay=MS      waits first; an interrupted request (FUSE_INTERRUPT) ends with EINTR
 *   microseconds=N   the same, in finer steps
 *   deaf          the delay cannot be interrupted, as with a device that does not answer
 *   together=N    waits until N operations have waited for each other at once; 20 seconds at most
 *   error=NAME    fails: EIO, ENOSPC, EDQUOT, EINTR, ... or a number
 *   short=N       reads or writes at most N bytes
 *   size=N        getattr reports N bytes for the file or the link
 *   flip=OFFSET   inverts the byte at OFFSET in reads
 *   resize=N      first truncates or extends the file underneath to N bytes
 *   repeat=N      lists each name N more times
 *   type=N        lists each name as of that type (DT_*, 0: unknown)
 *   from=N        ignores reads and writes that end before offset N
 *   to=N          ignores those that begin at offset N or later
 *   after=N       ignores the first N matching operations
 *   times=N       ends after N more
 *
 * All rules that match are applied. */
#ifndef TESTS_FAULTS_RULES_H
#define TESTS_FAULTS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rule_op {
    RULE_GETATTR,
    RULE_OPEN,
    RULE_CREATE,
    RULE_READ,
    RULE_WRITE,
    RULE_FLUSH, /* each close(2) */
    RULE_FSYNC,
    RULE_TRUNCATE,
    RULE_ALLOCATE,
    RULE_SEEK,
    RULE_RENAME,
    RULE_UNLINK,
    RULE_LINK, /* symlink and readlink too */
    RULE_MKDIR,
    RULE_MKNOD,
    RULE_READDIR,
    RULE_CHMOD,
    RULE_CHOWN,
    RULE_UTIMENS,
    RULE_XATTR, /* get, set or remove one attribute */
    RULE_LISTXATTR,
    RULE_OPS
};

/* the combined effect of the rules on one operation */
struct rule_effect {
    int error; /* 0 or -errno */
    unsigned delay_us;
    bool deaf;
    size_t short_bytes; /* SIZE_MAX: all */
    int64_t size;       /* this and the next three: -1 if no rule sets it */
    int64_t flip;
    int64_t resize;
    int64_t type;
    int64_t repeat;
};

/* Replaces all rules. On -EINVAL or -ENOMEM nothing changes. */
int rules_set(const char *text, size_t len);
/* Returns the rules, each with the numbers of matches and of applications, and how many operations
 * have waited together: malloc'd, or NULL. */
char *rules_text(void);
/* Counts the operation and returns the effect on it. A read or write has len bytes at an offset;
 * for others len is 0, and rules of any range apply. */
struct rule_effect rules_apply(enum rule_op op, const char *path, uint64_t offset, uint64_t len);

#endif
