/* abench_arm.c: the arms: our own commands with their options, and the user's with their braces. */
#define _GNU_SOURCE
#include "abench.h"
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ARM_OPTIONS_MAX = 4,
    THREADS_MAX = 4096,
};

static const char *const program_names[] = {
    [BENCH_READ] = "acat", [BENCH_HASH] = "ahash", [BENCH_COPY] = "acp"};

static void *need(void *memory)
{
    if (!memory)
        cli_fatal(0, "memory exhausted");
    return memory;
}

static char *format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *pattern, ...)
{
    char *text;
    va_list args;

    va_start(args, pattern);
    if (vasprintf(&text, pattern, args) < 0)
        text = NULL;
    va_end(args);
    return need(text);
}

static struct bench_arm *arm_add(struct bench *bench, const char *name)
{
    struct bench_arm *arm = &bench->arms[bench->n_arms];

    for (size_t i = 0; i < bench->n_arms; i++) {
        if (strcmp(bench->arms[i].name, name) == 0)
            cli_fatal(0, "two arms are named %s", cli_quote(name));
    }
    if (bench->n_arms == BENCH_ARMS_MAX)
        cli_fatal(0, "more than %d arms", BENCH_ARMS_MAX);
    bench->n_arms++;
    *arm = (struct bench_arm){.name = need(strdup(name))};
    arm->samples = need(calloc(2 * (size_t)bench->opts.rounds, sizeof(*arm->samples)));
    return arm;
}

/* options: those that make the arm what it is, ARM_OPTIONS_MAX at the most, NULL-ended. */
static void builtin_argv(struct bench *bench, struct bench_arm *arm, char *const *options)
{
    enum bench_operation operation = bench->opts.operation;
    size_t n = 0, cap = bench->data.n_paths + ARM_OPTIONS_MAX + 8;
    char **argv = need(calloc(cap, sizeof(*argv)));

    argv[n++] = format("%s/%s", bench->bin_dir, program_names[operation]);
    argv[n++] = need(strdup(operation == BENCH_READ ? "--discard" : "-r"));
    for (size_t i = 0; options[i]; i++)
        argv[n++] = need(strdup(options[i]));
    argv[n++] = need(strdup("--stats=json"));
    if (operation == BENCH_READ) {
        argv[n++] = format("--files0-from=%s", bench_temp(bench, "list"));
    } else {
        argv[n++] = need(strdup("--"));
        for (size_t i = 0; i < bench->data.n_paths; i++)
            argv[n++] = need(strdup(bench->data.paths[i]));
        if (operation == BENCH_COPY)
            argv[n++] = (char *)""; /* the destination: not owned */
    }
    arm->argv = argv;
}

/* What one would type to get what the arm measured. */
static char *advice(enum bench_operation operation, const char *options)
{
    static const char *const base[] = {
        [BENCH_READ] = "acat", [BENCH_HASH] = "ahash -r", [BENCH_COPY] = "acp -r"};

    return format("%s%s%s", base[operation], *options ? " " : "", options);
}

/* Adds the built-in arm of that name: sync, sync-jN, uring, uring-jN, uring-direct or
 * uring-buffered. */
static void builtin_add(struct bench *bench, const char *name)
{
    char engine[32], *jobs = NULL, *direct = NULL;
    const char *dash = strchrnul(name, '-'), *rest = *dash ? dash + 1 : dash;
    bool sync = strncmp(name, "sync", (size_t)(dash - name)) == 0 && dash - name == 4;
    bool uring = strncmp(name, "uring", (size_t)(dash - name)) == 0 && dash - name == 5;
    unsigned count;

    if (!sync && !uring)
        cli_fatal(0,
                  "there is no arm %s: sync, sync-jN, uring, uring-jN, uring-direct,"
                  " uring-buffered",
                  cli_quote(name));
    if (rest[0] == 'j' && cli_parse_count(rest + 1, THREADS_MAX, &count) == 0)
        jobs = format("-j%u", count);
    else if (uring && strcmp(rest, "direct") == 0)
        direct = need(strdup("--direct=always"));
    else if (uring && strcmp(rest, "buffered") == 0)
        direct = need(strdup("--direct=never"));
    else if (*dash)
        cli_fatal(0, "there is no arm %s", cli_quote(name));
    if (sync && !jobs)
        jobs = need(strdup("-j1"));
    snprintf(engine, sizeof(engine), "--engine=%s", sync ? "sync" : "uring");

    struct bench_arm *arm = arm_add(bench, name);
    char *options[ARM_OPTIONS_MAX + 1] = {engine};
    size_t n = 1;
    if (jobs)
        options[n++] = jobs;
    if (direct)
        options[n++] = direct;
    builtin_argv(bench, arm, options);

    char *text = sync     ? format("%s %s", engine, jobs)
                 : jobs   ? format("%s", jobs)
                 : direct ? format("%s", direct)
                          : format("%s", "");
    arm->advice = advice(bench->opts.operation, text);
    free(text);
    free(jobs);
    free(direct);
}

static void builtin_add_all(struct bench *bench, const char *list, const char *prefix)
{
    char *copy = need(strdup(list)), *state = NULL;

    for (char *word = strtok_r(copy, ",", &state); word; word = strtok_r(NULL, ",", &state)) {
        char *name = format("%s%s", prefix, word);
        builtin_add(bench, name);
        free(name);
    }
    free(copy);
}

static void user_add(struct bench *bench, const char *text)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text || !equals[1])
        cli_fatal(0, "invalid argument %s for '--arm': it takes NAME=COMMAND", cli_quote(text));
    char *name = need(strndup(text, (size_t)(equals - text)));
    struct bench_arm *arm = arm_add(bench, name);
    free(name);
    arm->command = equals + 1;
    if (bench->opts.operation == BENCH_COPY && !strstr(arm->command, "{dst}"))
        cli_fatal(0, "arm %s: a copy's command needs {dst}", cli_quote(arm->name));
}

void bench_arms_init(struct bench *bench)
{
    const struct bench_options *opts = &bench->opts;
    const char *why = NULL;
    int error = 0;

    if (opts->arms) {
        builtin_add_all(bench, opts->arms, "");
    } else {
        builtin_add(bench, "sync");
        builtin_add_all(bench, opts->threads, "sync-j");
        if (engine_find("uring", &why, &error))
            builtin_add(bench, "uring");
        else
            bench_warn(bench, "io_uring cannot be used, and its arm is left out: %s",
                       why ? why : strerror(-error));
    }
    for (size_t i = 0; i < opts->n_commands; i++)
        user_add(bench, opts->commands[i]);
    if (bench->n_arms == 0)
        cli_fatal(0, "no arms to compare");

    for (size_t i = 0; i < bench->n_arms && opts->baseline; i++) {
        bench->baseline = i;
        if (strcmp(bench->arms[i].name, opts->baseline) == 0)
            return;
    }
    if (opts->baseline)
        cli_fatal(0, "there is no arm %s to be the baseline", cli_quote(opts->baseline));
}

static void put_quoted(FILE *out, const char *name)
{
    putc('\'', out);
    for (; *name; name++) {
        if (*name == '\'')
            fputs("'\\''", out);
        else
            putc(*name, out);
    }
    putc('\'', out);
}

char *bench_arm_command(const struct bench *bench, const struct bench_arm *arm, const char *dest)
{
    char *text = NULL;
    size_t size;
    FILE *out = need(open_memstream(&text, &size));

    for (const char *at = arm->command; *at;) {
        if (strncmp(at, "{src}", 5) == 0) {
            for (size_t i = 0; i < bench->data.n_paths; i++) {
                if (i > 0)
                    putc(' ', out);
                put_quoted(out, bench->data.paths[i]);
            }
            at += 5;
        } else if (strncmp(at, "{dst}", 5) == 0) {
            put_quoted(out, dest ? dest : "");
            at += 5;
        } else if (strncmp(at, "{list}", 6) == 0) {
            put_quoted(out, bench_temp(bench, "list"));
            at += 6;
        } else {
            putc(*at++, out);
        }
    }
    if (fclose(out) != 0)
        cli_fatal(0, "memory exhausted");
    return text;
}

void bench_arms_free(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_arm *arm = &bench->arms[i];
        size_t last = 0;
        while (arm->argv && arm->argv[last])
            last++;
        if (last > 0 && bench->opts.operation == BENCH_COPY)
            last--;
        while (last > 0)
            free(arm->argv[--last]);
        free(arm->argv);
        free(arm->name);
        free(arm->advice);
        free(arm->samples);
    }
    bench->n_arms = 0;
}
