/* progress.c: a thread that looks at the counters and draws a line. See progress.h. */
#define _GNU_SOURCE
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "quote.h"
#include "sizes.h"

enum {
    TICK_MS = 125,
    TICK_LOG_MS = 1000, /* not on a terminal: each line stays */
    STALLED_MS = 1000,
    SAMPLES = 16, /* the rate is that of the last two seconds */
    WIDTH_DEFAULT = 80,
    WIDTH_MAX = 512,
    NAME_MIN = 12, /* columns that a stalled file's name gets at least */
};

struct sample {
    uint64_t ns, bytes, files;
};

static struct {
    bool on;
    bool terminal;     /* standard error is one */
    bool out_terminal; /* standard output, too: its lines and this one meet there */
    struct progress *progress;
    pthread_t thread;
    pthread_cond_t wake;
    bool end; /* of the thread */
    struct sample sample[SAMPLES];
    uint64_t samples;
    uint64_t moved_ns; /* when something moved last */
    size_t drawn;      /* columns on the terminal now */
} bar;

/* Held while something is written to the terminal. Recursive, since that may cause a message. */
static pthread_mutex_t bar_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

/* -- the text -- */

struct text {
    char *at;
    size_t left; /* columns */
};

static void __attribute__((format(printf, 2, 3))) append(struct text *text, const char *format, ...)
{
    char part[128];
    va_list args;
    size_t len;

    va_start(args, format);
    vsnprintf(part, sizeof(part), format, args);
    va_end(args);
    len = strlen(part);
    if (len > text->left)
        len = text->left;
    memcpy(text->at, part, len);
    text->at[len] = 0;
    text->at += len;
    text->left -= len;
}

static void append_bytes(struct text *text, double bytes)
{
    char size[CLI_SIZE_BYTES];

    append(text, "%s", cli_size(bytes, size));
}

static void append_eta(struct text *text, double seconds)
{
    uint64_t s = (uint64_t)(seconds + 0.5);

    if (seconds >= 360000)
        return; /* longer than four days: useless */
    if (s >= 3600)
        append(text, "  ETA %" PRIu64 ":%02u:%02u", s / 3600, (unsigned)(s / 60 % 60),
               (unsigned)(s % 60));
    else
        append(text, "  ETA %" PRIu64 ":%02u", s / 60, (unsigned)(s % 60));
}

/* Returns the columns of a text. Unprintable characters have one. */
static size_t columns_of(const char *text)
{
    struct cli_char one;
    size_t columns = 0;

    for (size_t left = strlen(text); left > 0; text += one.bytes, left -= one.bytes) {
        one = cli_char(text, left);
        columns += one.columns;
    }
    return columns;
}

/* Appends a name, of a long one the end, which says more. Unprintable characters become "?". */
static void append_name(struct text *text, const char *name)
{
    static const char dots[] = "...";
    size_t left = strlen(name), columns = columns_of(name);
    size_t room = CLI_PROGRESS_BYTES(text->left) - 1; /* bytes */
    bool cut = columns > text->left;
    struct cli_char one;

    if (cut)
        append(text, dots);
    for (; left > 0; name += one.bytes, left -= one.bytes, columns -= one.columns) {
        one = cli_char(name, left);
        if (cut && columns > text->left)
            continue;
        cut = false;
        if (room == 0) /* columns may be left, because some characters have none */
            break;
        if (one.printable && one.bytes <= room) {
            text->at = mempcpy(text->at, name, one.bytes);
            room -= one.bytes;
        } else {
            *text->at++ = '?';
            room--;
        }
        text->left -= one.columns;
    }
    *text->at = 0;
}

void cli_progress_format(const struct cli_progress_line *line, char *out, size_t width)
{
    const struct progress_now *now = &line->now;
    bool all_opened = now->all_known && now->files_taken >= now->files_known;
    uint64_t bytes_known = now->bytes_known > now->bytes ? now->bytes_known : now->bytes;
    struct text text = {out, width};

    out[0] = 0;
    append(&text, "%" PRIu64 "/%" PRIu64 "%s files  ", now->files, now->files_known,
           now->all_known ? "" : "+");
    append_bytes(&text, (double)now->bytes);
    append(&text, "/");
    append_bytes(&text, (double)bytes_known);
    append(&text, all_opened ? "" : "+");
    if (line->stalled_s > 0) {
        append(&text, "  stalled %u s", line->stalled_s);
        if (line->stalled && text.left >= NAME_MIN) {
            append(&text, ": ");
            append_name(&text, line->stalled);
        }
        return;
    }
    append(&text, "  ");
    append_bytes(&text, line->byte_rate);
    append(&text, "/s");
    /* by bytes if all sizes are known, else by files */
    if (all_opened && line->byte_rate > 0)
        append_eta(&text, (double)(bytes_known - now->bytes) / line->byte_rate);
    else if (now->all_known && !all_opened && line->file_rate > 0)
        append_eta(&text, (double)(now->files_known - now->files) / line->file_rate);
}

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
    size_t len = columns_of(text);
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

static void tick(void)
{
    struct cli_progress_line line = {0};
    char text[CLI_PROGRESS_BYTES(WIDTH_MAX)];
    char *oldest = NULL;

    take_sample(&line);
    if (line.stalled_s > 0)
        line.stalled = oldest = progress_oldest(bar.progress);
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

void cli_progress_start(struct cli_common *common)
{
    pthread_condattr_t attr;

    bar.terminal = isatty(STDERR_FILENO);
    bar.out_terminal = bar.terminal && isatty(STDOUT_FILENO);
    if (!wanted(common))
        return;
    bar.progress = progress_new();
    if (!bar.progress) /* goes on without progress */
        return;
    bar.end = false;
    bar.samples = 1;
    bar.sample[0] = (struct sample){.ns = stats_now_ns()};
    bar.moved_ns = bar.sample[0].ns;
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
}

void cli_progress_stop(struct cli_common *common)
{
    if (!bar.on)
        return;
    pthread_mutex_lock(&bar_lock);
    bar.end = true;
    pthread_cond_signal(&bar.wake);
    pthread_mutex_unlock(&bar_lock);
    pthread_join(bar.thread, NULL);
    if (bar.drawn > 0)
        draw("");
    bar.on = false;
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
