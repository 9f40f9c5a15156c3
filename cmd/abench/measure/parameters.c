/* parameters.c: -L: its lists of values, and the commands that contain {NAME}. See parameters.h. */
#define _GNU_SOURCE
#include "parameters.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the first {NAME} in a command, or NULL. ${NAME} is the shell's. */
static const char *find(const char *command, const char *name)
{
    size_t len = strlen(name);
    const char *brace = command;

    while (brace && (brace = strchr(brace, '{'))) {
        if (strncmp(brace + 1, name, len) == 0 && brace[len + 1] == '}' &&
            (brace == command || brace[-1] != '$'))
            return brace;
        brace++;
    }
    return NULL;
}

static bool contains(const char *command, const char *name)
{
    return command && find(command, name);
}

/* Adds a value. Exits with a message if the list has it already. */
static void value_add(struct bench_parameter *parameter, char *value)
{
    for (size_t i = 0; i < parameter->n_values; i++)
        if (strcmp(parameter->values[i], value) == 0)
            cli_fatal(0, "-L %s: the value %s is listed twice", parameter->name, cli_quote(value));
    parameter->values = bench_need(
        realloc(parameter->values, (parameter->n_values + 1) * sizeof(*parameter->values)));
    parameter->values[parameter->n_values++] = value;
}

/* Splits a list at its commas. A backslash before a comma or backslash makes it a part of the
 * value.
 */
static void take_values(struct bench_parameter *parameter, const char *list)
{
    char *value = bench_need(strdup(list));
    size_t len = 0;

    if (!*list)
        cli_fatal(0, "-L %s: the list of values is empty", parameter->name);
    for (;; list++) {
        if (*list == '\\' && (list[1] == ',' || list[1] == '\\')) {
            value[len++] = *++list;
        } else if (*list && *list != ',') {
            value[len++] = *list;
        } else {
            value[len] = '\0';
            value_add(parameter, bench_need(strdup(value)));
            len = 0;
            if (!*list)
                break;
        }
    }
    free(value);
}

static bool is_name(const char *text, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789-";

    return len > 0 && strchr(letters, text[0]) && strspn(text, more) == len;
}

void parameters_add(struct bench_options *opts, const char *argument)
{
    static const char *const ours[] = {"src", "dst", "list"};
    const char *equals = strchrnul(argument, '=');
    struct bench_parameter parameter = {0};

    if (!*equals || !is_name(argument, (size_t)(equals - argument)))
        cli_fatal(0, "invalid argument %s for '-L'; expected NAME=VALUE,VALUE...",
                  cli_quote(argument));
    parameter.name = bench_need(strndup(argument, (size_t)(equals - argument)));
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
        if (strcmp(parameter.name, ours[i]) == 0)
            cli_fatal(0, "-L %s: {%s} already has a meaning; choose another name", ours[i],
                      ours[i]);
    for (size_t i = 0; i < opts->n_parameters; i++)
        if (strcmp(parameter.name, opts->parameters[i].name) == 0)
            cli_fatal(0, "-L %s is given twice", parameter.name);
    take_values(&parameter, equals + 1);
    opts->parameters = bench_need(
        realloc(opts->parameters, (opts->n_parameters + 1) * sizeof(*opts->parameters)));
    opts->parameters[opts->n_parameters++] = parameter;
}

/* Returns the number of arms that an --arm becomes, or more than the maximum. */
static size_t count_arms(const struct bench_options *opts, const char *arm)
{
    size_t count = 1;

    for (size_t i = 0; i < opts->n_parameters && count <= BENCH_ARMS_MAX; i++)
        if (contains(arm, opts->parameters[i].name) ||
            contains(opts->prepare, opts->parameters[i].name))
            count *= opts->parameters[i].n_values;
    return count;
}

void parameters_check(const struct bench_options *opts)
{
    bool built_in = !opts->arms || opts->arms[0] || opts->sweep;

    for (size_t i = 0; i < opts->n_parameters; i++) {
        const char *name = opts->parameters[i].name;
        bool used = contains(opts->setup, name) || contains(opts->prepare, name) ||
                    contains(opts->cleanup, name);
        for (size_t j = 0; j < opts->n_commands; j++)
            used |= contains(opts->commands[j].text, name);
        if (!used)
            cli_fatal(0, "-L %s: no --arm, --bound, --setup, --prepare or --cleanup contains {%s}",
                      name, name);
        if (built_in && contains(opts->prepare, name))
            cli_fatal(0,
                      "--prepare contains {%s}, which the built-in arms do not have; leave these"
                      " out with --arms=''",
                      name);
    }
    for (size_t i = 0; i < opts->n_commands; i++)
        if (count_arms(opts, opts->commands[i].text) > BENCH_ARMS_MAX)
            cli_fatal(0, "too many arms: the values of -L make more than %d of %s", BENCH_ARMS_MAX,
                      cli_quote(opts->commands[i].text));
}

size_t *parameters_first(const struct bench_options *opts, const char *a, const char *b)
{
    size_t *choice = bench_need(calloc(opts->n_parameters + 1, sizeof(*choice)));

    for (size_t i = 0; i < opts->n_parameters; i++)
        choice[i] = contains(a, opts->parameters[i].name) || contains(b, opts->parameters[i].name);
    return choice;
}

bool parameters_next(const struct bench_options *opts, size_t *choice)
{
    for (size_t i = opts->n_parameters; i-- > 0;) {
        if (choice[i] == 0)
            continue;
        if (choice[i]++ < opts->parameters[i].n_values)
            return true;
        choice[i] = 1;
    }
    return false;
}

char *parameters_fill(const struct bench_options *opts, const size_t *choice, const char *command)
{
    char *text = NULL;
    size_t size;
    FILE *out = bench_need(open_memstream(&text, &size));

    while (*command) {
        const struct bench_parameter *parameter = NULL;
        size_t value = 0;
        for (size_t i = 0; choice && !parameter && i < opts->n_parameters; i++) {
            if (choice[i] > 0 && find(command, opts->parameters[i].name) == command) {
                parameter = &opts->parameters[i];
                value = choice[i] - 1;
            }
        }
        if (parameter) {
            fputs(parameter->values[value], out);
            command += strlen(parameter->name) + 2;
        } else {
            if (command[0] == '$' && command[1] == '{')
                putc(*command++, out);
            putc(*command++, out);
        }
    }
    if (fclose(out) != 0)
        cli_fatal(0, "memory exhausted");
    return text;
}

char *parameters_name(const struct bench_options *opts, const size_t *choice, const char *name)
{
    char *text = parameters_fill(opts, choice, name);

    for (size_t i = 0; i < opts->n_parameters; i++) {
        const struct bench_parameter *parameter = &opts->parameters[i];
        char *longer;
        if (choice[i] == 0 || contains(name, parameter->name))
            continue;
        if (asprintf(&longer, "%s %s=%s", text, parameter->name, parameter->values[choice[i] - 1]) <
            0)
            cli_fatal(0, "memory exhausted");
        free(text);
        text = longer;
    }
    return text;
}

void parameters_free(struct bench_options *opts)
{
    for (size_t i = 0; i < opts->n_parameters; i++) {
        struct bench_parameter *parameter = &opts->parameters[i];
        for (size_t j = 0; j < parameter->n_values; j++)
            free(parameter->values[j]);
        free(parameter->values);
        free(parameter->name);
    }
    free(opts->parameters);
    opts->parameters = NULL;
    opts->n_parameters = 0;
}
