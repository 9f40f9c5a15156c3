/* options.c: the command line of acat. */
#define _GNU_SOURCE
#include "acat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cli/messages.h"

/* The message on an ambiguous abbreviation lists options in this order: cat's come first. */
static const struct option long_options[] = {
    {"number-nonblank", no_argument, NULL, 'b'},
    {"number", no_argument, NULL, 'n'},
    {"squeeze-blank", no_argument, NULL, 's'},
    {"show-nonprinting", no_argument, NULL, 'v'},
    {"show-ends", no_argument, NULL, 'E'},
    {"show-tabs", no_argument, NULL, 'T'},
    {"show-all", no_argument, NULL, 'A'},
    /* acat's own */
    CLI_LONG_OPTIONS,
    {"discard", no_argument, NULL, OPT_DISCARD},
    {"pattern", required_argument, NULL, OPT_PATTERN},
    {"time", required_argument, NULL, OPT_TIME},
    {"bytes", required_argument, NULL, OPT_BYTES},
    {"json", no_argument, NULL, OPT_JSON},
    {"write", required_argument, NULL, OPT_WRITE},
    {"fsync", required_argument, NULL, OPT_FSYNC},
    {NULL, 0, NULL, 0},
};

static void usage(void)
{
    printf(
        "Usage: %s [OPTION]... [FILE]...\n"
        "Concatenate FILE(s) to standard output.\n\n"
        "With no FILE, or when FILE is -, read standard input.\n\n"
        "  -A, --show-all            the same as -vET\n"
        "  -b, --number-nonblank     number the lines that are not empty; overrides -n\n"
        "  -e                        the same as -vE\n"
        "  -E, --show-ends           $ at the end of each line\n"
        "  -n, --number              number all lines\n"
        "  -s, --squeeze-blank       write only the first of several empty lines\n"
        "  -t                        the same as -vT\n"
        "  -T, --show-tabs           tabs as ^I\n"
        "  -u                        (ignored)\n"
        "  -v, --show-nonprinting    ^ and M- notation, except for newlines and tabs\n"
        "      --discard             read everything and write nothing\n"
        "      --pattern=PATTERN     with --discard: read each FILE in blocks, random or\n"
        "                            sequential, and report IOPS and latencies\n"
        "      --time=SECONDS        with --discard: read in blocks until the time is up\n"
        "      --bytes=SIZE          with --discard: read so much of each FILE, in blocks\n"
        "      --json                with --discard: read in blocks, and report in JSON\n"
        "      --write=PERCENT       with --discard: overwrite so many of the blocks, on\n"
        "                            standard input, which must be open for both\n"
        "      --fsync=N             with --write: an fsync after every N writes\n"
        "      --files0-from=F       read the FILEs from F, each ended by NUL\n\n" CLI_COMMON_HELP
        "\nWithout --discard, one worker writes to standard output, and --jobs is ignored.\n",
        cli_name);
    cli_close_stdout();
    exit(EXIT_SUCCESS);
}

/* Takes an option that changes the bytes. Returns false if it is another one. */
static bool format_option(struct format_opts *opts, int option)
{
    opts->number |= option == 'n';
    opts->number_lines |= option == 'b';
    opts->squeeze |= option == 's';
    opts->ends |= option == 'E' || option == 'e' || option == 'A';
    opts->tabs |= option == 'T' || option == 't' || option == 'A';
    opts->nonprinting |= option == 'v' || option == 'e' || option == 't' || option == 'A';
    return option < 256 && strchr("AbeEnstTv", option);
}

void acat_parse_options(struct acat *acat, int argc, char **argv)
{
    int option;

    while ((option = cli_getopt_long(argc, argv, "AbeEj:nstTuv", long_options, 0)) != -1) {
        if (option == OPT_DISCARD)
            acat->discard = true;
        else if (option == CLI_OPT_HELP)
            usage();
        else if (option == CLI_OPT_VERSION)
            cli_version("acat");
        else if (option != 'u' && !format_option(&acat->format_opts, option) &&
                 !blocks_option(&acat->blocks, option, optarg) &&
                 !cli_common_option(&acat->common, option, optarg))
            cli_try_help();
    }
    if (acat->blocks.wanted && !acat->discard)
        cli_fatal(0, "--pattern, --time, --bytes, --json, --write and --fsync require --discard");
    if (acat->blocks.fsync_every > 0 && acat->blocks.write_percent == 0)
        cli_fatal(0, "--fsync requires --write");
    acat->operands.words = argv + optind;
    acat->jobs = acat->discard && acat->common.jobs ? acat->common.jobs : 1;
    acat->common.one_worker = !acat->discard;
    acat->common.opts.ordered = !acat->discard;
    if (acat->common.progress == CLI_PROGRESS_AUTO && !acat->discard && isatty(STDOUT_FILENO))
        acat->common.progress = CLI_PROGRESS_NEVER; /* the terminal shows the files */
}
