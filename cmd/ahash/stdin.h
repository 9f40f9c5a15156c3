/* stdin.h: standard input as one of the files, digested on a thread of its own. */
#ifndef CMD_AHASH_STDIN_H
#define CMD_AHASH_STDIN_H

struct ahash;
struct feed;
struct file;

/* Gives a file to the engines, or to a thread of its own if its name is "-": standard input. */
int ahash_add(struct ahash *ahash, struct feed *feed, struct file *file);
/* Waits for that thread to end. */
void ahash_stdin_join(struct ahash *ahash);

#endif
