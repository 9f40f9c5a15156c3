/* faultfs.c: a filesystem for tests that shows a directory and fails as its rules say.
 *
 *   faultfs [OPTION]... DIRECTORY MOUNTPOINT
 *
 * Writing to MOUNTPOINT/.faultfs replaces the rules (rules.h); reading it returns them with their
 * counts. Without a matching rule, operations reach the directory unchanged. Names of the same file
 * share its locks. Pages are cached between open and close, and with --direct-io not at all: each
 * read and write of a program is one operation. --foreground runs until the unmount. --fold-case
 * takes names that differ only in case for equal. --plain-rename refuses the flags of renameat2(2).
 * --nfs4-acl has only the attributes of nfs4.h. --read-delay=MS delays all reads. --cache=SECONDS
 * also caches names and attributes. */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 312
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "fold.h"
#include "nfs4.h"
#include "rules.h"

enum {
    CONTROL_MAX = 65536,
    /* each delayed operation occupies a thread, and one must be free for interruptions */
    THREADS_MAX = 1024,
    DELAY_STEP_US = 5000,
};

static const char control[] = "/.faultfs";
static int direct_io, fold_case, nfs4_acl, plain_rename;
static double cache_seconds;

/* Returns the path relative to the directory underneath, which is the working directory. An open
 * file without a name has no path. */
static const char *below(const char *path)
{
    if (!path || !path[1])
        return path ? "." : "";
    return fold_case ? fold_path(path + 1) : path + 1;
}

static int result(int rc)
{
    return rc < 0 ? -errno : rc;
}

static int wait_for(const struct rule_effect *effect)
{
    for (unsigned waited = 0; waited < effect->delay_us; waited += DELAY_STEP_US) {
        unsigned left = effect->delay_us - waited;
        struct timespec step = {.tv_nsec = 1000L * (left < DELAY_STEP_US ? left : DELAY_STEP_US)};
        if (!effect->deaf && fuse_interrupted())
            return -EINTR;
        nanosleep(&step, NULL);
    }
    return 0;
}

/* Applies the rules before the operation itself, on len bytes at offset if these are not 0.
 * Returns 0 or -errno. */
static int fault_at(enum rule_op op, const char *path, off_t offset, size_t len,
                    struct rule_effect *effect)
{
    int rc;

    *effect = rules_apply(op, below(path), (uint64_t)offset, len);
    rc = wait_for(effect);
    if (rc == 0 && effect->resize >= 0 && path)
        rc = result(truncate(below(path), effect->resize));
    return rc < 0 ? rc : effect->error;
}

static int fault(enum rule_op op, const char *path, struct rule_effect *effect)
{
    return fault_at(op, path, 0, 0, effect);
}

/* Applies the rules to an operation without offset and effect. */
#define FAULT(op, path)                          \
    do {                                         \
        struct rule_effect effect_;              \
        int rc_ = fault((op), (path), &effect_); \
        if (rc_ < 0)                             \
            return rc_;                          \
    } while (0)

static bool is_control(const char *path)
{
    return path && strcmp(path, control) == 0;
}

static int fs_getattr(const char *path, struct stat *st, struct fuse_file_info *info)
{
    struct rule_effect effect;
    int rc;

    if (is_control(path)) {
        *st = (struct stat){.st_mode = S_IFREG | 0666, .st_nlink = 1};
        return 0;
    }
    rc = fault(RULE_GETATTR, path, &effect);
    if (rc == 0)
        rc = result(info ? fstat((int)info->fh, st) : lstat(below(path), st));
    if (rc == 0 && effect.size >= 0 && (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode)))
        st->st_size = effect.size;
    return rc;
}

static int keep(int fd, struct fuse_file_info *info)
{
    if (fd < 0)
        return -errno;
    info->fh = (uint64_t)fd;
    info->direct_io = direct_io;
    return 0;
}

static int fs_open(const char *path, struct fuse_file_info *info)
{
    if (is_control(path)) {
        info->direct_io = 1;
        return info->flags & O_TRUNC ? rules_set("", 0) : 0;
    }
    FAULT(RULE_OPEN, path);
    /* the kernel resolves links and handles O_APPEND and O_DIRECT */
    return keep(open(below(path), (info->flags & ~(O_DIRECT | O_APPEND)) | O_CLOEXEC | O_NOFOLLOW),
                info);
}

static int fs_create(const char *path, mode_t mode, struct fuse_file_info *info)
{
    const struct fuse_context *context = fuse_get_context();
    int rc;

    FAULT(RULE_CREATE, path);
    rc = keep(open(below(path), (info->flags & ~(O_DIRECT | O_APPEND)) | O_CREAT | O_CLOEXEC, mode),
              info);
    if (rc == 0 && context->uid != geteuid())
        (void)!fchown((int)info->fh, context->uid, context->gid);
    return rc;
}

static int fs_read(const char *path, char *buf, size_t size, off_t offset,
                   struct fuse_file_info *info)
{
    struct rule_effect effect;
    int rc;

    if (is_control(path)) {
        char *text = rules_text();
        size_t len = text ? strlen(text) : 0;
        len = (size_t)offset < len ? len - (size_t)offset : 0;
        len = len < size ? len : size;
        if (len > 0)
            memcpy(buf, text + offset, len);
        free(text);
        return (int)len;
    }
    rc = fault_at(RULE_READ, path, offset, size, &effect);
    if (rc < 0)
        return rc;
    rc = result((int)pread((int)info->fh, buf,
                           size < effect.short_bytes ? size : effect.short_bytes, offset));
    if (rc > 0 && effect.flip >= offset && effect.flip < offset + rc)
        buf[effect.flip - offset] ^= (char)0xff;
    return rc;
}

static int fs_write(const char *path, const char *buf, size_t size, off_t offset,
                    struct fuse_file_info *info)
{
    struct rule_effect effect;
    int rc;

    if (is_control(path)) {
        rc = offset > 0 || size > CONTROL_MAX ? -EFBIG : rules_set(buf, size);
        return rc < 0 ? rc : (int)size;
    }
    rc = fault_at(RULE_WRITE, path, offset, size, &effect);
    if (rc < 0)
        return rc;
    return result((int)pwrite((int)info->fh, buf,
                              size < effect.short_bytes ? size : effect.short_bytes, offset));
}

static int fs_flush(const char *path, struct fuse_file_info *info)
{
    (void)info;
    if (!is_control(path))
        FAULT(RULE_FLUSH, path);
    return 0;
}

static int fs_release(const char *path, struct fuse_file_info *info)
{
    if (!is_control(path))
        close((int)info->fh);
    return 0;
}

static int fs_fsync(const char *path, int data_only, struct fuse_file_info *info)
{
    FAULT(RULE_FSYNC, path);
    return result(data_only ? fdatasync((int)info->fh) : fsync((int)info->fh));
}

static int fs_truncate(const char *path, off_t size, struct fuse_file_info *info)
{
    if (is_control(path))
        return rules_set("", 0);
    FAULT(RULE_TRUNCATE, path);
    return result(info ? ftruncate((int)info->fh, size) : truncate(below(path), size));
}

static int fs_fallocate(const char *path, int mode, off_t offset, off_t len,
                        struct fuse_file_info *info)
{
    FAULT(RULE_ALLOCATE, path);
    return result(fallocate((int)info->fh, mode, offset, len));
}

static off_t fs_lseek(const char *path, off_t offset, int whence, struct fuse_file_info *info)
{
    off_t at;

    FAULT(RULE_SEEK, path);
    at = lseek((int)info->fh, offset, whence);
    return at < 0 ? -errno : at;
}

/* Locks the file underneath through the descriptor, which owns the lock until it is closed. */
static int fs_lock(const char *path, struct fuse_file_info *info, int command, struct flock *lock)
{
    (void)path;
    lock->l_pid = 0;
    return result(fcntl((int)info->fh,
                        command == F_GETLK   ? F_OFD_GETLK
                        : command == F_SETLK ? F_OFD_SETLK
                                             : F_OFD_SETLKW,
                        lock));
}

static int fs_rename(const char *from, const char *to, unsigned flags)
{
    FAULT(RULE_RENAME, from);
    return plain_rename && flags
               ? -EINVAL
               : result(renameat2(AT_FDCWD, below(from), AT_FDCWD, below(to), flags));
}

static int fs_unlink(const char *path)
{
    FAULT(RULE_UNLINK, path);
    return result(unlink(below(path)));
}

static int fs_rmdir(const char *path)
{
    FAULT(RULE_UNLINK, path);
    return result(rmdir(below(path)));
}

static int fs_link(const char *from, const char *to)
{
    FAULT(RULE_LINK, to);
    return result(link(below(from), below(to)));
}

static int fs_symlink(const char *target, const char *path)
{
    FAULT(RULE_LINK, path);
    return result(symlink(target, below(path)));
}

static int fs_readlink(const char *path, char *buf, size_t size)
{
    ssize_t n;

    FAULT(RULE_LINK, path);
    n = readlink(below(path), buf, size - 1);
    if (n < 0)
        return -errno;
    buf[n] = 0;
    return 0;
}

static int fs_mkdir(const char *path, mode_t mode)
{
    FAULT(RULE_MKDIR, path);
    return result(mkdir(below(path), mode));
}

static int fs_mknod(const char *path, mode_t mode, dev_t dev)
{
    FAULT(RULE_MKNOD, path);
    return result(mknod(below(path), mode, dev));
}

static int fs_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
                      struct fuse_file_info *info, enum fuse_readdir_flags flags)
{
    const struct dirent *dirent;
    struct rule_effect effect;
    int rc = fault(RULE_READDIR, path, &effect);
    DIR *dir = rc < 0 ? NULL : opendir(below(path));
    bool full = false;

    (void)offset;
    (void)info;
    (void)flags;
    if (!dir)
        return rc < 0 ? rc : -errno;
    while (!full && (dirent = readdir(dir))) {
        mode_t type = effect.type >= 0 ? (mode_t)effect.type : dirent->d_type;
        struct stat st = {.st_ino = dirent->d_ino, .st_mode = DTTOIF(type)};
        for (int64_t i = 0; i <= effect.repeat && !full; i++)
            full = fill(buf, dirent->d_name, &st, 0, 0) != 0;
    }
    closedir(dir);
    return 0;
}

static int fs_chmod(const char *path, mode_t mode, struct fuse_file_info *info)
{
    FAULT(RULE_CHMOD, path);
    return result(info ? fchmod((int)info->fh, mode) : chmod(below(path), mode));
}

static int fs_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *info)
{
    FAULT(RULE_CHOWN, path);
    return result(info ? fchown((int)info->fh, uid, gid) : lchown(below(path), uid, gid));
}

static int fs_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *info)
{
    FAULT(RULE_UTIMENS, path);
    return result(info ? futimens((int)info->fh, times)
                       : utimensat(AT_FDCWD, below(path), times, AT_SYMLINK_NOFOLLOW));
}

static int fs_setxattr(const char *path, const char *name, const char *value, size_t size,
                       int flags)
{
    FAULT(RULE_XATTR, path);
    if (nfs4_acl)
        return nfs4_set(below(path), name, value, size, flags);
    return result(lsetxattr(below(path), name, value, size, flags));
}

static int fs_getxattr(const char *path, const char *name, char *value, size_t size)
{
    FAULT(RULE_XATTR, path);
    if (nfs4_acl)
        return nfs4_get(below(path), name, value, size);
    return result((int)lgetxattr(below(path), name, value, size));
}

static int fs_listxattr(const char *path, char *list, size_t size)
{
    FAULT(RULE_LISTXATTR, path);
    return nfs4_acl ? nfs4_list(list, size) : result((int)llistxattr(below(path), list, size));
}

static int fs_removexattr(const char *path, const char *name)
{
    FAULT(RULE_XATTR, path);
    return result(lremovexattr(below(path), name));
}

static int fs_statfs(const char *path, struct statvfs *st)
{
    return result(statvfs(below(path), st));
}

static void *fs_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
    connection->max_background = THREADS_MAX; /* the number of direct requests at a time */
    connection->congestion_threshold = THREADS_MAX;
    config->use_ino = 1;
    config->hard_remove = 1;
    config->attr_timeout = config->entry_timeout = cache_seconds;
    config->negative_timeout = 0;
    /* 3.17 needs it for interruptions. In older versions its signal would end the process. */
    config->intr = fuse_version() >= FUSE_MAKE_VERSION(3, 17);
    return NULL;
}

static const struct fuse_operations operations = {
    .init = fs_init,
    .getattr = fs_getattr,
    .open = fs_open,
    .create = fs_create,
    .read = fs_read,
    .write = fs_write,
    .flush = fs_flush,
    .release = fs_release,
    .fsync = fs_fsync,
    .truncate = fs_truncate,
    .fallocate = fs_fallocate,
    .lseek = fs_lseek,
    .lock = fs_lock,
    .rename = fs_rename,
    .unlink = fs_unlink,
    .rmdir = fs_rmdir,
    .link = fs_link,
    .symlink = fs_symlink,
    .readlink = fs_readlink,
    .mkdir = fs_mkdir,
    .mknod = fs_mknod,
    .readdir = fs_readdir,
    .chmod = fs_chmod,
    .chown = fs_chown,
    .utimens = fs_utimens,
    .setxattr = fs_setxattr,
    .getxattr = fs_getxattr,
    .listxattr = fs_listxattr,
    .removexattr = fs_removexattr,
    .statfs = fs_statfs,
};

/* Mounts, daemonizes and serves. Returns the exit status. */
static int serve(const char *directory, const char *mountpoint, bool foreground)
{
    char *argv[] = {(char *)"faultfs", (char *)"-o",
                    (char *)(geteuid() == 0 ? "fsname=faultfs,default_permissions,allow_other"
                                            : "fsname=faultfs,default_permissions")};
    struct fuse_args args = FUSE_ARGS_INIT(3, argv);
    struct fuse *fuse = fuse_new(&args, &operations, sizeof(operations), NULL);
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    int below_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 1;

    if (below_fd < 0)
        perror(directory);
    if (fuse && config && below_fd >= 0 && fuse_mount(fuse, mountpoint) == 0) {
        fuse_loop_cfg_set_max_threads(config, THREADS_MAX);
        /* it also changes to the root directory, which must not keep a mount busy */
        if (fuse_daemonize(foreground) == 0 && fchdir(below_fd) == 0 &&
            fuse_set_signal_handlers(fuse_get_session(fuse)) == 0) {
            umask(0);
            rc = fuse_loop_mt(fuse, config) == 0 ? 0 : 1;
            fuse_remove_signal_handlers(fuse_get_session(fuse));
        }
        fuse_unmount(fuse);
    }
    if (below_fd >= 0)
        close(below_fd);
    fuse_loop_cfg_destroy(config);
    if (fuse)
        fuse_destroy(fuse);
    return rc;
}

static int usage(void)
{
    fputs("usage: faultfs [--direct-io] [--fold-case] [--plain-rename] [--nfs4-acl] "
          "[--read-delay=MS] [--cache=SECONDS] [--foreground] DIRECTORY MOUNTPOINT\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"direct-io", no_argument, &direct_io, 1},       {"fold-case", no_argument, &fold_case, 1},
        {"plain-rename", no_argument, &plain_rename, 1}, {"nfs4-acl", no_argument, &nfs4_acl, 1},
        {"read-delay", required_argument, NULL, 'r'},    {"foreground", no_argument, NULL, 'f'},
        {"cache", required_argument, NULL, 'a'},         {NULL, 0, NULL, 0},
    };
    bool foreground = false;
    char rule[64];
    int option;

    while ((option = getopt_long(argc, argv, "f", options, NULL)) != -1) {
        if (option == 'f') {
            foreground = true;
        } else if (option == 'a') {
            cache_seconds = atof(optarg);
        } else if (option == 'r') {
            snprintf(rule, sizeof(rule), "read * delay=%s", optarg);
            if (rules_set(rule, strlen(rule)) < 0)
                return usage();
        } else if (option != 0) {
            return usage();
        }
    }
    if (argc - optind != 2)
        return usage();
    return serve(argv[optind], argv[optind + 1], foreground);
}
