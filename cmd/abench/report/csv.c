/* csv.c: writes every sample as CSV. */
#define _GNU_SOURCE
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Writes a user's name, with its quotes doubled. */
static void csv_text(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void csv_number(FILE *out, double value)
{
    if (isnan(value))
        putc(',', out);
    else
        fprintf(out, ",%.9g", value);
}

void report_csv(FILE *out, const struct bench *bench)
{
    bool copy = bench->opts.operation == BENCH_COPY;

    fputs("operation,cache,round,position,arm,seconds,sync_seconds,user_seconds,system_seconds,"
          "memory_peak_bytes,voluntary_switches,device_read_bytes,device_written_bytes,"
          "resident_share,waiting_seconds,in_flight_mean,in_flight_peak,check\n",
          out);
    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *arm = &bench->arms[i];
        for (size_t j = 0; j < arm->n_samples; j++) {
            const struct bench_sample *s = &arm->samples[j];
            fprintf(out, "%s,%s,%u,%u,", bench_operation_names[bench->opts.operation],
                    bench_cache_names[s->cache], s->round, s->position);
            csv_text(out, arm->name);
            csv_number(out, s->seconds);
            csv_number(out, copy ? s->sync_seconds : NAN);
            csv_number(out, s->user_seconds);
            csv_number(out, s->system_seconds);
            fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, s->memory_peak,
                    s->switches, s->device_read, s->device_write);
            csv_number(out, s->resident);
            csv_number(out, s->waiting_seconds);
            csv_number(out, s->in_flight_mean);
            csv_number(out, s->in_flight_peak);
            fprintf(out, ",%s\n", bench_check_names[s->check]);
        }
    }
}
