/* sizes.c: fuzzes sizes and numbers of options, and the quoting of names in messages. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../../cmd/cli/quote.h"
#include "../../cmd/cli/sizes.h"
#include "fuzz.h"

/* Checks that a size is the product of its digits and its suffix. */
static void check_size(const char *text)
{
    uint64_t bytes, again;
    size_t digits = strspn(text, "0123456789");
    char plain[32];
    int rc = cli_parse_size(text, &bytes);

    MUST(rc == 0 || rc == -EINVAL || rc == -ERANGE);
    if (rc < 0)
        return;
    MUST(digits > 0 && strlen(text + digits) <= 3);
    snprintf(plain, sizeof(plain), "%" PRIu64, bytes);
    MUST(cli_parse_size(plain, &again) == 0 && again == bytes);
    MUST(text[digits] == 0 || bytes == 0 || bytes % 1000 == 0 || bytes % 1024 == 0);
}

static void check_count(const char *text)
{
    unsigned count;

    if (cli_parse_count(text, 1000, &count) == 0)
        MUST(count >= 1 && count <= 1000 && strtoul(text, NULL, 10) == count &&
             text[strspn(text, "0123456789")] == 0);
}

/* Checks that a quoted name is one printable line. */
static void check_quote(const char *name)
{
    for (const char *at = cli_quote(name); *at; at++)
        MUST(*at >= ' ' && *at < 127);
    for (const char *at = cli_quote_maybe(name); *at; at++)
        MUST(*at >= ' ' && *at < 127);
    MUST(strlen(cli_quote(name)) >= strlen(name) + 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = strndup((const char *)data, len);

    MUST(text);
    check_size(text);
    check_count(text);
    check_quote(text);
    free(text);
    return 0;
}
