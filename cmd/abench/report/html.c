/* html.c: --html: the report as one page that needs no other file. */
#define _GNU_SOURCE
#include "html_charts.h"
#include "html_text.h"
#include "report.h"
#include "answer.h"
#include "columns.h"
#include "knee.h"
#include "verdict.h"
#include "words.h"
#include "../../cli/messages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1c2430;--dim:#5a6573;--line:#d9dee5;"
    "--card:#f6f8fa;--ring:#1668b8;--threads:#c2620c;--one:#6a7480;--other:#27824f;"
    "--s0:#1668b8;--s1:#c2620c;--s2:#27824f;--s3:#a8338a;--s4:#7d6a00;--s5:#bb3a30;--s6:#5658c4;"
    "--s7:#6a7480}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#12161c;--fg:#e4e9f0;--dim:#9aa6b4;"
    "--line:#333c48;--card:#1a2029;--ring:#6cb2f2;--threads:#f0a152;--one:#a3adb9;"
    "--other:#63c794;--s0:#6cb2f2;--s1:#f0a152;--s2:#63c794;--s3:#e58fc9;--s4:#d6c34c;"
    "--s5:#f2897f;--s6:#a6a9f6;--s7:#a3adb9}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:1320px;padding:16px;"
    "background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.35rem;line-height:1.3;margin:.3em 0}h2{font-size:1rem;margin:0 0 .6em}"
    "h3{font-size:.95rem;margin:0}p{margin:.4em 0;overflow-wrap:anywhere}"
    "code{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}\n"
    ".dim,dt,figcaption{color:var(--dim)}dl{display:grid;grid-template-columns:max-content 1fr;"
    "gap:.15em .9em;margin:.8em 0}dd{margin:0;overflow-wrap:anywhere}\n"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px;"
    "margin:14px 0}.grid{display:grid;gap:14px;"
    "grid-template-columns:repeat(auto-fit,minmax(min(330px,100%),1fr))}.grid "
    ".card{margin:0;max-width:520px}\n"
    "section+section{margin-top:36px}.scroll{overflow-x:auto}table{border-collapse:collapse;width:"
    "100%;"
    "font-variant-numeric:tabular-nums}th,td{padding:4px 6px;text-align:right;"
    "white-space:nowrap;border-bottom:1px solid var(--line)}"
    "th:first-child,td:first-child{text-align:left}th{color:var(--dim);font-weight:500;"
    "white-space:normal;vertical-align:bottom}\n"
    "tr.use td{font-weight:600}tr.use td:first-child::after{content:' \\2190  use';"
    "color:var(--ring)}\n"
    ".bars{display:grid;grid-template-columns:minmax(8em,max-content) 1fr max-content;"
    "grid-auto-flow:dense;gap:2px 12px;align-items:center;font-variant-numeric:tabular-nums}.bars "
    "svg{height:26px;grid-column:2}"
    ".bars .name{grid-column:1}.bars .value{grid-column:3}"
    ".bars .name{overflow-wrap:anywhere}\n"
    "@media(max-width:600px){.bars{grid-template-columns:1fr max-content}"
    ".bars svg{grid-column:1/-1;margin-bottom:8px}"
    ".bars .value{grid-column:2}}\n"
    "svg{width:100%;display:block;overflow:visible}figure{margin:0}"
    "svg text{fill:var(--dim);font:11px system-ui,sans-serif}.axis{stroke:var(--line)}"
    ".whisker{stroke:var(--fg);stroke-width:2}.sample{fill:var(--fg);opacity:.45}"
    ".key{display:flex;flex-wrap:wrap;gap:.1em 1em;font-size:.85rem;margin:.2em 0 .4em}"
    ".key i{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-right:.4em}"
    ".key .dash{border-radius:0;height:0;border-top:2px dashed var(--dim);background:none;"
    "width:1.4em;vertical-align:middle}\n";

/* Writes a pair of a list, and frees the text; NULL writes nothing. */
static void put_pair(FILE *out, const char *keyword, char *text)
{
    if (text) {
        fprintf(out, "<dt>%s</dt><dd>", keyword);
        html_text(out, text);
        fputs("</dd>\n", out);
    }
    free(text);
}

static void put_cell(FILE *out, const char *tag, const char *text)
{
    fprintf(out, "<%s>", tag);
    html_text(out, text);
    fprintf(out, "</%s>", tag);
}

static void put_table(FILE *out, const struct bench *bench, const struct answer *answer,
                      enum bench_cache cache)
{
    struct columns columns = columns_head(bench);
    size_t n = columns.n;

    fputs("<div class=\"card scroll\"><table><thead><tr><th>arm</th>", out);
    for (size_t i = 0; i < n; i++)
        put_cell(out, "th", columns.cells[i]);
    fputs("</tr></thead><tbody>\n", out);
    for (size_t arm = 0; arm < bench->n_arms; arm++) {
        columns = columns_of(bench, arm, cache);
        fprintf(out, "<tr%s><td>",
                (int)arm == answer->use && !answer->hint ? " class=\"use\"" : "");
        html_text(out, bench->arms[arm].label);
        fputs("</td>", out);
        for (size_t i = 0; i < n; i++)
            put_cell(out, "td", i < columns.n ? columns.cells[i] : "");
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

static void put_state(FILE *out, const struct bench *bench, const struct machine *machine,
                      enum bench_cache cache)
{
    struct answer answer = answer_find(bench, cache);
    char *line = answer_line(bench, &answer, cache);

    fprintf(out, "<section><p class=\"dim\">%s cache</p><h1>", bench_cache_names[cache]);
    html_text(out, line ? line : "Which is the fastest?");
    fputs("</h1>\n<dl>", out);
    free(line);
    put_pair(out, "Use", answer_use_line(bench, &answer, cache));
    put_pair(out, "Sure?", answer_sure_line(bench, &answer, cache));
    put_pair(out, "Why", verdict_line(bench, machine, cache));
    put_pair(out, "All", answer_whole_line(bench, cache));
    put_pair(out, "Knee", knee_line(bench, cache));
    fputs("</dl>\n", out);
    html_bars(out, bench, cache);
    put_table(out, bench, &answer, cache);
    fputs("<div class=\"grid\">\n", out);
    html_curves(out, bench, cache);
    html_samples(out, bench, cache);
    fputs("</div>\n", out);
    fputs("</section>\n", out);
}

/* Returns a text that the caller frees, or NULL for an empty one. */
static char *known(const char *text)
{
    return text[0] ? strdup(text) : NULL;
}

static char *pattern_text(const struct bench_options *opts)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fprintf(out, "%s, blocks of %s, %s", opts->pattern, words_plural(opts->pattern_block, "byte"),
            words_bytes((double)opts->pattern_bytes));
    if (opts->write_percent > 0)
        fprintf(out, ", %u%% of them written", opts->write_percent);
    if (opts->fsync_every > 0)
        fprintf(out, ", an fsync after every %u", opts->fsync_every);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static void put_place(FILE *out, const struct bench *bench, const struct machine *machine)
{
    const struct bench_data *data = &bench->data;
    char *text, date[64] = "";
    struct tm tm;

    fputs("<section class=\"card\"><h2>Machine and command</h2><dl>", out);
    put_pair(out, "Command", known(bench->opts.command_line));
    if (asprintf(&text, "%s%s: %s, %s", data->paths[0], data->n_paths > 1 ? " and more" : "",
                 words_of_whole(data->files, data->whole_files),
                 words_bytes((double)data->bytes)) >= 0)
        put_pair(out, "Data", text);
    if (bench->opts.pattern)
        put_pair(out, "Pattern", pattern_text(&bench->opts));
    if (asprintf(&text, "%s on %s", machine->filesystem, machine->device) >= 0)
        put_pair(out, "Filesystem", text);
    put_pair(out, "Device model", known(machine->model));
    put_pair(out, "Scheduler", known(machine->scheduler));
    put_pair(out, "Device queue",
             machine->requests[0] && asprintf(&text, "%s requests", machine->requests) >= 0 ? text
                                                                                            : NULL);
    if (asprintf(&text, "%s%s%s, %.1f GiB memory", words_plural(machine->processors, "processor"),
                 machine->processor[0] ? ", " : "", machine->processor,
                 (double)machine->memory_total / 1073741824) >= 0)
        put_pair(out, "Machine", text);
    if (!isnan(machine->load) && asprintf(&text, "%.1f before the runs", machine->load) >= 0)
        put_pair(out, "Load", text);
    if (asprintf(&text, "Linux %s", machine->kernel) >= 0)
        put_pair(out, "Kernel", text);
    if (localtime_r(&bench->begun.tv_sec, &tm) && strftime(date, sizeof(date), "%F %R %z", &tm))
        put_pair(out, "Date", strdup(date));
    if (asprintf(&text, "abench %s, seed %llu", AIOUTILS_VERSION,
                 (unsigned long long)bench->opts.seed) >= 0)
        put_pair(out, "Program", text);
    for (size_t i = 0; i < bench->n_warnings; i++)
        put_pair(out, "But", strdup(bench->warnings[i]));
    fputs("</dl></section>\n", out);
}

void report_html(FILE *out, const struct bench *bench, const struct machine *machine)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
          out);
    fprintf(out, "abench %s ", bench_operation_names[bench->opts.operation]);
    html_text(out, bench->data.paths[0]);
    fprintf(out, "</title>\n<style>\n%s</style></head><body>\n", style);
    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM; cache++) {
        if (cache == BENCH_COLD ? bench->opts.cold : bench->opts.warm)
            put_state(out, bench, machine, cache);
    }
    put_place(out, bench, machine);
    fputs("</body></html>\n", out);
}
