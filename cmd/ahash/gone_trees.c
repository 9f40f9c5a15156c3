/* gone_trees.c: counts listed files by tree. See gone_trees.h. */
#define _GNU_SOURCE
#include "gone_trees.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/base/path.h"
#include "../cli/messages.h"
#include "name_set.h"

struct tree {
    char *name;
    bool has_files, has_gone;
};

struct gone_trees {
    struct name_set *index; /* names of the trees; number: index in trees */
    struct tree *trees;     /* the first one stands for all listed files */
    size_t len;
};

static void append(struct gone_trees *gone, const char *name)
{
    struct tree *trees = reallocarray(gone->trees, gone->len + 1, sizeof(*trees));

    if (!trees)
        cli_fatal(0, "memory exhausted");
    gone->trees = trees;
    trees[gone->len] = (struct tree){.name = strdup(name)};
    if (!trees[gone->len++].name)
        cli_fatal(0, "memory exhausted");
}

struct gone_trees *gone_trees_new(void)
{
    struct gone_trees *gone = calloc(1, sizeof(*gone));

    if (!gone)
        cli_fatal(0, "memory exhausted");
    gone->index = name_set_new();
    append(gone, "");
    return gone;
}

void gone_trees_free(struct gone_trees *gone)
{
    if (!gone)
        return;
    for (size_t i = 0; i < gone->len; i++)
        free(gone->trees[i].name);
    free(gone->trees);
    name_set_free(gone->index);
    free(gone);
}

void gone_trees_add(struct gone_trees *gone, const char *name)
{
    assert(!gone->trees[0].has_files && !gone->trees[0].has_gone); /* nothing is counted yet */
    if (name_set_find(gone->index, name))
        return;
    name_set_put(gone->index, name, gone->len);
    append(gone, name);
}

static void count(struct tree *tree, bool is_gone)
{
    if (is_gone)
        tree->has_gone = true;
    else
        tree->has_files = true;
}

void gone_trees_count(struct gone_trees *gone, const char *name, bool is_gone)
{
    char *above = strdup(name_normalize(gone->index, name));
    const char *parent;

    if (!above)
        cli_fatal(0, "memory exhausted");
    count(&gone->trees[0], is_gone);
    do {
        const uint64_t *index;
        parent = path_split(above, NULL);
        index = name_set_find(gone->index, parent);
        if (index)
            count(&gone->trees[*index], is_gone);
    } while (parent == above); /* the top is no text of the name's own: "/" or "." */
    free(above);
}

bool gone_trees_any(const struct gone_trees *gone, const char **name)
{
    for (size_t i = 0; i < gone->len; i++) {
        const struct tree *tree = &gone->trees[i];
        if (!tree->has_gone || tree->has_files)
            continue;
        *name = i > 0 ? tree->name : NULL;
        return true;
    }
    return false;
}
