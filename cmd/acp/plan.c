/* plan.c: --plan, which lists the files of a copy in parts for several runs, and the check that a
 * run copies such a part with the options of its plan. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/base/path.h"
#include "../../core/copy/parts.h"
#include "acp.h"
#include "../cli/checksum_line.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../cli/sizes.h"
#include "../../core/base/retry.h"

#define PLAN_FILE ".plan" /* not listed by ls(1), unlike the parts */
#define PLAN_FORMAT "acp plan 1"

static const uint64_t part_bytes_default = UINT64_C(64) << 30;

void acp_plan_option(struct acp *acp, char *argument)
{
    char *comma = strrchr(argument, ',');

    acp->plan_part_bytes = part_bytes_default;
    if (comma && (cli_parse_size(comma + 1, &acp->plan_part_bytes) < 0 || !acp->plan_part_bytes))
        cli_fatal(0, "invalid --plan argument %s: expected DIRECTORY or DIRECTORY,SIZE",
                  cli_quote_word(argument));
    if (comma)
        *comma = 0;
    acp->plan_path = argument;
}

/* Prints the options that a plan and the runs that copy its parts must have in common. */
static void print_options(FILE *out, const struct copy_opts *opts)
{
    static const char *const follow[] = {
        [FOLLOW_NEVER] = "-P", [FOLLOW_OPERANDS] = "-H", [FOLLOW_ALWAYS] = "-L"};
    const struct {
        bool on;
        const char *name;
    } attributes[] = {{opts->preserve_mode, "mode"},
                      {opts->preserve_owner, "ownership"},
                      {opts->preserve_times, "timestamps"},
                      {opts->preserve_links, "links"},
                      {opts->preserve_xattrs, "xattr"}};
    const char *before = " --preserve=";

    fprintf(out, "%s%s", opts->recursive ? "-r " : "", follow[opts->follow]);
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (attributes[i].on) {
            fprintf(out, "%s%s", before, attributes[i].name);
            before = ",";
        }
    }
    if (opts->default_mode)
        fputs(" --no-preserve=mode", out);
    if (opts->copy_contents)
        fputs(" --copy-contents", out);
    if (opts->attributes_only)
        fputs(" --attributes-only", out);
    /* no plan has them */
    if (opts->make != MAKE_COPIES)
        fputs(opts->make == MAKE_HARD_LINKS ? " --link" : " --symbolic-link", out);
}

/* Returns that text: malloc'd. */
static char *options_text(const struct copy_opts *opts)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (out)
        print_options(out, opts);
    if (!out || fclose(out) != 0)
        cli_fatal(ENOMEM, "cannot start");
    return text;
}

/* -- the plan -- */

/* Tells whether the directory is empty: returns 1, 0 or -errno. */
static int is_empty(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *entry;
    int rc = 1;

    if (!dir)
        return -errno;
    while (rc == 1 && (errno = 0, entry = readdir(dir)))
        rc = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (rc == 1 && errno)
        rc = -errno;
    closedir(dir);
    return rc;
}

/* Tells whether the directory fd is the one of *root, or is below it: returns 1, 0 or -errno. */
static int is_below(int fd, const struct stat *root)
{
    int at = openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), up;
    struct stat st = {0}, before = {0};
    int rc = at < 0 || fstat(at, &st) < 0 ? -errno : 0;

    while (rc == 0 && (st.st_ino != before.st_ino || st.st_dev != before.st_dev)) {
        rc = st.st_ino == root->st_ino && st.st_dev == root->st_dev;
        before = st;
        up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = up;
        if (rc == 0 && (at < 0 || fstat(at, &st) < 0))
            rc = -errno;
    }
    if (at >= 0)
        close(at);
    return rc;
}

/* Opens the directory of the plan, which must be empty and outside the source and the destination:
 * files of the copy would replace parts. */
static void open_directory(struct acp *acp, const struct stat *source)
{
    const char *path = cli_quote(acp->plan_path), *tree = "source";
    bool made = mkdir(acp->plan_path, 0777) == 0;
    struct stat dest;
    int rc;

    if (!made && errno != EEXIST)
        cli_fatal(errno, "cannot create the directory %s of the plan", path);
    acp->plan_fd = open(acp->plan_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (acp->plan_fd < 0)
        cli_fatal(errno, "cannot open the directory %s of the plan", path);
    rc = is_empty(acp->plan_fd);
    if (rc == 0)
        cli_fatal(0, "cannot write a plan to %s: the directory is not empty", path);
    if (rc > 0)
        rc = is_below(acp->plan_fd, source);
    if (rc == 0 && stat(acp->copy.sources[0].to_name, &dest) == 0) {
        tree = "destination";
        rc = is_below(acp->plan_fd, &dest);
    }
    if (rc < 0)
        cli_fatal(-rc, "cannot write a plan to %s", path);
    if (rc == 0)
        return;
    if (made)
        (void)rmdir(acp->plan_path);
    cli_fatal(0, "cannot write a plan to %s: it is in the %s", path, tree);
}

/* Makes runs refuse the parts until write_file replaces this file. Returns 0 or -errno. */
static int write_unfinished(const struct acp *acp)
{
    static const char text[] = PLAN_FORMAT "\nunfinished\n";
    int fd = openat(acp->plan_fd, PLAN_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    ssize_t n = fd >= 0 ? write(fd, text, sizeof(text) - 1) : -1;
    int rc = n < 0 ? -errno : n < (ssize_t)sizeof(text) - 1 ? -ENOSPC : 0;

    if (fd >= 0 && close(fd) < 0 && rc == 0)
        rc = -errno;
    return rc;
}

void acp_plan_start(struct acp *acp)
{
    const char *source = acp->copy.sources[0].name;
    bool follow = acp->copy.opts.follow != FOLLOW_NEVER;
    struct stat st;
    int rc;

    if (fstatat(AT_FDCWD, source, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
        cli_fatal(errno, "cannot stat %s", cli_quote(source));
    if (!S_ISDIR(st.st_mode))
        cli_fatal(0, "cannot plan the copy of %s: not a directory", cli_quote(source));
    open_directory(acp, &st);
    rc = write_unfinished(acp);
    if (rc < 0)
        cli_fatal(-rc, "cannot write a plan to %s", cli_quote(acp->plan_path));
    rc = parts_new(&acp->copy.plan, acp->plan_fd, acp->plan_part_bytes);
    if (rc < 0)
        cli_fatal(-rc, "cannot start");
}

/* Writes what the plan is, as its last file. Returns 0 or -errno. */
static int write_file(const struct acp *acp, const struct parts_total *total)
{
    struct cli_atomic *file;
    FILE *out;
    char *path;
    int rc;

    if (asprintf(&path, "%s/" PLAN_FILE, acp->plan_path) < 0)
        return -ENOMEM;
    rc = cli_atomic_open(&file, path);
    if (rc == 0) {
        out = cli_atomic_stream(file);
        fprintf(out,
                PLAN_FORMAT "\nparts %" PRIu64 "\nfiles %" PRIu64 "\nbytes %" PRIu64 "\noptions ",
                total->parts, total->names, total->bytes);
        print_options(out, &acp->copy.opts);
        fputc('\n', out);
        rc = cli_atomic_commit(file);
    }
    free(path);
    return rc;
}

void acp_plan_finish(struct acp *acp, bool walked)
{
    struct parts_total total;
    int rc = parts_end(acp->copy.plan, walked, &total);

    parts_free(acp->copy.plan);
    acp->copy.plan = NULL;
    close(acp->plan_fd);
    if (rc == 0 && walked)
        rc = write_file(acp, &total);
    if (rc < 0) {
        cli_message(-rc, "cannot write the plan %s", cli_quote(acp->plan_path));
        acp->failed = true;
    } else if (walked) {
        printf("%" PRIu64 " parts, %" PRIu64 " files, %" PRIu64 " bytes\n", total.parts,
               total.names, total.bytes);
    }
}

/* -- a part -- */

/* Exits if the plan is not complete, or was made with other options. Its file is open behind its
 * first line. */
static void check_options(const struct acp *acp, const char *dir, FILE *plan, char *line)
{
    char *own = options_text(&acp->copy.opts);
    bool complete = false;
    size_t len;

    if (!acp->copy.opts.parents)
        cli_fatal(0, "cannot copy a part of the plan %s without --parents", cli_quote(dir));
    while (checksum_line_read(plan, line, &len)) {
        if (strncmp(line, "options ", 8) != 0)
            continue;
        complete = true;
        if (strcmp(line + 8, own) != 0)
            cli_fatal(0, "cannot copy a part of the plan %s with %s: it was made with %s",
                      cli_quote(dir), own, line + 8);
    }
    if (!complete && !ferror(plan))
        cli_fatal(0, "cannot copy a part of the plan %s: the plan is not complete", cli_quote(dir));
    free(own);
}

void acp_plan_check_part(const struct acp *acp)
{
    char *dir = path_dir(acp->common.files0_from), *path = NULL;
    char *line = malloc(CHECKSUM_LINE_BYTES_MAX + 1);
    size_t len;
    FILE *plan;

    if (!dir || !line || asprintf(&path, "%s/" PLAN_FILE, dir) < 0)
        cli_fatal(ENOMEM, "cannot start");
    plan = fopen(path, "re");
    if (!plan && errno != ENOENT && errno != ENOTDIR)
        cli_fatal(errno, "cannot open %s for reading", cli_quote(path));
    if (plan && checksum_line_read(plan, line, &len) && strcmp(line, PLAN_FORMAT) == 0)
        check_options(acp, dir, plan, line);
    if (plan && ferror(plan))
        cli_fatal(errno, "error reading %s", cli_quote(path));
    if (plan)
        fclose(plan);
    free(line);
    free(path);
    free(dir);
}
