/* stats.h: --stats: the counters of a run, and its bottleneck. */
#ifndef CMD_CLI_STATS_H
#define CMD_CLI_STATS_H

#include "options.h"

/* The bottleneck of a run, in a word for programs and in a line for people. */
struct cli_bottleneck {
    const char *by; /* "cpu", "device", "latency", "names", "both", "short", "nothing" */
    char text[240];
};
struct cli_bottleneck cli_bottleneck(const struct cli_common *common, const struct engine *engine,
                                     const struct stats *stats, double in_flight_mean);
/* Returns the reason for falling back later, in words, in static memory. */
const char *cli_fell_back(int status);
/* Prints the counters if --stats asks for them. seconds: wall-clock time of the whole run. */
void cli_print_stats(const struct cli_common *common, const struct engine *engine, const char *why,
                     const struct stats *stats, double seconds);

#endif
