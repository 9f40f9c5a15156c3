/* signals.h: signals that end a program while it makes files, or has requests in flight. */
#ifndef CMD_CLI_SIGNALS_H
#define CMD_CLI_SIGNALS_H

#include <stdbool.h>

/* Makes signals that end the program first end requests in flight and remove unfinished files
 * (core/base/unfinished.h). Faults (SEGV, BUS, ABRT) and ignored signals stay as they are. Must be
 * called before there are threads. */
void cli_signals_install(void);
/* Does the same for the first process of a container, for which the kernel ignores signals that are
 * left to their default. Does nothing otherwise. */
void cli_signals_install_as_init(void);
/* Returns true for a signal that ends a process by default, except faults. */
bool cli_signal_ends(int sig);
/* Ends the program by sig, or with status 128 + sig as the first process of a container. */
void cli_end_by_signal(int sig) __attribute__((noreturn));

/* Has stopped called, on a thread of its own, when a signal ends the program and the incomplete
 * files are removed. incomplete: existing files that were being written over. */
void cli_signals_tell(void (*stopped)(unsigned incomplete));

#endif
