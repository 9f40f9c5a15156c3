/* files_known.h: the engine for the files that are known before the run begins. */
#ifndef CMD_AHASH_FILES_KNOWN_H
#define CMD_AHASH_FILES_KNOWN_H

struct ahash;
struct engine;

/* Returns what cli_engine returns for the operands, or for the files of the only check file. */
const struct engine *ahash_engine(struct ahash *ahash, const char **why);

#endif
