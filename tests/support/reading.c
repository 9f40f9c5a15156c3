/* reading.c: runs an engine over some files, recording. See reading.h. */
#define _GNU_SOURCE
#include "reading.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "scratch.h"

enum { HANG_SECONDS = 120, KEPT_MAX = 256 };

struct recorder {
    struct sink sink;
    struct reading *reading;
    /* a ring: kept_count files, from kept_first on */
    struct file *kept[KEPT_MAX];
    unsigned kept_first, kept_count;
};

static struct record *record_of(struct reading *reading, const struct file *file)
{
    return &reading->records[*(size_t *)file->op];
}

static int on_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct reading *reading = ((struct recorder *)sink)->reading;
    struct record *record = record_of(reading, file);
    int rc;

    if (record->data_calls++ == 0)
        record->thread = pthread_self();
    if (len == 0 || record->ends > 0 || record->failed < 0 ||
        !pthread_equal(record->thread, pthread_self()))
        record->broke_rules = true;
    if (reading->keep_order) {
        reading->left_order = reading->left_order || record->index < reading->last;
        reading->last = record->index;
    }
    rc = reading->on_data ? reading->on_data(reading, record) : 0;
    if (rc < 0) {
        record->failed = rc;
        return rc;
    }
    if (reading->keep_content) {
        record->content = realloc(record->content, record->bytes + len + 1);
        if (!record->content)
            test_broken("memory");
        memcpy(record->content + record->bytes, bytes, len);
        record->content[record->bytes + len] = 0;
    }
    record->fnv = fnv_add(record->fnv, bytes, len);
    record->bytes += len;
    return 0;
}

static void on_end(struct sink *sink, struct file *file)
{
    struct record *record = record_of(((struct recorder *)sink)->reading, file);

    record->end_status = file->status;
    if (record->ends++ > 0 || record->retired > 0)
        record->broke_rules = true;
}

/* Keeps most files that have ended well. */
static bool on_keep(struct sink *sink, struct file *file)
{
    struct recorder *recorder = (struct recorder *)sink;
    struct record *record = record_of(recorder->reading, file);
    unsigned last = (recorder->kept_first + recorder->kept_count) % KEPT_MAX;

    if (record->ends > 0 || file->status < 0)
        record->broke_rules = true;
    if (recorder->kept_count == KEPT_MAX || record->index % 7 == 6)
        return false;
    recorder->kept[last] = file;
    recorder->kept_count++;
    return true;
}

static struct file *on_release(struct sink *sink, bool flush)
{
    struct recorder *recorder = (struct recorder *)sink;
    struct file *file = recorder->kept[recorder->kept_first];

    if (recorder->kept_count == 0 || (!flush && recorder->kept_count < recorder->reading->keeps))
        return NULL;
    recorder->kept_first = (recorder->kept_first + 1) % KEPT_MAX;
    recorder->kept_count--;
    on_end(sink, file);
    return file;
}

static void retire(struct file *file, void *arg)
{
    struct record *record = record_of(arg, file);

    record->retired++;
    record->status = file->status;
    record->step = file->step;
    record->file_bytes = file->bytes;
}

static int produce(struct feed *feed, void *arg)
{
    struct reading *reading = arg;
    struct dir *cwd = dir_cwd();
    int rc = cwd ? 0 : -ENOMEM;

    for (size_t i = 0; i < reading->count && rc == 0; i++) {
        const char *path = reading->records[i].path;
        struct file *file = feed_file(feed, cwd, path, strlen(path));
        if (!file) {
            rc = -ENOMEM;
            break;
        }
        *(size_t *)file->op = i;
        file->type = reading->records[i].type;
        rc = feed_add(feed, file);
    }
    dir_put(cwd);
    return rc;
}

struct record *reading_add(struct reading *reading, const char *path)
{
    struct record *record;

    if (reading->count == reading->cap) {
        reading->cap = reading->cap ? reading->cap * 2 : 64;
        reading->records = realloc(reading->records, reading->cap * sizeof(struct record));
        if (!reading->records)
            test_broken("memory");
    }
    record = &reading->records[reading->count];
    *record = (struct record){.path = strdup(path), .index = reading->count};
    reading->count++;
    return record;
}

struct record *reading_add_pattern(struct reading *reading, const char *path, uint64_t seed,
                                   uint64_t len)
{
    struct record *record = reading_add(reading, path);

    record->seed = seed;
    record->len = len;
    pattern_file(path, seed, len);
    return record;
}

void reading_make_cold(const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        if (reading->records[i].expect == 0)
            file_make_cold(reading->records[i].path);
}

static void clear(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        struct record *old = &reading->records[i];
        free(old->content);
        *old = (struct record){.path = old->path,
                               .index = i,
                               .seed = old->seed,
                               .len = old->len,
                               .type = old->type,
                               .expect = old->expect,
                               .expect_step = old->expect_step,
                               .fnv = FNV_START};
    }
    reading->last = 0;
    reading->left_order = false;
    reading->stats = (struct stats){0};
}

static void hangs(int sig)
{
    static const char text[] = "not ok - the engine hangs\n";

    (void)sig;
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(1);
}

void reading_run(struct reading *reading)
{
    struct feed_config config = {
        .window = reading->window,
        .op_bytes = sizeof(size_t),
        .keep_order = reading->keep_order,
        .produce = produce,
        .retire = retire,
        .arg = reading,
    };
    unsigned jobs = reading->jobs ? reading->jobs : 1;
    unsigned descriptors = descriptors_open();
    static struct recorder recorders[16];
    struct sink *sinks[16];

    if (jobs > 16)
        jobs = 16;
    clear(reading);
    for (unsigned i = 0; i < jobs; i++) {
        recorders[i] = (struct recorder){.sink = {.data = on_data, .end = on_end},
                                         .reading = reading};
        if (reading->keeps > 0) {
            recorders[i].sink.keep = on_keep;
            recorders[i].sink.release = on_release;
        }
        sinks[i] = &recorders[i].sink;
    }
    signal(SIGALRM, hangs);
    alarm(HANG_SECONDS);
    if (feed_start(&reading->feed, &config) < 0)
        test_broken("feed_start");
    reading->result = engine_run(reading->engine, &reading->opts, jobs, reading->feed, NULL, sinks,
                                 &reading->stats);
    reading->produced = feed_join(reading->feed);
    reading->feed = NULL;
    alarm(0);
    free(reading->stats.listing.slowest);
    reading->stats.listing.slowest = NULL;
    assert_int_equal(descriptors_open(), descriptors);
}

bool record_ended_once(const struct record *record)
{
    bool right = record->ends == 1 && record->retired == 1 && !record->broke_rules &&
                 record->end_status == record->status && record->file_bytes == record->bytes;

    if (!right)
        fprintf(stderr,
                "# %s: ended %u times, retired %u times, %s, status %d at its end, %d after it, "
                "%llu bytes delivered, %llu counted\n",
                record->path, record->ends, record->retired,
                record->broke_rules ? "called against the rules" : "called properly",
                record->end_status, record->status, (unsigned long long)record->bytes,
                (unsigned long long)record->file_bytes);
    return right;
}

static bool record_is_right(const struct record *record)
{
    if (!record_ended_once(record))
        return false;
    if (record->status != record->expect ||
        (record->expect < 0 && record->step != record->expect_step)) {
        fprintf(stderr, "# %s: status %d at step %d; expected %d at step %d\n", record->path,
                record->status, (int)record->step, record->expect, (int)record->expect_step);
        return false;
    }
    if (record->expect == 0 &&
        (record->bytes != record->len || record->fnv != fnv_pattern(record->seed, record->len))) {
        fprintf(stderr, "# %s: %llu bytes of %llu, or wrong ones\n", record->path,
                (unsigned long long)record->bytes, (unsigned long long)record->len);
        return false;
    }
    return true;
}

bool reading_is_right(const struct reading *reading)
{
    uint64_t bytes = 0, failed = 0;
    bool right = true;

    if (reading->result != 0 || reading->produced != 0) {
        fprintf(stderr, "# the run ended with %d, its producer with %d\n", reading->result,
                reading->produced);
        return false;
    }
    for (size_t i = 0; i < reading->count; i++) {
        right = record_is_right(&reading->records[i]) && right;
        bytes += reading->records[i].bytes;
        failed += reading->records[i].status < 0;
    }
    if (reading->stats.files != reading->count || reading->stats.failed != failed ||
        reading->stats.bytes_read != bytes) {
        fprintf(stderr,
                "# counted: %llu files, %llu failed, %llu bytes; delivered: %zu, %llu, %llu\n",
                (unsigned long long)reading->stats.files, (unsigned long long)reading->stats.failed,
                (unsigned long long)reading->stats.bytes_read, reading->count,
                (unsigned long long)failed, (unsigned long long)bytes);
        right = false;
    }
    if (reading->left_order) {
        fprintf(stderr, "# bytes came out of order\n");
        right = false;
    }
    return right;
}

void reading_free(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        free(reading->records[i].path);
        free(reading->records[i].content);
    }
    free(reading->records);
    reading->records = NULL;
    reading->count = reading->cap = 0;
}
