/* unlisted.c: --report-unlisted: finds files that no check file lists. See unlisted.h.
 *
 * A listed file is known by its directory's device and inode and by its last name: how the path to
 * it is written does not matter. Another hard link to it is another file in this sense, since a
 * check file lists names. */
#define _GNU_SOURCE
#include "unlisted.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/base/path.h"
#include "../../core/pipeline/walk.h"
#include "name_set.h"
#include "../cli/messages.h"
#include "../../core/base/retry.h"

/* A directory that a listed name is in. Neighbours in a check file mostly share it. */
struct place {
    char *name; /* as it is written; NULL: none has been looked up yet */
    char *real; /* without links; NULL: it could not be looked up */
    struct stat st;
};

/* The directory that all listed names are in; NULL: none is listed yet. */
struct common {
    char *written, *real;
};

struct unlisted {
    struct name_set *listed;
    struct place place;
    struct common common;
    bool is_absolute, is_mixed; /* of listed names: the first one begins with a slash, others not */
    bool has_detours;           /* ".." in a name */
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
    unlisted->listed = name_set_new();
    return unlisted;
}

void unlisted_free(struct unlisted *unlisted)
{
    if (!unlisted)
        return;
    name_set_free(unlisted->listed);
    free(unlisted->place.name);
    free(unlisted->place.real);
    free(unlisted->common.written);
    free(unlisted->common.real);
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

/* Takes one more directory into what all have in common. */
static void share(char **common, const char *dir)
{
    char *below;

    if (!*common) {
        *common = strdup(dir);
        if (!*common)
            cli_fatal(0, "memory exhausted");
    } else if (**common && strcmp(*common, "/") != 0) {
        if (asprintf(&below, "%s/", dir) < 0)
            cli_fatal(0, "memory exhausted");
        shorten(*common, below);
        free(below);
    }
}

/* Looks up the directory that the first len bytes of a name lead to. */
static const struct place *look_up(struct unlisted *unlisted, const char *name, size_t len)
{
    struct place *place = &unlisted->place;

    if (place->name && strncmp(place->name, name, len) == 0 && place->name[len] == 0)
        return place;
    free(place->name);
    free(place->real);
    place->name = strndup(name, len);
    if (!place->name)
        cli_fatal(0, "memory exhausted");
    place->real = realpath(len ? place->name : ".", NULL);
    if (place->real && stat(place->real, &place->st) < 0) {
        free(place->real);
        place->real = NULL;
    }
    return place;
}

static char *key_of(const struct stat *dir, const char *last)
{
    char *key;

    if (asprintf(&key, "%ju:%ju/%s", (uintmax_t)dir->st_dev, (uintmax_t)dir->st_ino, last) < 0)
        cli_fatal(0, "memory exhausted");
    return key;
}

/* Lists a name by its place. Returns its directory, NULL if that cannot be looked up. */
static const struct place *list_place(struct unlisted *unlisted, const char *name)
{
    const char *last = path_last(name);
    const struct place *place = look_up(unlisted, name, (size_t)(last - name));
    char *key;

    if (!place->real)
        return NULL;
    key = key_of(&place->st, last);
    name_set_put(unlisted->listed, key, 0);
    free(key);
    return place;
}

static bool has_detour(const char *name)
{
    for (const char *at = name; (at = strstr(at, "..")); at += 2)
        if ((at == name || at[-1] == '/') && (at[2] == '/' || at[2] == 0))
            return true;
    return false;
}

void unlisted_list(struct unlisted *unlisted, const char *name)
{
    const struct place *place = list_place(unlisted, name);
    const char *plain, *slash;
    char *dir, byte, *real;

    if (place)
        share(&unlisted->common.real, place->real);
    else
        name_set_put(unlisted->listed, name, 0); /* beyond PATH_MAX, for one */
    plain = name_normalize(unlisted->listed, name);
    slash = strrchr(plain, '/');
    dir = strndup(plain, slash ? (size_t)(slash - plain) + (slash == plain) : 0);
    if (!dir)
        cli_fatal(0, "memory exhausted");
    if (!unlisted->common.written)
        unlisted->is_absolute = *name == '/';
    unlisted->is_mixed |= unlisted->is_absolute != (*name == '/');
    unlisted->has_detours |= has_detour(name);
    share(&unlisted->common.written, dir);
    free(dir);
    /* what a link leads to has been checked, too */
    if (readlink(name, &byte, 1) >= 0 && (real = realpath(name, NULL))) {
        list_place(unlisted, real);
        free(real);
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

/* Returns true if a file is not listed, and has not been met before in another tree. */
static bool is_new(const struct unlisted *unlisted, struct dir *dir, const char *name)
{
    char *key = NULL, *path;
    struct stat st;
    bool listed = false;

    if (fstat(dir->fd, &st) == 0) {
        key = key_of(&st, name);
        listed = name_set_find(unlisted->listed, key);
    }
    if (!listed && !(listed = is_own(unlisted, dir, name))) {
        path = file_path(&(struct file){.dir = dir, .name = name});
        if (!path)
            cli_fatal(0, "memory exhausted");
        listed = name_set_find(unlisted->listed, path);
        free(path);
    }
    if (!listed && key)
        name_set_put(unlisted->listed, key, 0);
    free(key);
    return !listed;
}

static int look_at(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                   uint64_t ino, void *arg)
{
    struct ahash *ahash = arg;
    struct file *file;

    (void)ino;
    if (type != DT_REG || !is_new(ahash->unlisted, dir, name))
        return 0;
    file = feed_file(feed, dir, name, strlen(name));
    if (!file)
        return -ENOMEM;
    ahash_item(ahash, file)->kind = AHASH_UNLISTED;
    file->told_only = true;
    return feed_add_done(feed, file);
}

/* Returns the directory to walk if none is given: as it is written in the names, if that can be
 * told from them. NULL: nothing is listed. */
static const char *common_tree(const struct unlisted *unlisted)
{
    const char *written = unlisted->common.written;

    if ((unlisted->is_mixed || unlisted->has_detours) && unlisted->common.real)
        return unlisted->common.real;
    return written && !*written ? "." : written;
}

int unlisted_produce(struct ahash *ahash, struct feed *feed)
{
    static const struct walk_ops ops = {.entry = look_at};
    const struct walk_opts opts = {.one_file_system = ahash->common.one_file_system,
                                   .exclude = ahash->common.exclude};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < ahash->trees_len; i++) {
        const char *tree = ahash->trees[i] ? ahash->trees[i] : common_tree(ahash->unlisted);
        if (tree)
            rc = walk_tree(feed, ahash->cwd, tree, &opts, &ops, ahash);
    }
    return rc;
}
