/* outputs.c: the files that the reports go to. */
#define _GNU_SOURCE
#include "outputs.h"
#include "measure/child.h"
#include "../../core/base/path.h"
#include "../cli/atomic.h"
#include "../cli/messages.h"
#include "../cli/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Finds the directory of a path's last component, and that component. Returns 0 or -1. */
static int find_parent(const char *path, struct stat *dir, const char **name)
{
    char *parent = path_dir(path);
    int rc = parent ? stat(parent, dir) : -1;

    *name = path_last(path);
    free(parent);
    return rc;
}

/* Returns true if both paths are the same name in the same directory. */
static bool one_name(const char *a, const char *b)
{
    const char *name_a, *name_b;
    struct stat dir_a, dir_b;

    return find_parent(a, &dir_a, &name_a) == 0 && find_parent(b, &dir_b, &name_b) == 0 &&
           dir_a.st_dev == dir_b.st_dev && dir_a.st_ino == dir_b.st_ino &&
           strcmp(name_a, name_b) == 0;
}

/* Returns true if both outputs are the same file, by name or, if they exist, by inode. */
static bool one_file(const char *a, const char *b)
{
    struct stat st;

    return one_name(a, b) || (stat(a, &st) == 0 && bench_is_same_file(b, &st));
}

const char *outputs_path(const char *argument)
{
    return argument && strcmp(argument, "/dev/stdout") != 0 ? argument : "-";
}

void outputs_check(const struct bench_options *opts)
{
    const struct {
        const char *option, *path;
    } outputs[] = {
        {"json", opts->json}, {"csv", opts->csv},   {"markdown", opts->markdown},
        {"html", opts->html}, {"plot", opts->plot},
    };
    const char *dot = opts->plot ? strrchr(opts->plot, '.') : NULL;

    for (size_t i = 0; i < sizeof(outputs) / sizeof(*outputs); i++) {
        if (opts->compare && outputs[i].path && one_file(opts->compare, outputs[i].path))
            cli_fatal(0, "cannot write %s: it is the report of --compare",
                      cli_quote(outputs[i].path));
        for (size_t j = 0; j < i; j++) {
            const char *a = outputs[j].path, *b = outputs[i].path;
            bool a_stdout = a && strcmp(a, "-") == 0, b_stdout = b && strcmp(b, "-") == 0;
            if (a_stdout && b_stdout)
                cli_fatal(0, "--%s and --%s cannot both write to standard output",
                          outputs[j].option, outputs[i].option);
            if (a && b && !a_stdout && !b_stdout && one_file(a, b))
                cli_fatal(0, "--%s and --%s cannot write to the same file", outputs[j].option,
                          outputs[i].option);
        }
    }
    if (opts->plot && (!dot || (strcmp(dot, ".svg") != 0 && strcmp(dot, ".png") != 0)))
        cli_fatal(0, "invalid argument %s for '--plot'; expected FILE.svg or FILE.png",
                  cli_quote(opts->plot));
}

/* Returns 0 if access tells that a file can be written or made, or -errno. */
static int may_write(const char *path)
{
    struct stat st;
    char *parent;
    int rc;

    if (stat(path, &st) == 0)
        return S_ISDIR(st.st_mode) ? -EISDIR : access(path, W_OK) < 0 ? -errno : 0;
    if (errno != ENOENT)
        return -errno;
    parent = path_dir(path);
    rc = !parent ? -ENOMEM : access(parent, W_OK | X_OK) < 0 ? -errno : 0;
    free(parent);
    return rc;
}

/* Returns 0 if a report can be written to a file, or -errno. */
static int try_output(const char *path)
{
    struct cli_atomic *file;
    struct stat st;
    int rc;

    /* the reader of a FIFO would find its end */
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return may_write(path);
    rc = cli_atomic_open(&file, path);
    if (rc == 0)
        cli_atomic_discard(file);
    return rc;
}

void outputs_try(const struct bench_options *opts)
{
    const char *const paths[] = {opts->json, opts->csv, opts->markdown, opts->html};
    int rc;

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        rc = paths[i] && strcmp(paths[i], "-") != 0 ? try_output(paths[i]) : 0;
        if (rc < 0)
            cli_fatal(-rc, "cannot write %s", cli_quote(paths[i]));
    }
    rc = opts->plot ? may_write(opts->plot) : 0; /* gnuplot replaces what is in it */
    if (rc < 0)
        cli_fatal(-rc, "cannot write %s", cli_quote(opts->plot));
}

int outputs_wait(const char *path)
{
    static const struct timespec pause = {.tv_nsec = 50000000};
    struct stat st;
    int fd = -1;

    if (strcmp(path, "-") == 0 || stat(path, &st) < 0 || !S_ISFIFO(st.st_mode))
        return -1;
    /* open(2) without O_NONBLOCK waits on if a signal comes just before it */
    while (!child_signal && (fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 &&
           (errno == ENXIO || errno == EINTR))
        nanosleep(&pause, NULL);
    return fd;
}

struct cli_atomic *outputs_open(const char *path, FILE **out)
{
    struct cli_atomic *file = NULL;
    int rc = strcmp(path, "-") == 0 ? 0 : cli_atomic_open(&file, path);

    if (rc < 0)
        cli_fatal(-rc, "cannot write %s", cli_quote(path));
    *out = file ? cli_atomic_stream(file) : stdout;
    return file;
}
