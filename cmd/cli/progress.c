/* progress.c: a thread that looks at the counters and draws a line. See progress.h. */
#define _GNU_SOURCE
#include "progress.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

enum {
    TICK_MS = 125,
    TICK_LOG_MS = 1000, /* not on a terminal: each line stays */
    STALLED_MS = 1000,
    SHORT_MS = 1000,
    SAMPLES = 24, /* the rate is that of the last three seconds */
    WIDTH_DEFAULT = 80,
    WIDTH_MAX = 512,
    LOCK_MS = 200, /* a terminal that takes nothing may hold the lock for any time */
};

struct sample {
    uint64_t ns, bytes, files;
};

static struct {
    bool on;
    bool terminal;       /* standard error is one */
    bool out_terminal;   /* standard output, too: its lines and this one meet there */
    bool by_environment; /* $AIOUTILS_PROGRESS asked: nothing is shown of a short run */
    const struct cli_progress_run *run;
    struct progress *progress;
    struct total *total;
    pthread_t thread;
    pthread_cond_t wake;
    bool end; /* of the thread */
    struct sample sample[SAMPLES];
    uint64_t samples;
    uint64_t start_ns;
    uint64_t moved_ns; /* when something moved last */
    size_t drawn;      /* columns on the terminal now */
} bar;

/* Held while something is written to the terminal. Recursive, since that may cause a message. It
 * stays when the bar ends, since the thread for signals may still ask for it. */
static pthread_mutex_t bar_lock;

/* -- the terminal -- */

static size_t terminal_width(void)
{
    struct winsize size;

    if (!bar.terminal)
        return WIDTH_MAX;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    /* leave the last column free: behind it some terminals move the cursor to the next line */
    return size.ws_col > WIDTH_MAX ? WIDTH_MAX : size.ws_col - 1u;
}

/* Draws the line in one call, so that nothing comes in between. The lock must be held. */
static void draw(const char *text)
{
    char out[CLI_PROGRESS_BYTES(WIDTH_MAX) + WIDTH_MAX + 4];
    size_t len = cli_progress_columns(text);
    size_t pad = bar.drawn > len ? bar.drawn - len : 0;
    int n;

    if (bar.terminal)
        n = snprintf(out, sizeof(out), "\r%s%*s%s", text, (int)pad, "", len == 0 ? "\r" : "");
    else
        n = snprintf(out, sizeof(out), "%s\n", text);
    (void)!write(STDERR_FILENO, out, (size_t)n); /* a failure cannot be reported */
    bar.drawn = bar.terminal ? len : 0;
}

/* -- the thread -- */

/* Samples the counters, and computes the rates since SAMPLES ticks ago. */
static void take_sample(struct cli_progress_line *line)
{
    uint64_t ns = stats_now_ns();
    const struct sample *last = &bar.sample[(bar.samples + SAMPLES - 1) % SAMPLES];
    struct sample *sample = &bar.sample[bar.samples % SAMPLES];
    const struct sample *first = bar.samples < SAMPLES ? &bar.sample[0] : sample;
    double seconds;

    progress_read(bar.progress, &line->now);
    if (line->now.bytes != last->bytes || line->now.files != last->files)
        bar.moved_ns = ns;
    seconds = (double)(ns - first->ns) / 1e9;
    if (seconds > 0) {
        line->byte_rate = (double)(line->now.bytes - first->bytes) / seconds;
        line->file_rate = (double)(line->now.files - first->files) / seconds;
    }
    if (ns - bar.moved_ns >= STALLED_MS * 1000000ull)
        line->stalled_s = (unsigned)((ns - bar.moved_ns) / 1000000000u);
    *sample = (struct sample){ns, line->now.bytes, line->now.files};
    bar.samples++;
}

/* Returns true while nothing is shown of a run that may be a short one. */
static bool too_early(void)
{
    return bar.by_environment && stats_now_ns() - bar.start_ns < SHORT_MS * 1000000ull;
}

static void tick(void)
{
    struct cli_progress_line line = {0};
    char text[CLI_PROGRESS_BYTES(WIDTH_MAX)];
    char *oldest = NULL;

    take_sample(&line);
    if (too_early())
        return;
    if (line.stalled_s > 0 || line.now.files_known == 1)
        oldest = progress_oldest(bar.progress);
    if (line.stalled_s > 0)
        line.stalled = oldest;
    line.only = oldest;
    cli_progress_format(&line, text, terminal_width());
    free(oldest);
    draw(text);
}

static void *bar_main(void *arg)
{
    long ms = bar.terminal ? TICK_MS : TICK_LOG_MS;
    struct timespec next;

    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&bar_lock);
    while (!bar.end) {
        next.tv_nsec += ms % 1000 * 1000000;
        next.tv_sec += ms / 1000 + next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        while (!bar.end && pthread_cond_timedwait(&bar.wake, &bar_lock, &next) != ETIMEDOUT)
            ;
        if (!bar.end)
            tick();
    }
    pthread_mutex_unlock(&bar_lock);
    return arg;
}

static bool wanted(const struct cli_common *common)
{
    return common->progress == CLI_PROGRESS_ALWAYS ||
           (common->progress == CLI_PROGRESS_AUTO && bar.terminal);
}

/* Clears the line, and prints the one that stays. The lock must be held. */
static void draw_last(const char *text)
{
    if (bar.drawn > 0)
        draw("");
    if (*text)
        dprintf(STDERR_FILENO, "%s\n", text);
}

/* Prints the last line of a run that a signal ends. incomplete: existing files that were being
 * written over. */
static void stopped(unsigned incomplete)
{
    struct cli_progress_line line = {0};
    char text[CLI_PROGRESS_BYTES(WIDTH_MAX)] = "";
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOCK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (!bar.on || pthread_mutex_timedlock(&bar_lock, &until) != 0)
        return;
    if (bar.on && !too_early()) {
        progress_read(bar.progress, &line.now);
        cli_progress_format_stopped(&line, incomplete, bar.run, text, WIDTH_MAX);
    }
    if (bar.on && bar.terminal && *text) /* behind "^C" */
        dprintf(STDERR_FILENO, "\n");
    draw_last(text);
}

static void start_total(const struct cli_progress_run *run)
{
    struct total_job job = run->count;

    bar.total = NULL;
    if (job.names_len == 0)
        return;
    job.progress = bar.progress;
    progress_count_begin(bar.progress);
    bar.total = total_start(&job);
}

void cli_progress_start(struct cli_common *common, const struct cli_progress_run *run)
{
    pthread_condattr_t attr;
    pthread_mutexattr_t recursive;

    bar.terminal = isatty(STDERR_FILENO);
    bar.out_terminal = bar.terminal && isatty(STDOUT_FILENO);
    if (!wanted(common))
        return;
    bar.progress = progress_new();
    if (!bar.progress) /* goes on without progress */
        return;
    bar.run = run;
    bar.by_environment = common->progress_by_environment;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&bar_lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    cli_signals_install();
    cli_signals_tell(stopped);
    bar.end = false;
    bar.samples = 1;
    bar.sample[0] = (struct sample){.ns = stats_now_ns()};
    bar.start_ns = bar.moved_ns = bar.sample[0].ns;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&bar.wake, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&bar.thread, NULL, bar_main, NULL) != 0) {
        /* a limit on processes */
        pthread_cond_destroy(&bar.wake);
        progress_free(bar.progress);
        return;
    }
    bar.on = true;
    common->opts.progress = bar.progress;
    start_total(run);
}

void cli_progress_stop(struct cli_common *common)
{
    struct cli_progress_line line = {0};
    char text[CLI_PROGRESS_BYTES(WIDTH_MAX)] = "";

    if (!bar.on)
        return;
    pthread_mutex_lock(&bar_lock);
    bar.end = true;
    pthread_cond_signal(&bar.wake);
    pthread_mutex_unlock(&bar_lock);
    pthread_join(bar.thread, NULL);
    total_end(bar.total);
    pthread_mutex_lock(&bar_lock);
    if (!too_early()) {
        progress_read(bar.progress, &line.now);
        cli_progress_format_end(&line, bar.run->did, (double)(stats_now_ns() - bar.start_ns) / 1e9,
                                text, terminal_width());
    }
    draw_last(text);
    bar.on = false;
    pthread_mutex_unlock(&bar_lock);
    pthread_cond_destroy(&bar.wake);
    progress_free(bar.progress);
    common->opts.progress = NULL;
}

static bool meets(int fd)
{
    return bar.on && (fd == STDERR_FILENO || bar.out_terminal);
}

void cli_progress_hide(int fd)
{
    if (!meets(fd))
        return;
    pthread_mutex_lock(&bar_lock);
    if (bar.drawn > 0)
        draw("");
}

void cli_progress_show(int fd)
{
    if (meets(fd))
        pthread_mutex_unlock(&bar_lock);
}
