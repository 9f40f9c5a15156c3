/* manifest.c: stores the entries of a tree in a file, and compares two trees. */
#define _GNU_SOURCE
#include "manifest.h"
#include "source.h"
#include "../../cli/messages.h"
#include "../../cli/name_list.h"
#include "../../cli/quote.h"
#include "../../../core/base/path.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fixed part of an entry in the file; the name with its NUL follows. */
struct record {
    uint64_t bytes;
    uint64_t ino;        /* of regular files */
    uint64_t name_bytes; /* the NUL too */
    uint8_t digest[BENCH_DIGEST_BYTES];
    uint8_t has_digest;
    uint8_t type;
    uint8_t padding[6];
};

struct manifest_item {
    struct record record;
    char *name;
};

static struct record record_of(const struct manifest_entry *entry)
{
    struct record record = {.bytes = entry->bytes,
                            .ino = entry->ino,
                            .name_bytes = strlen(entry->name) + 1,
                            .type = entry->type};

    if (entry->digest) {
        record.has_digest = 1;
        memcpy(record.digest, entry->digest, BENCH_DIGEST_BYTES);
    }
    return record;
}

void manifest_put(FILE *file, const struct manifest_entry *entry)
{
    struct record record = record_of(entry);

    fwrite(&record, sizeof(record), 1, file);
    fwrite(entry->name, record.name_bytes, 1, file);
}

/* Appends an entry. Takes ownership of name. */
static void append(struct manifest *manifest, const struct record *record, char *name)
{
    if (manifest->len == manifest->cap) {
        manifest->cap = manifest->cap ? manifest->cap * 2 : 1024;
        manifest->items = bench_need(
            realloc(manifest->items, manifest->cap * sizeof(struct manifest_item)));
    }
    manifest->items[manifest->len++] = (struct manifest_item){.record = *record, .name = name};
}

void manifest_add(struct manifest *manifest, const struct manifest_entry *entry)
{
    struct record record = record_of(entry);

    append(manifest, &record, bench_need(strdup(entry->name)));
}

int manifest_load(struct manifest *manifest, const char *path)
{
    FILE *file = fopen(path, "re");
    struct record record;

    if (!file)
        return -errno;
    while (fread(&record, sizeof(record), 1, file) == 1) {
        assert(record.name_bytes > 0);
        char *name = bench_need(malloc(record.name_bytes));
        if (fread(name, record.name_bytes, 1, file) != 1) {
            free(name);
            break;
        }
        append(manifest, &record, name);
    }
    int rc = ferror(file) ? -EIO : 0;
    fclose(file);
    return rc;
}

void manifest_free(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->len; i++)
        free(manifest->items[i].name);
    free(manifest->items);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct manifest_item *)a)->name, ((const struct manifest_item *)b)->name);
}

void manifest_sort(struct manifest *manifest)
{
    if (manifest->len > 0)
        qsort(manifest->items, manifest->len, sizeof(*manifest->items), by_name);
}

/* Returns the difference of an entry of the copy from the source's, or NULL. */
static const char *item_difference(const struct record *want, const struct record *got,
                                   bool one_filesystem)
{
    if (want->type != got->type)
        return "has a different type";
    if (want->bytes != got->bytes)
        return "has a different size";
    if (one_filesystem && want->ino != 0 && want->ino == got->ino)
        return "is a hard link to the source file";
    if (want->has_digest && got->has_digest &&
        memcmp(want->digest, got->digest, BENCH_DIGEST_BYTES) != 0)
        return want->type == DT_LNK ? "has a different target" : "has different contents";
    return NULL;
}

/* Returns true if a difference at the name, below the operand, is one of the source. */
static bool forgiven(const struct bench *bench, const char *name, bool one_sided)
{
    for (size_t i = 0; i < bench->data.n_paths; i++) {
        const char *operand = bench->data.paths[i];
        const char *last = path_last(operand);
        size_t len = strlen(operand), last_len = strlen(last);
        char *path;
        if (bench->data.n_paths > 1) { /* the name begins with the operand's last component */
            if (strncmp(name, last, last_len) != 0 || (name[last_len] && name[last_len] != '/'))
                continue;
            len = (size_t)(last - operand);
        }
        if (asprintf(&path, "%.*s%s%s", (int)len, operand,
                     bench->data.n_paths == 1 && *name ? "/" : "", name) < 0)
            cli_fatal(0, "memory exhausted");
        bool changed = source_forgives(bench, path, one_sided);
        free(path);
        if (changed)
            return true;
    }
    return false;
}

unsigned manifest_compare(const struct bench *bench, const char *arm, struct manifest *want,
                          struct manifest *got, bool one_filesystem)
{
    unsigned differences = 0;

    manifest_sort(want);
    manifest_sort(got);
    for (size_t i = 0, j = 0; i < want->len || j < got->len;) {
        const struct manifest_item *x = i < want->len ? &want->items[i] : NULL;
        const struct manifest_item *y = j < got->len ? &got->items[j] : NULL;
        int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);
        const char *text = order < 0   ? "is missing"
                           : order > 0 ? "is not in the source"
                                       : item_difference(&x->record, &y->record, one_filesystem);
        if (text && !forgiven(bench, (order > 0 ? y : x)->name, order != 0) &&
            differences++ < BENCH_DIFFERENCES_SHOWN)
            cli_message(0, "arm %s: in the copy, %s %s", arm, cli_quote((order > 0 ? y : x)->name),
                        text);
        i += order <= 0;
        j += order >= 0;
    }
    return differences;
}

struct manifest_item *manifest_find(const struct manifest *manifest, const char *name)
{
    const struct manifest_item wanted = {.name = (char *)name};

    return manifest->len == 0 ? NULL
                              : bsearch(&wanted, manifest->items, manifest->len,
                                        sizeof(*manifest->items), by_name);
}

bool manifest_has_digest(const struct manifest_item *item)
{
    return item->record.has_digest;
}

void manifest_set_digest(struct manifest_item *item, uint64_t bytes, const uint8_t *digest)
{
    item->record.bytes = bytes;
    item->record.has_digest = 1;
    memcpy(item->record.digest, digest, BENCH_DIGEST_BYTES);
}

int manifest_save(const struct manifest *manifest, const char *path)
{
    FILE *out = fopen(path, "we");
    bool bad;

    if (!out)
        return -errno;
    for (size_t i = 0; i < manifest->len; i++) {
        const struct manifest_item *item = &manifest->items[i];
        fwrite(&item->record, sizeof(item->record), 1, out);
        fwrite(item->name, item->record.name_bytes, 1, out);
    }
    bad = ferror(out) != 0;
    return fclose(out) != 0 ? -errno : bad ? -EIO : 0;
}

/* Marks a file and the directories above it. */
static void keep(const struct manifest *manifest, bool *kept, const char *name)
{
    char *above = bench_need(strdup(name)), *slash;
    struct manifest_item *item;

    do {
        item = manifest_find(manifest, above);
        if (item)
            kept[item - manifest->items] = true;
        slash = strrchr(above, '/');
        if (slash)
            *slash = '\0';
    } while (slash);
    free(above);
}

int manifest_reduce(struct manifest *manifest, const char *list)
{
    bool *kept = bench_need(calloc(manifest->len + 1, sizeof(*kept)));
    struct names0 *names;
    const char *name;
    size_t len, left = 0;
    int rc = names0_open(&names, list);

    if (rc == 0) {
        keep(manifest, kept, ""); /* the root */
        while ((rc = names0_next(names, &name, &len)) > 0)
            keep(manifest, kept, name);
        names0_close(names);
    }
    for (size_t i = 0; i < manifest->len && rc == 0; i++) {
        if (kept[i])
            manifest->items[left++] = manifest->items[i];
        else
            free(manifest->items[i].name);
    }
    if (rc == 0)
        manifest->len = left;
    free(kept);
    return rc;
}
