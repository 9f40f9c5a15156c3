/* copying.c: runs an engine's copy, recording. See copying.h. */
#define _GNU_SOURCE
#include "copying.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "scratch.h"

enum { HANG_SECONDS = 120 };

struct watcher {
    struct sink sink;
    struct copying *copying;
};

static int on_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct copying *it = ((struct watcher *)sink)->copying;

    (void)bytes;
    if (!it->watched || strcmp(file->name, it->watched) != 0)
        return 0;
    it->calls++;
    it->seen += len;
    return it->on_watched ? it->on_watched(it) : 0;
}

static void on_end(struct sink *sink, struct file *file)
{
    (void)file;
    atomic_fetch_add(&((struct watcher *)sink)->copying->ends, 1);
}

static void retire(struct file *file, void *arg)
{
    struct copying *it = arg;
    const struct item *op = file->op;

    if (it->count == COPYING_FILES_MAX)
        test_broken("too many files");
    if (file->type != DT_DIR) {
        struct outcome *outcome = &it->outcomes[it->count++];
        snprintf(outcome->name, sizeof(outcome->name), "%s", file->name);
        outcome->step = file->step;
        outcome->status = file->status;
        outcome->refusal = op->refusal;
        outcome->bytes = file->bytes;
        outcome->told = !SLIST_EMPTY(&op->reports);
        it->failed += file->status < 0;
        if (op->copied != (file->status == 0))
            test_broken("a file that is copied and failed, or neither");
    }
    item_free(file);
}

struct copying *copying_new(const struct engine *engine, const struct contract_case *this)
{
    struct copying *it = calloc(1, sizeof(*it));

    if (!it || this->jobs > COPYING_JOBS_MAX || (mkdir("src", 0755) < 0 && errno != EEXIST))
        test_broken("src");
    it->engine = engine;
    it->opts.block_bytes = this->block_bytes;
    it->opts.depth = this->depth;
    it->jobs = this->jobs;
    it->copy.opts.recursive = true;
    return it;
}

void copying_run_one(struct copying *it, const char *from, const char *to)
{
    struct watcher watchers[COPYING_JOBS_MAX];
    struct sink *sinks[COPYING_JOBS_MAX];
    struct feed_config config = {.op_bytes = sizeof(struct item),
                                 .produce = copy_produce,
                                 .retire = retire,
                                 .arg = &it->copy};
    struct copy_source source = {.name = from, .to_name = to};
    struct copy_opts opts = it->copy.opts;
    unsigned descriptors = descriptors_open();
    struct feed *feed;

    it->copy = (struct copy){.opts = opts, .sources = &source, .source_count = 1};
    it->count = it->failed = 0;
    it->calls = 0;
    atomic_init(&it->ends, 0);
    it->seen = 0;
    it->stats = (struct stats){0};
    assert_int_equal(copy_init(&it->copy), 0);
    source.to = it->copy.cwd;
    for (unsigned i = 0; i < it->jobs; i++) {
        watchers[i] = (struct watcher){{.data = on_data, .end = on_end}, it};
        sinks[i] = &watchers[i].sink;
    }
    alarm(HANG_SECONDS);
    assert_int_equal(feed_start(&feed, &config), 0);
    assert_int_equal(
        engine_run(it->engine, &it->opts, it->jobs, feed, &it->copy, sinks, &it->stats), 0);
    assert_int_equal(feed_join(feed), 0);
    copy_end(&it->copy);
    alarm(0);
    free(it->stats.listing.slowest);
    it->stats.listing.slowest = NULL;
    assert_null(atomic_load(&it->copy.deferred_errors));
    copy_destroy(&it->copy);
    assert_int_equal(descriptors_open(), descriptors);
}

void copying_run(struct copying *it)
{
    copying_run_one(it, "src", "dst");
    assert_int_equal(it->stats.files, it->count);
    assert_int_equal(it->stats.failed, it->failed);
    assert_int_equal(atomic_load(&it->ends), it->count);
}

const struct outcome *copying_outcome(const struct copying *it, const char *name)
{
    const struct outcome *found = NULL;

    for (size_t i = 0; i < it->count; i++) {
        if (strcmp(it->outcomes[i].name, name) == 0) {
            assert_null(found); /* no name may match twice */
            found = &it->outcomes[i];
        }
    }
    assert_non_null(found);
    return found;
}

bool holds_pattern(const char *path, uint64_t seed, uint64_t len)
{
    uint8_t bytes[16384];
    uint64_t at = 0;
    bool right = true;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0) {
        fprintf(stderr, "# %s: %s\n", path, strerror(errno));
        return false;
    }
    while (right && (n = read(fd, bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < n && right; i++)
            right = bytes[i] == pattern_byte(seed, at + (uint64_t)i);
        at += (uint64_t)n;
    }
    close(fd);
    if (!right || at != len)
        fprintf(stderr, "# %s: %s bytes, %llu of %llu\n", path, right ? "right" : "wrong",
                (unsigned long long)at, (unsigned long long)len);
    return right && at == len;
}

bool same_bytes(const char *a, const char *b)
{
    FILE *x = fopen(a, "re"), *y = fopen(b, "re");
    int c, d;

    if (!x || !y)
        test_broken(x ? b : a);
    do {
        c = getc(x);
        d = getc(y);
    } while (c == d && c != EOF);
    fclose(x);
    fclose(y);
    return c == d;
}
