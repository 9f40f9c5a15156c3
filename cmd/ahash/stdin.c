/* stdin.c: standard input among the operands. See stdin.h.
 *
 * It must be read from its present offset, which a shell or a process that shares it has set.
 * Opened by a name like /dev/stdin it would be read from the start, and the engines open by name
 * only. So it is read here. Beside other files it has a thread of its own, since it may be a
 * terminal. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stdin.h"
#include "ahash.h"
#include "../../core/base/thread.h"
#include "../../core/digest/hash.h"

enum { STDIN_BLOCK_BYTES = 256 * 1024 };

static void read_all(struct progress *progress, struct file *file, struct sink *sink, char *block)
{
    ssize_t got = 1;

    progress_outside(progress, "-");
    while (file->status == 0 && got != 0) {
        got = read(STDIN_FILENO, block, STDIN_BLOCK_BYTES);
        if (got > 0) {
            int rc = sink->data(sink, file, block, (size_t)got);
            file->bytes += (uint64_t)got;
            if (rc < 0)
                file_fail(file, STEP_SINK, rc);
            progress_bytes(progress, (uint64_t)got);
        } else if (got < 0 && errno != EINTR) {
            file_fail(file, STEP_READ, -errno);
        }
    }
    progress_outside(progress, NULL);
    sink->end(sink, file);
}

static void digest(struct ahash *ahash, struct file *file)
{
    struct stats *stats = &ahash->stdin_stats;
    struct sink *sink = hash_sink_new(ahash->algorithms.chosen,
                                      (unsigned)ahash->algorithms.chosen_len);
    char *block = malloc(STDIN_BLOCK_BYTES);

    if (sink && block) {
        read_all(ahash->common.opts.progress, file, sink, block);
        stats->hash_ns += sink->hash_ns;
    } else {
        file_fail(file, STEP_READ, -ENOMEM);
    }
    sink_free(sink);
    free(block);
    stats->files++;
    stats->failed += file->status < 0;
    stats->bytes_read += file->bytes;
}

static void *stdin_main(void *arg)
{
    struct ahash *ahash = arg;
    struct stats times = {0};

    stats_start(&times);
    digest(ahash, ahash->stdin_file);
    feed_done(ahash->stdin_feed, ahash->stdin_file);
    stats_stop(&times);
    stats_add(&ahash->stdin_stats, &times);
    return NULL;
}

bool ahash_reads_only_stdin(const struct ahash *ahash)
{
    char *const *operands = ahash->operands;

    if (ahash->recursive || ahash->check || ahash->names || ahash->update_path || ahash->unlisted)
        return false;
    return !operands[0] || (strcmp(operands[0], "-") == 0 && !operands[1]);
}

void ahash_stdin_join(struct ahash *ahash)
{
    if (ahash->stdin_file)
        pthread_join(ahash->stdin_thread, NULL);
    ahash->stdin_file = NULL;
}

static int add_stdin(struct ahash *ahash, struct feed *feed, struct file *file)
{
    int rc;

    ahash->stdin_read = true;
    ahash_stdin_join(ahash); /* named twice: the second gets what the first has left */
    rc = feed_add_held(feed, file);
    if (rc < 0)
        return rc;
    ahash->stdin_file = file;
    ahash->stdin_feed = feed;
    /* nothing else can be done meanwhile if there is nothing else */
    if (ahash->common.few_small_files ||
        thread_start(&ahash->stdin_thread, stdin_main, ahash) != 0) {
        stdin_main(ahash);
        ahash->stdin_file = NULL;
    }
    return 0;
}

int ahash_add(struct ahash *ahash, struct feed *feed, struct file *file)
{
    atomic_fetch_add_explicit(&ahash->added, 1, memory_order_release);
    if (strcmp(file->name, "-") != 0 || file->dir->path_len > 0)
        return feed_add(feed, file);
    return add_stdin(ahash, feed, file);
}
