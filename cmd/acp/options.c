/* options.c: acp's options: GNU cp's, and its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acp.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../../core/base/retry.h"

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
    OPT_PLAN,
    OPT_RATE,
    OPT_VERIFY,
};

static const char short_options[] = "abdfHij:lLnpPrRsS:t:TuvxZ";

/* GNU's first: see cli_getopt_long */
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
    {"plan", required_argument, NULL, OPT_PLAN},
    {"rate", required_argument, NULL, OPT_RATE},
    {"verify", no_argument, NULL, OPT_VERIFY},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.\n\n"
    "  -a, --archive             same as -dR --preserve=all\n"
    "      --attributes-only     copy only attributes, not data\n"
    "      --backup[=CONTROL]    make a backup of each existing destination file\n"
    "  -b                        like --backup but does not accept an argument\n"
    "      --copy-contents       copy contents of special files when recursive\n"
    "  -d                        same as --no-dereference --preserve=links\n"
    "      --debug               explain how each file is copied; implies -v\n"
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
    "      --reflink[=WHEN]      share the source's blocks: auto (default), always or\n"
    "                              never\n"
    "      --remove-destination  remove each existing destination file first\n"
    "      --sparse=WHEN         make holes: auto (as in the source), always (also\n"
    "                              for zeros) or never\n"
    "      --strip-trailing-slashes  remove trailing slashes from each SOURCE\n"
    "  -s, --symbolic-link       make symbolic links instead of copying\n"
    "  -S, --suffix=SUFFIX       override the usual backup suffix\n"
    "  -t, --target-directory=DIRECTORY  copy all SOURCEs into DIRECTORY\n"
    "  -T, --no-target-directory  treat DEST as a normal file\n"
    "  -u, --update[=WHICH]      replace: older (the default with -u), all, none,\n"
    "                              none-fail, or changed (another size or time)\n"
    "  -v, --verbose             explain what is being done\n"
    "  -x, --one-file-system     stay on this file system\n"
    "  -Z, --context[=CONTEXT]   (ignored; refused if the kernel has SELinux enabled)\n"
    "\nOptions that cp does not have:\n"
    "      --atomic              make each file appear complete or not at all\n"
    "      --dry-run             change nothing, print what would be copied\n"
    "      --durable             sync data and names to disk before returning\n"
    "      --exclude=GLOB        skip files and directories that match; repeatable\n"
    "      --manifest=FILE       write the SHA-256 of what was read to FILE, for\n"
    "                              sha256sum -c\n"
    "      --plan=DIR[,SIZE]     copy only directories, list the other files in DIR,\n"
    "                              in parts of SIZE (64G), for several runs\n"
    "      --rate=SIZE           read at most SIZE bytes per second\n"
    "      --verify              read the copies back from the device and compare\n"
    "      --files0-from=FILE    read the SOURCEs from FILE, each ended by NUL;\n"
    "                              requires -t\n";

static void usage(void)
{
    if (printf("Usage: %s [OPTION]... [-T] SOURCE DEST\n"
               "  or:  %s [OPTION]... SOURCE... DIRECTORY\n"
               "  or:  %s [OPTION]... -t DIRECTORY SOURCE...\n"
               "%s\n" CLI_COMMON_HELP,
               cli_name, cli_name, cli_name, help) < 0)
        cli_stdout_failed();
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

/* Requests of options that are decided when all are known. */
struct deferred {
    bool backup, follow_set;
    bool ask, skip;            /* -i, -n: the later one */
    enum copy_replace replace; /* --update=; older and changed are copy_opts.update */
    const char *control, *suffix;
};

static void set_follow(struct copy_opts *opts, struct deferred *deferred, enum copy_follow follow)
{
    opts->follow = follow;
    deferred->follow_set = true;
}

static void archive(struct copy_opts *opts, struct deferred *deferred)
{
    preserve_all(opts, true);
    opts->xattrs_quiet = true;
    opts->recursive = true;
    set_follow(opts, deferred, FOLLOW_NEVER);
}

/* Takes -u and --update=WHICH: the last one counts. */
static void update(struct copy_opts *opts, struct deferred *deferred, const char *which)
{
    static const char *const choices[] = {"all", "none", "none-fail", "older", "changed", NULL};
    int chosen = which ? cli_match("--update", which, choices, NULL) : 3;

    opts->update = chosen == 3 ? UPDATE_OLDER : chosen == 4 ? UPDATE_CHANGED : UPDATE_ALL;
    deferred->replace = chosen == 1 ? REPLACE_NONE : chosen == 2 ? REPLACE_NONE_FAIL : REPLACE_ALL;
}

/* Options that only set members of struct acp, each row one of them. */
static const struct {
    int option;
    size_t offset; /* of a bool */
} flags[] = {
    {'f', offsetof(struct acp, copy.opts.force)},
    {'p', offsetof(struct acp, copy.opts.preserve_mode)},
    {'p', offsetof(struct acp, copy.opts.preserve_owner)},
    {'p', offsetof(struct acp, copy.opts.preserve_times)},
    {'R', offsetof(struct acp, copy.opts.recursive)},
    {'r', offsetof(struct acp, copy.opts.recursive)},
    {'T', offsetof(struct acp, no_target_dir)},
    {'v', offsetof(struct acp, copy.opts.verbose)},
    {OPT_ATTRIBUTES_ONLY, offsetof(struct acp, copy.opts.attributes_only)},
    {OPT_COPY_CONTENTS, offsetof(struct acp, copy.opts.copy_contents)},
    {OPT_DEBUG, offsetof(struct acp, debug)},
    {OPT_DEBUG, offsetof(struct acp, copy.opts.verbose)},
    {OPT_KEEP_DIRECTORY_SYMLINK, offsetof(struct acp, copy.opts.keep_directory_symlinks)},
    {OPT_PARENTS, offsetof(struct acp, copy.opts.parents)},
    {OPT_REMOVE_DESTINATION, offsetof(struct acp, copy.opts.remove_destination)},
    {OPT_STRIP_TRAILING_SLASHES, offsetof(struct acp, strip_slashes)},
    {OPT_ATOMIC, offsetof(struct acp, copy.opts.atomic)},
    {OPT_DRY_RUN, offsetof(struct acp, copy.opts.dry_run)},
    {OPT_DRY_RUN, offsetof(struct acp, copy.opts.verbose)},
    {OPT_DURABLE, offsetof(struct acp, durable)},
    {OPT_VERIFY, offsetof(struct acp, verify_copies)},
};

/* Sets what the table has for the option. Returns true if it has something. */
static bool set_flags(struct acp *acp, int option)
{
    bool found = false;

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (flags[i].option == option)
            *(bool *)((char *)acp + flags[i].offset) = found = true;
    if (option == 'p')
        acp->copy.opts.default_mode = false;
    return found;
}

static void make_links(struct copy_opts *opts, enum copy_make make)
{
    if (opts->make != MAKE_COPIES && opts->make != make) {
        cli_message(0, "cannot make both hard and symbolic links");
        cli_try_help();
    }
    opts->make = make;
}

/* Takes an option that cp has, too, and that the table has not. Returns true if it was one. */
static bool cp_option(struct acp *acp, struct deferred *deferred, int option)
{
    /* in the order of GNU's messages */
    static const char *const sparse[] = {"never", "auto", "always", NULL};
    static const enum copy_sparse sparse_of[] = {SPARSE_NEVER, SPARSE_AUTO, SPARSE_ALWAYS};
    static const char *const clone[] = {"auto", "always", "never", NULL};
    static const enum copy_clone clone_of[] = {CLONE_AUTO, CLONE_ALWAYS, CLONE_NEVER};
    struct copy_opts *opts = &acp->copy.opts;

    switch (option) {
    case 'a':
        archive(opts, deferred);
        break;
    case 'b':
    case OPT_BACKUP:
        deferred->backup = true;
        deferred->control = optarg ? optarg : deferred->control;
        break;
    case 'd':
        opts->preserve_links = true;
        set_follow(opts, deferred, FOLLOW_NEVER);
        break;
    case 'H':
        set_follow(opts, deferred, FOLLOW_OPERANDS);
        break;
    case 'L':
        set_follow(opts, deferred, FOLLOW_ALWAYS);
        break;
    case 'P':
        set_follow(opts, deferred, FOLLOW_NEVER);
        break;
    case 'i':
    case 'n':
        deferred->ask = option == 'i';
        deferred->skip = option == 'n';
        break;
    case 'l':
        make_links(opts, MAKE_HARD_LINKS);
        break;
    case 's':
        make_links(opts, MAKE_SYMLINKS);
        break;
    case 'S':
        deferred->backup = true;
        deferred->suffix = optarg;
        break;
    case OPT_NO_PRESERVE:
        preserve(opts, "--no-preserve", optarg, false);
        break;
    case OPT_REFLINK:
        opts->clone = optarg ? clone_of[cli_match("--reflink", optarg, clone, NULL)] : CLONE_ALWAYS;
        break;
    case OPT_SPARSE:
        opts->sparse = sparse_of[cli_match("--sparse", optarg, sparse, NULL)];
        break;
    case 'u':
    case OPT_UPDATE:
        update(opts, deferred, optarg);
        break;
    default:
        return false;
    }
    return true;
}

/* Takes one of the other options. Returns true if it was one. */
static bool other_option(struct acp *acp, int option)
{
    switch (option) {
    case 't':
        if (acp->target)
            cli_fatal(0, "multiple target directories specified");
        acp->target = optarg;
        break;
    case OPT_CONTEXT:
    case 'Z':
        if (access("/sys/fs/selinux/enforce", F_OK) == 0)
            cli_fatal(0, "%s: built without SELinux: security contexts cannot be set",
                      option == 'Z' ? "-Z" : "--context");
        if (optarg)
            cli_message(0, "warning: ignoring --context; it requires an SELinux-enabled kernel");
        break;
    case OPT_PRESERVE:
        if (!optarg)
            return set_flags(acp, 'p');
        preserve(&acp->copy.opts, "--preserve", optarg, true);
        break;
    case OPT_MANIFEST:
        acp->manifest_path = optarg;
        break;
    case OPT_PLAN:
        acp_plan_option(acp, optarg);
        break;
    case OPT_RATE:
        acp->rate.bytes_per_second = cli_size_option("--rate", optarg,
                                                     "bytes per second above 0, such as 50M");
        break;
    default:
        return false;
    }
    return true;
}

static void conflict(const char *text)
{
    cli_message(0, "%s", text);
    cli_try_help();
}

/* Decides which existing files are replaced. -n, --update=none and --update=none-fail leave them
 * all, whatever else is given; -i asks about those that --update would replace. */
static void decide_replace(struct acp *acp, const struct deferred *deferred)
{
    struct copy_opts *opts = &acp->copy.opts;

    if (deferred->backup && deferred->skip)
        conflict("options --backup and --no-clobber are mutually exclusive");
    if (deferred->backup && deferred->replace != REPLACE_ALL)
        conflict("--backup is mutually exclusive with -n or --update=none-fail");
    if (deferred->skip || deferred->replace != REPLACE_ALL)
        opts->replace = deferred->skip ? REPLACE_NONE : deferred->replace;
    else if (deferred->ask)
        opts->replace = REPLACE_ASKED;
    opts->ask = acp_ask;
    opts->ask_arg = acp;
}

/* Refuses what a plan does not do, and what its parts cannot do. */
static void check_plan(const struct acp *acp, const struct deferred *deferred)
{
    const struct copy_opts *opts = &acp->copy.opts;

    if (!opts->recursive || !acp->no_target_dir)
        conflict("--plan requires -r and -T");
    if (acp->common.files0_from || opts->parents || opts->dry_run || acp->manifest_path ||
        acp->verify_copies || acp->durable)
        conflict("--plan cannot be combined with --files0-from, --parents, --dry-run, --manifest, "
                 "--verify or --durable");
    if (opts->make != MAKE_COPIES || deferred->ask || opts->follow == FOLLOW_OPERANDS)
        conflict("--plan cannot be combined with -l, -s, -i or -H");
    if (opts->atomic || acp->rate.bytes_per_second || deferred->backup || opts->force ||
        opts->remove_destination || opts->sparse != SPARSE_AUTO || opts->clone != CLONE_AUTO)
        conflict("--plan copies no files: --atomic, --backup, --force, --rate, --reflink, "
                 "--remove-destination and --sparse belong to the runs of its parts");
}

static void finish_options(struct acp *acp, const struct deferred *deferred)
{
    struct copy_opts *opts = &acp->copy.opts;
    const char *suffix = deferred->suffix ? deferred->suffix : getenv("SIMPLE_BACKUP_SUFFIX");

    decide_replace(acp, deferred);
    if (opts->clone == CLONE_ALWAYS && opts->sparse != SPARSE_AUTO)
        conflict("--reflink can be used only with --sparse=auto");
    if (acp->common.exclude && !opts->recursive)
        conflict("--exclude requires -r");
    if (opts->dry_run && (acp->manifest_path || acp->verify_copies))
        conflict("--dry-run cannot be combined with --manifest or --verify");
    if (opts->make != MAKE_COPIES && (acp->manifest_path || acp->verify_copies || opts->atomic))
        conflict("--manifest, --verify and --atomic cannot be combined with --link or "
                 "--symbolic-link");
    if (opts->attributes_only && (acp->manifest_path || acp->verify_copies))
        conflict("--attributes-only cannot be combined with --manifest or --verify");
    if (acp->plan_path)
        check_plan(acp, deferred);
    if (deferred->backup)
        opts->backup = deferred->control
                           ? backup_control("backup type", deferred->control)
                           : backup_control("$VERSION_CONTROL", getenv("VERSION_CONTROL"));
    /* a suffix with a slash would lead to another directory */
    opts->backup_suffix = suffix && *suffix && !strchr(suffix, '/') ? suffix : "~";
    opts->through_dangling = getenv("POSIXLY_CORRECT") != NULL;
    if (!deferred->follow_set)
        opts->follow = opts->recursive && opts->make != MAKE_HARD_LINKS ? FOLLOW_NEVER
                                                                        : FOLLOW_ALWAYS;
    opts->digest = acp->manifest_path || acp->verify_copies;
    opts->walk.follow = opts->follow == FOLLOW_ALWAYS;
    opts->walk.one_file_system = acp->common.one_file_system;
    opts->walk.exclude = acp->common.exclude;
    if (acp->rate.bytes_per_second)
        acp->copy.rate = &acp->rate;
}

void acp_parse_options(struct acp *acp, int argc, char **argv)
{
    struct deferred deferred = {0};
    int option;

    while ((option = cli_getopt_long(argc, argv, short_options, long_options, GNU_OPTIONS)) != -1) {
        if (option == CLI_OPT_HELP)
            usage();
        else if (option == CLI_OPT_VERSION)
            cli_version("acp");
        else if (!set_flags(acp, option) && !cp_option(acp, &deferred, option) &&
                 !other_option(acp, option) && !cli_common_option(&acp->common, option, optarg))
            cli_try_help();
    }
    finish_options(acp, &deferred);
    acp->operands = argv + optind;
    acp->operand_count = (size_t)(argc - optind);
    acp->copy.opts.listed = acp->common.files0_from != NULL;
    acp->copy.opts.in_parts = acp->common.files0_from && geteuid() != 0;
    if (acp->common.files0_from && !acp->target)
        cli_fatal(0, "--files0-from requires --target-directory (-t)");
}
