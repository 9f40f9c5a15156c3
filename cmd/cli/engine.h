/* engine.h: the engine, the workers and the digest that options ask for. */
#ifndef CMD_CLI_ENGINE_H
#define CMD_CLI_ENGINE_H

#include "options.h"

/* Returns the engine that the options ask for, or exits with the reason why it cannot run. *why is
 * set if auto has fallen back; otherwise auto may still fall back later (opts.fallback).
 * only: the name of the only file; NULL: there may be several. If it is small, auto takes blocking
 * calls: to set up a ring and threads takes longer than one read. If auto has fallen back, there
 * may be several files, and no option sets the workers, it sets opts.jobs_waiting. */
const struct engine *cli_engine(struct cli_common *common, const char *only, const char **why);
/* Tells whether a file is so small that auto takes blocking calls for it, if it is the only one. */
bool cli_is_small_file(const char *name);
/* Returns why an engine failed as a whole, by its -errno: a static text. */
const char *cli_engine_error(int status);
/* Prints why a run is not complete, if engine_process says so. Returns whether it does. */
bool cli_run_failed(const struct engine *engine, int status, int produced);

/* Opens a digest, or exits if it cannot be used. Returns NULL if its name is unknown. */
struct digest *cli_digest_open(const char *name);

#endif
