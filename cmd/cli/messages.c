/* messages.c: what a program says and how it ends. See messages.h. */
#define _GNU_SOURCE
#include "messages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "progress.h"
#include "../../core/engine.h"
#include "../../core/base/retry.h"

int cli_exit_failure = EXIT_FAILURE;
const char *cli_name = "";
static const char *hint_prefix, *hint; /* of cli_try_help; NULL: none */
static atomic_bool status_shown;       /* by cli_status, and not cleared yet */
static int stdout_errno;               /* of the first failure of stdout; 0: none, or unknown */

/* Opens what can be neither read nor written, not even by /dev/stdin or /dev/fd: a socket that is
 * nowhere. They need /proc, so where that is not mounted a directory will do. */
static int open_nothing(void)
{
    int sock = socket(AF_UNIX, SOCK_STREAM, 0), fd = -1, kept;
    char path[64];

    if (sock >= 0) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", sock);
        fd = open(path, O_PATH);
    }
    if (fd < 0)
        fd = open("/", O_PATH);
    /* the socket itself has the place */
    kept = sock >= 0 && fd >= 0 ? dup2(fd, sock) : fd;
    if (sock >= 0 && fd >= 0)
        close(fd);
    return kept;
}

void cli_start(char **argv)
{
    struct rlimit limit;

    if (argv[0])
        cli_name = argv[0];
    /* A standard descriptor that is closed would be given to the next file opened, and messages
     * would go into it. O_PATH keeps the place taken, and reading or writing it fails with EBADF
     * still. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open_nothing() < 0)
            exit(cli_exit_failure);
    /* Many files and directories are open together; the soft limit is there for programs that use
     * select(2). */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

bool cli_was_closed(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || (flags & O_PATH);
}

void cli_stdout_failed(void)
{
    if (stdout_errno == 0)
        stdout_errno = errno;
}

#define CLEAR_LINE "\r\033[K"

void cli_status(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    if (!isatty(STDERR_FILENO))
        return;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    fprintf(stderr, CLEAR_LINE "%s", text ? text : "");
    atomic_store(&status_shown, true);
    free(text);
}

void cli_status_clear(void)
{
    if (atomic_exchange(&status_shown, false))
        fputs(CLEAR_LINE, stderr);
}

static void __attribute__((format(printf, 2, 0))) message(int err, const char *format, va_list args)
{
    char *text = NULL;

    cli_progress_hide(STDERR_FILENO);
    if (fflush(stdout) != 0)
        cli_stdout_failed();
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    /* in one call, because stderr is unbuffered and messages of threads must not mix */
    fprintf(stderr, "%s%s: %s%s%s\n", atomic_exchange(&status_shown, false) ? CLEAR_LINE : "",
            cli_name, text ? text : "memory exhausted", err > 0 ? ": " : "",
            err > 0 ? strerror(err) : "");
    free(text);
}

void cli_message(int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    message(err, format, args);
    va_end(args);
    cli_progress_show(STDERR_FILENO);
}

void cli_fatal(int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    message(err, format, args); /* progress stays hidden */
    va_end(args);
    engine_uring.stop(CLI_STOP_MS);
    exit(cli_exit_failure);
}

void cli_hint(const char *prefix, const char *name)
{
    hint_prefix = prefix;
    hint = name;
}

void cli_try_help(void)
{
    fflush(stdout);
    fprintf(stderr, "Try '%s --help' for more information.\n", cli_name);
    if (hint) /* last: the texts of GNU's commands stay together */
        fprintf(stderr, "Did you mean '%s%s'?\n", hint_prefix, hint);
    exit(cli_exit_failure);
}

void cli_close_stdout(void)
{
    bool failed = ferror(stdout);
    bool closed = false;
    int told;

    if (fflush(stdout) != 0) {
        cli_stdout_failed();
        failed = true;
    }
    told = retry_flush(STDOUT_FILENO); /* an interrupted fclose tells nothing */
    if (fclose(stdout) == 0 || (errno == EINTR && told != -EINTR)) {
        errno = -told;
        closed = told == 0 || told == -EINTR;
    }
    if (!closed) {
        cli_stdout_failed();
        /* if it was closed from the start and nothing was written, nothing is lost */
        if (failed || errno != EBADF)
            failed = true;
    }
    if (failed) {
        fprintf(stderr, "%s: write error%s%s\n", cli_name, stdout_errno ? ": " : "",
                stdout_errno ? strerror(stdout_errno) : "");
    }
    if (failed || ferror(stderr)) {
        engine_uring.stop(CLI_STOP_MS);
        _exit(cli_exit_failure); /* exit would flush the closed stream */
    }
}
