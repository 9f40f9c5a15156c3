/* scratch.h: a directory for a test's files, and files with known contents. What cannot be made
 * ends the program: there is nothing to test then. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

/* Makes a directory under $TMPDIR (or /tmp), readable by everyone, and changes into it. */
void scratch_enter(void);
/* Leaves and removes it, with all that is in it. */
void scratch_leave(void);
/* The same for cmocka, before and after a test or a group; the latter after a failure, too. */
int scratch_set_up(void **state);
int scratch_tear_down(void **state);

/* The byte at an offset of the pattern that seed names: no two blocks of it are alike, so that a
 * block in the wrong place shows. */
uint8_t pattern_byte(uint64_t seed, uint64_t offset);
/* A file that holds the first len bytes of the pattern. */
void pattern_file(const char *path, uint64_t seed, uint64_t len);
/* Writes the pattern's bytes from offset on to an open file, at its position; to a pipe,
 * until its reader is gone. */
void pattern_write(int fd, uint64_t seed, uint64_t offset, size_t len);

/* Writes a file to the device and drops it from the page cache. */
void file_make_cold(const char *path);
/* Reads a file, so that it is in the page cache. */
void file_make_warm(const char *path);

/* A 64-bit FNV-1a digest, continued from hash. */
#define FNV_START 14695981039346656037u
uint64_t fnv_add(uint64_t hash, const void *bytes, size_t len);
/* That of the pattern's first len bytes. */
uint64_t fnv_pattern(uint64_t seed, uint64_t len);

/* Prints "what: reason" and exits 1. */
void test_broken(const char *what) __attribute__((noreturn));

#endif
