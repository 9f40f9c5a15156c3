/* nfs4.h: extended attributes as a mounted NFSv4 server shows them: every file has system.nfs4_acl,
 * also one that nobody has given an ACL, and there are no others. */
#ifndef TESTS_FAULTS_NFS4_H
#define TESTS_FAULTS_NFS4_H

#include <stddef.h>

/* As setxattr(2), getxattr(2) and listxattr(2), with -errno. What is set the file underneath has as
 * user.nfs4_acl. */
int nfs4_set(const char *path, const char *name, const void *value, size_t size, int flags);
int nfs4_get(const char *path, const char *name, void *value, size_t size);
int nfs4_list(char *list, size_t size);

#endif
