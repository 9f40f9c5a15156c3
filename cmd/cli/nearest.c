/* nearest.c: the name that a mistyped word was probably meant to be. See nearest.h. */
#include "nearest.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum {
    LENGTH_MAX = 40,    /* no name is longer */
    LETTERS_A_TYPO = 3, /* in a word, for each typo in it */
    BEGINNING_MIN = 3,  /* letters of a word that is not mistyped, but cut off */
};

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static int same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Returns the number of letters that must be added, removed, replaced or swapped with the next one
 * to make a from b. Both have at most LENGTH_MAX letters. */
static unsigned distance_of(const char *a, const char *b)
{
    unsigned rows[3][LENGTH_MAX + 1] = {0};
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    size_t len = strlen(b);

    for (size_t j = 0; j <= len; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; a[i - 1]; i++) {
        unsigned *oldest = before;
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= len; j++) {
            row[j] = least(above[j] + 1, row[j - 1] + 1);
            row[j] = least(row[j], above[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = oldest;
    }
    return above[len];
}

void cli_nearest_try(struct cli_nearest *nearest, const char *word, const char *name)
{
    size_t word_len = strlen(word), name_len = strlen(name);
    size_t longer = word_len > name_len ? word_len : name_len;
    unsigned distance;

    if (word_len == 0 || longer > LENGTH_MAX)
        return;
    distance = word_len >= BEGINNING_MIN && strncmp(word, name, word_len) == 0
                   ? 0
                   : distance_of(word, name);
    if (distance > longer / LETTERS_A_TYPO || (nearest->name && distance >= nearest->distance))
        return;
    nearest->name = name;
    nearest->distance = distance;
}
