/* parameters.h: -L NAME=VALUE,...: lists of values that commands are repeated with. */
#ifndef CMD_ABENCH_MEASURE_PARAMETERS_H
#define CMD_ABENCH_MEASURE_PARAMETERS_H

#include "../context.h"

/* A choice has a number for each parameter: the index of the chosen value plus 1, or 0 if the
 * command does not contain the parameter. */

/* Adds a parameter from the argument of -L. Exits with a message if it is wrong. */
void parameters_add(struct bench_options *opts, const char *argument);
/* Exits with a message if a parameter is not used, or cannot be used as the options have it. */
void parameters_check(const struct bench_options *opts);
/* Return the first choice for the parameters that a (or b, unless it is NULL) contains, which the
 * caller frees; and change it to the next one, or return false after the last. */
size_t *parameters_first(const struct bench_options *opts, const char *a, const char *b);
bool parameters_next(const struct bench_options *opts, size_t *choice);
/* Return a command with the chosen values, and a name that tells them. The caller frees it. */
char *parameters_fill(const struct bench_options *opts, const size_t *choice, const char *command);
char *parameters_name(const struct bench_options *opts, const size_t *choice, const char *name);
void parameters_free(struct bench_options *opts);

#endif
