/* commands.c: all arms, and of the user's the commands with braces. See commands.h. */
#define _GNU_SOURCE
#include "commands.h"
#include "arm.h"
#include "parameters.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds the arm for one choice, which becomes the arm's. */
static void add(struct bench *bench, const struct bench_command_option *option, const char *name,
                const char *command, size_t *choice)
{
    char *full_name = parameters_name(&bench->opts, choice, name);
    struct bench_arm *arm = arm_add(bench, full_name);

    free(full_name);
    arm->command = parameters_fill(&bench->opts, choice, command);
    arm->choice = choice;
    arm->ceiling = option->ceiling;
    if (bench->opts.operation == BENCH_COPY && !strstr(arm->command, "{dst}"))
        cli_fatal(0, "arm %s: the command of a copy must contain {dst}", cli_quote(arm->name));
}

/* Adds the arm of an --arm or --bound, or one for each choice of values of -L that it contains. */
static void command_add(struct bench *bench, const struct bench_command_option *option)
{
    const char *text = option->text, *equals = strchr(text, '=');
    size_t *choice, n = bench->opts.n_parameters + 1;

    if (!equals || equals == text || !equals[1])
        cli_fatal(0, "invalid argument %s for '%s'; expected NAME=COMMAND", cli_quote(text),
                  option->ceiling ? "--bound" : "--arm");
    char *name = bench_need(strndup(text, (size_t)(equals - text)));
    choice = parameters_first(&bench->opts, text, bench->opts.prepare);
    do {
        size_t *own = bench_need(calloc(n, sizeof(*own)));
        memcpy(own, choice, n * sizeof(*own));
        add(bench, option, name, equals + 1, own);
    } while (parameters_next(&bench->opts, choice));
    free(choice);
    free(name);
}

/* Ends the program with the names that --baseline can have. */
static void __attribute__((noreturn)) refuse_baseline(const struct bench *bench)
{
    char *names = NULL;
    size_t size;
    FILE *out = bench_need(open_memstream(&names, &size));

    for (size_t i = 0; i < bench->n_arms; i++)
        fprintf(out, "%s%s", i ? ", " : "", bench->arms[i].name);
    if (fclose(out) != 0)
        cli_fatal(0, "memory exhausted");
    cli_fatal(0, "unknown baseline %s; expected one of %s", cli_quote(bench->opts.baseline), names);
}

static void choose_baseline(struct bench *bench)
{
    if (!bench->opts.baseline)
        return;
    for (size_t i = 0; i < bench->n_arms; i++) {
        bench->baseline = i;
        if (strcmp(bench->arms[i].name, bench->opts.baseline) == 0)
            return;
    }
    refuse_baseline(bench);
}

void arms_init(struct bench *bench)
{
    arms_add_built_in(bench);
    for (size_t i = 0; i < bench->opts.n_commands; i++)
        command_add(bench, &bench->opts.commands[i]);
    if (bench->n_arms == 0)
        cli_fatal(0, "no arms to compare");
    choose_baseline(bench);
}

char *commands_fill(const struct bench *bench, const struct bench_arm *arm, const char *dest)
{
    char *text = NULL;
    size_t size;
    FILE *out = bench_need(open_memstream(&text, &size));

    for (const char *at = arm->command; *at;) {
        if (strncmp(at, "{src}", 5) == 0) {
            for (size_t i = 0; i < bench->data.n_paths; i++) {
                if (i > 0)
                    putc(' ', out);
                bench_put_quoted(out, bench->data.paths[i]);
            }
            at += 5;
        } else if (strncmp(at, "{dst}", 5) == 0) {
            bench_put_quoted(out, dest ? dest : "");
            at += 5;
        } else if (strncmp(at, "{list}", 6) == 0) {
            bench_put_quoted(out, bench_temp(bench, "list"));
            at += 6;
        } else {
            putc(*at++, out);
        }
    }
    if (fclose(out) != 0)
        cli_fatal(0, "memory exhausted");
    return text;
}
