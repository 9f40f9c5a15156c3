/* getopt.c: getopt_long, with our own options kept out of the way of GNU's, and hints for unknown
 * ones. See options.h. */
#define _GNU_SOURCE
#include "options.h"

#include <stdio.h>
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

/* The names that options have in other programs. The first row counts that has the word and whose
 * option the program has. Words of one letter are short options. */
static const struct {
    const char *words;  /* with a blank around each */
    const char *option; /* of ours */
    const char *text;   /* to suggest; NULL: the option alone */
} synonyms[] = {
    {" threads workers parallel numjobs cores processes ", "jobs", NULL},
    {" jobs j workers parallel numjobs cores processes ", "threads", NULL},
    {" queue-depth queue qd in-flight inflight ", "depth", NULL},
    {" bs buffer-size bufsize buffer chunk-size ", "block-size", NULL},
    {" uring io_uring io-uring async ", "engine", "--engine=uring"},
    {" sync blocking ", "engine", "--engine=sync"},
    {" ioengine ", "engine", NULL},
    {" engine ioengine uring io_uring io-uring async sync blocking ", "arms", "--arms=sync,uring"},
    {" o_direct odirect no-cache ", "direct", "--direct=always"},
    {" buffered ", "direct", "--direct=never"},
    {" statistics time timing ", "stats", NULL},
    {" info ", "progress", NULL},
    {" V ", "version", NULL},
    /* acp, as rsync, rclone and dd */
    {" checksum check verify-copy ", "reflink", "--verify"},
    {" fsync sync-data flush ", "reflink", "--durable"},
    {" list list-only dry simulate no-act noop ", "dry-run", NULL},
    {" bwlimit limit limit-rate bandwidth ", "rate", NULL},
    {" resume continue partial append ", "reflink", "--update"},
    {" ignore-existing no-overwrite ", "no-clobber", NULL},
    {" perms chmod acls ", "preserve", "--preserve=mode"},
    {" times mtime ", "preserve", "--preserve=timestamps"},
    {" owner group chown ", "preserve", "--preserve=ownership"},
    {" hard-links ", "preserve", "--preserve=links"},
    {" xattrs ", "preserve", "--preserve=xattr"},
    {" copy-links follow ", "dereference", NULL},
    /* ahash, as sha256sum, openssl and hashdeep */
    {" checksum ", "check", NULL},
    {" list list-algorithms algos ", "algorithm", "--algorithm=help"},
    {" hash digest type ", "algorithm", NULL},
    {" bits ", "algorithm", "--algorithm=blake2b-BITS"},
    {" md5 ", "algorithm", "--algorithm=md5"},
    {" sha1 ", "algorithm", "--algorithm=sha1"},
    {" sha256 ", "algorithm", "--algorithm=sha256"},
    {" sha512 ", "algorithm", "--algorithm=sha512"},
    {" blake2 blake2b b2 ", "algorithm", "--algorithm=blake2b"},
    {" bsd ", "tag", NULL},
    /* acat and abench, as fio and hyperfine */
    {" runtime duration timeout seconds ", "time", NULL},
    {" rw readwrite ", "pattern", NULL},
    {" random randread iops latency ", "pattern", "--pattern=random"},
    {" randwrite rwmixwrite ", "write", NULL},
    {" null devnull benchmark ", "discard", NULL},
    {" recursive r R ", "arms", "abench read|hash|copy DIR"},
    {" rounds repeat loops iterations ", "runs", NULL},
    {" fio ", "bound", NULL},
    {" verbose v ", "details", NULL},
    {" drop ", "drop-caches", NULL},
    {" chart graph ", "plot", NULL},
    {" export-json output format ", "json", NULL},
    {" export-csv ", "csv", NULL},
    {" export-markdown ", "markdown", NULL},
    {" regression diff ", "compare", NULL},
    {" output-directory destination ", "dest", NULL},
};

/* Suggests the option that has another name elsewhere. Returns false if none has. */
static bool suggest_synonym(const char *name, const struct option *options)
{
    char word[64];

    snprintf(word, sizeof(word), " %s ", name);
    for (size_t i = 0; i < sizeof(synonyms) / sizeof(*synonyms); i++) {
        const char *option = synonyms[i].option;
        if (!strstr(synonyms[i].words, word) || !is_option(option, strlen(option), options, true))
            continue;
        if (synonyms[i].text)
            cli_hint("", synonyms[i].text);
        else
            cli_hint("--", option);
        return true;
    }
    return false;
}

/* Suggests the option that an unknown one was probably meant to be. */
static void suggest(const char *text, const struct option *options)
{
    struct cli_nearest nearest = {0};
    char name[60];
    size_t len = strncmp(text, "--", 2) == 0 ? strcspn(text + 2, "=") : 0;

    if (len == 0 || len >= sizeof(name) || is_option(text + 2, len, options, false))
        return;
    memcpy(name, text + 2, len);
    name[len] = 0;
    if (suggest_synonym(name, options))
        return;
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
    else if (option == '?' && !strchr(short_options, optopt))
        (void)suggest_synonym((char[]){(char)optopt, 0}, options);
    return option;
}
