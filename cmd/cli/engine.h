/* engine.h: the engine, the workers and the digest that options ask for. */
#ifndef CMD_CLI_ENGINE_H
#define CMD_CLI_ENGINE_H

#include "options.h"

/* The most files that may be few: `md5sum` of 16 files of 5,000 bytes took 1.8 ms with one worker,
 * else 2.7. */
enum { CLI_FEW_FILES = 16 };

/* Returns the engine that the options ask for, or exits with the reason why it cannot run. *why is
 * set if auto has fallen back; otherwise auto may still fall back later (opts.fallback).
 * names: of all files; names_len 0: they are not known. If there is one, and it is small, or there
 * are a few small ones, which are cached and on no server, auto takes blocking calls: to set up a
 * ring and threads takes longer than these reads. If auto has fallen back, there may be several
 * files, and no option sets the workers, it sets opts.jobs_waiting. */
const struct engine *cli_engine(struct cli_common *common, char *const *names, size_t names_len,
                                const char **why);
/* Tells whether a file is so small that auto takes blocking calls for it, if it is the only one. */
bool cli_is_small_file(const char *name);
/* Returns why an engine failed as a whole, by its -errno: a static text. */
const char *cli_engine_error(int status);
/* Prints why a run is not complete, if engine_process says so. Returns whether it does. */
bool cli_run_failed(const struct engine *engine, int status, int produced);

/* Opens a digest, or exits if it cannot be used. Returns NULL if its name is unknown. */
struct digest *cli_digest_open(const char *name);

#endif
