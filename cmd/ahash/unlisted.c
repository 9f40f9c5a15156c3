/* unlisted.c: --report-unlisted: what is there and in no check file. See ahash.h. */
#define _GNU_SOURCE
#include "unlisted.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../core/pipeline/walk.h"
#include "name_set.h"

struct unlisted {
    struct names *listed;
    char *common; /* the directory that all listed names are in; NULL: none is listed yet */
    struct {
        dev_t dev;
        ino_t ino;
    } * own; /* the check files: they need not list each other */
    size_t own_len;
};

struct unlisted *unlisted_new(void)
{
    struct unlisted *unlisted = calloc(1, sizeof(*unlisted));

    if (!unlisted)
        cli_fatal(0, "memory exhausted");
    unlisted->listed = names_new();
    return unlisted;
}

void unlisted_free(struct unlisted *unlisted)
{
    if (!unlisted)
        return;
    names_free(unlisted->listed);
    free(unlisted->common);
    free(unlisted->own);
    free(unlisted);
}

/* Shortens common to the directories that it shares with plain's. */
static void shorten(char *common, const char *plain)
{
    size_t len = 0;

    for (size_t i = 0;; i++) {
        bool ends = common[i] == 0, same = ends ? plain[i] == '/' : common[i] == plain[i];
        if (ends && same)
            return;
        if (!same)
            break;
        if (common[i] == '/')
            len = i;
    }
    common[len ? len : common[0] == '/'] = 0;
}

void unlisted_list(struct unlisted *unlisted, const char *name)
{
    const char *plain;

    names_put(unlisted->listed, name, 0);
    plain = names_plain(unlisted->listed, name);
    if (!unlisted->common) {
        const char *slash = strrchr(plain, '/');
        unlisted->common = strndup(plain, slash ? (size_t)(slash - plain) + (slash == plain) : 0);
        if (!unlisted->common)
            cli_fatal(0, "memory exhausted");
    } else if (*unlisted->common && strcmp(unlisted->common, "/") != 0) {
        shorten(unlisted->common, plain);
    }
}

void unlisted_check_file(struct unlisted *unlisted, int fd)
{
    struct stat st;
    void *own;

    if (fstat(fd, &st) < 0)
        return;
    own = realloc(unlisted->own, (unlisted->own_len + 1) * sizeof(*unlisted->own));
    if (!own)
        cli_fatal(0, "memory exhausted");
    unlisted->own = own;
    unlisted->own[unlisted->own_len].dev = st.st_dev;
    unlisted->own[unlisted->own_len++].ino = st.st_ino;
}

static bool is_own(const struct unlisted *unlisted, const struct dir *dir, const char *name)
{
    struct stat st;

    if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    for (size_t i = 0; i < unlisted->own_len; i++)
        if (unlisted->own[i].dev == st.st_dev && unlisted->own[i].ino == st.st_ino)
            return true;
    return false;
}

static int look_at(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                   uint64_t ino, void *arg)
{
    struct ahash *ahash = arg;
    struct unlisted *unlisted = ahash->unlisted;
    struct file *file;
    char *path;
    bool listed;

    (void)ino;
    if (type != DT_REG)
        return 0;
    path = file_path(&(struct file){.dir = dir, .name = name});
    if (!path)
        return -ENOMEM;
    listed = names_find(unlisted->listed, path) || is_own(unlisted, dir, name);
    free(path);
    if (listed)
        return 0;
    file = feed_file(feed, dir, name, strlen(name));
    if (!file)
        return -ENOMEM;
    ahash_item(ahash, file)->kind = AHASH_UNLISTED;
    return feed_add_done(feed, file);
}

int unlisted_produce(struct ahash *ahash, struct feed *feed)
{
    static const struct walk_ops ops = {.entry = look_at};
    const struct walk_opts opts = {.one_file_system = ahash->common.one_file_system,
                                   .exclude = ahash->common.exclude};
    const char *common = ahash->unlisted->common;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < ahash->trees_len; i++)
        rc = walk_tree(feed, ahash->cwd, ahash->trees[i], &opts, &ops, ahash);
    if (ahash->trees_len == 0 && common)
        rc = walk_tree(feed, ahash->cwd, *common ? common : ".", &opts, &ops, ahash);
    return rc;
}
