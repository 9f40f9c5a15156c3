/* exclude.c: matching names with the globs of --exclude. See exclude.h. */
#define _GNU_SOURCE
#include "exclude.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct glob {
    char *text; /* without the slash at its end */
    bool dirs_only;
    bool slashed; /* for the path, not only for its last part */
    bool whole;   /* for all of it, with a slash before */
    int flags;    /* fnmatch's */
};

struct exclude {
    struct glob *globs;
    size_t len;
    bool slashed; /* one of them is */
};

int exclude_add(struct exclude **out, const char *text)
{
    struct exclude *exclude = *out ? *out : calloc(1, sizeof(*exclude));
    struct glob glob = {.text = strdup(text)};
    size_t len = strlen(text);
    struct glob *globs;

    globs = exclude ? realloc(exclude->globs, (exclude->len + 1) * sizeof(*globs)) : NULL;
    if (globs)
        exclude->globs = globs;
    if (!globs || !glob.text) {
        free(glob.text);
        if (!*out)
            exclude_free(exclude);
        return -ENOMEM;
    }
    while (len > 0 && glob.text[len - 1] == '/') {
        glob.text[--len] = 0;
        glob.dirs_only = true;
    }
    glob.whole = glob.text[0] == '/' || strncmp(glob.text, "**", 2) == 0;
    glob.slashed = strchr(glob.text, '/') != NULL;
    glob.flags = strstr(glob.text, "**") ? 0 : FNM_PATHNAME;
    exclude->slashed |= glob.slashed;
    globs[exclude->len++] = glob;
    *out = exclude;
    return 0;
}

void exclude_free(struct exclude *exclude)
{
    if (!exclude)
        return;
    for (size_t i = 0; i < exclude->len; i++)
        free(exclude->globs[i].text);
    free(exclude->globs);
    free(exclude);
}

/* The path below the operand, with a slash before each part: malloc'd, NULL where memory is short.
 */
static char *path_below(const struct dir *dir, size_t root_len, const char *name)
{
    size_t below_len = dir->path_len - root_len, name_len = strlen(name);
    char *path = malloc(dir->path_len + name_len + 3);
    char *at = path;

    if (!path)
        return NULL;
    dir_path_copy(dir, path + 1);
    memmove(path + 1, path + 1 + root_len, below_len);
    if (below_len > 0 && path[1] != '/') /* an operand that was written with a slash at its end */
        *at++ = '/';
    else
        memmove(path, path + 1, below_len);
    at += below_len;
    *at++ = '/';
    memcpy(at, name, name_len + 1);
    return path;
}

static bool glob_matches(const struct glob *glob, const char *path, const char *name, bool is_dir)
{
    if (glob->dirs_only && !is_dir)
        return false;
    if (!glob->slashed)
        return fnmatch(glob->text, name, glob->flags) == 0;
    if (glob->whole)
        return fnmatch(glob->text, path, glob->flags) == 0;
    for (; path; path = strchr(path, '/'))
        if (fnmatch(glob->text, ++path, glob->flags) == 0)
            return true;
    return false;
}

int exclude_match(const struct exclude *exclude, const struct dir *dir, size_t root_len,
                  const char *name, bool is_dir)
{
    char *path = NULL;
    int matched = 0;

    if (!exclude)
        return 0;
    if (exclude->slashed) {
        path = path_below(dir, root_len, name);
        if (!path)
            return -ENOMEM;
    }
    for (size_t i = 0; i < exclude->len && !matched; i++)
        matched = glob_matches(&exclude->globs[i], path, name, is_dir);
    free(path);
    return matched;
}
