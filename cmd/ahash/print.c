/* print.c: see print.h. */
#include "print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ahash.h"
#include "item.h"
#include "json.h"
#include "../cli/messages.h"
#include "../cli/quote.h"

void ahash_report(struct ahash *ahash, const struct file *file)
{
    char *path = file_path(file);
    const char *name = cli_quote_maybe(path ? path : file->name);

    if (file->step == STEP_SINK)
        cli_message(-file->status, "%s: cannot compute the digest", name);
    else if (file->step == STEP_REFUSED && strcmp(file->name, "-") == 0)
        cli_message(0, "%s: with --update, standard input is not read", name);
    else if (file->step == STEP_REFUSED)
        cli_message(0, "%s: input file is output file", name);
    else if (file->step == STEP_REPLACED)
        cli_message(0, "%s: replaced by another kind of file", name);
    else
        cli_message(-file->status, "%s", name);
    free(path);
    ahash->failed = true;
}

void ahash_report_output(const struct file *file)
{
    char *path = file_path(file);

    cli_message(0, "%s: output file is skipped", cli_quote_maybe(path ? path : file->name));
    free(path);
}

void ahash_print_digests(const struct ahash *ahash, const struct file *file, const char *name)
{
    const struct hash_result *results = file->op;
    struct checksum_format format = ahash->format;

    if (ahash->json) {
        ahash_json_digests(ahash, file, name);
        return;
    }
    for (size_t i = 0; i < ahash->algorithms.chosen_len && file->status == 0; i++) {
        const struct digest *algorithm = ahash->algorithms.chosen[i];
        if (ahash->tagged)
            format.tag = digest_tag(algorithm);
        checksum_line_print(stdout, &format, results[i].digest, digest_bytes(algorithm), name);
    }
}

void ahash_print_status(const struct ahash *ahash, const char *name, const char *status,
                        const char *text)
{
    if (ahash->json) {
        ahash_json_status(name, status);
        return;
    }
    checksum_line_print_name(stdout, name);
    printf(": %s\n", text);
}

void ahash_print_counts(const struct ahash *ahash, const char *type, const char *name,
                        const struct ahash_count *counts)
{
    const char *before = ": ";

    if (ahash->json) {
        ahash_json_counts(type, name, counts);
        return;
    }
    printf("%s", name ? cli_quote_maybe(name) : type);
    for (; counts->key; counts++) {
        if (counts->count == AHASH_NOT_COUNTED)
            continue;
        printf("%s%" PRIu64 " %s", before, counts->count, counts->key);
        before = ", ";
    }
    putchar('\n');
}
