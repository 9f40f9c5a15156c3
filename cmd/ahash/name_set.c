/* name_set.c: a hash table of fingerprints. See name_set.h.
 *
 * A fingerprint is the name's BLAKE2b-128, which needs no provider of OpenSSL. No two names
 * with the same fingerprint are known or can be made, so the names themselves are not kept. */
#define _GNU_SOURCE
#include "name_set.h"

#include <stdlib.h>
#include <string.h>

#include "../../core/digest/digest.h"
#include "../cli/engine.h"
#include "../cli/messages.h"

enum {
    SLOTS_FIRST = 1024, /* a power of 2, as all sizes are */
};

struct entry {
    uint64_t fingerprint[2]; /* both 0: free */
    uint64_t number;
};

struct name_set {
    struct entry *slots;
    size_t slot_count, len;
    struct digest *digest;
    struct digest_context *context;
    char *plain; /* the last name, without detours */
    size_t plain_cap;
};

struct name_set *name_set_new(void)
{
    struct name_set *names = calloc(1, sizeof(*names));

    if (names) {
        names->slot_count = SLOTS_FIRST;
        names->slots = calloc(names->slot_count, sizeof(struct entry));
        names->digest = cli_digest_open("blake2b-128");
        names->context = digest_context_new();
    }
    if (!names || !names->slots || !names->digest || !names->context)
        cli_fatal(0, "memory exhausted");
    return names;
}

void name_set_free(struct name_set *names)
{
    if (!names)
        return;
    digest_context_free(names->context);
    digest_close(names->digest);
    free(names->slots);
    free(names->plain);
    free(names);
}

const char *name_normalize(struct name_set *names, const char *name)
{
    size_t cap = strlen(name) + 2;
    char *out;

    if (cap > names->plain_cap) {
        free(names->plain);
        names->plain = malloc(2 * cap);
        names->plain_cap = 2 * cap;
        if (!names->plain)
            cli_fatal(0, "memory exhausted");
    }
    out = names->plain;
    if (*name == '/')
        *out++ = '/';
    while (*name) {
        size_t len = strcspn(name, "/");
        if (len > 0 && (len > 1 || *name != '.')) {
            if (out > names->plain && out[-1] != '/')
                *out++ = '/';
            memcpy(out, name, len);
            out += len;
        }
        name += len;
        name += *name == '/';
    }
    if (out == names->plain)
        *out++ = '.';
    *out = 0;
    return names->plain;
}

static void fingerprint(struct name_set *names, const char *name, uint64_t out[2])
{
    const char *plain = name_normalize(names, name);
    uint8_t digest[DIGEST_BYTES_MAX];

    if (digest_begin(names->context, names->digest) < 0 ||
        digest_update(names->context, plain, strlen(plain)) < 0 ||
        digest_end(names->context, digest) < 0)
        cli_fatal(0, "memory exhausted");
    memcpy(out, digest, 2 * sizeof(*out));
    out[0] |= out[0] == 0 && out[1] == 0;
}

/* The name's slot, or the free one where it belongs. */
static struct entry *slot_of(const struct name_set *names, const uint64_t key[2])
{
    size_t at = key[0] & (names->slot_count - 1);

    for (;;) {
        struct entry *entry = &names->slots[at];
        if ((entry->fingerprint[0] == key[0] && entry->fingerprint[1] == key[1]) ||
            (entry->fingerprint[0] == 0 && entry->fingerprint[1] == 0))
            return entry;
        at = (at + 1) & (names->slot_count - 1);
    }
}

static void grow(struct name_set *names)
{
    struct entry *old = names->slots;
    size_t old_count = names->slot_count;

    names->slot_count *= 2;
    names->slots = calloc(names->slot_count, sizeof(struct entry));
    if (!names->slots)
        cli_fatal(0, "memory exhausted");
    for (size_t i = 0; i < old_count; i++)
        if (old[i].fingerprint[0] != 0 || old[i].fingerprint[1] != 0)
            *slot_of(names, old[i].fingerprint) = old[i];
    free(old);
}

void name_set_put(struct name_set *names, const char *name, uint64_t number)
{
    struct entry new = {.number = number};
    struct entry *slot;

    if (names->len * 4 >= names->slot_count * 3)
        grow(names);
    fingerprint(names, name, new.fingerprint);
    slot = slot_of(names, new.fingerprint);
    names->len += slot->fingerprint[0] == 0 && slot->fingerprint[1] == 0;
    *slot = new;
}

uint64_t *name_set_find(struct name_set *names, const char *name)
{
    uint64_t key[2];
    struct entry *slot;

    fingerprint(names, name, key);
    slot = slot_of(names, key);
    return slot->fingerprint[0] == 0 && slot->fingerprint[1] == 0 ? NULL : &slot->number;
}

size_t name_set_count(const struct name_set *names)
{
    return names->len;
}
