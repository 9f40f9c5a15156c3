/* options.c: acp's options: GNU cp's, and its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acp.h"
#include "../cli/messages.h"
#include "../cli/name_list.h"
#include "../cli/quote.h"
#include "../cli/sizes.h"

enum {
    OPT_ATTRIBUTES_ONLY = CLI_OPT_FIRST,
    OPT_BACKUP,
    OPT_CONTEXT,
    OPT_COPY_CONTENTS,
    OPT_DEBUG,
    OPT_KEEP_DIRECTORY_SYMLINK,
    OPT_NO_PRESERVE,
    OPT_PARENTS,
    OPT_PRESERVE,
    OPT_REFLINK,
    OPT_REMOVE_DESTINATION,
    OPT_SPARSE,
    OPT_STRIP_TRAILING_SLASHES,
    OPT_UPDATE,
    OPT_ATOMIC,
    OPT_DRY_RUN,
    OPT_DURABLE,
    OPT_MANIFEST,
    OPT_RATE,
    OPT_VERIFY,
};

static const char short_options[] = "abdfHij:lLnpPrRsS:t:TuvxZ";

/* GNU's first: what abbreviates one of them is not ambiguous with ours */
enum { GNU_OPTIONS = 31 };
static const struct option long_options[] = {
    {"archive", no_argument, NULL, 'a'},
    {"attributes-only", no_argument, NULL, OPT_ATTRIBUTES_ONLY},
    {"backup", optional_argument, NULL, OPT_BACKUP},
    {"context", optional_argument, NULL, OPT_CONTEXT},
    {"copy-contents", no_argument, NULL, OPT_COPY_CONTENTS},
    {"debug", no_argument, NULL, OPT_DEBUG},
    {"dereference", no_argument, NULL, 'L'},
    {"force", no_argument, NULL, 'f'},
    {"interactive", no_argument, NULL, 'i'},
    {"keep-directory-symlink", no_argument, NULL, OPT_KEEP_DIRECTORY_SYMLINK},
    {"link", no_argument, NULL, 'l'},
    {"no-clobber", no_argument, NULL, 'n'},
    {"no-dereference", no_argument, NULL, 'P'},
    {"no-preserve", required_argument, NULL, OPT_NO_PRESERVE},
    {"no-target-directory", no_argument, NULL, 'T'},
    {"one-file-system", no_argument, NULL, 'x'},
    {"parents", no_argument, NULL, OPT_PARENTS},
    {"path", no_argument, NULL, OPT_PARENTS}, /* its old name */
    {"preserve", optional_argument, NULL, OPT_PRESERVE},
    {"recursive", no_argument, NULL, 'r'},
    {"reflink", optional_argument, NULL, OPT_REFLINK},
    {"remove-destination", no_argument, NULL, OPT_REMOVE_DESTINATION},
    {"sparse", required_argument, NULL, OPT_SPARSE},
    {"strip-trailing-slashes", no_argument, NULL, OPT_STRIP_TRAILING_SLASHES},
    {"suffix", required_argument, NULL, 'S'},
    {"symbolic-link", no_argument, NULL, 's'},
    {"target-directory", required_argument, NULL, 't'},
    {"update", optional_argument, NULL, OPT_UPDATE},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, CLI_OPT_HELP},
    {"version", no_argument, NULL, CLI_OPT_VERSION},
    CLI_LONG_OPTIONS,
    {"exclude", required_argument, NULL, CLI_OPT_EXCLUDE},
    {"atomic", no_argument, NULL, OPT_ATOMIC},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"durable", no_argument, NULL, OPT_DURABLE},
    {"manifest", required_argument, NULL, OPT_MANIFEST},
    {"rate", required_argument, NULL, OPT_RATE},
    {"verify", no_argument, NULL, OPT_VERIFY},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.\n\n"
    "  -a, --archive             same as -dR --preserve=all\n"
    "      --attributes-only     no file's data, only its attributes\n"
    "      --backup[=CONTROL]    make a backup of each existing destination file\n"
    "  -b                        like --backup but does not accept an argument\n"
    "      --copy-contents       copy contents of special files when recursive\n"
    "  -d                        same as --no-dereference --preserve=links\n"
    "      --debug               say how each file was copied; implies -v\n"
    "  -f, --force               remove an existing destination that cannot be\n"
    "                              opened, and try again\n"
    "  -i, --interactive         prompt before overwrite (overrides an earlier -n)\n"
    "  -H                        follow command-line symbolic links in SOURCE\n"
    "      --keep-directory-symlink  follow existing symlinks to directories\n"
    "  -l, --link                hard link files instead of copying\n"
    "  -L, --dereference         always follow symbolic links in SOURCE\n"
    "  -n, --no-clobber          do not overwrite an existing file (overrides an\n"
    "                              earlier -i)\n"
    "  -P, --no-dereference      never follow symbolic links in SOURCE\n"
    "  -p                        same as --preserve=mode,ownership,timestamps\n"
    "      --preserve[=ATTR_LIST]  preserve mode, ownership, timestamps (the\n"
    "                              default), links, xattr, all\n"
    "      --no-preserve=ATTR_LIST  do not preserve these\n"
    "      --parents             use full source file name under DIRECTORY\n"
    "  -R, -r, --recursive       copy directories recursively\n"
    "      --reflink[=WHEN]      share the source's blocks: auto (the default), always\n"
    "                              or never\n"
    "      --remove-destination  remove each existing destination file first\n"
    "      --sparse=WHEN         make holes: auto (as in the source), always (for\n"
    "                              zeros, too) or never\n"
    "      --strip-trailing-slashes  remove trailing slashes from each SOURCE\n"
    "  -s, --symbolic-link       make symbolic links instead of copying\n"
    "  -S, --suffix=SUFFIX       override the usual backup suffix\n"
    "  -t, --target-directory=DIRECTORY  copy all SOURCEs into DIRECTORY\n"
    "  -T, --no-target-directory  treat DEST as a normal file\n"
    "  -u, --update[=WHICH]      replace: older (the default with -u), all, none, or\n"
    "                              none-fail\n"
    "  -v, --verbose             explain what is being done\n"
    "\nWhat cp has not:\n"
    "      --atomic              each file appears complete under its name, or not\n"
    "                              at all\n"
    "      --dry-run             change nothing, say what would be copied\n"
    "      --durable             on return, data and names are on the device\n"
    "      --manifest=FILE       write the SHA-256 of what was read to FILE, for\n"
    "                              sha256sum -c\n"
    "      --rate=SIZE           read at most SIZE bytes a second\n"
    "      --verify              read the copies back from the device and compare\n"
    "      --files0-from=FILE    sources from FILE, NUL-ended; needs -t\n";

static void usage(void)
{
    printf("Usage: %s [OPTION]... [-T] SOURCE DEST\n"
           "  or:  %s [OPTION]... SOURCE... DIRECTORY\n"
           "  or:  %s [OPTION]... -t DIRECTORY SOURCE...\n"
           "%s" CLI_WALK_HELP "\n" CLI_COMMON_HELP,
           cli_name, cli_name, cli_name, help);
    cli_close_stdout();
    exit(EXIT_SUCCESS);
}

static void preserve_all(struct copy_opts *opts, bool on)
{
    opts->preserve_mode = opts->preserve_times = opts->preserve_owner = on;
    opts->preserve_links = opts->preserve_xattrs = on;
    opts->default_mode = !on;
}

static void preserve(struct copy_opts *opts, const char *option, const char *list, bool on)
{
    static const char *const attributes[] = {"mode",    "timestamps", "ownership", "links",
                                             "context", "xattr",      "all",       NULL};
    char *copy = strdup(list), *at = copy;

    if (!copy)
        cli_fatal(ENOMEM, "cannot start");
    for (char *name = at; name; name = at) {
        at = strchr(name, ',');
        if (at)
            *at++ = 0;
        switch (cli_match(option, name, attributes, NULL)) {
        case 0:
            opts->preserve_mode = on;
            opts->default_mode = !on;
            break;
        case 1:
            opts->preserve_times = on;
            break;
        case 2:
            opts->preserve_owner = on;
            break;
        case 3:
            opts->preserve_links = on;
            break;
        case 4:
            if (on)
                cli_fatal(0, "cannot preserve security context without an SELinux-enabled kernel");
            break;
        case 5:
            opts->preserve_xattrs = opts->xattrs_required = on;
            break;
        default:
            preserve_all(opts, on);
        }
    }
    free(copy);
}

static enum backup_kind backup_control(const char *source, const char *control)
{
    static const char *const kinds[] = {"none", "off",      "simple", "never", "existing",
                                        "nil",  "numbered", "t",      NULL};
    static const int groups[] = {BACKUP_NONE,     BACKUP_NONE,     BACKUP_SIMPLE,
                                 BACKUP_SIMPLE,   BACKUP_EXISTING, BACKUP_EXISTING,
                                 BACKUP_NUMBERED, BACKUP_NUMBERED};

    if (!control || !*control)
        return BACKUP_EXISTING;
    return (enum backup_kind)groups[cli_match(source, control, kinds, groups)];
}

/* What the options have asked for that is only put together at the end. */
struct wishes {
    bool backup, follow_set;
    bool ask, skip;            /* -i, -n: the later one */
    enum copy_replace replace; /* --update=, older being REPLACE_ALL with copy_opts.older_only */
    const char *control, *suffix;
};

static void archive(struct copy_opts *opts, struct wishes *wishes)
{
    preserve_all(opts, true);
    opts->default_mode = false;
    opts->xattrs_quiet = true;
    opts->recursive = true;
    opts->follow = FOLLOW_NEVER;
    wishes->follow_set = true;
}

/* -u and --update=WHICH: the last one counts. */
static void update(struct copy_opts *opts, struct wishes *wishes, const char *which)
{
    static const char *const choices[] = {"all", "none", "none-fail", "older", NULL};
    int chosen = which ? cli_match("--update", which, choices, NULL) : 3;

    opts->older_only = chosen == 3;
    wishes->replace = chosen == 1 ? REPLACE_NONE : chosen == 2 ? REPLACE_NONE_FAIL : REPLACE_ALL;
}

static bool short_option(struct acp *acp, struct wishes *wishes, int option)
{
    struct copy_opts *opts = &acp->copy.opts;

    switch (option) {
    case 'a':
        archive(opts, wishes);
        return true;
    case 'b':
        wishes->backup = true;
        if (optarg)
            wishes->control = optarg;
        return true;
    case 'd':
        opts->preserve_links = true;
        /* fall through */
    case 'P':
    case 'H':
    case 'L':
        opts->follow = option == 'H'   ? FOLLOW_OPERANDS
                       : option == 'L' ? FOLLOW_ALWAYS
                                       : FOLLOW_NEVER;
        wishes->follow_set = true;
        return true;
    case 'f':
        opts->force = true;
        return true;
    case 'i':
    case 'n':
        wishes->ask = option == 'i';
        wishes->skip = option == 'n';
        return true;
    case 'l':
    case 's':
        if (opts->make != MAKE_COPIES &&
            opts->make != (option == 'l' ? MAKE_HARD_LINKS : MAKE_SYMLINKS)) {
            cli_message(0, "cannot make both hard and symbolic links");
            cli_try_help();
        }
        opts->make = option == 'l' ? MAKE_HARD_LINKS : MAKE_SYMLINKS;
        return true;
    case 'p':
        opts->preserve_mode = opts->preserve_owner = opts->preserve_times = true;
        opts->default_mode = false;
        return true;
    case 'R':
    case 'r':
        opts->recursive = true;
        return true;
    case 'S':
        wishes->backup = true;
        wishes->suffix = optarg;
        return true;
    case 'T':
        acp->no_target_dir = true;
        return true;
    case 't':
        if (acp->target)
            cli_fatal(0, "multiple target directories specified");
        acp->target = optarg;
        return true;
    case 'u':
        update(opts, wishes, NULL);
        return true;
    case 'v':
        opts->verbose = true;
        return true;
    default:
        return false;
    }
}

static uint64_t rate(const char *argument)
{
    uint64_t bytes;

    if (cli_parse_size(argument, &bytes) < 0 || bytes == 0)
        cli_fatal(0, "invalid --rate argument %s: bytes a second are expected",
                  cli_quote_word(argument));
    return bytes;
}

static bool long_option(struct acp *acp, struct wishes *wishes, int option)
{
    /* in the order of GNU's messages */
    static const char *const sparse[] = {"never", "auto", "always", NULL};
    static const enum copy_sparse sparse_of[] = {SPARSE_NEVER, SPARSE_AUTO, SPARSE_ALWAYS};
    static const char *const clone[] = {"auto", "always", "never", NULL};
    static const enum copy_clone clone_of[] = {CLONE_AUTO, CLONE_ALWAYS, CLONE_NEVER};
    struct copy_opts *opts = &acp->copy.opts;

    switch (option) {
    case OPT_ATTRIBUTES_ONLY:
        opts->attributes_only = true;
        return true;
    case OPT_BACKUP:
        return short_option(acp, wishes, 'b');
    case OPT_CONTEXT:
    case 'Z':
        cli_fatal(0, "%s: built without SELinux: security contexts cannot be set",
                  option == 'Z' ? "-Z" : "--context");
    case OPT_COPY_CONTENTS:
        opts->copy_contents = true;
        return true;
    case OPT_DEBUG:
        acp->debug = opts->verbose = true;
        return true;
    case OPT_KEEP_DIRECTORY_SYMLINK:
        opts->keep_directory_symlinks = true;
        return true;
    case OPT_NO_PRESERVE:
        preserve(opts, "--no-preserve", optarg, false);
        return true;
    case OPT_PARENTS:
        opts->parents = true;
        return true;
    case OPT_PRESERVE:
        if (!optarg)
            return short_option(acp, wishes, 'p');
        preserve(opts, "--preserve", optarg, true);
        return true;
    case OPT_REFLINK:
        opts->clone = optarg ? clone_of[cli_match("--reflink", optarg, clone, NULL)] : CLONE_ALWAYS;
        return true;
    case OPT_REMOVE_DESTINATION:
        opts->remove_destination = true;
        return true;
    case OPT_SPARSE:
        opts->sparse = sparse_of[cli_match("--sparse", optarg, sparse, NULL)];
        return true;
    case OPT_STRIP_TRAILING_SLASHES:
        acp->strip_slashes = true;
        return true;
    case OPT_UPDATE:
        update(opts, wishes, optarg);
        return true;
    case OPT_ATOMIC:
        opts->atomic = true;
        return true;
    case OPT_DRY_RUN:
        opts->dry_run = opts->verbose = true;
        return true;
    case OPT_DURABLE:
        acp->durable = true;
        return true;
    case OPT_MANIFEST:
        acp->manifest_path = optarg;
        return true;
    case OPT_RATE:
        acp->rate.bytes_per_second = rate(optarg);
        return true;
    case OPT_VERIFY:
        acp->verify_copies = true;
        return true;
    default:
        return false;
    }
}

static void conflict(const char *text)
{
    cli_message(0, "%s", text);
    cli_try_help();
}

/* Which existing files are replaced. -n, --update=none and --update=none-fail leave them all,
 * whatever else is given; -i asks about those that --update would replace. */
static void settle_replace(struct acp *acp, const struct wishes *wishes)
{
    struct copy_opts *opts = &acp->copy.opts;

    if (wishes->backup && wishes->skip)
        conflict("options --backup and --no-clobber are mutually exclusive");
    if (wishes->backup && wishes->replace != REPLACE_ALL)
        conflict("--backup is mutually exclusive with -n or --update=none-fail");
    if (wishes->skip || wishes->replace != REPLACE_ALL)
        opts->replace = wishes->skip ? REPLACE_NONE : wishes->replace;
    else if (wishes->ask)
        opts->replace = REPLACE_ASKED;
    opts->ask = acp_ask;
    opts->ask_arg = acp;
}

static void settle(struct acp *acp, const struct wishes *wishes)
{
    struct copy_opts *opts = &acp->copy.opts;
    const char *suffix = wishes->suffix ? wishes->suffix : getenv("SIMPLE_BACKUP_SUFFIX");

    settle_replace(acp, wishes);
    if (opts->clone == CLONE_ALWAYS && opts->sparse != SPARSE_AUTO)
        conflict("--reflink can be used only with --sparse=auto");
    if (opts->dry_run && (acp->manifest_path || acp->verify_copies))
        conflict("--dry-run copies nothing that --manifest or --verify could tell of");
    if (opts->make != MAKE_COPIES && (acp->manifest_path || acp->verify_copies || opts->atomic))
        conflict("--manifest, --verify and --atomic are for copies, not for links");
    if (wishes->backup)
        opts->backup = wishes->control
                           ? backup_control("backup type", wishes->control)
                           : backup_control("$VERSION_CONTROL", getenv("VERSION_CONTROL"));
    /* one that leads to another directory would not be a suffix */
    opts->backup_suffix = suffix && *suffix && !strchr(suffix, '/') ? suffix : "~";
    opts->through_dangling = getenv("POSIXLY_CORRECT") != NULL;
    if (!wishes->follow_set)
        opts->follow = opts->recursive && opts->make != MAKE_HARD_LINKS ? FOLLOW_NEVER
                                                                        : FOLLOW_ALWAYS;
    opts->digest = acp->manifest_path || acp->verify_copies;
    opts->walk.follow = opts->follow == FOLLOW_ALWAYS;
    opts->walk.one_file_system = acp->common.one_file_system;
    opts->walk.exclude = acp->common.exclude;
    if (acp->rate.bytes_per_second)
        acp->copy.rate = &acp->rate;
}

/* The sources of --files0-from, in the place of operands; the destination is -t's. */
static void take_list(struct acp *acp)
{
    struct names0 *names = names0_of_option(&acp->common, acp->operands);
    size_t cap = 0, count = 0;
    char **list = NULL;
    const char *name;
    size_t len;
    int rc;

    while ((rc = names0_next(names, &name, &len)) != NAMES0_END) {
        if (rc != NAMES0_NAME) { /* the rest of the list is copied all the same */
            names0_report(acp->common.files0_from, names0_line(names), rc);
            acp->failed = true;
            if (rc < 0)
                break;
            continue;
        }
        if (count == cap) {
            char **more = reallocarray(list, cap ? cap * 2 : 64, sizeof(*list));
            if (!more)
                cli_fatal(ENOMEM, "cannot start");
            list = more;
            cap = cap ? cap * 2 : 64;
        }
        list[count] = strdup(name);
        if (!list[count++])
            cli_fatal(ENOMEM, "cannot start");
    }
    names0_close(names);
    acp->operands = list;
    acp->operand_count = count;
}

void acp_free_list(struct acp *acp)
{
    if (!acp->common.files0_from)
        return;
    for (size_t i = 0; i < acp->operand_count; i++)
        free(acp->operands[i]);
    free(acp->operands);
}

void acp_parse_options(struct acp *acp, int argc, char **argv)
{
    struct wishes wishes = {0};
    int option;

    while ((option = cli_getopt_long(argc, argv, short_options, long_options, GNU_OPTIONS)) != -1) {
        if (option == CLI_OPT_HELP)
            usage();
        else if (option == CLI_OPT_VERSION)
            cli_version("acp");
        else if (!short_option(acp, &wishes, option) && !long_option(acp, &wishes, option) &&
                 !cli_common_option(&acp->common, option, optarg))
            cli_try_help();
    }
    settle(acp, &wishes);
    acp->operands = argv + optind;
    acp->operand_count = (size_t)(argc - optind);
    if (!acp->common.files0_from)
        return;
    if (!acp->target)
        cli_fatal(0, "--files0-from needs a destination by --target-directory (-t)");
    take_list(acp);
}
