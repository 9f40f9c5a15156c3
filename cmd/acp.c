/* acp.c: copy files and trees: cp on top of the engines. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/copy.h"
#include "cli.h"

struct acp {
    struct cli_common common;
    struct copy copy;
    const char *target; /* -t */
    bool no_target_dir; /* -T */
    struct dir *to;     /* where the sources go */
    char **operands;
    size_t operand_count; /* sources only, once the destination has been found */
    bool failed;
};

static const struct option long_options[] = {
    CLI_LONG_OPTIONS,
    {"archive", no_argument, NULL, 'a'},
    {"no-target-directory", no_argument, NULL, 'T'},
    {"recursive", no_argument, NULL, 'r'},
    {"target-directory", required_argument, NULL, 't'},
    {"verbose", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static void usage(void)
{
    printf("Usage: %s [OPTION]... [-T] SOURCE DEST\n"
           "  or:  %s [OPTION]... SOURCE... DIRECTORY\n"
           "  or:  %s [OPTION]... -t DIRECTORY SOURCE...\n"
           "Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.\n\n"
           "  -a, --archive             -r -p, and hard links among the sources are kept\n"
           "  -p                        preserve mode, ownership and times\n"
           "  -R, -r, --recursive       copy directories and what is in them\n"
           "  -t, --target-directory=DIRECTORY\n"
           "                            copy all SOURCEs into DIRECTORY\n"
           "  -T, --no-target-directory\n"
           "                            treat DEST as a file, even if it is a directory\n"
           "  -v, --verbose             say what is done\n\n" CLI_COMMON_HELP,
           cli_name, cli_name, cli_name);
    cli_close_stdout();
    exit(EXIT_SUCCESS);
}

/* -- what is said of each file, when its turn in the input order comes -- */

enum subject { SOURCE, DEST, DEST_SOURCE };

/* GNU cp's words, before and after the name. */
static const struct {
    const char *before, *after;
    enum subject subject;
} texts[] = {
    [STEP_NONE] = {"cannot copy", "", SOURCE},
    [STEP_STAT] = {"cannot stat", "", SOURCE},
    [STEP_OPEN] = {"cannot open", " for reading", SOURCE},
    [STEP_READ] = {"error reading", "", SOURCE},
    [STEP_OPEN_DIR] = {"cannot access", "", SOURCE},
    [STEP_READ_DIR] = {"cannot access", "", SOURCE},
    [STEP_READ_LINK] = {"cannot read symbolic link", "", SOURCE},
    [STEP_LOOP] = {"cannot copy cyclic symbolic link", "", SOURCE},
    [STEP_SINK] = {"cannot process what was read from", "", SOURCE},
    [STEP_STAT_DEST] = {"cannot stat", "", DEST},
    [STEP_CREATE] = {"cannot create regular file", "", DEST},
    [STEP_OPEN_DEST] = {"cannot create regular file", "", DEST},
    [STEP_MAKE_DIR] = {"cannot create directory", "", DEST},
    [STEP_MAKE_LINK] = {"cannot create symbolic link", "", DEST},
    [STEP_HARD_LINK] = {"cannot create hard link", " to ", DEST_SOURCE},
    [STEP_MAKE_FIFO] = {"cannot create fifo", "", DEST},
    [STEP_MAKE_NODE] = {"cannot create special file", "", DEST},
    [STEP_WRITE] = {"error writing", "", DEST},
    [STEP_SIZE] = {"failed to extend", "", DEST},
    [STEP_TIMES] = {"preserving times for", "", DEST},
    [STEP_OWNER] = {"failed to preserve ownership for", "", DEST},
    [STEP_MODE] = {"preserving permissions for", "", DEST},
    [STEP_CLOSE] = {"failed to close", "", DEST},
};

static void say(struct acp *acp, enum step step, int status, const char *source, const char *dest)
{
    const char *s = cli_quote(source), *d = cli_quote(dest);
    enum subject subject = texts[step].subject;

    acp->failed = true;
    cli_message(-status, "%s %s%s%s", texts[step].before, subject == SOURCE ? s : d,
                texts[step].after, subject == DEST_SOURCE ? s : "");
}

static void say_refused(struct acp *acp, enum refusal refusal, const char *source, const char *dest)
{
    const char *s = cli_quote(source), *d = cli_quote(dest);

    switch (refusal) {
    case REFUSED_DIRECTORY:
        cli_message(0, "-r not specified; omitting directory %s", s);
        break;
    case REFUSED_SAME_FILE:
        cli_message(0, "%s and %s are the same file", s, d);
        break;
    case REFUSED_INTO_ITSELF:
        cli_message(0, "cannot copy a directory, %s, into itself, %s", s, d);
        break;
    case REFUSED_DANGLING:
        cli_message(0, "not writing through dangling symlink %s", d);
        break;
    case REFUSED_OVER_DIRECTORY:
        cli_message(0, "cannot overwrite directory %s with non-directory", d);
        break;
    case REFUSED_OVER_FILE:
        cli_message(0, "cannot overwrite non-directory %s with directory %s", d, s);
        break;
    case REFUSED_JUST_CREATED:
        cli_message(0, "will not overwrite just-created %s with %s", d, s);
        break;
    case REFUSED_FILE_TWICE:
        cli_message(0, "warning: source file %s specified more than once", s);
        return;
    case REFUSED_DIRECTORY_TWICE:
        cli_message(0, "warning: source directory %s specified more than once", s);
        return;
    case REFUSED_NOT:
        break;
    }
    acp->failed = true;
}

/* The walk knows names and types without looking files up: one that could not even have been
 * looked up is found out when opening it fails. */
static void stat_failed(struct file *file)
{
    struct stat st;

    if ((file->step == STEP_OPEN || file->step == STEP_OPEN_DIR) &&
        fstatat(file->dir->fd, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        file->step = STEP_STAT;
        file->status = -errno;
    }
}

static void retire(struct file *file, void *arg)
{
    struct copy *copy = arg;
    struct acp *acp = (struct acp *)((char *)copy - offsetof(struct acp, copy));
    struct copy_file *op = file->op;
    bool silent = file->status == 0 && !op->reports && !(copy->opts.verbose && op->copied);
    char *source = silent ? NULL : file_path(file);
    char *dest = silent ? NULL : op->to ? copy_to_path(file) : strdup("");

    /* what the walk itself could not enter has no destination */
    if (!silent && (!source || !dest))
        cli_fatal(ENOMEM, "cannot report on %s", cli_quote(file->name));
    stat_failed(file);
    if (!silent && op->copied && copy->opts.verbose)
        printf("%s -> %s\n", cli_quote(source), cli_quote(dest));
    if (file->step == STEP_REFUSED)
        say_refused(acp, op->refusal, source, dest);
    else if (file->status < 0)
        say(acp, file->step, file->status, source, dest);
    for (const struct copy_report *report = op->reports; report; report = report->next)
        say(acp, report->step, report->status, source, dest);
    free(source);
    free(dest);
    copy_file_free(file);
}

static void say_late(struct acp *acp)
{
    for (const struct copy_late *late = atomic_load(&acp->copy.late); late; late = late->next)
        say(acp, late->step, late->status, late->to_path, late->to_path);
}

/* -- where things go -- */

/* The last part of a path, without slashes at its end; "." for "/" and for what leads upwards. */
static char *base_name(const char *path)
{
    size_t end = strlen(path), start;

    while (end > 0 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/'; start--)
        ;
    if (end == start || (end - start == 2 && memcmp(path + start, "..", 2) == 0))
        return strdup(".");
    return strndup(path + start, end - start);
}

/* Opens a directory to copy into. -errno where it is none. */
static int open_target(struct acp *acp, const char *name)
{
    int fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    acp->to = dir_new(acp->copy.cwd, name, fd);
    if (!acp->to)
        cli_fatal(ENOMEM, "cannot start");
    return 0;
}

static void find_target(struct acp *acp)
{
    size_t n = acp->operand_count;
    const char *last = n > 0 ? acp->operands[n - 1] : NULL;
    int rc;

    if (n == 0) {
        cli_message(0, "missing file operand");
        cli_try_help();
    }
    if (acp->target) {
        rc = open_target(acp, acp->target);
        if (rc < 0)
            cli_fatal(-rc, "target directory %s", cli_quote(acp->target));
        return;
    }
    if (n == 1) {
        cli_message(0, "missing destination file operand after %s", cli_quote(last));
        cli_try_help();
    }
    if (acp->no_target_dir && n > 2) {
        cli_message(0, "extra operand %s", cli_quote(acp->operands[2]));
        cli_try_help();
    }
    acp->operand_count--;
    rc = acp->no_target_dir ? -ENOTDIR : open_target(acp, last);
    if (rc < 0 && n > 2)
        cli_fatal(-rc, "target %s", cli_quote(last));
}

static struct copy_source *make_sources(struct acp *acp)
{
    size_t n = acp->operand_count;
    struct copy_source *sources = calloc(n, sizeof(*sources));

    for (size_t i = 0; sources && i < n; i++) {
        sources[i].name = acp->operands[i];
        sources[i].to = acp->to ? acp->to : acp->copy.cwd;
        sources[i].to_name = acp->to ? base_name(acp->operands[i]) : acp->operands[n];
        if (!sources[i].to_name)
            cli_fatal(ENOMEM, "cannot start");
    }
    if (!sources)
        cli_fatal(ENOMEM, "cannot start");
    return sources;
}

/* -- options and the run -- */

static void parse_options(struct acp *acp, int argc, char **argv)
{
    struct copy_opts *opts = &acp->copy.opts;
    int option;

    while ((option = getopt_long(argc, argv, "aj:pRrTt:v", long_options, NULL)) != -1) {
        if (option == 'a' || option == 'p')
            opts->preserve_mode = opts->preserve_owner = opts->preserve_times = true;
        if (option == 'a')
            opts->preserve_links = opts->recursive = true;
        else if (option == 'p')
            continue;
        else if (option == 'R' || option == 'r')
            opts->recursive = true;
        else if (option == 'T')
            acp->no_target_dir = true;
        else if (option == 't')
            acp->target = optarg;
        else if (option == 'v')
            opts->verbose = true;
        else if (option == CLI_OPT_HELP)
            usage();
        else if (option == CLI_OPT_VERSION)
            cli_version("acp");
        else if (option == CLI_OPT_FILES0_FROM || !cli_common_option(&acp->common, option, optarg))
            cli_try_help();
    }
    if (acp->target && acp->no_target_dir)
        cli_fatal(0, "cannot combine --target-directory (-t) and --no-target-directory (-T)");
    acp->operands = argv + optind;
    acp->operand_count = (size_t)(argc - optind);
}

static void run(struct acp *acp)
{
    struct feed_config config = {
        .op_bytes = sizeof(struct copy_file),
        .produce = copy_produce,
        .retire = retire,
        .arg = &acp->copy,
    };
    struct stats stats = {0};
    const char *why;
    const struct engine *engine = cli_engine(&acp->common, &why);
    bool one_file = acp->operand_count == 1 && !acp->copy.opts.recursive;
    unsigned jobs = acp->common.jobs ? acp->common.jobs : one_file ? 1 : cli_processors();
    uint64_t start = stats_now_ns();
    struct feed *feed;
    int rc = feed_start(&feed, &config);

    if (rc < 0)
        cli_fatal(-rc, "cannot start");
    rc = engine_run(engine, &acp->common.opts, jobs, feed, &acp->copy, NULL, &stats);
    if (rc < 0) {
        cli_message(-rc, "engine '%s' failed", engine->name);
        acp->failed = true;
    }
    rc = feed_join(feed);
    if (rc < 0 && rc != -ECANCELED) {
        cli_message(-rc, "cannot go on");
        acp->failed = true;
    }
    say_late(acp);
    cli_print_stats(&acp->common, engine, why, &stats, (double)(stats_now_ns() - start) / 1e9);
}

int main(int argc, char **argv)
{
    struct acp acp = {0};
    struct copy_source *sources;

    cli_start(argv);
    cli_common_init(&acp.common);
    parse_options(&acp, argc, argv);
    if (copy_init(&acp.copy) < 0)
        cli_fatal(ENOMEM, "cannot start");
    find_target(&acp);
    sources = make_sources(&acp);
    acp.copy.sources = sources;
    acp.copy.source_count = acp.operand_count;
    run(&acp);
    if (acp.to)
        for (size_t i = 0; i < acp.operand_count; i++)
            free((char *)sources[i].to_name);
    free(sources);
    dir_put(acp.to);
    copy_destroy(&acp.copy);
    cli_close_stdout();
    return acp.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
