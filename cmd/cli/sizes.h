/* sizes.h: sizes and counts as options give them, and sizes for people. */
#ifndef CMD_CLI_SIZES_H
#define CMD_CLI_SIZES_H

#include <stdint.h>

/* Parses "64K", "1MiB", "1MB" (decimal) or "4096" to bytes. Returns 0, -EINVAL or -ERANGE. */
int cli_parse_size(const char *text, uint64_t *bytes);
/* Parses a number from 1 to max. Returns 0 or -EINVAL. */
int cli_parse_count(const char *text, unsigned max, unsigned *count);

enum { CLI_SIZE_BYTES = 32 };
/* Writes a size as people read it: "42.2 MB". Returns text. */
const char *cli_size(double bytes, char text[CLI_SIZE_BYTES]);

#endif
