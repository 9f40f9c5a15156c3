/* rules.h: what the faulty filesystem does wrong, and when: rules in text, one a line.
 *
 *   OPERATION GLOB WORD...
 *
 * OPERATION is one of the names below, or several with commas between, or "all". GLOB is matched
 * with the path from the mount point on, without the first slash ("*" for all, "." for the root).
 * Each word is one of
 *
 *   delay=MS      waits first; an interrupted request (FUSE_INTERRUPT) ends with EINTR
 *   deaf          the delay is not to be interrupted: as with a device that does not answer
 *   error=NAME    fails: EIO, ENOSPC, EDQUOT, EINTR, ... or a number
 *   short=N       reads or writes N bytes at the most
 *   size=N        getattr says that the file, or the link, has N bytes
 *   flip=OFFSET   the byte at OFFSET is read inverted
 *   resize=N      the file underneath is cut or extended to N bytes first
 *   from=N        leaves reads and writes alone that end before the byte at N
 *   to=N          and those that begin at N or behind it
 *   after=N       leaves the first N matching operations alone
 *   times=N       and is used up after N more
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
    RULE_XATTR, /* one of them */
    RULE_LISTXATTR,
    RULE_OPS
};

/* What the rules come to for one operation. */
struct rule_effect {
    int error; /* 0 or -errno */
    unsigned delay_ms;
    bool deaf;
    size_t short_bytes; /* SIZE_MAX: all */
    int64_t size;       /* the ones below: -1 where no rule says */
    int64_t flip;
    int64_t resize;
};

/* Takes the place of all rules. Returns 0, or -EINVAL or -ENOMEM and changes nothing. */
int rules_set(const char *text, size_t len);
/* The rules, each with how often it matched and how often it was applied: malloc'd, or NULL. */
char *rules_text(void);
/* Counts the operation and says what is to happen to it. A read or write is of len bytes at an
 * offset; for all others len is 0, and the rules of all ranges are theirs. */
struct rule_effect rules_apply(enum rule_op op, const char *path, uint64_t offset, uint64_t len);

#endif
