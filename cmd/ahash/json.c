/* json.c: --json: one object on each line. See json.h and aioutils-json(5).
 *
 * Lines get no program and version, since there can be millions of them. */
#define _GNU_SOURCE
#include "json.h"
#include "ahash.h"
#include "../cli/json.h"
#include "print.h"
#include "item.h"

#include <string.h>

static const char *error_of(const struct file *file)
{
    return file->status < 0 ? strerror(-file->status) : NULL;
}

static void begin(struct json_writer *json, const char *type)
{
    json_begin(json, stdout, JSON_LINE, type);
}

/* Ends a line; the close of standard output reports a failed write. */
static void end(struct json_writer *json)
{
    json_finish(json);
}

void ahash_json_digests(const struct ahash *ahash, const struct file *file, const char *name)
{
    const struct hash_result *results = file->op;
    struct json_writer json;

    begin(&json, "digest");
    json_put_name(&json, "name", name);
    if (file->status < 0) {
        json_put_null(&json, "bytes");
        json_put_null(&json, "digests");
    } else {
        json_put_count(&json, "bytes", file->bytes);
        json_put_object(&json, "digests");
        for (size_t i = 0; i < ahash->algorithms.chosen_len; i++) {
            const struct digest *algorithm = ahash->algorithms.chosen[i];
            json_put_hex(&json, digest_tag(algorithm), results[i].digest, digest_bytes(algorithm));
        }
        json_end(&json);
    }
    json_put_text(&json, "error", error_of(file));
    end(&json);
}

void ahash_json_status(const char *name, const char *status)
{
    struct json_writer json;

    begin(&json, "status");
    json_put_name(&json, "name", name);
    json_put_text(&json, "status", status);
    end(&json);
}

void ahash_json_counts(const char *type, const char *name, const struct ahash_count *counts)
{
    struct json_writer json;

    begin(&json, type);
    if (name)
        json_put_name(&json, type, name);
    for (; counts->key; counts++) {
        if (counts->count == AHASH_NOT_COUNTED)
            json_put_null(&json, counts->key);
        else
            json_put_count(&json, counts->key, counts->count);
    }
    end(&json);
}

void ahash_json_checked(const struct ahash *ahash, const struct file *file, const char *status)
{
    const struct hash_result *result = file->op;
    size_t len = digest_bytes(result->algorithm);
    struct json_writer json;

    begin(&json, "checked");
    json_put_name(&json, "name", file->name);
    json_put_text(&json, "algorithm", digest_tag(result->algorithm));
    json_put_text(&json, "status", status);
    json_put_hex(&json, "expected", ahash_item(ahash, file)->expected, len);
    if (file->status < 0)
        json_put_null(&json, "computed");
    else
        json_put_hex(&json, "computed", result->digest, len);
    json_put_text(&json, "error", error_of(file));
    end(&json);
}

void ahash_json_bad_line(const char *check_file, uint64_t line)
{
    struct json_writer json;

    begin(&json, "malformed_line");
    json_put_name(&json, "check_file", check_file);
    json_put_count(&json, "line", line);
    json_put_text(&json, "status", "malformed");
    end(&json);
}

void ahash_json_check_end(const struct file *file, const struct ahash_counts *counts)
{
    struct json_writer json;

    begin(&json, "check_file");
    json_put_name(&json, "check_file", file->name);
    json_put_count(&json, "ok", counts->matched);
    json_put_count(&json, "failed", counts->mismatched);
    json_put_count(&json, "missing", counts->missing + counts->ignored);
    json_put_count(&json, "unreadable", counts->unreadable - counts->missing);
    json_put_count(&json, "malformed", counts->bad_lines);
    json_put_text(&json, "error", error_of(file));
    end(&json);
}
