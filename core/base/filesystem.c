/* filesystem.c: types of filesystems, by statfs(2). See filesystem.h. */
#define _GNU_SOURCE
#include "filesystem.h"

#include <linux/magic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>

#include "retry.h"

static bool is_one_of(int fd, const uint32_t *types, size_t count)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if ((uint32_t)fs.f_type == types[i])
            return true;
    return false;
}

bool filesystem_is_remote(int fd)
{
    /* GPFS and Lustre have no name in <linux/magic.h>: as in coreutils' stat(1) */
    static const uint32_t remote[] = {
        NFS_SUPER_MAGIC,       SMB_SUPER_MAGIC,  0xff534d42 /* CIFS */,
        0xfe534d42 /* SMB2 */, CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC,
        CODA_SUPER_MAGIC,      V9FS_MAGIC,       FUSE_SUPER_MAGIC,
        0x47504653 /* GPFS */, 0x0bd00bd0 /* Lustre */};

    return is_one_of(fd, remote, sizeof(remote) / sizeof(remote[0]));
}

bool filesystem_transforms(int fd)
{
    /* bcachefs and ZFS have no name in <linux/magic.h>: as in coreutils' stat(1) */
    static const uint32_t transforming[] = {BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
                                            0xca451a4e /* bcachefs */, 0x2fc12fc1 /* ZFS */};

    return is_one_of(fd, transforming, sizeof(transforming) / sizeof(transforming[0]));
}

bool filesystem_keeps_modes(int fd)
{
    static const uint32_t keeping[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
                                       F2FS_SUPER_MAGIC, TMPFS_MAGIC,     OVERLAYFS_SUPER_MAGIC,
                                       0xca451a4e /* bcachefs */};

    return is_one_of(fd, keeping, sizeof(keeping) / sizeof(keeping[0]));
}

bool filesystem_is_overlay(int fd)
{
    static const uint32_t overlay[] = {OVERLAYFS_SUPER_MAGIC};

    return is_one_of(fd, overlay, 1);
}

bool filesystem_is_fuse(int fd)
{
    static const uint32_t fuse[] = {FUSE_SUPER_MAGIC};

    return is_one_of(fd, fuse, 1);
}

bool filesystem_is_proc(int fd)
{
    static const uint32_t proc[] = {PROC_SUPER_MAGIC};

    return is_one_of(fd, proc, 1);
}

bool filesystem_is_fat(int fd)
{
    static const uint32_t fat[] = {MSDOS_SUPER_MAGIC};

    return is_one_of(fd, fat, 1);
}
