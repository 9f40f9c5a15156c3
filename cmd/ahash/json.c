/* json.c: --json: an object a line for each file, and for each check file. See ahash.h. */
#define _GNU_SOURCE
#include "ahash.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* JSON is Unicode and names are bytes: one that is no UTF-8 is given with U+FFFD in place of what
 * is not ASCII, and in hex as it is. */
static void set_bytes(json_t *json, const char *key, const char *name)
{
    static const char replacement[] = "\xef\xbf\xbd";
    size_t len = strlen(name);
    char *lossy = malloc(len * (sizeof(replacement) - 1) + 1), *out = lossy;
    char *hex = malloc(2 * len + 1);
    char key_hex[32];

    if (!lossy || !hex)
        cli_fatal(0, "memory exhausted");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x80)
            *out++ = (char)c;
        else
            out = stpcpy(out, replacement);
        snprintf(hex + 2 * i, 3, "%02x", c);
    }
    *out = 0;
    snprintf(key_hex, sizeof(key_hex), "%s_hex", key);
    json_object_set_new(json, key, json_string(lossy));
    json_object_set_new(json, key_hex, json_string(hex));
    free(lossy);
    free(hex);
}

static void set_name(json_t *json, const char *key, const char *name)
{
    json_t *text = json_string(name);

    if (text)
        json_object_set_new(json, key, text);
    else
        set_bytes(json, key, name);
}

static void print(json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    if (!text)
        cli_fatal(0, "memory exhausted");
    fputs(text, stdout);
    putc('\n', stdout);
    free(text);
    json_decref(json);
}

static void set_count(json_t *json, const char *key, uint64_t count)
{
    json_object_set_new(json, key, json_integer((json_int_t)count));
}

static void set_digest(json_t *json, const char *key, const struct digest *algorithm,
                       const uint8_t *digest)
{
    char hex[2 * DIGEST_BYTES_MAX + 1];

    for (size_t i = 0; i < digest_bytes(algorithm); i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    json_object_set_new(json, key, json_string(hex));
}

void ahash_json_digests(const struct ahash *ahash, const struct file *file, const char *name)
{
    const struct hash_result *results = file->op;
    json_t *json = json_object(), *digests;

    set_name(json, "name", name);
    if (file->status < 0) {
        json_object_set_new(json, "error", json_string(strerror(-file->status)));
        print(json);
        return;
    }
    set_count(json, "bytes", file->bytes);
    digests = json_object();
    for (size_t i = 0; i < ahash->algorithms.chosen_len; i++) {
        const struct digest *algorithm = ahash->algorithms.chosen[i];
        set_digest(digests, digest_tag(algorithm), algorithm, results[i].digest);
    }
    json_object_set_new(json, "digests", digests);
    print(json);
}

void ahash_json_status(const char *name, const char *status)
{
    json_t *json = json_object();

    set_name(json, "name", name);
    json_object_set_new(json, "status", json_string(status));
    print(json);
}

void ahash_json_counts(const char *what, const char *name, const struct ahash_count *counts)
{
    json_t *json = json_object();

    if (name)
        set_name(json, what, name);
    else
        json_object_set_new(json, what, json_true());
    for (; counts->key; counts++)
        set_count(json, counts->key, counts->count);
    print(json);
}

void ahash_json_checked(const struct ahash *ahash, const struct file *file, const char *status)
{
    const struct hash_result *result = file->op;
    json_t *json = json_object();

    set_name(json, "name", file->name);
    json_object_set_new(json, "algorithm", json_string(digest_tag(result->algorithm)));
    json_object_set_new(json, "status", json_string(status));
    set_digest(json, "expected", result->algorithm, ahash_item(ahash, file)->expected);
    if (file->status < 0)
        json_object_set_new(json, "error", json_string(strerror(-file->status)));
    else
        set_digest(json, "computed", result->algorithm, result->digest);
    print(json);
}

void ahash_json_bad_line(const char *check_file, uint64_t line)
{
    json_t *json = json_object();

    set_name(json, "check_file", check_file);
    set_count(json, "line", line);
    json_object_set_new(json, "status", json_string("malformed"));
    print(json);
}

void ahash_json_check_end(const struct file *file, const struct ahash_counts *counts)
{
    json_t *json = json_object();

    set_name(json, "check_file", file->name);
    set_count(json, "ok", counts->matched);
    set_count(json, "failed", counts->mismatched);
    set_count(json, "missing", counts->missing + counts->ignored);
    set_count(json, "unreadable", counts->unreadable - counts->missing);
    set_count(json, "malformed", counts->bad_lines);
    if (file->status < 0)
        json_object_set_new(json, "error", json_string(strerror(-file->status)));
    print(json);
}
