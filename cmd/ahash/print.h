/* print.h: what ahash prints of a file, as text or JSON. */
#ifndef CMD_AHASH_PRINT_H
#define CMD_AHASH_PRINT_H

#include <stdint.h>

struct ahash;
struct file;

/* A count of what the options do not ask for: --json prints null, and text leaves it out. */
#define AHASH_NOT_COUNTED UINT64_MAX

/* One of several counts to print; the last has no key. */
struct ahash_count {
    const char *key;
    uint64_t count;
};

/* Prints the digests of a file, or nothing of one that has failed (an object with --json). */
void ahash_print_digests(const struct ahash *ahash, const struct file *file, const char *name);
/* Says what is wrong with a file, and makes the run fail. */
void ahash_report(struct ahash *ahash, const struct file *file);
/* Says that a file in a tree is left out, because the output goes to it. */
void ahash_report_output(const struct file *file);

/* Prints a name with its status, which is for --json and for people. */
void ahash_print_status(const struct ahash *ahash, const char *name, const char *status,
                        const char *text);
/* Prints "name: 1 key, 2 other key"; with --json an object of that type, with the name, if there is
 * one, under the type. */
void ahash_print_counts(const struct ahash *ahash, const char *type, const char *name,
                        const struct ahash_count *counts);

#endif
