/* messages.h: what a program says and how it ends. Only cmd/ speaks and exits; core never does. */
#ifndef CMD_CLI_MESSAGES_H
#define CMD_CLI_MESSAGES_H

#include <stdbool.h>

#define AIOUTILS_VERSION "0.2.0"

/* How long an error that ends the program waits for requests in flight. */
enum { CLI_STOP_MS = 1000 };

/* argv[0], which messages begin with, as GNU's do. */
extern const char *cli_name;
/* The exit status for usage, cli_fatal and lost output: 1, as GNU's, unless a program has others.
 */
extern int cli_exit_failure;
/* Begins a program: keeps the name, and makes the descriptors 0 to 2 and the limits usable. */
void cli_start(char **argv);
/* Returns true if the standard descriptor was closed when the program began: cli_start then holds
 * its place by O_PATH. */
bool cli_was_closed(int fd);

/* Prints "name: text\n" on stderr, after what stdout has buffered; err > 0 adds ": strerror(err)".
 */
void cli_message(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Does the same, and exits with cli_exit_failure. */
void cli_fatal(int err, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
/* Shows on standard error, if it is a terminal, what is done now: a line without an end, which the
 * next such line, or a message, clears. */
void cli_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_status_clear(void);
/* Has cli_try_help ask "Did you mean 'PREFIXNAME'?". Both texts must stay. */
void cli_hint(const char *prefix, const char *name);
/* Prints "Try 'name --help' for more information.", then the hint, and exits with cli_exit_failure.
 */
void cli_try_help(void) __attribute__((noreturn));

/* Keeps errno of the first failed write to stdout, for cli_close_stdout. */
void cli_stdout_failed(void);
/* Closes stdout. Exits with cli_exit_failure and "write error" if output was lost (full disk,
 * /dev/full), and with cli_exit_failure if a message on stderr was. */
void cli_close_stdout(void);
/* Prints the version, the libraries, and whether io_uring can run here; exits with 0. */
void cli_version(const char *program) __attribute__((noreturn));

#endif
