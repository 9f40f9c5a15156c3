/* ahash.c: print or check message digests: a drop-in for sha256sum on top of the engines.
 *
 * Three parties: the producer (on the feed's thread) turns operands, lists, check files and trees
 * into files; the engines digest them; retire prints, in input order, whatever finished first.
 */
#define _GNU_SOURCE
#include "ahash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/base/filesystem.h"
#include "../../core/base/limits.h"
#include "../../core/base/pool.h"
#include "../../core/digest/batch_sink.h"
#include "../../core/digest/sink_thread.h"
#include "../../core/pipeline/walk.h"
#include "check.h"
#include "files_known.h"
#include "item.h"
#include "manifest.h"
#include "print.h"
#include "stdin.h"
#include "unlisted.h"
#include "../cli/progress.h"
#include "../cli/engine.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../cli/signals.h"
#include "../cli/stats.h"
#include "../../core/base/retry.h"

enum {
    STDOUT_BYTES = 64 * 1024,
    /* the longest time that a line of a steady run is held back */
    STDOUT_HOLD_NS = 100 * 1000 * 1000,
    REMOTE_THREADS = 32, /* that look into directories, as many as workers of acp */
};

/* -- the producer's side -- */

/* Refuses an operand of --update: the manifest, which cannot list itself, or standard input, which
 * a manifest cannot tell from a file named "-". */
static int refuse_operand(struct ahash *ahash, struct feed *feed, const char *name)
{
    struct file *file = ahash_file(ahash, feed, AHASH_DIGEST, name);

    if (!file)
        return -ENOMEM;
    file_fail(file, STEP_REFUSED, -EINVAL);
    return feed_add_done(feed, file);
}

/* Adds a file to be digested, relative to dir: an operand or one of a tree. */
static int add_file(struct ahash *ahash, struct feed *feed, struct dir *dir, const char *name,
                    unsigned char type, uint64_t ino)
{
    struct file *file;
    struct stat st;
    int rc = 0;

    if (ahash->manifest &&
        fstatat(dir->fd, name, &st, dir->may_follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
        rc = -errno;
    if (ahash->manifest && rc == 0 && manifest_is_itself(ahash, &st))
        return dir == ahash->cwd ? refuse_operand(ahash, feed, name) : 0;
    file = feed_file(feed, dir, name, strlen(name));
    if (!file)
        return -ENOMEM;
    file->type = type;
    file->ino = ino;
    if (rc < 0) { /* it could not be compared with its old entry */
        file_fail(file, STEP_OPEN, rc);
    } else if (ahash->manifest && manifest_look_up(ahash, file, &st)) {
        file->skipped = true;
        file->size_skipped = (uint64_t)st.st_size;
    } else {
        return ahash_add(ahash, feed, file);
    }
    return feed_add_done(feed, file);
}

/* Returns true if a file in a tree is standard output or standard error: what is digested of it is
 * only its first part. */
static bool is_output(const struct ahash *ahash, const struct dir *dir, const char *name,
                      uint64_t ino)
{
    struct stat st;

    for (size_t i = 0; i < sizeof(ahash->outputs) / sizeof(ahash->outputs[0]); i++)
        if (ahash->outputs[i].ino == ino && fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_ino == ino && st.st_dev == ahash->outputs[i].dev)
            return true;
    return false;
}

static int add_entry(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                     uint64_t ino, void *arg)
{
    struct ahash *ahash = arg;
    struct file *file;

    if (type != DT_REG)
        return 0;
    if (!is_output(ahash, dir, name, ino))
        return add_file(ahash, feed, dir, name, type, ino);
    file = feed_file(feed, dir, name, strlen(name));
    if (!file)
        return -ENOMEM;
    ahash_item(ahash, file)->kind = AHASH_OUTPUT;
    file->skipped = true;
    return feed_add_done(feed, file);
}

bool ahash_is_directory(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

static struct walk_opts walk_opts(const struct ahash *ahash)
{
    return (struct walk_opts){.one_file_system = ahash->common.one_file_system,
                              .exclude = ahash->common.exclude};
}

/* Walks a tree. If it is on a remote filesystem, threads look into its directories ahead. */
static int add_tree(struct ahash *ahash, struct feed *feed, const char *name)
{
    static const struct walk_ops ops = {.entry = add_entry};
    struct walk_opts opts = walk_opts(ahash);
    int fd = open(name, O_PATH | O_CLOEXEC), rc;

    if (fd >= 0 && filesystem_is_remote(fd))
        opts.pool = pool_new(REMOTE_THREADS);
    if (fd >= 0)
        close(fd);
    rc = walk_tree(feed, ahash->cwd, name, &opts, &ops, ahash);
    pool_free(opts.pool);
    return rc;
}

static int add_operand(struct ahash *ahash, struct feed *feed, const char *name)
{
    if (ahash->check)
        return ahash_check_produce(ahash, feed, name);
    if (ahash->manifest && strcmp(name, "-") == 0)
        return refuse_operand(ahash, feed, name);
    if (ahash->recursive && strcmp(name, "-") != 0 && ahash_is_directory(name)) {
        if (ahash->manifest)
            manifest_add_tree(ahash, name);
        return add_tree(ahash, feed, name);
    }
    return add_file(ahash, feed, ahash->cwd, name, DT_UNKNOWN, 0);
}

/* Adds an error of the list of names, to report it in the order of the names. */
static int list_fails(struct ahash *ahash, struct feed *feed, int got)
{
    struct file *file = ahash_file(ahash, feed, AHASH_LIST, ahash->common.files0_from);
    struct ahash_item *item;

    if (!file)
        return -ENOMEM;
    item = ahash_item(ahash, file);
    item->line = names0_line(ahash->names);
    item->names0 = got;
    return feed_add_done(feed, file);
}

static int add_list(struct ahash *ahash, struct feed *feed)
{
    const char *name;
    size_t len;
    int got, rc = 0;

    while (rc == 0 && (got = names0_next(ahash->names, &name, &len)) != NAMES0_END) {
        rc = got == NAMES0_NAME ? add_operand(ahash, feed, name) : list_fails(ahash, feed, got);
        if (got < 0)
            break;
    }
    return rc;
}

static int add_operands(struct ahash *ahash, struct feed *feed)
{
    int rc = 0;

    if (ahash->names)
        return add_list(ahash, feed);
    if (!ahash->operands[0])
        return add_operand(ahash, feed, "-");
    for (char **operand = ahash->operands; rc == 0 && *operand; operand++)
        rc = add_operand(ahash, feed, *operand);
    return rc;
}

static int produce(struct feed *feed, void *arg)
{
    struct ahash *ahash = arg;
    int rc = add_operands(ahash, feed);

    if (rc == 0 && ahash->unlisted)
        rc = unlisted_produce(ahash, feed);
    ahash_stdin_join(ahash);
    return rc;
}

/* -- retire's side -- */

static void retire_list(struct ahash *ahash, const struct file *file)
{
    const struct ahash_item *item = ahash_item(ahash, file);

    names0_report(file->name, item->line, item->names0);
    ahash->failed = true;
    if (ahash->manifest && item->names0 < 0)
        manifest_lose_names(ahash);
}

static void retire_digest(struct ahash *ahash, const struct file *file)
{
    char *path = NULL;

    if (file->status < 0)
        ahash_report(ahash, file);
    if (file->dir->path_len > 0) { /* in a tree */
        path = file_path(file);
        if (!path) {
            cli_message(ENOMEM, "%s", cli_quote_maybe(file->name));
            ahash->failed = true;
            return;
        }
    }
    ahash_print_digests(ahash, file, path ? path : file->name);
    free(path);
}

static void flush(void)
{
    if (fflush(stdout) != 0)
        cli_stdout_failed();
}

/* Ends a run whose lines are lost: a list may have no end, and a tree takes long. A manifest is
 * still brought up to date. If the operands are on the command line, the run goes on and reports
 * all errors, as GNU's commands do. */
static void end_if_lost(const struct ahash *ahash)
{
    if (!ferror(stdout) || ahash->manifest || !(ahash->check || ahash->names || ahash->recursive))
        return;
    cli_progress_hide(STDERR_FILENO);
    cli_close_stdout();
}

/* Flushes a slow run's lines at once, and a fast run's in large writes. Flushes always if nothing
 * is left to do: another program may write a line to --check and wait for the answer. */
static void flush_if_due(struct ahash *ahash, const struct file *file)
{
    uint64_t now = stats_now_ns();

    if (file->seq + 1 >= atomic_load_explicit(&ahash->added, memory_order_acquire) ||
        now - ahash->flushed_ns >= STDOUT_HOLD_NS) {
        flush();
        ahash->flushed_ns = now;
    }
}

/* Processes that share a pipe, as those of xargs -P do, must not get their lines mixed up: what is
 * written at once is whole lines, and no more than a pipe takes in one piece. */
static void make_room(const struct ahash *ahash, const struct file *file)
{
    size_t digests = ahash->algorithms.chosen_len;
    size_t name = file->dir->path_len + 1 + strlen(file->name);
    size_t digest = sizeof("SHA512 () = ") * 8 + (size_t)2 * DIGEST_BYTES_MAX; /* with its keys */
    /* escaped, a byte of a name takes two; in JSON six, and two more in hex */
    size_t most = ahash->json ? 8 * name + (digests + 4) * digest : digests * (2 * name + digest);

    if (__fpending(stdout) + most > ahash->write_bytes)
        flush();
}

static void retire(struct file *file, void *arg)
{
    struct ahash *ahash = arg;

    cli_progress_hide(STDOUT_FILENO);
    make_room(ahash, file);
    switch (ahash_item(ahash, file)->kind) {
    case AHASH_DIGEST:
    case AHASH_KEPT:
        if (ahash->manifest)
            manifest_retire(ahash, file);
        else
            retire_digest(ahash, file);
        break;
    case AHASH_OUTPUT:
        ahash_report_output(file);
        break;
    case AHASH_LIST:
        retire_list(ahash, file);
        break;
    default:
        ahash_check_retire(ahash, file);
        break;
    }
    flush_if_due(ahash, file);
    end_if_lost(ahash);
    cli_progress_show(STDOUT_FILENO);
}

/* -- the run -- */

/* Tells whether there may be several files. */
static bool has_several(const struct ahash *ahash)
{
    char **operands = ahash->operands;

    return ahash->names || ahash->check || (operands[0] && operands[1]) ||
           (operands[0] && ahash->recursive && ahash_is_directory(operands[0]));
}

/* Returns the number of workers: one file keeps one worker busy. */
static unsigned workers(const struct ahash *ahash)
{
    if (ahash->common.jobs)
        return ahash->common.jobs;
    return has_several(ahash) ? limits_processors() : 1;
}

/* Makes the sink of a worker. If there is one file only, it is read and digested by two threads,
 * unless one is asked for. */
static struct sink *make_sink(void *arg)
{
    const struct ahash *ahash = arg;
    bool one_thread = ahash->common.jobs == 1 || (!ahash->common.jobs && limits_processors() == 1);
    struct sink *sink = hash_sink_new(ahash->algorithms.chosen,
                                      (unsigned)ahash->algorithms.chosen_len);

    if (!has_several(ahash))
        return one_thread ? sink : sink_thread_new(sink);
    if (ahash->common.few_small_files || ahash->algorithms.chosen_len > 1)
        return sink;
    return batch_sink_new(sink, ahash->algorithms.chosen[0]);
}

/* Adds the counters of the thread that read standard input: it is one worker more, or the only one
 * that did anything. */
static void add_stdin(struct ahash *ahash, struct stats *stats)
{
    if (ahash->stdin_stats.files == 0)
        return;
    if (stats->files == 0) {
        ahash->stdin_stats.process_ns = stats->process_ns;
        ahash->stdin_stats.each = stats->each;
        ahash->stdin_stats.workers = 1;
        ahash->stdin_stats.listing = stats->listing;
        *stats = ahash->stdin_stats;
    } else {
        stats_add(stats, &ahash->stdin_stats);
    }
}

/* Says what the lines of --progress need to know. */
static struct cli_progress_run progress_of(const struct ahash *ahash, const struct walk_opts *walk)
{
    size_t names = 0;

    /* what a list or a check file names is not known before */
    while (!ahash->names && !ahash->check && ahash->operands[names])
        names++;
    return (struct cli_progress_run){.did = ahash->check ? "checked" : "digested",
                                     .resume = ahash->update_path ? "the list is as it was" : NULL,
                                     .resume_finds_incomplete = true,
                                     .count = {.names = (const char *const *)ahash->operands,
                                               .names_len = names,
                                               .walk = walk,
                                               .recursive = ahash->recursive,
                                               .follow_operands = true,
                                               .regular_only = true}};
}

static void run(struct ahash *ahash)
{
    const char *why;
    const struct walk_opts walk = walk_opts(ahash);
    const struct cli_progress_run progress_run = progress_of(ahash, &walk);
    const struct engine *engine = ahash_engine(ahash, &why);
    struct engine_opts *opts = &ahash->common.opts;
    unsigned jobs = workers(ahash), jobs_max = engine_jobs_max(opts, jobs);
    struct feed_config config = {.produce = produce, .retire = retire, .arg = ahash};
    struct sink **sinks = sinks_new(jobs_max, make_sink, ahash);
    struct stats stats = {.each = calloc(jobs_max + 1, sizeof(stats)), .each_len = jobs_max + 1};
    uint64_t start_ns = stats_now_ns();
    int rc, produced;

    if (!sinks || !stats.each)
        cli_fatal(0, "memory exhausted");
    if (!has_several(ahash))
        opts->jobs_waiting = 0;
    cli_progress_start(&ahash->common, &progress_run);
    config.op_bytes = sizeof(struct ahash_item) +
                      ahash->algorithms.chosen_len * sizeof(struct hash_result);
    config.progress = opts->progress;
    config.no_thread = ahash->common.few_small_files;
    rc = engine_process(engine, opts, jobs, &config, NULL, sinks, &stats, &produced);
    cli_progress_stop(&ahash->common);
    if (cli_run_failed(engine, rc, produced))
        exit(EXIT_FAILURE);
    if (ahash->manifest)
        manifest_finish(ahash);
    if (ahash->check)
        ahash_check_finish(ahash);
    add_stdin(ahash, &stats);
    cli_print_stats(&ahash->common, engine, why, &stats, (double)(stats_now_ns() - start_ns) / 1e9);
    sinks_free(sinks, jobs_max);
    free(stats.each);
    free(stats.listing.slowest);
}

/* Notes an output that is a regular file, and returns true if it is one. */
static bool note_output(struct ahash *ahash, int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    ahash->outputs[fd - STDOUT_FILENO].dev = st.st_dev;
    ahash->outputs[fd - STDOUT_FILENO].ino = st.st_ino;
    return true;
}

static void set_buffer(struct ahash *ahash)
{
    ahash->write_bytes = note_output(ahash, STDOUT_FILENO) ? STDOUT_BYTES : PIPE_BUF;
    if (!isatty(STDOUT_FILENO))
        setvbuf(stdout, NULL, _IOFBF, STDOUT_BYTES);
}

int main(int argc, char **argv)
{
    struct ahash ahash = {.format.end = '\n'};

    cli_start(argv);
    cli_signals_install_as_init();
    cli_common_init(&ahash.common, "ahash");
    ahash_parse_options(&ahash, argc, argv);
    ahash.reader = algorithms_reader(&ahash.algorithms);
    if (ahash.common.files0_from)
        ahash.names = names0_of_option(&ahash.common, ahash.operands);
    set_buffer(&ahash);
    (void)note_output(&ahash, STDERR_FILENO);
    ahash.cwd = dir_cwd();
    if (!ahash.cwd)
        cli_fatal(0, "memory exhausted");
    if (ahash.update_path) {
        cli_signals_install();
        manifest_open(&ahash);
    }
    if (ahash.report_unlisted) {
        ahash.unlisted = unlisted_new();
        unlisted_check_file(ahash.unlisted, STDOUT_FILENO); /* the report is never unlisted */
        unlisted_check_file(ahash.unlisted, STDERR_FILENO);
    }
    ahash.common.only_stdin = ahash_reads_only_stdin(&ahash);
    run(&ahash);
    manifest_free(ahash.manifest);
    unlisted_free(ahash.unlisted);
    free(ahash.trees);
    names0_close(ahash.names);
    dir_put(ahash.cwd);
    algorithms_free(&ahash.algorithms);
    cli_common_free(&ahash.common);
    if (ahash.stdin_read && cli_was_closed(STDIN_FILENO)) {
        cli_message(EBADF, "standard input"); /* as sha256sum, which closes it */
        ahash.failed = true;
    }
    cli_close_stdout();
    return ahash.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
