/* nfs4.c: extended attributes as with NFSv4. See nfs4.h. */
#include "nfs4.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

static const char nfs4_name[] = "system.nfs4_acl";
static const char name_below[] = "user.nfs4_acl";

/* Copies a value of this size to a caller's buffer. Returns the size or -ERANGE. */
static int give(const char *from, size_t len, char *to, size_t size)
{
    if (size > 0 && size < len)
        return -ERANGE;
    if (size > 0)
        memcpy(to, from, len);
    return (int)len;
}

int nfs4_set(const char *path, const char *name, const void *value, size_t size, int flags)
{
    if (strcmp(name, nfs4_name) != 0)
        return -EOPNOTSUPP;
    return lsetxattr(path, name_below, value, size, flags) < 0 ? -errno : 0;
}

int nfs4_get(const char *path, const char *name, void *value, size_t size)
{
    static const char of_the_mode[] = "of the mode";
    ssize_t len;

    if (strcmp(name, nfs4_name) != 0)
        return -EOPNOTSUPP;
    len = lgetxattr(path, name_below, value, size);
    if (len < 0 && errno == ENODATA)
        return give(of_the_mode, sizeof(of_the_mode), value, size);
    return len < 0 ? -errno : (int)len;
}

int nfs4_list(char *list, size_t size)
{
    return give(nfs4_name, sizeof(nfs4_name), list, size);
}
