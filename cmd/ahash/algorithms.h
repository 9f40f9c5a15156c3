/* algorithms.h: which digests a run computes, and what the lines of a check file may be of. */
#ifndef CMD_AHASH_ALGORITHMS_H
#define CMD_AHASH_ALGORITHMS_H

#include "../../core/digest/digest.h"
#include "../cli/checksum_line.h"

struct algorithms {
    struct digest **chosen; /* what is computed; with --check: what lines may be of */
    size_t chosen_len;
    bool detect;         /* --check: lines may be of any */
    bool any_length;     /* --check: BLAKE2b of any length, as b2sum */
    bool as_cksum;       /* --check: digests may be in base64, and two blanks follow a tag */
    struct digest **met; /* in lines, beside the chosen ones */
    size_t met_len;
};

/* Takes the algorithms of a list like "sha256,sha3-512"; exits if a name is unknown. */
void algorithms_choose(struct algorithms *algorithms, const char *names);
void algorithms_free(struct algorithms *algorithms);
/* Makes a reader of lines for this run: checksum_line.h. */
struct checksum_reader algorithms_reader(struct algorithms *algorithms);
/* Finds the algorithm of an untagged line by its number of digits. Returns NULL if this run does
 * not accept it. */
const struct digest *algorithms_by_digits(struct algorithms *algorithms, size_t digits);
/* Finds another algorithm that such a line may be of: a list of b2sum looks like one of sha512sum.
 * Returns NULL if there is none. */
const struct digest *algorithms_other(struct algorithms *algorithms, const struct digest *digest);
/* Tells whether the length of a digest stands for this algorithm. */
bool algorithms_is_usual(const struct digest *digest);

#endif
