/* exclude.c: fuzzes the globs of --exclude: two globs and a path to match, each ending with NUL. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "../../core/pipeline/exclude.h"
#include "fuzz.h"

enum { TEXT_MAX = 200 };

static struct exclude *list_of(const char *first, const char *second)
{
    struct exclude *list = NULL;

    MUST(exclude_add(&list, first) == 0);
    if (second)
        MUST(exclude_add(&list, second) == 0);
    return list;
}

static bool matches(const char *first, const char *second, const struct dir *dir, const char *name,
                    bool is_dir)
{
    struct exclude *list = list_of(first, second);
    int rc = exclude_match(list, dir, 0, name, is_dir);

    MUST(rc == 0 || rc == 1);
    exclude_free(list);
    return rc;
}

/* Makes a glob that matches exactly these characters. */
static void quote(char *glob, const char *text)
{
    for (; *text; *glob++ = *text++)
        if (*text != '/')
            *glob++ = '\\';
    *glob = 0;
}

static void check_names(const struct dir *dir, const char *name)
{
    char glob[4 * TEXT_MAX], path[2 * TEXT_MAX + 3];

    quote(glob, name);
    MUST(matches(glob, NULL, dir, name, false));
    path[0] = '/';
    dir_path_copy(dir, path + 1);
    snprintf(path + 1 + dir->path_len, sizeof(path) - 1 - dir->path_len, "%s%s",
             dir->path_len > 0 ? "/" : "", name);
    quote(glob, path);
    MUST(matches(glob, NULL, dir, name, false));
    memcpy(glob + strlen(glob), "x", 2);
    MUST(!matches(glob, NULL, dir, name, true));
}

static void check_globs(const char *a, const char *b, const struct dir *dir, const char *name)
{
    bool matched[2];

    for (int is_dir = 0; is_dir < 2; is_dir++) {
        bool one = matches(a, NULL, dir, name, is_dir), other = matches(b, NULL, dir, name, is_dir);
        matched[is_dir] = matches(a, b, dir, name, is_dir);
        MUST(matched[is_dir] == (one || other));
        MUST(matched[is_dir] == matches(b, a, dir, name, is_dir));
    }
    MUST(matched[1] || !matched[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char texts[3][TEXT_MAX + 1] = {0}, *name;
    struct dir *dir;

    for (int i = 0; i < 3; i++) {
        size_t text_len = strnlen((const char *)data, len);
        memcpy(texts[i], data, text_len < TEXT_MAX ? text_len : TEXT_MAX);
        text_len += text_len < len ? 1 : 0;
        data += text_len;
        len -= text_len;
    }
    name = strrchr(texts[2], '/');
    if (name)
        *name++ = 0;
    else
        name = texts[2];
    dir = dir_cwd();
    MUST(dir);
    if (name != texts[2])
        for (char *part = strtok(texts[2], "/"); part; part = strtok(NULL, "/")) {
            struct dir *child = dir_new(dir, part, -1);
            MUST(child);
            dir_put(dir);
            dir = child;
        }
    if (*name) {
        check_globs(texts[0], texts[1], dir, name);
        check_names(dir, name);
    }
    dir_put(dir);
    return 0;
}
