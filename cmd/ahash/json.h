/* json.h: what ahash prints with --json. */
#ifndef CMD_AHASH_JSON_H
#define CMD_AHASH_JSON_H

#include <stdint.h>

struct ahash;
struct ahash_count;
struct ahash_counts;
struct file;

/* Each prints one line: for a file that was digested or checked, a bad line, a check file. */
void ahash_json_digests(const struct ahash *ahash, const struct file *file, const char *name);
void ahash_json_status(const char *name, const char *status);
void ahash_json_counts(const char *type, const char *name, const struct ahash_count *counts);
void ahash_json_checked(const struct ahash *ahash, const struct file *file, const char *status);
void ahash_json_bad_line(const char *check_file, uint64_t line);
void ahash_json_check_end(const struct file *file, const struct ahash_counts *counts);

#endif
