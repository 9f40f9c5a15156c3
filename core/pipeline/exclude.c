/* exclude.c: matching names with the globs of --exclude. See exclude.h. */
#define _GNU_SOURCE
#include "exclude.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct glob {
    char *text; /* without the slashes at its beginning and end, unless any_depth */
    bool dirs_only;
    bool anchored;  /* for all of the path, not only for its end */
    bool any_depth; /* it has a slash and "**", so that '*' matches slashes, too */
    size_t slashes; /* in text; without "**" also in the part of a path that it matches */
};

struct exclude {
    struct glob *globs;
    size_t len;
};

/* Finds out what a glob is matched with. Returns 0 or -ENOMEM. */
static int parse(struct glob *glob)
{
    bool starred = strstr(glob->text, "**");
    char *text;

    glob->anchored = glob->text[0] == '/';
    for (const char *at = glob->text; *at; at++)
        glob->slashes += *at == '/';
    glob->any_depth = starred && glob->slashes > 0;
    if (glob->any_depth) {
        /* if it is not for the whole path, any slash may come before it: one star tries them all,
         * and takes less time than a match from each slash */
        bool whole = glob->anchored || strncmp(glob->text, "**", 2) == 0;
        if (asprintf(&text, "%s%s", whole ? "" : "*/", glob->text) < 0)
            return -ENOMEM;
        free(glob->text);
        glob->text = text;
    } else if (glob->anchored) {
        glob->slashes--;
        memmove(glob->text, glob->text + 1, strlen(glob->text));
    }
    return 0;
}

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
    if (parse(&glob) < 0) {
        free(glob.text);
        if (!*out)
            exclude_free(exclude);
        return -ENOMEM;
    }
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

/* Returns the path from below top on, with a slash before each part: malloc'd, NULL if memory is
 * short. top is dir or above it. */
static char *path_below(const struct dir *dir, const struct dir *top, const char *name)
{
    size_t len = strlen(name) + 1;
    const struct dir *at;
    char *path, *end;

    for (at = dir; at != top; at = at->parent)
        len += at->name_len + 1;
    path = malloc(len + 1);
    if (!path)
        return NULL;
    end = path + len - strlen(name);
    memcpy(end, name, strlen(name) + 1);
    *--end = '/';
    for (at = dir; at != top; at = at->parent) {
        end -= at->name_len;
        memcpy(end, at->name, at->name_len);
        *--end = '/';
    }
    return path;
}

/* Tells whether a path that ends in name can match, by what it must end in. */
static bool may_match(const struct glob *glob, const char *name)
{
    const char *end = glob->text, *slash;
    size_t end_len, len = strlen(name);

    for (const char *at = glob->text; *at; at++)
        if (strchr("*?[]\\", *at))
            end = at + 1;
    slash = strrchr(end, '/');
    if (slash)
        return strcmp(slash + 1, name) == 0;
    end_len = strlen(end);
    return end_len <= len && strcmp(name + len - end_len, end) == 0;
}

/* Matches a glob with a path. Builds only as much of the path as the glob can match: the whole path
 * of each entry would take a time that is quadratic in the depth. Returns 1, 0 or -ENOMEM. */
static int path_matches(const struct glob *glob, const struct dir *dir, size_t root_len,
                        const char *name)
{
    const struct dir *top = dir;
    size_t slashes = 0;
    char *path;
    int matched;

    if (glob->any_depth && !may_match(glob, name))
        return 0;
    while ((glob->any_depth || slashes < glob->slashes) && top->path_len > root_len) {
        top = top->parent;
        slashes++;
    }
    if (!glob->any_depth &&
        (slashes < glob->slashes || (glob->anchored && top->path_len > root_len)))
        return 0;
    path = path_below(dir, top, name);
    if (!path)
        return -ENOMEM;
    matched = glob->any_depth ? fnmatch(glob->text, path, 0) == 0
                              : fnmatch(glob->text, path + 1, FNM_PATHNAME) == 0;
    free(path);
    return matched;
}

int exclude_match(const struct exclude *exclude, const struct dir *dir, size_t root_len,
                  const char *name, bool is_dir)
{
    int matched = 0;

    for (size_t i = 0; exclude && i < exclude->len && matched == 0; i++) {
        const struct glob *glob = &exclude->globs[i];
        if (glob->dirs_only && !is_dir)
            continue;
        if (glob->anchored || glob->slashes > 0)
            matched = path_matches(glob, dir, root_len, name);
        else
            matched = fnmatch(glob->text, name, 0) == 0;
    }
    return matched;
}
