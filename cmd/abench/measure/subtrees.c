/* subtrees.c: see subtrees.h.
 *
 * An arm that walks a directory finds its files in another way than by their names in a list. Of
 * a copy it also knows that a directory it made was empty. With names, and on slow filesystems,
 * this takes the ring twice as long. Therefore the arm gets directories to walk. */
#define _GNU_SOURCE
#include "subtrees.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FILES_MOST = 64, /* in a subtree, unless it is one directory */
    LEAST = 8,       /* subtrees of a copy, of which a part can be like the whole */
    DRAWS = 16,      /* samples to choose from */
};

struct subtree {
    uint64_t first, files; /* names */
    uint64_t bytes;
    size_t path_bytes; /* of the directory, at the beginning of each name; 0: files */
};

struct subtrees {
    const struct bench *bench;
    bool copy;
    char *text;         /* of the list */
    const char **names; /* in the order of the walk */
    uint64_t n_names;
    struct subtree *items;
    size_t n, cap;
    uint64_t files; /* of all items */
    bool failed;    /* there was no memory */
};

static void add(struct subtrees *all, uint64_t first, uint64_t end, size_t path_bytes)
{
    struct subtree *item;
    struct stat st;

    if (all->n == all->cap) {
        size_t cap = all->cap ? 2 * all->cap : 1024;
        struct subtree *more = reallocarray(all->items, cap, sizeof(*more));
        all->failed |= !more;
        if (!more)
            return;
        all->items = more;
        all->cap = cap;
    }
    item = &all->items[all->n++];
    *item = (struct subtree){.first = first, .files = end - first, .path_bytes = path_bytes};
    for (uint64_t i = first; i < end; i++)
        if (stat(all->names[i], &st) == 0)
            item->bytes += (uint64_t)st.st_size;
    all->files += item->files;
}

/* Adds files that are in no small directory. A copy would have to put them elsewhere. */
static void add_files(struct subtrees *all, uint64_t first, uint64_t end)
{
    for (uint64_t next; !all->copy && first < end; first = next) {
        next = end - first > FILES_MOST ? first + FILES_MOST : end;
        add(all, first, next, 0);
    }
}

/* Returns the length of the name's path of one directory more than this, or 0. */
static size_t path_below(const char *name, size_t path_bytes)
{
    const char *slash;

    name += path_bytes;
    slash = strchr(name + strspn(name, "/"), '/');
    return slash ? path_bytes + (size_t)(slash - name) : 0;
}

/* Returns the first name, from first on, that is not in the directory. */
static uint64_t end_of(const struct subtrees *all, uint64_t first, uint64_t end, size_t path_bytes)
{
    const char *path = all->names[first];

    while (first < end && strncmp(all->names[first], path, path_bytes) == 0 &&
           all->names[first][path_bytes] == '/')
        first++;
    return first;
}

/* Divides the files of a directory, which is an operand or in one. */
static void divide(struct subtrees *all, uint64_t first, uint64_t end, size_t path_bytes)
{
    uint64_t loose = first, next;
    bool leaf = true;

    for (uint64_t i = first; i < end && leaf; i++)
        leaf = path_below(all->names[i], path_bytes) == 0;
    if (leaf && all->copy) {
        add(all, first, end, path_bytes);
        return;
    }
    for (; first < end; first = next) {
        size_t below = path_below(all->names[first], path_bytes);
        next = below ? end_of(all, first, end, below) : first + 1;
        if (!below)
            continue;
        add_files(all, loose, first);
        loose = next;
        if (next - first <= FILES_MOST)
            add(all, first, next, below);
        else
            divide(all, first, next, below);
    }
    add_files(all, loose, end);
}

/* Returns the length of the name's operand. */
static size_t operand_bytes(const struct bench *bench, const char *name)
{
    size_t longest = 0;

    for (size_t i = 0; i < bench->data.n_paths; i++) {
        size_t len = strlen(bench->data.paths[i]);
        while (len > 0 && bench->data.paths[i][len - 1] == '/')
            len--;
        if (len > longest && strncmp(name, bench->data.paths[i], len) == 0 && name[len] == '/')
            longest = len;
    }
    return longest;
}

static void divide_all(struct subtrees *all)
{
    for (uint64_t first = 0, next; first < all->n_names; first = next) {
        size_t operand = operand_bytes(all->bench, all->names[first]);
        next = operand ? end_of(all, first, all->n_names, operand) : first + 1;
        if (operand)
            divide(all, first, next, operand);
        else
            add_files(all, first, next);
    }
}

static bool load(struct subtrees *all)
{
    FILE *file = fopen(bench_temp(all->bench, "list"), "re");
    size_t len = 0, cap = 0;
    struct stat st;

    if (!file)
        return false;
    if (fstat(fileno(file), &st) == 0)
        cap = (size_t)st.st_size;
    all->text = malloc(cap + 1);
    all->names = calloc(all->bench->data.files + 1, sizeof(*all->names));
    if (all->text && all->names)
        len = fread(all->text, 1, cap, file);
    fclose(file);
    for (size_t at = 0; at < len && all->n_names < all->bench->data.files;) {
        all->names[all->n_names++] = all->text + at;
        at += strlen(all->text + at) + 1;
    }
    return all->n_names > 0 && all->text[len - 1] == '\0';
}

static int by_first(const void *a, const void *b)
{
    const struct subtree *x = a, *y = b;

    return x->first < y->first ? -1 : 1;
}

/* Compares the last parts of the paths of two directories. */
static int compare_last(const struct subtrees *all, const struct subtree *a,
                        const struct subtree *b)
{
    const char *x = all->names[a->first], *y = all->names[b->first];
    const char *x_end = x + a->path_bytes, *y_end = y + b->path_bytes;
    const char *x_slash = memrchr(x, '/', a->path_bytes), *y_slash = memrchr(y, '/', b->path_bytes);
    size_t x_len, y_len;
    int order;

    x = x_slash ? x_slash + 1 : x;
    y = y_slash ? y_slash + 1 : y;
    x_len = (size_t)(x_end - x);
    y_len = (size_t)(y_end - y);
    order = memcmp(x, y, x_len < y_len ? x_len : y_len);
    return order ? order : (x_len > y_len) - (x_len < y_len);
}

static int by_last(const void *a, const void *b, void *all)
{
    int order = compare_last(all, a, b);

    return order ? order : by_first(a, b);
}

/* Leaves out directories whose copies would go to one name, but for one of them. */
static void leave_one_of_a_name(struct subtrees *all)
{
    size_t left = 0;

    qsort_r(all->items, all->n, sizeof(*all->items), by_last, all);
    all->files = 0;
    for (size_t i = 0; i < all->n; i++) {
        if (left > 0 && compare_last(all, &all->items[i], &all->items[left - 1]) == 0)
            continue;
        all->files += all->items[i].files;
        all->items[left++] = all->items[i];
    }
    all->n = left;
    qsort(all->items, all->n, sizeof(*all->items), by_first);
}

struct subtrees *subtrees_new(const struct bench *bench)
{
    struct subtrees *all = calloc(1, sizeof(*all));

    if (!all)
        return NULL;
    all->bench = bench;
    all->copy = bench->opts.operation == BENCH_COPY;
    if (load(all))
        divide_all(all);
    if (all->copy && all->n > 0)
        leave_one_of_a_name(all);
    if (all->failed || all->n == 0 ||
        (all->copy && (all->n < LEAST || 2 * all->files < bench->data.files))) {
        subtrees_free(all);
        return NULL;
    }
    return all;
}

void subtrees_free(struct subtrees *subtrees)
{
    if (!subtrees)
        return;
    free(subtrees->text);
    free(subtrees->names);
    free(subtrees->items);
    free(subtrees);
}

/* Takes every n-th subtree, from one of DRAWS places on. Writes them, unless out is NULL. */
static struct subtree draw(const struct subtrees *all, double part, unsigned place, FILE *out[2])
{
    /* of a sample they have more than the files of the list */
    bool directories = all->bench->opts.operation != BENCH_READ &&
                       all->bench->data.whole_files == 0;
    double due = (place + 0.5) / DRAWS;
    struct subtree sum = {0};

    for (size_t i = 0; i < all->n; i++) {
        const struct subtree *item = &all->items[i];
        due += part;
        if (due < 1)
            continue;
        due -= 1;
        sum.files += item->files;
        sum.bytes += item->bytes;
        for (uint64_t j = item->first; out && j < item->first + item->files; j++) {
            fwrite(all->names[j], strlen(all->names[j]) + 1, 1, out[0]);
            if (item->path_bytes == 0 || !directories)
                fwrite(all->names[j], strlen(all->names[j]) + 1, 1, out[1]);
        }
        if (out && item->path_bytes > 0 && directories)
            fprintf(out[1], "%.*s%c", (int)item->path_bytes, all->names[item->first], 0);
    }
    return sum;
}

/* Returns how far a sample is from the wanted number of files of the mean size; 0: not at all. */
static double distance(const struct subtrees *all, const struct subtree *sum, double want)
{
    double mean = (double)all->bench->data.bytes / (double)all->bench->data.files;
    double files = (double)sum->files;

    if (sum->files == 0)
        return INFINITY;
    return fabs(log(files / want)) + fabs(log(((double)sum->bytes / files + 1) / (mean + 1)));
}

uint64_t subtrees_draw(const struct subtrees *subtrees, uint64_t want)
{
    double part = fmin((double)want / (double)subtrees->files, 1), best = INFINITY;
    FILE *out[2] = {fopen(bench_temp(subtrees->bench, "sample"), "we"),
                    fopen(bench_temp(subtrees->bench, "operands"), "we")};
    struct subtree sum = {0};
    unsigned place = 0;
    bool good = out[0] && out[1];

    for (unsigned i = 0; i < DRAWS; i++) {
        sum = draw(subtrees, part, i, NULL);
        if (distance(subtrees, &sum, (double)want) < best) {
            best = distance(subtrees, &sum, (double)want);
            place = i;
        }
    }
    if (good)
        sum = draw(subtrees, part, place, out);
    for (int i = 0; i < 2; i++)
        good = out[i] && fclose(out[i]) == 0 && good;
    return good ? sum.files : 0;
}
