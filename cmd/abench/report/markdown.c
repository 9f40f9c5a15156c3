/* markdown.c: --markdown: the answer and the table. */
#define _GNU_SOURCE
#include "report.h"
#include "answer.h"
#include "columns.h"
#include "knee.h"
#include "verdict.h"
#include "words.h"
#include "../../cli/quote.h"

#include <stdlib.h>
#include <string.h>

/* Writes text that has no meaning in Markdown, on one line. */
static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            putc(';', out);
        if (strchr("\\`*_{}[]<>#|&~", *text))
            putc('\\', out);
        putc(*text == '\n' ? ' ' : *text, out);
    }
}

/* Writes a list item, and frees the text; NULL writes nothing. */
static void put_item(FILE *out, const char *keyword, char *text)
{
    if (text) {
        fprintf(out, "- %s: ", keyword);
        put_text(out, text);
        putc('\n', out);
    }
    free(text);
}

static void put_table(FILE *out, const struct bench *bench, enum bench_cache cache)
{
    struct columns columns = columns_head(bench);
    size_t n = columns.n;

    fputs("| arm |", out);
    for (size_t i = 0; i < n; i++)
        fprintf(out, " %s |", columns.cells[i]);
    fputs("\n|:--|", out);
    for (size_t i = 0; i < n; i++)
        fputs("--:|", out);
    putc('\n', out);
    for (size_t arm = 0; arm < bench->n_arms; arm++) {
        columns = columns_of(bench, arm, cache);
        fputs("| ", out);
        put_text(out, bench->arms[arm].label);
        fputs(" |", out);
        for (size_t i = 0; i < n; i++)
            fprintf(out, " %s |", i < columns.n ? columns.cells[i] : "");
        putc('\n', out);
    }
    putc('\n', out);
}

static void put_foot(FILE *out, const struct bench *bench, const struct machine *machine)
{
    const struct bench_data *data = &bench->data;
    char date[64];
    struct tm tm;

    fputs("`", out); /* a code span; the text can have no control characters */
    for (const char *at = bench->opts.command_line; *at; at++)
        putc(*at == '`' ? '\'' : *at, out);
    fputs("`  \n", out);
    put_text(out, bench_operation_names[bench->opts.operation]);
    fprintf(out, " of %s, %s, ", words_of_whole(data->files, data->whole_files),
            words_bytes((double)data->bytes));
    put_text(out, machine->filesystem);
    fputs(" on ", out);
    put_text(out, machine->device);
    fprintf(out, ", %s, Linux ", words_plural(machine->processors, "processor"));
    put_text(out, machine->kernel);
    if (localtime_r(&bench->begun.tv_sec, &tm) && strftime(date, sizeof(date), "%F %R %z", &tm))
        fprintf(out, ", %s", date);
    putc('\n', out);
    for (size_t i = 0; i < bench->n_warnings; i++)
        put_item(out, "but", strdup(bench->warnings[i]));
}

void report_markdown(FILE *out, const struct bench *bench, const struct machine *machine)
{
    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM; cache++) {
        if (!(cache == BENCH_COLD ? bench->opts.cold : bench->opts.warm))
            continue;
        struct answer answer = answer_find(bench, cache);
        char *line = answer_line(bench, &answer, cache);
        fputs("**", out);
        put_text(out, line ? line : "Which is the fastest?");
        fputs("**\n\n", out);
        free(line);
        put_item(out, "cache", strdup(bench_cache_names[cache]));
        put_item(out, "use", answer_use_line(bench, &answer, cache));
        put_item(out, "sure", answer_sure_line(bench, &answer, cache));
        put_item(out, "why", verdict_line(bench, machine, cache));
        put_item(out, "all", answer_whole_line(bench, cache));
        put_item(out, "knee", knee_line(bench, cache));
        putc('\n', out);
        put_table(out, bench, cache);
    }
    put_foot(out, bench, machine);
}
