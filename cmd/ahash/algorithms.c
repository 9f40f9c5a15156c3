/* algorithms.c: which digests a run computes, and what a line of a check file asks for. See
 * algorithms.h. */
#define _GNU_SOURCE
#include "algorithms.h"
#include "../cli/engine.h"
#include "../cli/messages.h"
#include "../cli/nearest.h"
#include "../cli/quote.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAG_BYTES = 32,
    /* If the algorithm must be guessed, shorter digests are ignored: prose has such words. */
    GUESSED_DIGITS_MIN = 32,
};

/* The algorithms that GNU's commands are named after: a digest of that many bytes is taken for one
 * of them if nothing else tells. */
static const struct {
    size_t bytes;
    const char *name;
} usual[] = {
    {16, "MD5"}, {20, "SHA1"}, {28, "SHA224"}, {32, "SHA256"}, {48, "SHA384"}, {64, "SHA512"},
};

static bool has(struct digest *const *digests, size_t len, const char *tag)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(digest_tag(digests[i]), tag) == 0)
            return true;
    return false;
}

/* Appends digest and takes it over. Returns false if memory is short. */
static bool append(struct digest ***digests, size_t *len, struct digest *digest)
{
    void *more = realloc(*digests, (*len + 1) * sizeof(struct digest *));

    if (!more) {
        digest_close(digest);
        return false;
    }
    *digests = more;
    (*digests)[(*len)++] = digest;
    return true;
}

/* Prints the usual algorithms. Returns the one that a mistyped name was probably meant to be, or
 * NULL. */
static const char *print_usual(FILE *out, const char *name)
{
    static const char *const rows[][6] = {
        {"sha256", "sha512", "sha3-256", "sha3-512"},
        {"sha224", "sha384", "sha3-224", "sha3-384", "sha512-256"},
        {"blake2b", "blake2b-256", "blake2s256"},
        {"sha1", "md5"},
    };
    struct cli_nearest nearest = {0};

    fputs("Usual algorithms are:", out);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t j = 0; j < sizeof(rows[0]) / sizeof(rows[0][0]) && rows[i][j]; j++) {
            fprintf(out, j == 0 ? "\n  - %s" : ", %s", cli_quote_word(rows[i][j]));
            cli_nearest_try(&nearest, name, rows[i][j]);
        }
    fputs("\n  - 'blake2b-BITS', and all of 'openssl list -digest-algorithms'\n", out);
    return nearest.name;
}

/* Ends the program because there is no such algorithm, and prints the usual ones. */
static void __attribute__((noreturn)) refuse(const char *name)
{
    const char *nearest;

    cli_message(0, "unknown algorithm %s", cli_quote_word(name));
    nearest = print_usual(stderr, name);
    if (nearest)
        cli_hint("", nearest);
    cli_try_help();
}

void algorithms_choose(struct algorithms *algorithms, const char *names)
{
    char *copy = strdup(names), *rest = copy;

    if (strcmp(names, "help") == 0) {
        (void)print_usual(stdout, names);
        cli_close_stdout();
        exit(0);
    }
    for (char *name; copy && (name = strsep(&rest, ",")) != NULL;) {
        struct digest *digest = cli_digest_open(name);
        if (!digest)
            refuse(name);
        if (has(algorithms->chosen, algorithms->chosen_len, digest_tag(digest)))
            digest_close(digest);
        else if (!append(&algorithms->chosen, &algorithms->chosen_len, digest))
            cli_fatal(0, "memory exhausted");
    }
    if (!copy)
        cli_fatal(0, "memory exhausted");
    free(copy);
}

void algorithms_free(struct algorithms *algorithms)
{
    for (size_t i = 0; i < algorithms->chosen_len; i++)
        digest_close(algorithms->chosen[i]);
    for (size_t i = 0; i < algorithms->met_len; i++)
        digest_close(algorithms->met[i]);
    free(algorithms->chosen);
    free(algorithms->met);
}

/* Finds the digest of that canonical name among those that have been opened. */
static const struct digest *opened(const struct algorithms *algorithms, const char *tag)
{
    for (size_t i = 0; i < algorithms->chosen_len; i++)
        if (strcmp(digest_tag(algorithms->chosen[i]), tag) == 0)
            return algorithms->chosen[i];
    for (size_t i = 0; i < algorithms->met_len; i++)
        if (strcmp(digest_tag(algorithms->met[i]), tag) == 0)
            return algorithms->met[i];
    return NULL;
}

/* Opens an algorithm that a line has named, by any of its names. Lines repeat each other: the
 * canonical name is found without asking the library. */
static const struct digest *meet(struct algorithms *algorithms, const char *name)
{
    const struct digest *known = opened(algorithms, name);
    struct digest *digest;

    if (known)
        return known;
    if (!algorithms->detect && !algorithms->any_length)
        return NULL;
    digest = digest_open(name);
    if (!digest)
        return NULL;
    known = opened(algorithms, digest_tag(digest));
    if (known)
        digest_close(digest);
    else if (append(&algorithms->met, &algorithms->met_len, digest))
        known = digest;
    return known;
}

/* Finds BLAKE2b with that many digits, as b2sum prints it. NULL: it has no such length. */
static const struct digest *blake2b_by_digits(struct algorithms *algorithms, size_t digits)
{
    char name[TAG_BYTES];

    if (digits / 2 > DIGEST_BYTES_MAX)
        return NULL;
    if (digits / 2 == DIGEST_BYTES_MAX)
        return meet(algorithms, "BLAKE2b");
    snprintf(name, sizeof(name), "BLAKE2b-%zu", digits * 4);
    return meet(algorithms, name);
}

/* Takes the tag of a line exactly as b2sum does: one character behind the name is skipped, whatever
 * it is, and a length is a number as C writes it. */
static const struct digest *by_tag_of_b2sum(struct algorithms *algorithms, const char *text,
                                            size_t *tag_len)
{
    static const char tag[] = "BLAKE2b";
    const char *at = text + strlen(tag);
    const unsigned long long bits_max = 512;
    unsigned long long bits = bits_max;
    char *end;

    if (strncmp(text, tag, strlen(tag)) != 0)
        return NULL;
    if (*at != '(')
        at++;
    if (at[-1] == '-') {
        errno = 0;
        bits = strtoull(at, &end, 0);
        if (end == at || errno || at[strspn(at, " \t\v\f\r")] == '-' || bits == 0 ||
            bits > bits_max || bits % 8 != 0)
            return NULL;
        at = end;
    }
    *tag_len = (size_t)(at - text);
    return blake2b_by_digits(algorithms, bits / 4);
}

static const struct digest *by_tag(void *arg, const char *text, size_t *tag_len)
{
    char tag[TAG_BYTES];
    size_t len = 0;
    struct algorithms *algorithms = arg;
    bool between;

    if (algorithms->any_length)
        return by_tag_of_b2sum(algorithms, text, tag_len);
    while (len < TAG_BYTES - 1 && (isalnum((unsigned char)text[len]) || strchr("-/", text[len])) &&
           text[len])
        len++;
    between = text[len] == ' ' || (algorithms->as_cksum && text[len] == '\t');
    if (len == 0 || (!between && text[len] != '('))
        return NULL;
    memcpy(tag, text, len);
    tag[len] = 0;
    *tag_len = len + (between && algorithms->as_cksum ? 1 : 0); /* another blank may follow */
    return meet(algorithms, tag);
}

/* Returns NULL if no algorithm is usual with that many digits. */
static const char *usual_by_digits(size_t digits)
{
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (2 * usual[i].bytes == digits)
            return usual[i].name;
    return NULL;
}

bool algorithms_is_usual(const struct digest *digest)
{
    const char *name = usual_by_digits(2 * digest_bytes(digest));

    return name && strcmp(name, digest_tag(digest)) == 0;
}

const struct digest *algorithms_by_digits(struct algorithms *algorithms, size_t digits)
{
    const char *name;

    if (digits == 0 || digits % 2 != 0)
        return NULL;
    for (size_t i = 0; i < algorithms->chosen_len && !algorithms->any_length; i++)
        if (2 * digest_bytes(algorithms->chosen[i]) == digits)
            return algorithms->chosen[i];
    if (algorithms->any_length)
        return blake2b_by_digits(algorithms, digits);
    name = usual_by_digits(digits);
    if (algorithms->detect && name)
        return meet(algorithms, name);
    return algorithms->detect && digits >= GUESSED_DIGITS_MIN
               ? blake2b_by_digits(algorithms, digits)
               : NULL;
}

static const struct digest *by_digits(void *arg, size_t digits)
{
    return algorithms_by_digits(arg, digits);
}

struct checksum_reader algorithms_reader(struct algorithms *algorithms)
{
    return (struct checksum_reader){.by_tag = by_tag,
                                    .by_digits = by_digits,
                                    .arg = algorithms,
                                    .any_length = algorithms->any_length,
                                    .base64 = algorithms->as_cksum};
}

const struct digest *algorithms_other(struct algorithms *algorithms, const struct digest *digest)
{
    if (!algorithms->detect || algorithms->any_length || !algorithms_is_usual(digest))
        return NULL;
    return blake2b_by_digits(algorithms, 2 * digest_bytes(digest));
}
