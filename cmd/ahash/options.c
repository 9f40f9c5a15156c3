/* options.c: the command line of ahash, and of the commands of GNU that it stands in for. See
 * ahash.h. */
#define _GNU_SOURCE
#include "ahash.h"
#include "../../core/base/path.h"
#include "../cli/messages.h"
#include "../cli/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_TAG = CLI_OPT_FIRST,
    OPT_IGNORE_MISSING,
    OPT_QUIET,
    OPT_STATUS,
    OPT_STRICT,
    OPT_JSON,
    OPT_UPDATE,
    OPT_VERIFY,
    OPT_REPORT_UNLISTED,
    OPT_SUMMARY,
    OPT_FORCE_EMPTY,
};

static const struct option long_options[] = {
    /* GNU's, in GNU's order, which its messages keep; --length first, since only b2sum has it */
    {"length", required_argument, NULL, 'l'},
    {"binary", no_argument, NULL, 'b'},
    {"check", no_argument, NULL, 'c'},
    {"ignore-missing", no_argument, NULL, OPT_IGNORE_MISSING},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"status", no_argument, NULL, OPT_STATUS},
    {"warn", no_argument, NULL, 'w'},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"tag", no_argument, NULL, OPT_TAG},
    {"text", no_argument, NULL, 't'},
    {"zero", no_argument, NULL, 'z'},
    {"help", no_argument, NULL, CLI_OPT_HELP},
    {"version", no_argument, NULL, CLI_OPT_VERSION},
    /* ours */
    {"algorithm", required_argument, NULL, 'a'},
    {"force-empty", no_argument, NULL, OPT_FORCE_EMPTY},
    {"json", no_argument, NULL, OPT_JSON},
    {"recursive", no_argument, NULL, 'r'},
    {"report-unlisted", optional_argument, NULL, OPT_REPORT_UNLISTED},
    {"summary", no_argument, NULL, OPT_SUMMARY},
    {"update", required_argument, NULL, OPT_UPDATE},
    {"verbose", no_argument, NULL, 'v'},
    {"verify", no_argument, NULL, OPT_VERIFY},
    CLI_LONG_OPTIONS,
    CLI_WALK_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};
enum { GNU_OPTIONS = 13 };

static const struct ahash_persona personas[] = {
    {"ahash", NULL, NULL, "Print or check message digests (SHA-256 by default).\n"},
    {"md5sum", "md5", "MD5", "Print or check MD5 (128-bit) checksums.\n"},
    {"sha1sum", "sha1", "SHA1", "Print or check SHA1 (160-bit) checksums.\n"},
    {"sha224sum", "sha224", "SHA224", "Print or check SHA224 (224-bit) checksums.\n"},
    {"sha256sum", "sha256", "SHA256", "Print or check SHA256 (256-bit) checksums.\n"},
    {"sha384sum", "sha384", "SHA384", "Print or check SHA384 (384-bit) checksums.\n"},
    {"sha512sum", "sha512", "SHA512", "Print or check SHA512 (512-bit) checksums.\n"},
    {"b2sum", "blake2b", "BLAKE2b", "Print or check BLAKE2b (512-bit) checksums.\n"},
};

static const struct ahash_persona *find_persona(void)
{
    const char *command = path_last(cli_name);

    for (size_t i = 1; i < sizeof(personas) / sizeof(personas[0]); i++)
        if (strcmp(personas[i].command, command) == 0)
            return &personas[i];
    return &personas[0];
}

static bool is_b2sum(const struct ahash *ahash)
{
    return ahash->persona->tag && strcmp(ahash->persona->tag, "BLAKE2b") == 0;
}

__attribute__((noreturn)) static void usage(const struct ahash *ahash)
{
    printf("Usage: %s [OPTION]... [FILE]...\n"
           "%s\n"
           "With no FILE, or when FILE is -, standard input is read.\n"
           "  -a, --algorithm=LIST      comma-separated algorithms, computed in one read:\n"
           "                              OpenSSL's, as sha256,sha3-512, or blake2b-BITS\n"
           "                              (help lists them); with --check: the accepted\n"
           "                              ones (default: any)\n"
           "  -b, --binary              mark names with '*'; the digests are the same\n"
           "  -c, --check               read checksums from the FILEs and check them\n"
           "%s"
           "  -r, --recursive           digest the regular files in directories\n"
           "      --json                print one JSON object per line\n"
           "      --tag                 print BSD-style lines (default with several\n"
           "                              algorithms, and if not MD5, SHA-1 or SHA-2)\n"
           "  -t, --text                mark names with ' ' (default)\n"
           "  -z, --zero                end lines with NUL and do not escape names\n" CLI_WALK_HELP
           "      --files0-from=F       read the FILEs from F, each ended by NUL\n"
           "      --update=MANIFEST     digest only files that are new or have changed since\n"
           "                              MANIFEST was written, and rewrite it; --check and\n"
           "                              sha256sum -c read it\n"
           "      --force-empty         with --update: also if all listed files are gone\n"
           "  -v, --verbose             with --update: list new, changed and removed files\n"
           "      --verify              with --update: digest all files, and report those\n"
           "                              that look unchanged but do not match\n\n"
           "With --check only:\n"
           "      --ignore-missing      do not report missing files\n"
           "      --quiet               do not print OK for files that match\n"
           "      --report-unlisted[=DIR]  list regular files in DIR that no FILE lists\n"
           "                              (default: the common directory of listed files)\n"
           "      --summary             print the counts of all results in a line at the end\n"
           "      --status              print no results; the exit status tells\n"
           "      --strict              fail if a line is improperly formatted\n"
           "  -w, --warn                report each improperly formatted line\n\n" CLI_COMMON_HELP,
           cli_name, ahash->persona->title,
           is_b2sum(ahash)
               ? "  -l, --length=BITS         digest length, a multiple of 8 up to 512\n"
               : "");
    cli_close_stdout();
    exit(EXIT_SUCCESS);
}

#define ONLY_UPDATE(option) "the --" option " option is meaningful only with --update"
#define ONLY_WALK(option) \
    "the --" option " option is meaningful only with --recursive or --report-unlisted"
#define ONLY_CHECK(option) "the --" option " option is meaningful only when verifying checksums"
#define NO_CHECK(options) "the " options " meaningless when verifying checksums"

/* The options about algorithms and lines, until all are known. */
struct choice {
    const char *list, *length; /* -a, -l; NULL: not given */
    char mode;                 /* of names: the last of -b '*' and -t ' ', or 0: not given. --tag
                                * stands for -b, as it does with GNU's */
};

/* Exits if the options make no sense together; the first rule that is broken is reported. */
static void check_conflicts(const struct ahash *ahash, const struct choice *choice)
{
    const bool check = ahash->check, update = ahash->update_path != NULL;
    const bool zero = ahash->format.end == 0, walks = ahash->recursive || ahash->report_unlisted;
    const char mode = choice->mode;
    const struct {
        bool broken;
        const char *text;
    } rules[] = {
        {ahash->verify && !update, ONLY_UPDATE("verify") ": --check reads everything"},
        {ahash->verbose && !update, ONLY_UPDATE("verbose")},
        {ahash->force_empty && !update, ONLY_UPDATE("force-empty")},
        {update && check, NO_CHECK("--update option is")},
        {update && zero, "the --update option does not support --zero"},
        {update && !ahash->operands[0] && !ahash->common.files0_from,
         "missing operand: with --update, standard input is not read"},
        {ahash->json && (mode || ahash->tagged || zero),
         "--json cannot be combined with --binary, --tag, --text or --zero"},
        {mode == ' ' && ahash->tagged, "--tag does not support --text mode"},
        {mode == ' ' && !check && ahash->algorithms.chosen_len > 1,
         "--text cannot be combined with several algorithms: their lines have tags"},
        {check && zero, "the --zero option is not supported when verifying checksums"},
        {check && ahash->tagged, NO_CHECK("--tag option is")},
        {check && mode, NO_CHECK("--binary and --text options are")},
        {check && ahash->recursive, NO_CHECK("--recursive option is")},
        {!check && ahash->ignore_missing, ONLY_CHECK("ignore-missing")},
        {!check && ahash->status_only, ONLY_CHECK("status")},
        {!check && ahash->warn, ONLY_CHECK("warn")},
        {!check && ahash->quiet && !update, ONLY_CHECK("quiet")},
        {!check && ahash->strict, ONLY_CHECK("strict")},
        {!check && ahash->report_unlisted, ONLY_CHECK("report-unlisted")},
        {!check && ahash->summary, ONLY_CHECK("summary")},
        {!walks && ahash->common.exclude, ONLY_WALK("exclude")},
        {!walks && ahash->common.one_file_system, ONLY_WALK("one-file-system")},
        {choice->list && choice->length, "--algorithm cannot be combined with --length"},
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].broken) {
            cli_message(0, "%s", rules[i].text);
            cli_try_help();
        }
    }
}

/* Takes --quiet, --status or --warn: the last one wins, as with GNU's. */
static void set_loudness(struct ahash *ahash, int option)
{
    ahash->quiet = option == OPT_QUIET;
    ahash->status_only = option == OPT_STATUS;
    ahash->warn = option == 'w';
}

/* b2sum's -l, in bits. */
static unsigned long length_option(const char *argument)
{
    unsigned long bits;
    char *end;

    errno = 0;
    bits = strtoul(argument, &end, 10);
    if (*argument == '-' || end == argument || *end != 0)
        cli_fatal(0, "invalid length: %s", cli_quote_word(argument));
    if (errno == ERANGE)
        cli_fatal(EOVERFLOW, "invalid length: %s", cli_quote_word(argument));
    if (bits % 8 != 0) {
        cli_message(0, "invalid length: %s", cli_quote_word(argument));
        cli_fatal(0, "length is not a multiple of 8");
    }
    return bits;
}

/* Returns the name of the algorithm of that length. Called for the last -l only. */
static const char *length_name(const char *argument)
{
    static char name[32];
    unsigned long bits = length_option(argument);

    if (bits > 512) {
        cli_message(0, "invalid length: %s", cli_quote_word(argument));
        cli_fatal(0, "maximum digest length for %s is 512 bits", cli_quote_word("BLAKE2b"));
    }
    snprintf(name, sizeof(name), "blake2b-%lu", bits ? bits : 512);
    return name;
}

static void choose_algorithms(struct ahash *ahash, const char *list, const char *length)
{
    const char *own = ahash->persona->algorithm;

    algorithms_choose(&ahash->algorithms, list     ? list
                                          : length ? length_name(length)
                                          : own    ? own
                                                   : "sha256");
    ahash->algorithms.detect = ahash->check && !list && !own;
    ahash->algorithms.as_cksum = !own; /* sha256sum and its like accept less */
    ahash->algorithms.any_length = ahash->check && !list && is_b2sum(ahash);
    ahash->common.digest = ahash->algorithms.chosen_len == 1 || ahash->check
                               ? digest_tag(ahash->algorithms.chosen[0])
                               : "several digests";
    if (list)
        ahash->tag = ahash->algorithms.chosen_len == 1 ? digest_tag(ahash->algorithms.chosen[0])
                                                       : NULL;
    else
        ahash->tag = ahash->persona->tag;
}

/* Tells whether the command would take an untagged line of the chosen algorithm for another's. */
static bool needs_tag(const struct ahash *ahash)
{
    const struct digest *digest = ahash->algorithms.chosen[0];

    return !algorithms_is_usual(digest) &&
           !(is_b2sum(ahash) && strncmp(digest_tag(digest), "BLAKE2b", 7) == 0);
}

/* Sets the flag of an option that has one and no argument. Returns false for other options. */
static bool set_flag(struct ahash *ahash, int option)
{
    const struct {
        int option;
        bool *flag;
    } flags[] = {
        {'c', &ahash->check},
        {'r', &ahash->recursive},
        {'v', &ahash->verbose},
        {OPT_FORCE_EMPTY, &ahash->force_empty},
        {OPT_IGNORE_MISSING, &ahash->ignore_missing},
        {OPT_JSON, &ahash->json},
        {OPT_STRICT, &ahash->strict},
        {OPT_SUMMARY, &ahash->summary},
        {OPT_VERIFY, &ahash->verify},
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (flags[i].option == option) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

/* Takes --report-unlisted; tree is its argument or NULL. */
static void report_unlisted(struct ahash *ahash, char *tree)
{
    ahash->report_unlisted = ahash->summary = true;
    ahash->trees = realloc(ahash->trees, (ahash->trees_len + 1) * sizeof(char *));
    if (!ahash->trees)
        cli_fatal(0, "memory exhausted");
    ahash->trees[ahash->trees_len++] = tree;
}

/* Takes an option that needs more than a flag. Returns false if ahash has no such option. */
static bool take_option(struct ahash *ahash, struct choice *choice, int option, char *argument)
{
    switch (option) {
    case 'a':
        choice->list = argument;
        break;
    case 'b':
        choice->mode = '*';
        break;
    case 'l':
        (void)length_option(argument);
        choice->length = argument;
        break;
    case 't':
        choice->mode = ' ';
        break;
    case OPT_TAG:
        ahash->tagged = true;
        choice->mode = '*';
        break;
    case 'z':
        ahash->format.end = 0;
        break;
    case 'w':
    case OPT_QUIET:
    case OPT_STATUS:
        set_loudness(ahash, option);
        break;
    case OPT_UPDATE:
        ahash->update_path = argument;
        break;
    case OPT_REPORT_UNLISTED:
        report_unlisted(ahash, argument);
        break;
    case CLI_OPT_HELP:
        usage(ahash);
    case CLI_OPT_VERSION:
        cli_version("ahash");
    default:
        return cli_common_option(&ahash->common, option, argument);
    }
    return true;
}

void ahash_parse_options(struct ahash *ahash, int argc, char **argv)
{
    struct choice choice = {0};
    int option, skip;

    ahash->persona = find_persona();
    skip = is_b2sum(ahash) ? 0 : 1;
    while ((option = cli_getopt_long(argc, argv, skip ? "a:bcj:rtvwxz" : "a:bcj:l:rtvwxz",
                                     long_options + skip, GNU_OPTIONS - skip)) != -1) {
        if (!set_flag(ahash, option) && !take_option(ahash, &choice, option, optarg))
            cli_try_help();
    }
    ahash->operands = argv + optind;
    choose_algorithms(ahash, choice.list, choice.length);
    check_conflicts(ahash, &choice);
    ahash->tagged |= ahash->algorithms.chosen_len > 1 ||
                     (choice.list && !choice.mode && needs_tag(ahash));
    ahash->format.mode = choice.mode ? choice.mode : ' ';
}
