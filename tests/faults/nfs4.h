/* nfs4.h: extended attributes as of a mounted NFSv4 server: every file has system.nfs4_acl, even
 * without an explicit ACL, and no other attribute. */
#ifndef TESTS_FAULTS_NFS4_H
#define TESTS_FAULTS_NFS4_H

#include <stddef.h>

/* Act as setxattr(2), getxattr(2) and listxattr(2), with -errno. The file underneath stores the
 * value as user.nfs4_acl. */
int nfs4_set(const char *path, const char *name, const void *value, size_t size, int flags);
int nfs4_get(const char *path, const char *name, void *value, size_t size);
int nfs4_list(char *list, size_t size);

#endif
