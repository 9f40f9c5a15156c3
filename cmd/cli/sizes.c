/* sizes.c: sizes and counts as options give them, and sizes for people. See sizes.h. */
#include "sizes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The multiplier that a suffix stands for; 0: none. */
static uint64_t suffix_multiplier(const char *suffix)
{
    static const char letters[] = "KMGTPE";
    const char *letter;
    uint64_t base, multiplier = 1;

    if (*suffix == 0)
        return 1;
    letter = strchr(letters, *suffix == 'k' ? 'K' : *suffix);
    if (!letter)
        return 0;
    if (suffix[1] == 0 || strcmp(suffix + 1, "iB") == 0)
        base = 1024;
    else if (strcmp(suffix + 1, "B") == 0)
        base = 1000;
    else
        return 0;
    for (const char *p = letters; p <= letter; p++)
        multiplier *= base;
    return multiplier;
}

int cli_parse_size(const char *text, uint64_t *bytes)
{
    unsigned long long number;
    uint64_t multiplier;
    char *end;

    if (*text < '0' || *text > '9') /* strtoull takes blanks and signs */
        return -EINVAL;
    errno = 0;
    number = strtoull(text, &end, 10);
    multiplier = suffix_multiplier(end);
    if (multiplier == 0)
        return -EINVAL;
    if (errno == ERANGE || __builtin_mul_overflow(number, multiplier, bytes))
        return -ERANGE;
    return 0;
}

int cli_parse_count(const char *text, unsigned max, unsigned *count)
{
    unsigned long number;
    char *end;

    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    number = strtoul(text, &end, 10);
    if (*end != 0 || errno != 0 || number < 1 || number > max)
        return -EINVAL;
    *count = (unsigned)number;
    return 0;
}

const char *cli_size(double bytes, char text[CLI_SIZE_BYTES])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;

    for (; bytes >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
        bytes /= 1000;
    snprintf(text, CLI_SIZE_BYTES, "%.*f %s",
             unit == 0 || bytes >= 99.95 ? 0
             : bytes >= 9.995            ? 1
                                         : 2,
             bytes, units[unit]);
    return text;
}
