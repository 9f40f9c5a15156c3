/* data.c: the files to measure: their list, their sums, and the expected results. For a copy these
 * are a manifest, and for digests the lines that sha256sum would print. */
#define _GNU_SOURCE
#include "data.h"
#include "child.h"
#include "source.h"
#include "../../cli/checksum_line.h"
#include "../../cli/engine.h"
#include "../../cli/messages.h"
#include "../../cli/name_list.h"
#include "../../cli/quote.h"
#include "../../../core/base/access.h"
#include "../../../core/digest/hash.h"
#include "../../../core/pipeline/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* blocking workers, which overlap their waits: the simpler engine checks both */
    DIGEST_JOBS = 16,
    MESSAGES_MAX = 3, /* messages of one walk */
};

/* The data of a file in file->op. The hash sink writes to its start. */
struct entry_op {
    struct hash_result hash;
    size_t operand;
    uint64_t bytes;
    bool hashed; /* hash.digest is valid when the file is done */
};

_Static_assert(offsetof(struct entry_op, hash) == 0,
               "the hash sink writes to the start of file->op");

struct tree_walk {
    char *const *paths;
    size_t n_paths;
    bool content;
    size_t operand; /* index of the operand being walked; used by the producer only */
    struct digest *digest;
    struct digest_context *context; /* for the targets of links; used by the producer only */
    int (*each)(const struct manifest_entry *entry, void *arg);
    void *arg;
    struct data_unreadable *unreadable; /* NULL: an unreadable entry ends the walk */
    unsigned messages;
    int status;
};

static struct file *new_file(struct feed *feed, struct dir *dir, const char *name,
                             unsigned char type, const struct tree_walk *walk)
{
    struct file *file = feed_file(feed, dir, name, strlen(name));

    if (file) {
        struct entry_op *op = file->op;
        op->operand = walk->operand;
        file->type = type;
    }
    return file;
}

static int link_digest(struct tree_walk *walk, struct dir *dir, const char *name,
                       struct entry_op *op)
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(dir->fd, name, target, sizeof(target));
    int rc;

    if (len < 0)
        return -errno;
    rc = digest_begin(walk->context, walk->digest);
    if (rc == 0)
        rc = digest_update(walk->context, target, (size_t)len);
    if (rc == 0)
        rc = digest_end(walk->context, op->hash.digest);
    op->hashed = true;
    return rc;
}

static int walk_entry(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                      uint64_t ino, void *arg)
{
    struct tree_walk *walk = arg;
    struct file *file = new_file(feed, dir, name, type, walk);
    struct entry_op *op;
    struct stat st;
    int rc = 0;

    if (!file)
        return -ENOMEM;
    op = file->op;
    file->ino = ino;
    if (type == DT_REG && walk->content) {
        op->hashed = true;
        return feed_add(feed, file);
    }
    if (type == DT_LNK)
        rc = link_digest(walk, dir, name, op);
    else if (fstatat(dir->fd, name, &st, dir->may_follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0 ||
             /* an unreadable file must be found now, not in each arm */
             (type == DT_REG && access_effective(dir->fd, name, R_OK) < 0))
        rc = -errno;
    else if (type == DT_REG)
        op->bytes = (uint64_t)st.st_size;
    if (rc < 0)
        file_fail(file, STEP_STAT, rc);
    return feed_add_done(feed, file);
}

static int walk_enter(struct feed *feed, struct dir *dir, const char *name, void *arg)
{
    struct file *file = new_file(feed, dir->parent, name, DT_DIR, arg);

    return file ? feed_add_done(feed, file) : -ENOMEM;
}

static int produce(struct feed *feed, void *arg)
{
    static const struct walk_ops ops = {.entry = walk_entry, .enter = walk_enter};
    struct tree_walk *walk = arg;
    struct dir *cwd = dir_cwd();
    int rc = cwd ? 0 : -ENOMEM;

    for (size_t i = 0; i < walk->n_paths && rc == 0; i++) {
        const char *path = walk->paths[i];
        struct stat st;
        walk->operand = i;
        if (stat(path, &st) < 0)
            rc = walk_fail(feed, cwd, path, STEP_STAT, -errno);
        else if (S_ISDIR(st.st_mode))
            rc = walk_tree(feed, cwd, path, &(struct walk_opts){0}, &ops, walk);
        else
            rc = walk_entry(feed, cwd, path, IFTODT(st.st_mode), st.st_ino, walk);
    }
    dir_put(cwd);
    return rc;
}

/* Returns the part of path below its operand; with several operands, from the operand's last
 * component on. */
static const char *name_below(const struct tree_walk *walk, size_t operand, const char *path)
{
    size_t len = strlen(walk->paths[operand]);

    while (len > 0 && path[len - 1] == '/')
        len--;
    if (walk->n_paths > 1) {
        while (len > 0 && path[len - 1] != '/')
            len--;
        return path + len;
    }
    path += len;
    return *path == '/' ? path + 1 : path;
}

static void retire(struct file *file, void *arg)
{
    struct tree_walk *walk = arg;
    const struct entry_op *op = file->op;
    char *path = file_path(file);

    if (!path || file->status < 0) {
        int error = path ? -file->status : ENOMEM;
        bool quiet = walk->unreadable && walk->unreadable->quiet;
        if (!quiet && walk->messages++ < MESSAGES_MAX)
            cli_message(error, "%s", path ? cli_quote_maybe(path) : "cannot read a name");
        if (walk->unreadable && path)
            walk->unreadable->count++;
        else if (walk->status == 0)
            walk->status = -error;
    } else if (walk->status == 0) {
        struct manifest_entry entry = {.path = path,
                                       .name = name_below(walk, op->operand, path),
                                       .type = file->type,
                                       .bytes = walk->content ? file->bytes : op->bytes,
                                       .ino = file->type == DT_REG ? file->ino : 0,
                                       .digest = op->hashed ? op->hash.digest : NULL};
        walk->status = walk->each(&entry, walk->arg);
    }
    free(path);
}

static struct sink *make_sink(void *walk)
{
    return hash_sink_new(&((struct tree_walk *)walk)->digest, 1);
}

static int walk_run(struct tree_walk *walk, unsigned jobs)
{
    struct feed_config config = {
        .op_bytes = sizeof(struct entry_op), .produce = produce, .retire = retire, .arg = walk};
    struct engine_opts opts = {.direct = DIRECT_NEVER};
    struct stats stats = {0};
    struct sink **sinks = sinks_new(jobs, make_sink, walk);
    int produced, rc = -ENOMEM;

    if (sinks)
        rc = engine_process(&engine_sync, &opts, jobs, &config, NULL, sinks, &stats, &produced);
    if (rc == 0)
        rc = walk->status ? walk->status : produced;
    free(stats.listing.slowest);
    sinks_free(sinks, jobs);
    return rc;
}

int data_walk(char *const *paths, size_t n_paths, bool content, struct data_unreadable *unreadable,
              int (*each)(const struct manifest_entry *entry, void *arg), void *arg)
{
    struct tree_walk walk = {.paths = paths,
                             .n_paths = n_paths,
                             .content = content,
                             .unreadable = unreadable,
                             .each = each,
                             .arg = arg};
    int rc = -ENOMEM;

    walk.digest = cli_digest_open("sha256");
    walk.context = digest_context_new();
    if (walk.digest && walk.context)
        rc = walk_run(&walk, content ? DIGEST_JOBS : 1);
    digest_context_free(walk.context);
    digest_close(walk.digest);
    return rc;
}

/* The work of the fork that walks. Its sums are in shared memory. */
struct collection {
    const struct bench *bench;
    struct bench_data *shared;
    FILE *list;
    FILE *below;    /* of a copy: the names of the list below the operand; NULL: none */
    FILE *manifest; /* of a copy; NULL: none */
};

/* Ends the program if a report would overwrite a file to measure. */
static void check_output(const struct bench_options *opts, const char *source)
{
    const char *const outputs[] = {opts->json, opts->csv, opts->markdown, opts->html, opts->plot};
    struct stat st;

    for (size_t i = 0; i < sizeof(outputs) / sizeof(*outputs); i++)
        if (outputs[i] && stat(source, &st) == 0 && bench_is_same_file(outputs[i], &st))
            cli_fatal(0, "cannot write %s: it is one of the files to measure",
                      cli_quote(outputs[i]));
}

static int collect_entry(const struct manifest_entry *entry, void *arg)
{
    struct collection *collection = arg;
    struct bench_data *sums = collection->shared;
    uint64_t bytes = entry->bytes;

    if (collection->bench->data.device && bench_size(entry->path, &bytes) < 0)
        return -EIO;
    if (entry->type == DT_REG && source_changed(collection->bench, entry->path)) {
        sums->changed++;
        return 0;
    }
    if (entry->type == DT_REG || collection->bench->data.device) {
        check_output(&collection->bench->opts, entry->path);
        sums->files++;
        sums->bytes += bytes;
        fwrite(entry->path, strlen(entry->path) + 1, 1, collection->list);
        if (collection->below)
            fwrite(entry->name, strlen(entry->name) + 1, 1, collection->below);
    } else {
        sums->others++;
    }
    if (collection->manifest)
        manifest_put(collection->manifest, entry);
    return 0;
}

static int close_written(FILE *file)
{
    bool bad = file && ferror(file) != 0;

    return (file && fclose(file) != 0) || bad ? -1 : 0;
}

static int collect(void *arg)
{
    struct collection *collection = arg;
    const struct bench *bench = collection->bench;
    const struct bench_data *data = &bench->data;
    bool copy = bench->opts.operation == BENCH_COPY;
    /* of several operands cp creates the entries in a directory, the root of the copy */
    struct manifest_entry root = {.path = "", .name = "", .type = DT_DIR};
    struct data_unreadable unreadable = {0};
    int rc, written;

    collection->list = fopen(bench_temp(bench, "list"), "we");
    collection->below = copy ? fopen(bench_temp(bench, "below"), "we") : NULL;
    collection->manifest = copy ? fopen(bench_temp(bench, "manifest"), "we") : NULL;
    if (!collection->list || (copy && (!collection->below || !collection->manifest)))
        cli_fatal(errno, "cannot write to %s", cli_quote(bench->temp_dir));
    if (copy && data->n_paths > 1)
        manifest_put(collection->manifest, &root);
    rc = data_walk(bench->target.path[0] ? bench->target.path : data->paths, data->n_paths, false,
                   &unreadable, collect_entry, collection);
    collection->shared->unreadable = unreadable.count;
    written = close_written(collection->list);
    written |= close_written(collection->below);
    if (close_written(collection->manifest) < 0 || written < 0)
        cli_fatal(errno, "cannot write to %s", cli_quote(bench->temp_dir));
    return rc == 0 ? 0 : 1;
}

static int print_digest(const struct manifest_entry *entry, void *reference)
{
    const struct checksum_format as_sha256sum = {.mode = ' ', .end = '\n'};

    checksum_line_print(reference, &as_sha256sum, entry->digest, BENCH_DIGEST_BYTES, entry->path);
    return 0;
}

/* Reads "list" or "below" into memory. Returns 0 or -errno. */
static int load_list(const struct bench *bench, const char *file, char **paths)
{
    struct names0 *names;
    const char *name;
    size_t len, n = 0;
    int rc = names0_open(&names, bench_temp(bench, file));

    if (rc < 0)
        return rc;
    while ((rc = names0_next(names, &name, &len)) > 0 && n < bench->data.files)
        paths[n++] = bench_need(strdup(name));
    names0_close(names);
    return rc < 0 ? rc : n == bench->data.files ? 0 : -EIO;
}

/* Digests the files of the list, in a fork: its memory is not freed. */
static int expect(void *arg)
{
    const struct bench *bench = arg;
    struct data_unreadable unreadable = {0};
    size_t n = bench->data.files;
    char **paths = bench_need(calloc(n, sizeof(char *)));
    FILE *reference = fopen(bench_temp(bench, "reference"), "we");
    int rc = reference ? load_list(bench, "list", paths) : -errno;

    if (rc == 0)
        rc = data_walk(paths, n, true, &unreadable, print_digest, reference);
    if (close_written(reference) < 0)
        cli_fatal(errno, "cannot write to %s", cli_quote(bench->temp_dir));
    return rc == 0 ? 0 : 1;
}

/* The files of a copy that are digested: their paths, and their entries in the manifest. */
struct digested {
    char **paths;
    struct manifest_item **items;
    size_t n, at;
};

static int set_digest(const struct manifest_entry *entry, void *arg)
{
    struct digested *files = arg;

    /* those that cannot be read are left out */
    while (files->at < files->n && strcmp(files->paths[files->at], entry->path) != 0)
        files->at++;
    if (files->at < files->n)
        manifest_set_digest(files->items[files->at++], entry->bytes, entry->digest);
    return 0;
}

/* Completes the manifest, in a fork: its memory is not freed. Only the sample is left in it, if one
 * was taken; and its files are digested, unless they were before it was taken. */
static int complete(void *arg)
{
    const struct bench *bench = arg;
    struct data_unreadable unreadable = {0};
    size_t n = bench->data.files;
    char **paths = bench_need(calloc(n, sizeof(char *)));
    char **below = bench_need(calloc(n, sizeof(char *)));
    struct digested files = {.paths = paths,
                             .items = bench_need(calloc(n, sizeof(struct manifest_item *)))};
    struct manifest manifest = {0};
    int rc = manifest_load(&manifest, bench_temp(bench, "manifest"));

    manifest_sort(&manifest);
    if (rc == 0 && bench->data.whole_files > 0)
        rc = manifest_reduce(&manifest, bench_temp(bench, "below"));
    if (rc == 0)
        rc = load_list(bench, "list", paths);
    if (rc == 0)
        rc = load_list(bench, "below", below);
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct manifest_item *item = manifest_find(&manifest, below[i]);
        if (!item || manifest_has_digest(item))
            continue;
        files.paths[files.n] = paths[i];
        files.items[files.n++] = item;
    }
    if (rc == 0 && files.n > 0)
        rc = data_walk(files.paths, files.n, true, &unreadable, set_digest, &files);
    if (rc == 0)
        rc = manifest_save(&manifest, bench_temp(bench, "manifest"));
    return rc == 0 ? 0 : 1;
}

bool data_expect(struct bench *bench)
{
    switch (bench->opts.operation) {
    case BENCH_COPY:
        return child_call(complete, bench) == 0;
    case BENCH_HASH:
        return child_call(expect, bench) == 0;
    default:
        return true;
    }
}

bool data_collect(struct bench *bench)
{
    struct bench_data *shared = child_shared_new(sizeof(*shared));
    struct collection collection = {.bench = bench, .shared = shared};
    bool good;

    if (!shared)
        cli_fatal(errno, "cannot allocate shared memory");
    good = child_call(collect, &collection) == 0;
    bench->data.files = shared->files;
    bench->data.others = shared->others;
    bench->data.bytes = shared->bytes;
    bench->data.unreadable = shared->unreadable;
    bench->data.changed = shared->changed;
    child_shared_free(shared, sizeof(*shared));
    return good;
}
