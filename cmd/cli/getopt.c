/* getopt.c: getopt_long, with our own options kept out of the way of GNU's. See options.h. */
#define _GNU_SOURCE
#include "options.h"

#include <string.h>

#include "messages.h"
#include "nearest.h"

/* Returns true if text is an option of the table, or without whole the beginning of one. */
static bool is_option(const char *text, size_t len, const struct option *table, bool whole)
{
    for (; table->name; table++)
        if (strncmp(table->name, text, len) == 0 && (!whole || table->name[len] == 0))
            return true;
    return false;
}

/* Suggests the option that an unknown one was probably meant to be. */
static void suggest(const char *text, const struct option *options)
{
    struct cli_nearest nearest = {0};
    char name[64];
    size_t len = strncmp(text, "--", 2) == 0 ? strcspn(text + 2, "=") : 0;

    if (len == 0 || len >= sizeof(name) || is_option(text + 2, len, options, false))
        return;
    memcpy(name, text + 2, len);
    name[len] = 0;
    for (; options->name; options++)
        cli_nearest_try(&nearest, name, options->name);
    if (nearest.name)
        cli_hint("--", nearest.name);
}

int cli_getopt_long(int argc, char **argv, const char *short_options, const struct option *options,
                    size_t gnu_len)
{
    struct option gnu[CLI_GNU_OPTIONS_MAX + 1] = {0};
    bool only_gnu = false;
    int option;

    memcpy(gnu, options, gnu_len * sizeof(*gnu));
    /* the next option, behind operands, which getopt moves to the end */
    for (int i = optind; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *text = argv[i];
        if (text[0] != '-' || text[1] == 0)
            continue;
        if (text[1] == '-') {
            size_t len = strcspn(text + 2, "=");
            only_gnu = !is_option(text + 2, len, options, true) &&
                       is_option(text + 2, len, gnu, false);
        }
        break;
    }
    option = getopt_long(argc, argv, short_options, only_gnu ? gnu : options, NULL);
    if (option == '?' && optopt == 0) /* it was a long one */
        suggest(argv[optind - 1], options);
    return option;
}
