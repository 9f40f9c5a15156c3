/* progress.h: --progress: one line on standard error, redrawn by a timer while the run goes on, and
 * another one that stays at its end, or if a signal ends it.
 *
 *     cli_progress_start(&common, &run);  before feed_start and engine_run, which get common.opts
 *     ... feed_config.progress = common.opts.progress ...
 *     cli_progress_stop(&common);         after feed_join, before the statistics
 *
 * Messages by cli_message keep clear of the line themselves. Anything else that may write to a
 * terminal meanwhile does so between cli_progress_hide and cli_progress_show. All of it does
 * nothing, and costs nothing, if progress is not shown. */
#ifndef CMD_CLI_PROGRESS_H
#define CMD_CLI_PROGRESS_H

#include "../../core/pipeline/total.h"
#include "../../core/pipeline/progress.h"
#include "options.h"

/* What the lines say of a run. It must stay until cli_progress_stop. */
struct cli_progress_run {
    const char *did;              /* "copied" */
    const char *resume;           /* how to go on after a signal; NULL: nothing is said */
    bool resume_finds_incomplete; /* also existing files that were being written over */
    struct total_job count;       /* what is counted for the total; no names: nothing */
};

/* Sets common->opts.progress and starts the timer, if --progress asks for it. Threads started
 * later leave signals to the one of signals.h. */
void cli_progress_start(struct cli_common *common, const struct cli_progress_run *run);
/* Stops the timer, clears the line, and prints the last one. */
void cli_progress_stop(struct cli_common *common);

/* Clears the line and keeps it away while something is written to fd, standard output or error; may
 * be nested. */
void cli_progress_hide(int fd);
void cli_progress_show(int fd);

/* The bytes that a line of that many columns can have. */
#define CLI_PROGRESS_BYTES(width) (4 * (width) + 1)
/* What a line shows. */
struct cli_progress_line {
    struct progress_now now;
    double byte_rate, file_rate; /* a second */
    unsigned stalled_s;          /* seconds in which nothing has moved; 0: something moves */
    const char *stalled;         /* the file that has not moved, or NULL */
    const char *only;            /* name of the only file; NULL: there may be several */
};
/* Writes the line, of at most width columns, into text, which has CLI_PROGRESS_BYTES(width). */
void cli_progress_format(const struct cli_progress_line *line, char *text, size_t width);
/* Write the last line of a run, and of one that was stopped. */
void cli_progress_format_end(const struct cli_progress_line *line, const char *did, double seconds,
                             char *text, size_t width);
void cli_progress_format_stopped(const struct cli_progress_line *line, unsigned incomplete,
                                 const struct cli_progress_run *run, char *text, size_t width);
/* Returns the columns of a text. Unprintable characters have one. */
size_t cli_progress_columns(const char *text);

#endif
