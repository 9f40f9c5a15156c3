/* combined.c: refuses options that mean nothing beside each other. */
#define _GNU_SOURCE
#include "combined.h"
#include "../cli/messages.h"

#include <unistd.h>

static const double usual_precision = 0.05;

void combined_check(struct bench_options *opts)
{
    if (opts->drop_caches && !opts->cold)
        cli_fatal(0, "--drop-caches cannot be combined with --warm");
    if (opts->settle > 0 && !opts->cold)
        cli_fatal(0, "--settle cannot be combined with --warm");
    if (opts->precision > 0 && opts->rounds_min == opts->rounds)
        cli_fatal(0, "--precision cannot be combined with --pairs or --runs");
    if (opts->drop_caches && geteuid() != 0)
        cli_fatal(0,
                  "--drop-caches needs root; without it only the pages of the files are evicted");
    if (opts->precision == 0)
        opts->precision = usual_precision;
}
