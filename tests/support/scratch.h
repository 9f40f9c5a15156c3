/* scratch.h: a directory for a test's files, and files with known contents. If one
 * cannot be made the program ends, because nothing can be tested. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

/* Makes a directory under $TMPDIR (or /tmp), readable by everyone, and changes into it. */
void scratch_enter(void);
/* Leaves the directory and removes it with its contents. */
void scratch_leave(void);
/* Do the same for cmocka before and after a test or a group, also after a failure. */
int scratch_set_up(void **state);
int scratch_tear_down(void **state);

/* Returns the byte at an offset of the pattern of a seed. No two blocks are alike, so that a
 * misplaced block shows. */
uint8_t pattern_byte(uint64_t seed, uint64_t offset);
/* Makes a file with the first len bytes of the pattern. */
void pattern_file(const char *path, uint64_t seed, uint64_t len);
/* Writes len bytes of the pattern from offset on to an open file, at its position; to a pipe until
 * its reader is gone. */
void pattern_write(int fd, uint64_t seed, uint64_t offset, size_t len);

/* Writes a file to the device and drops it from the page cache. */
void file_make_cold(const char *path);
/* Reads a file, so that it is in the page cache. */
void file_make_warm(const char *path);

/* Returns how many descriptors the process has open; 0 if there is no /proc. */
unsigned descriptors_open(void);

/* Continues a 64-bit FNV-1a digest from hash. */
#define FNV_START 14695981039346656037u
uint64_t fnv_add(uint64_t hash, const void *bytes, size_t len);
/* Returns the digest of the pattern's first len bytes. */
uint64_t fnv_pattern(uint64_t seed, uint64_t len);

/* Prints "what: reason" and exits 1. */
void test_broken(const char *what) __attribute__((noreturn));

#endif
