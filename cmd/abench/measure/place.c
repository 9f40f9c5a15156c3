/* place.c: directories for the files of a run. See place.h.
 *
 * The mark is written after it is locked (flock(2)), so a mark that is complete and not locked is
 * that of a process that has ended. */
#define _GNU_SOURCE
#include "place.h"
#include "child.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char pattern[] = "abench.XXXXXX";
static const char meaning[] = "temporary files of abench\n";
enum { MARK_BYTES = sizeof(meaning) - 1, BOOT_BYTES = 36, NAME_PREFIX = 7 };

/* Makes the contents of a mark: the meaning, and the identity of this boot. Returns their length, 0
 * if that is unknown. */
static size_t mark_text(char text[MARK_BYTES + BOOT_BYTES])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text + MARK_BYTES, BOOT_BYTES);

    if (fd >= 0)
        close(fd);
    memcpy(text, meaning, MARK_BYTES);
    return n == BOOT_BYTES ? MARK_BYTES + BOOT_BYTES : 0;
}

/* Marks a new directory. Without a mark it stays after SIGKILL. The descriptor stays open. */
static void mark(const char *path)
{
    char text[MARK_BYTES + BOOT_BYTES], *name = NULL;
    size_t len = mark_text(text);
    int fd;

    if (len == 0 || asprintf(&name, "%s/%s", path, PLACE_MARK) < 0)
        return;
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) < 0 || write(fd, text, len) != (ssize_t)len)) {
        close(fd);
        unlink(name);
    }
    free(name);
}

int place_make(const char *base, char path[PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s%s/%s", base[0] == '-' ? "./" : "", base, pattern) >= PATH_MAX)
        return -ENAMETOOLONG;
    if (!mkdtemp(path))
        return -errno;
    mark(path);
    return 0;
}

/* Ends the slow filesystem of a lesson, which is still mounted if that was killed. */
static void unmount(const char *path)
{
    struct stat at, slow;
    char *name = NULL;

    if (asprintf(&name, "%s/slow", path) < 0)
        return;
    char *argv[] = {(char *)"fusermount3", (char *)"-u", name, NULL};
    if (stat(path, &at) == 0 && stat(name, &slow) == 0 && at.st_dev != slow.st_dev &&
        umount2(name, MNT_DETACH) < 0)
        (void)child_command(argv, true);
    free(name);
}

int place_remove(const char *path)
{
    /* One rm alone took 14 s for a copy of 78,579 files on an ext4 that discards freed blocks and
     * has no journal, because each file's discard is waited for; in parallel they take 8 s. rm
     * copes with trees of any depth, and with being stopped. */
    static const char script[] = "find \"$1\" -mindepth 3 -maxdepth 3 -print0 2>/dev/null |"
                                 " xargs -0 -r -n 8 -P 16 rm -rf --; rm -rf -- \"$1\"";
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, (char *)"sh", (char *)path, NULL};
    int status;

    assert(strstr(path, "/abench.")); /* only what mkdtemp has made */
    status = child_command(argv, false);
    return status > 0 ? -EIO : status;
}

/* Opens the mark of a directory, and locks it. Returns its descriptor if it is ours and its maker
 * has ended, else -1. *here: its maker ran on this machine, since that was started. */
static int lock_mark(const char *path, bool *here)
{
    char text[MARK_BYTES + BOOT_BYTES], expected[MARK_BYTES + BOOT_BYTES], *name = NULL;
    size_t len = mark_text(expected);
    struct stat st;
    int fd = -1;

    if (len == 0 || lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        asprintf(&name, "%s/%s", path, PLACE_MARK) < 0)
        return -1;
    fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    free(name);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
        st.st_uid != geteuid() || st.st_size != (off_t)len || read(fd, text, len) != (ssize_t)len ||
        memcmp(text, meaning, MARK_BYTES) != 0) {
        close(fd);
        return -1;
    }
    *here = memcmp(text, expected, len) == 0;
    return fd;
}

static void sweep_one(const char *path)
{
    bool here;
    int fd = lock_mark(path, &here);

    if (fd < 0)
        return;
    if (!here) {
        cli_message(0,
                    "%s has the files of a run that has not ended well, before this machine was"
                    " started or on another one: remove it",
                    cli_quote_maybe(path));
    } else {
        unmount(path);
        if (place_remove(path) < 0)
            cli_message(0, "cannot remove %s, which a killed run has left", cli_quote(path));
        else
            cli_message(0, "removed %s, which a killed run had left", cli_quote(path));
    }
    close(fd);
}

void place_sweep(const char *base)
{
    DIR *dir = opendir(base);
    struct dirent *entry;
    char *path;

    while (dir && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, pattern, NAME_PREFIX) != 0 ||
            strlen(entry->d_name) != sizeof(pattern) - 1 ||
            asprintf(&path, "%s%s/%s", base[0] == '-' ? "./" : "", base, entry->d_name) < 0)
            continue;
        sweep_one(path);
        free(path);
    }
    if (dir)
        closedir(dir);
}
