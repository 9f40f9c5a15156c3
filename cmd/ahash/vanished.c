/* vanished.c: listed files, counted by the trees that they are in. See vanished.h. */
#define _GNU_SOURCE
#include "vanished.h"

#include <stdlib.h>
#include <string.h>

#include "../cli/messages.h"
#include "name_set.h"

struct part {
    char *name;
    bool has_left, has_gone;
};

struct vanished {
    struct names *index; /* the trees; number: the part */
    struct part *parts;  /* the first one is the whole */
    size_t len;
};

static void add_part(struct vanished *vanished, const char *name)
{
    struct part *parts = reallocarray(vanished->parts, vanished->len + 1, sizeof(*parts));

    if (!parts)
        cli_fatal(0, "memory exhausted");
    vanished->parts = parts;
    parts[vanished->len] = (struct part){.name = strdup(name)};
    if (!parts[vanished->len++].name)
        cli_fatal(0, "memory exhausted");
}

struct vanished *vanished_new(void)
{
    struct vanished *vanished = calloc(1, sizeof(*vanished));

    if (!vanished)
        cli_fatal(0, "memory exhausted");
    vanished->index = names_new();
    add_part(vanished, "");
    return vanished;
}

void vanished_free(struct vanished *vanished)
{
    if (!vanished)
        return;
    for (size_t i = 0; i < vanished->len; i++)
        free(vanished->parts[i].name);
    free(vanished->parts);
    names_free(vanished->index);
    free(vanished);
}

void vanished_tree(struct vanished *vanished, const char *name)
{
    if (names_find(vanished->index, name))
        return;
    names_put(vanished->index, name, vanished->len);
    add_part(vanished, name);
}

static void count(struct part *part, bool is_gone)
{
    if (is_gone)
        part->has_gone = true;
    else
        part->has_left = true;
}

void vanished_count(struct vanished *vanished, const char *name, bool is_gone)
{
    char *above = strdup(name_normalize(vanished->index, name)), *slash;
    bool is_top = false;

    if (!above)
        cli_fatal(0, "memory exhausted");
    count(&vanished->parts[0], is_gone);
    while (!is_top) {
        const char *tree = above;
        const uint64_t *part;
        slash = strrchr(above, '/');
        is_top = !slash || slash == above;
        if (slash)
            *slash = 0;
        if (is_top)
            tree = slash ? "/" : ".";
        part = names_find(vanished->index, tree);
        if (part)
            count(&vanished->parts[*part], is_gone);
    }
    free(above);
}

bool vanished_all(const struct vanished *vanished, const char **tree)
{
    for (size_t i = 0; i < vanished->len; i++) {
        const struct part *part = &vanished->parts[i];
        if (!part->has_gone || part->has_left)
            continue;
        *tree = i > 0 ? part->name : NULL;
        return true;
    }
    return false;
}
