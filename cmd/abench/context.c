/* context.c: the helpers of every part of abench. See context.h. */
#define _GNU_SOURCE
#include "context.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../../core/base/leased.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *const bench_operation_names[BENCH_OPERATIONS] = {
    [BENCH_READ] = "read", [BENCH_HASH] = "hash", [BENCH_COPY] = "copy"};
const char *const bench_cache_names[2] = {[BENCH_COLD] = "cold", [BENCH_WARM] = "warm"};
const char *const bench_check_names[] = {
    [CHECK_NONE] = "none",       [CHECK_SIZES] = "sizes",   [CHECK_CONTENT] = "content",
    [CHECK_DIFFERS] = "differs", [CHECK_FAILED] = "failed",
};

double bench_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void bench_warn(struct bench *b, const char *format, ...)
{
    char *text;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    for (size_t i = 0; text && i < b->n_warnings; i++) {
        if (strcmp(b->warnings[i], text) == 0) {
            free(text);
            return;
        }
    }
    if (text && b->n_warnings < BENCH_WARNINGS_MAX)
        b->warnings[b->n_warnings++] = text;
    else
        free(text);
}

const char *bench_temp(const struct bench *b, const char *name)
{
    static char paths[4][PATH_MAX + 32];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", b->temp_dir, name);
    return path;
}

void bench_show(const struct bench *bench, unsigned round, const char *label)
{
    double left = fmax(bench->opts.budget - (bench_now() - bench->start), 0);
    char place[32] = "warm-up";

    if (round > 0)
        snprintf(place, sizeof(place), "round %u", round);
    if (label)
        cli_status("%s, at most %.0f:%02.0f left: %s", place, floor(left / 60),
                   floor(fmod(left, 60)), label);
    else
        cli_status_clear();
}

void *bench_need(void *memory)
{
    if (!memory)
        cli_fatal(0, "memory exhausted");
    return memory;
}

double bench_bytes(const struct bench *bench)
{
    return (double)(bench->opts.pattern ? bench->opts.pattern_bytes : bench->data.bytes);
}

double bench_items(const struct bench *bench, const struct bench_arm *arm)
{
    return bench->opts.pattern ? bench_bytes(bench) / (double)arm->pattern_block
                               : (double)bench->data.files;
}

int bench_size(const char *path, uint64_t *bytes)
{
    int fd = leased_open_first(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    struct stat st = {0};
    off_t end = -1;
    int rc = fd < 0 ? fd : fstat(fd, &st) < 0 ? -errno : 0;

    if (rc == 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        rc = -EINVAL;
    else if (rc == 0 && (end = lseek(fd, 0, SEEK_END)) < 0)
        rc = -errno;
    if (fd >= 0)
        close(fd);
    *bytes = rc == 0 ? (uint64_t)end : 0;
    return rc;
}

bool bench_is_same_file(const char *path, const struct stat *st)
{
    struct stat at;

    return path && strcmp(path, "-") != 0 && stat(path, &at) == 0 && S_ISREG(at.st_mode) &&
           at.st_dev == st->st_dev && at.st_ino == st->st_ino;
}

char *bench_command_line(int argc, char **argv)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_=+,./:@%";
    char *text = NULL;
    size_t size;
    FILE *out = bench_need(open_memstream(&text, &size));

    fputs(cli_name, out);
    for (int i = 1; i < argc; i++)
        fprintf(out, " %s", argv[i][strspn(argv[i], plain)] ? cli_quote(argv[i]) : argv[i]);
    if (fclose(out) != 0)
        cli_fatal(0, "memory exhausted");
    return text;
}

const char *bench_operand(const struct bench *bench, size_t index)
{
    return bench->opts.write_percent > 0 ? "-" : bench->data.paths[index];
}

void bench_put_quoted(FILE *out, const char *name)
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
