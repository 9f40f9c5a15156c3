/* temp.c: files that get their name when they are complete. See temp.h.
 *
 * Half of the digits of a temporary name are a hash of the boot's identity and of the mount. The
 * process that made the file holds it locked (flock(2)) until it ends. A file with this hash and
 * without a lock is left over, and the next run removes it. Such a run may also remove a new file
 * before its lock: its maker then makes another one. */
#define _GNU_SOURCE
#include "temp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "stats.h"
#include "statx.h"
#include "retry.h"

enum {
    TRIES = 100, /* of names that others may have taken */
};

static char boot_id[36]; /* "": unknown */

static void read_boot_id(void)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (read(fd, boot_id, sizeof(boot_id)) != sizeof(boot_id))
        boot_id[0] = 0;
    close(fd);
}

/* Tells a number for the place of temporary files: it is the same only on one mount of one machine,
 * until the next boot. 0: unknown. Returns 0; -EPERM if such a file could not be renamed or removed
 * there. */
static int place_of(int dir_fd, const char *name, uint32_t *place)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char *dir = path_dir(name);
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    bool append_only = false;
    dev_t dev;
    bool known = dir && statx_directory(dir_fd, dir, &dev, &append_only) == 0;

    free(dir);
    pthread_once(&once, read_boot_id);
    *place = 0;
    if (append_only)
        return -EPERM;
    if (!known || !boot_id[0])
        return 0;
    for (size_t i = 0; i < sizeof(boot_id); i++)
        hash = (hash ^ (unsigned char)boot_id[i]) * 0x100000001b3;
    for (size_t i = 0; i < sizeof(dev); i++)
        hash = (hash ^ (dev >> 8 * i & 0xff)) * 0x100000001b3;
    *place = (uint32_t)(hash ^ hash >> 32) | 1;
    return 0;
}

/* Returns a number that differs from those of other names. */
static uint32_t new_number(void)
{
    static atomic_uint count;
    uint32_t number;

    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) == sizeof(number))
        return number;
    /* early at boot, or a filter forbids it */
    return (uint32_t)stats_now_ns() + ((uint32_t)getpid() << 16) +
           atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

/* Makes a random name in the directory of name. Returns NULL if memory is short. */
static char *make_name(const char *name, const char *prefix, uint32_t place)
{
    char *temp;

    if (asprintf(&temp, "%.*s%s%08" PRIx32 "%08" PRIx32, (int)path_dir_length(name), name, prefix,
                 place, new_number()) < 0)
        return NULL;
    return temp;
}

static int open_unnamed(int dir_fd, const char *name, mode_t mode)
{
    char *dir = path_dir(name);
    int fd = dir ? openat(dir_fd, dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode) : -1;

    free(dir);
    return fd;
}

static int create(int dir_fd, const char *name, mode_t mode)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

    return fd < 0 ? -errno : fd;
}

int temp_link(int fd, int dir_fd, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno != ENOENT)
        return -errno;
    /* there may be no /proc: root may do this, and since Linux 6.10 the user who has opened it */
    return linkat(fd, "", dir_fd, name, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* Tells whether the name leads to the open file. The number of links does not tell if it has been
 * removed: FUSE and NFS give an open file another name then. */
static bool has_name(int dir_fd, const char *name, int fd)
{
    struct stat st, at;

    return fstat(fd, &st) == 0 && fstatat(dir_fd, name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
           at.st_dev == st.st_dev && at.st_ino == st.st_ino;
}

/* Creates a file and locks it. Returns -EEXIST if another run has removed it in between. */
static int create_locked(int dir_fd, const char *name, mode_t mode)
{
    int fd = create(dir_fd, name, mode);

    if (fd < 0)
        return fd;
    /* without locks no other run can remove it, either */
    if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && has_name(dir_fd, name, fd))
        return fd;
    close(fd);
    (void)unlinkat(dir_fd, name, 0);
    return -EEXIST;
}

/* Gives the open file, or a new one if fd is -1, a temporary name in *temp. Returns the descriptor
 * of the new file, 0, or -errno. */
static int name_apart(int dir_fd, const char *name, const char *prefix, int fd, mode_t mode,
                      char **temp, struct unfinished *unfinished)
{
    uint32_t place;
    int rc = place_of(dir_fd, name, &place);

    if (rc < 0)
        return rc;
    rc = -EEXIST;
    if (fd >= 0)
        (void)flock(fd, LOCK_EX | LOCK_NB);
    for (int i = 0; i < TRIES && rc == -EEXIST; i++) {
        char *made = make_name(name, prefix, place);
        if (!made)
            return -ENOMEM;
        unfinished_begin();
        rc = fd < 0 ? create_locked(dir_fd, made, mode) : temp_link(fd, dir_fd, made);
        (void)unfinished_created(unfinished, dir_fd, rc < 0 ? NULL : made, -1);
        unfinished_extend(unfinished, UINT64_MAX);
        if (rc < 0)
            free(made);
        else
            *temp = made;
    }
    return rc;
}

/* Returns true if a file without a name can be given one later. */
static bool can_be_named(void)
{
    static atomic_int known; /* 0: not yet */
    int can = atomic_load_explicit(&known, memory_order_relaxed);

    if (can == 0) {
        can = access("/proc/self/fd", F_OK) == 0 ? 1 : -1;
        atomic_store_explicit(&known, can, memory_order_relaxed);
    }
    return can > 0;
}

int temp_open(int dir_fd, const char *name, const char *prefix, mode_t mode, char **temp,
              struct unfinished *unfinished)
{
    *temp = NULL;
    if (can_be_named()) {
        int fd = open_unnamed(dir_fd, name, mode);
        if (fd >= 0)
            return fd;
        /* filesystems without such files, and old kernels, say one of these */
        if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)
            return -errno;
    }
    return name_apart(dir_fd, name, prefix, -1, mode, temp, unfinished);
}

pthread_mutex_t *temp_names_lock(int dir_fd)
{
    static pthread_mutex_t locks[] = {[0 ... 15] = PTHREAD_MUTEX_INITIALIZER};
    struct stat st = {0};

    (void)fstat(dir_fd, &st);
    return &locks[st.st_ino % (sizeof(locks) / sizeof(locks[0]))];
}

/* Renames a file if the new name is free when it is looked at. Two threads may do so with names
 * that differ in case only, which the filesystem may take for one. Returns 0 or -errno. */
static int rename_to_new(int dir_fd, const char *from, const char *name)
{
    pthread_mutex_t *lock = temp_names_lock(dir_fd);
    struct stat at;
    int rc = -EEXIST;

    pthread_mutex_lock(lock);
    if (fstatat(dir_fd, name, &at, AT_SYMLINK_NOFOLLOW) < 0)
        rc = errno == ENOENT && renameat(dir_fd, from, dir_fd, name) == 0 ? 0 : -errno;
    pthread_mutex_unlock(lock);
    return rc;
}

int temp_name(int dir_fd, const char *name, const char *prefix, int fd, char *temp, bool replaces,
              struct unfinished *unfinished)
{
    int rc = 0;

    if (!temp && !replaces)
        return temp_link(fd, dir_fd, name);
    if (!temp)
        rc = name_apart(dir_fd, name, prefix, fd, 0, &temp, unfinished);
    if (rc < 0)
        return rc;
    if (renameat2(dir_fd, temp, dir_fd, name, replaces ? 0 : RENAME_NOREPLACE) < 0)
        rc = -errno;
    if (rc == -EINVAL && !replaces) /* the filesystem does not support flags */
        rc = rename_to_new(dir_fd, temp, name);
    if (rc < 0)
        unlinkat(dir_fd, temp, 0);
    unfinished_end(unfinished);
    free(temp);
    return rc;
}

int temp_replace(int dir_fd, const char *name, const char *prefix,
                 int (*make)(const void *arg, int dir_fd, const char *temp), const void *arg)
{
    struct unfinished none = {};
    uint32_t place;
    int rc = place_of(dir_fd, name, &place);

    if (rc < 0)
        return rc;
    rc = -EEXIST;
    for (int i = 0; i < TRIES && rc == -EEXIST; i++) {
        char *temp = make_name(name, prefix, 0);
        if (!temp)
            return -ENOMEM;
        unfinished_begin(); /* a program that ends waits for all that follows */
        rc = make(arg, dir_fd, temp);
        if (rc == 0) {
            rc = renameat(dir_fd, temp, dir_fd, name) < 0 ? -errno : 0;
            /* it is still there after an error, or if name was a link to the same file */
            (void)unlinkat(dir_fd, temp, 0);
        }
        (void)unfinished_created(&none, dir_fd, NULL, -1);
        free(temp);
    }
    return rc;
}

void temp_drop(int dir_fd, char *temp, struct unfinished *unfinished)
{
    if (temp)
        unlinkat(dir_fd, temp, 0);
    unfinished_end(unfinished);
    free(temp);
}

/* Removes a temporary file if it is left over: it is ours and not locked. */
static void remove_left(int dir_fd, const char *name)
{
    int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, fd;
    struct stat st;

    fd = openat(dir_fd, name, O_RDWR | flags); /* NFS needs it for a lock */
    if (fd < 0 && errno == EACCES)             /* the copy of a read-only file */
        fd = openat(dir_fd, name, O_RDONLY | flags);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid() &&
        flock(fd, LOCK_EX | LOCK_NB) == 0 && has_name(dir_fd, name, fd))
        (void)unlinkat(dir_fd, name, 0);
    close(fd);
}

void temp_sweep(int dir_fd, const char *prefix)
{
    const struct dirent *entry;
    char made_here[32];
    uint32_t place;
    int fd, len;
    DIR *dir;

    if (place_of(dir_fd, "", &place) < 0 || place == 0)
        return;
    len = snprintf(made_here, sizeof(made_here), "%s%08" PRIx32, prefix, place);
    fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(dir)))
        if (strncmp(entry->d_name, made_here, (size_t)len) == 0 &&
            strlen(entry->d_name) == (size_t)len + 8 &&
            strspn(entry->d_name + len, "0123456789abcdef") == 8)
            remove_left(dir_fd, entry->d_name);
    closedir(dir);
}
