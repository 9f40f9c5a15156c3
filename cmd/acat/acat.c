/* acat.c: writes files to standard output, one after the other, or only reads and measures them.
 *
 * A run of named files is one feed through the engine, which reads ahead and delivers in order. An
 * operand between such runs (standard input, a bad entry in a list) is handled here in its turn. */
#define _GNU_SOURCE
#include "acat.h"
#include "offload.h"
#include "../cli/progress.h"
#include "../cli/engine.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../cli/signals.h"
#include "../cli/stats.h"
#include "../../core/base/retry.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 128 * 1024,
    /* A pipe of 64 KiB holds less than one write, so that both ends wait for each other. 1 GB,
     * cached, to wc -c: 0.97 s; with 256 KiB 0.40 s, as with 1 MiB. splice(2) takes 0.18 s, but
     * its reader would see later changes of the file, whose own pages are in the pipe. */
    PIPE_BYTES = 256 * 1024,
};

/* A worker's sink. */
struct output {
    struct sink sink;
    struct acat *acat;
};
_Static_assert(offsetof(struct output, sink) == 0, "a sink is its output");

/* file->op */
struct acat_item {
    bool begun; /* its first bytes have come */
};

/* -- output -- */

/* Ends the program: later bytes are useless, and waiting for the other files may never end (a FIFO
 * without a writer). */
static void __attribute__((noreturn)) output_failed(int err)
{
    engine_uring.stop(CLI_STOP_MS);
    cli_message(err, "write error");
    _exit(EXIT_FAILURE);
}

static void write_all(void *arg, const char *bytes, size_t len)
{
    struct acat *acat = arg;

    acat->stats.bytes_written += len;
    cli_progress_hide(STDOUT_FILENO);
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            output_failed(n < 0 ? errno : ENOSPC);
        bytes += n;
        len -= (size_t)n;
    }
    cli_progress_show(STDOUT_FILENO);
}

static void put(struct acat *acat, const char *bytes, size_t len)
{
    if (acat->format)
        format_data(acat->format, bytes, len);
    else
        write_all(acat, bytes, len);
}

/* Returns true if a file that is at offset is the output: reading it would fill the disk. */
static bool is_output(const struct acat *acat, const struct stat *st, off_t offset)
{
    return acat->out_is_regular && st->st_dev == acat->out_dev && st->st_ino == acat->out_ino &&
           offset < st->st_size;
}

static int refuse_output(const struct acat *acat, struct file *file)
{
    struct stat st;

    if (!acat->out_is_regular || fstatat(file->dir->fd, file->name, &st, 0) < 0 ||
        !is_output(acat, &st, 0))
        return 0;
    file_fail(file, STEP_REFUSED, -EINVAL);
    return -EINVAL;
}

static int output_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct output *output = (struct output *)sink;
    struct acat_item *item = file->op;

    if (!item->begun && refuse_output(output->acat, file) < 0)
        return file->status;
    item->begun = true;
    put(output->acat, bytes, len);
    return 0;
}

static void output_end(struct sink *sink, struct file *file)
{
    struct output *output = (struct output *)sink;
    struct acat_item *item = file->op;

    /* it was empty when it was read ahead; bytes written since may be in it */
    if (file->status == 0 && !item->begun)
        (void)refuse_output(output->acat, file);
}

static int discard_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    (void)sink;
    (void)file;
    (void)bytes;
    (void)len;
    return 0;
}

static void discard_end(struct sink *sink, struct file *file)
{
    (void)sink;
    (void)file;
}

static void output_free(struct sink *sink)
{
    free(sink); /* the first member of struct output */
}

static struct sink *make_sink(void *arg)
{
    struct acat *acat = arg;
    struct output *output = calloc(1, sizeof(*output));

    if (!output)
        return NULL;
    output->acat = acat;
    output->sink.data = acat->discard ? discard_data : output_data;
    output->sink.end = acat->discard ? discard_end : output_end;
    output->sink.free = output_free;
    return &output->sink;
}

/* -- a run of named files -- */

static void next_operand(struct acat *acat)
{
    struct operands *operands = &acat->operands;

    assert(acat->cached_fd < 0); /* closed by its reader */
    operands_next(operands);
    if (operands->kind != OPERAND_FILE || !acat->can_offload)
        return;
    acat->cached_fd = offload_open_cached(operands->name);
    if (acat->cached_fd >= 0)
        operands->kind = OPERAND_CACHED;
}

static int produce(struct feed *feed, void *arg)
{
    struct acat *acat = arg;
    struct operands *operands = &acat->operands;
    int rc = 0;

    for (; rc == 0 && operands->kind == OPERAND_FILE; next_operand(acat)) {
        struct file *file = feed_file(feed, acat->cwd, operands->name, operands->name_len);
        rc = file ? feed_add(feed, file) : -ENOMEM;
    }
    return rc;
}

static void retire(struct file *file, void *arg)
{
    struct acat *acat = arg;
    const char *name;

    if (file->status == 0)
        return;
    name = cli_quote_maybe(file->name);
    if (file->step == STEP_REFUSED)
        cli_message(0, "%s: input file is output file", name);
    else
        cli_message(-file->status, "%s", name);
    acat->failed = true;
}

/* Adds the counters of one run of files; of workers and requests at a time, the most count. */
static void add_stats(struct acat *acat, const struct stats *segment)
{
    unsigned peak = acat->stats.in_flight_peak, workers = acat->stats.workers;

    if (segment->in_flight_peak > peak)
        peak = segment->in_flight_peak;
    if (segment->workers > workers)
        workers = segment->workers;
    stats_add(&acat->stats, segment);
    acat->stats.in_flight_peak = peak;
    acat->stats.workers = workers;
}

static void run_files(struct acat *acat)
{
    struct feed_config config = {.op_bytes = sizeof(struct acat_item),
                                 .keep_order = !acat->discard,
                                 .produce = produce,
                                 .retire = retire,
                                 .progress = acat->common.opts.progress,
                                 .no_thread = acat->common.few_small_files,
                                 .arg = acat};
    struct stats stats = {0};
    int produced;
    int rc = engine_process(acat->engine, &acat->common.opts, acat->jobs, &config, NULL,
                            acat->sinks, &stats, &produced);

    if (cli_run_failed(acat->engine, rc, produced))
        exit(EXIT_FAILURE);
    add_stats(acat, &stats);
}

/* -- standard input, and what the kernel moves -- */

static bool fd_is_output(const struct acat *acat, int fd)
{
    struct stat st;

    return acat->out_is_regular && fstat(fd, &st) == 0 &&
           is_output(acat, &st, lseek(fd, 0, SEEK_CUR));
}

/* From where it stands, by plain reads: standard input opened by a name like /dev/stdin would be
 * read from the start. Returns 0 or -errno. */
static int read_fd(struct acat *acat, int fd, struct stats *stats)
{
    size_t block = acat->common.opts.block_bytes ? acat->common.opts.block_bytes : BLOCK_BYTES;

    if (acat->can_offload) {
        int64_t moved = offload_to_stdout(fd, acat->common.opts.progress);
        if (moved < 0)
            return (int)moved;
        stats->bytes_read = (uint64_t)moved;
        acat->stats.bytes_written += stats->bytes_read;
    }
    if (!acat->block)
        acat->block = malloc(block);
    if (!acat->block)
        return -ENOMEM;
    for (;;) {
        ssize_t n = read(fd, acat->block, block);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n < 0)
            continue;
        stats->bytes_read += (uint64_t)n;
        progress_bytes(acat->common.opts.progress, (uint64_t)n);
        if (acat->discard)
            continue;
        put(acat, acat->block, (size_t)n);
    }
}

static void run_fd(struct acat *acat, int fd, const char *name)
{
    struct stats stats = {.files = 1, .workers = 1, .resident_files = fd == acat->cached_fd};
    int rc = 0;

    stats_start(&stats);
    if (fd_is_output(acat, fd)) {
        cli_message(0, "%s: input file is output file", cli_quote_maybe(name));
        stats.failed = 1;
    } else {
        progress_outside(acat->common.opts.progress, name);
        rc = read_fd(acat, fd, &stats);
        progress_outside(acat->common.opts.progress, NULL);
    }
    if (rc < 0) {
        cli_message(-rc, "%s", cli_quote_maybe(name));
        stats.failed = 1;
    }
    acat->failed |= stats.failed > 0;
    stats_stop(&stats);
    add_stats(acat, &stats);
}

/* -- the run -- */

static void run(struct acat *acat)
{
    static const struct cli_progress_run progress_run = {.did = "read"};
    struct operands *operands = &acat->operands;
    uint64_t start_ns = stats_now_ns();

    cli_progress_start(&acat->common, &progress_run);
    for (next_operand(acat); operands->kind != OPERAND_END;) {
        if (operands->kind == OPERAND_FILE) {
            run_files(acat); /* up to the next operand of another kind */
            continue;
        }
        if (operands->kind == OPERAND_STDIN) {
            acat->stdin_read = true;
            run_fd(acat, STDIN_FILENO, "-");
        } else if (operands->kind == OPERAND_CACHED) {
            run_fd(acat, acat->cached_fd, operands->name);
            close(acat->cached_fd);
            acat->cached_fd = -1;
        } else {
            operands_report(operands);
            acat->failed = true;
        }
        next_operand(acat);
    }
    if (acat->format)
        format_end(acat->format);
    cli_progress_stop(&acat->common);
    stats_finish(&acat->stats);
    cli_print_stats(&acat->common, acat->engine, acat->why, &acat->stats,
                    (double)(stats_now_ns() - start_ns) / 1e9);
}

/* Examines standard output, and chooses how bytes get there. */
static void open_output(struct acat *acat)
{
    static const struct format_opts as_they_are;
    struct stat st;

    if (acat->discard)
        return;
    if (cli_was_closed(STDOUT_FILENO))
        cli_fatal(EBADF, "standard output");
    if (fstat(STDOUT_FILENO, &st) < 0)
        cli_fatal(errno, "standard output");
    acat->out_is_regular = S_ISREG(st.st_mode);
    acat->out_dev = st.st_dev;
    acat->out_ino = st.st_ino;
    /* without permission the pipe stays as it is */
    if (S_ISFIFO(st.st_mode) && fcntl(STDOUT_FILENO, F_GETPIPE_SZ) < PIPE_BYTES)
        (void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
    if (memcmp(&acat->format_opts, &as_they_are, sizeof(as_they_are)) == 0) {
        acat->can_offload = acat->out_is_regular && acat->common.opts.direct != DIRECT_ALWAYS;
        return;
    }
    acat->format = format_new(&acat->format_opts, write_all, acat);
    if (!acat->format)
        cli_fatal(0, "memory exhausted");
}

int main(int argc, char **argv)
{
    static char dash[] = "-", *only_stdin[] = {dash, NULL};
    struct acat acat = {.cached_fd = -1};
    unsigned jobs_max;
    char **words;
    size_t names_len = 0;

    cli_start(argv);
    cli_signals_install_as_init();
    cli_common_init(&acat.common, "acat");
    acat_parse_options(&acat, argc, argv);
    open_output(&acat);
    operands_open(&acat.operands, &acat.common);
    if (!acat.operands.list && !acat.operands.words[0])
        acat.operands.words = only_stdin;
    words = acat.operands.words;
    while (words[names_len] && strcmp(words[names_len], "-") != 0)
        names_len++;
    if (acat.operands.list || acat.blocks.wanted || words[names_len])
        names_len = 0;
    acat.engine = cli_engine(&acat.common, words, names_len, &acat.why);
    if (acat.blocks.wanted)
        return blocks_run(&acat.blocks, &acat.common, acat.engine, acat.why, acat.jobs,
                          &acat.operands)
                   ? EXIT_SUCCESS
                   : EXIT_FAILURE;
    acat.cwd = dir_cwd();
    if (!acat.cwd)
        cli_fatal(0, "memory exhausted");
    if (!acat.discard)
        acat.common.opts.jobs_waiting = 0; /* one worker writes */
    jobs_max = engine_jobs_max(&acat.common.opts, acat.jobs);
    acat.sinks = sinks_new(jobs_max, make_sink, &acat);
    if (!acat.sinks)
        cli_fatal(0, "memory exhausted");
    run(&acat);
    sinks_free(acat.sinks, jobs_max);
    free(acat.block);
    format_free(acat.format);
    operands_close(&acat.operands);
    dir_put(acat.cwd);
    if (acat.stdin_read && cli_was_closed(STDIN_FILENO))
        cli_fatal(EBADF, "closing standard input");
    cli_close_stdout();
    return acat.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
