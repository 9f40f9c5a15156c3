/* stdin.h: standard input as one of the files, beside others on a thread of its own. */
#ifndef CMD_AHASH_STDIN_H
#define CMD_AHASH_STDIN_H

#include <stdbool.h>

struct ahash;
struct feed;
struct file;

/* Tells whether standard input is the only file, so that no engine reads anything. */
bool ahash_reads_only_stdin(const struct ahash *ahash);

/* Gives a file to the engines, or to a thread of its own if its name is "-": standard input. */
int ahash_add(struct ahash *ahash, struct feed *feed, struct file *file);
/* Waits for that thread to end. */
void ahash_stdin_join(struct ahash *ahash);

#endif
