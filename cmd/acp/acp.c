/* acp.c: copy files and trees: cp on top of the engines. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/base/filesystem.h"
#include "../../core/base/limits.h"
#include "../../core/copy/entry.h"
#include "../../core/digest/batch_sink.h"
#include "../../core/digest/sink_thread.h"
#include "acp.h"
#include "../cli/progress.h"
#include "../cli/engine.h"
#include "../cli/messages.h"
#include "../cli/name_list.h"
#include "../cli/quote.h"
#include "../cli/signals.h"
#include "../cli/stats.h"
#include "../../core/base/retry.h"

enum {
    /* Creating a file and setting its attributes are calls that wait for the server, one after the
     * other in a worker. With 5 ms a call, 32 workers copied a tree of 210 files 4 times as fast as
     * 2. */
    REMOTE_WORKERS = 32,
    /* A worker of uring that makes these calls for one file opens another one meanwhile. */
    REMOTE_FILES = 2 * REMOTE_WORKERS,
};

/* -- where things go -- */

/* Returns the last part of a path without trailing slashes; "." for "/" and "..". */
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

/* Opens a directory to copy into. Returns 0 or -errno. */
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
    const char *last = n > 0 ? acp->operands[n - 1] : "";
    int rc;

    if (n == 0 && !acp->common.files0_from) {
        cli_message(0, "missing file operand");
        cli_try_help();
    }
    if (acp->target && acp->no_target_dir)
        cli_fatal(0, "cannot combine --target-directory (-t) and --no-target-directory (-T)");
    if (acp->target) {
        rc = open_target(acp, acp->target);
        if (rc < 0)
            cli_fatal(-rc, "target directory %s", cli_quote(acp->target));
        return;
    }
    if (n < 2) {
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
    if (rc < 0 && acp->copy.opts.parents) {
        cli_message(0, "with --parents, the destination must be a directory");
        cli_try_help();
    }
}

/* Removes trailing slashes, but not the only character of "/". */
static void strip_slashes(char *name)
{
    size_t len = strlen(name);

    while (len > 1 && name[len - 1] == '/')
        name[--len] = 0;
}

/* Returns the whole path of an operand, as it is below the destination with --parents. */
static char *path_below(const char *name)
{
    char *path;

    while (*name == '/')
        name++;
    path = strdup(*name ? name : ".");
    if (path)
        strip_slashes(path);
    return path;
}

/* Makes cp -bf FILE FILE copy to the name of the backup. */
static void copy_to_own_backup(struct acp *acp, struct copy_source *source)
{
    struct copy_opts *opts = &acp->copy.opts;
    struct stat st;

    if (acp->to || !opts->force || opts->backup == BACKUP_NONE || acp->operand_count != 1 ||
        strcmp(source->name, source->to_name) != 0 || stat(source->name, &st) < 0 ||
        !S_ISREG(st.st_mode))
        return;
    free((char *)source->to_name);
    source->to_name = backup_name(AT_FDCWD, source->name, opts->backup, opts->backup_suffix);
    if (!source->to_name)
        cli_fatal(ENOMEM, "cannot start");
    opts->backup = BACKUP_NONE;
}

static char *name_below(const struct acp *acp, const char *name)
{
    return acp->copy.opts.parents ? path_below(name) : base_name(name);
}

static struct copy_source *make_sources(struct acp *acp)
{
    size_t n = acp->operand_count;
    struct copy_source *sources = calloc(n + 1, sizeof(*sources));

    for (size_t i = 0; sources && i < n; i++) {
        if (acp->strip_slashes && acp->to) /* as cp: not if it gets another name */
            strip_slashes(acp->operands[i]);
        sources[i].name = acp->operands[i];
        sources[i].to = acp->to ? acp->to : acp->copy.cwd;
        sources[i].to_name = acp->to ? name_below(acp, acp->operands[i]) : strdup(acp->operands[n]);
        if (!sources[i].to_name)
            cli_fatal(ENOMEM, "cannot start");
    }
    if (!sources)
        cli_fatal(ENOMEM, "cannot start");
    if (n == 1)
        copy_to_own_backup(acp, &sources[0]);
    return sources;
}

/* -- --files0-from -- */

/* Reads the sources from the list of --files0-from instead of the operands. */
static void read_list(struct acp *acp)
{
    struct names0 *names = names0_of_option(&acp->common, acp->operands);
    size_t cap = 0, count = 0;
    char **list = NULL;
    const char *name;
    size_t len;
    int rc;

    while ((rc = names0_next(names, &name, &len)) != NAMES0_END) {
        if (rc != NAMES0_NAME) { /* the rest of the list is still copied */
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

static void free_list(struct acp *acp)
{
    for (size_t i = 0; i < acp->operand_count; i++)
        free(acp->operands[i]);
    free(acp->operands);
}

/* -- the run -- */

static struct sink *make_sink(void *acp)
{
    struct digest *digest = ((struct acp *)acp)->digest;

    return batch_sink_new(sink_thread_new(hash_sink_new(&digest, 1)), digest);
}

/* Opens the manifest. The file that it replaces must not be copied, or be the list of the sources.
 */
static void open_manifest(struct acp *acp)
{
    const char *path = cli_quote(acp->manifest_path), *list = acp->common.files0_from;
    struct stat *old = &acp->copy.output_old, st;
    int rc = cli_atomic_open(&acp->manifest, acp->manifest_path);

    if (rc < 0)
        cli_fatal(-rc, "cannot write the manifest %s", path);
    cli_atomic_stat(acp->manifest, old, &acp->copy.output_new);
    if (!list || stat(list, &st) < 0 || st.st_ino != old->st_ino || st.st_dev != old->st_dev)
        return;
    cli_atomic_discard(acp->manifest);
    cli_fatal(0, "cannot write the manifest %s: it is the list of --files0-from", path);
}

/* Begins --manifest, --durable and --verify. */
static void open_extras(struct acp *acp)
{
    if (acp->copy.opts.digest && !(acp->digest = cli_digest_open("sha256")))
        cli_fatal(0, "cannot compute SHA-256: OpenSSL does not have it");
    if (acp->manifest_path)
        open_manifest(acp);
    /* --verify reads from the device, so data must be synced */
    if ((acp->durable || acp->verify_copies) && !acp->copy.opts.dry_run)
        acp_durable_start(acp);
    if (acp->verify_copies)
        acp_verify_start(acp);
}

/* Puts the manifest in place, unless that would replace a file of the run. */
static void close_manifest(struct acp *acp)
{
    const char *path = cli_quote(acp->manifest_path);
    int rc = 0;

    if (acp->manifest_taken || cli_atomic_overtaken(acp->manifest)) {
        cli_message(0, "cannot write the manifest %s: %s", path,
                    acp->manifest_taken ? "it is a source or a destination of this run"
                                        : "another file has been created there");
        cli_atomic_discard(acp->manifest);
        acp->failed = true;
        return;
    }
    rc = cli_atomic_commit(acp->manifest);
    if (rc < 0) {
        cli_message(-rc, "cannot write the manifest %s", path);
        acp->failed = true;
    }
}

static void close_extras(struct acp *acp, const struct engine *engine, unsigned jobs)
{
    acp_durable_finish(acp);
    if (acp->verify)
        acp_verify_finish(acp, engine, jobs);
    if (acp->manifest)
        close_manifest(acp);
    digest_close(acp->digest);
}

/* Tells whether a file, or the directory where it will be made, is on a remote filesystem. */
static bool is_remote(const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    bool remote;

    if (fd < 0)
        fd = entry_open_parent(path);
    remote = fd >= 0 && filesystem_is_remote(fd);
    if (fd >= 0)
        close(fd);
    return remote;
}

/* Tells whether there is one file to copy. Scripts copy single files with -a and -r, too. */
static bool is_one_file(const struct acp *acp)
{
    return acp->operand_count == 1 && !acp->plan_path &&
           (!acp->copy.opts.recursive || cli_is_small_file(acp->operands[0]));
}

static bool waits_for_server(const struct acp *acp)
{
    const struct copy_source *source = acp->copy.sources;

    return acp->operand_count > 0 &&
           (is_remote(source->name) ||
            (acp->to ? filesystem_is_remote(acp->to->fd) : is_remote(source->to_name)));
}

/* Returns how many operands there are, or 0 if they may be a tree, or the copies wait for a device
 * or a server. */
static size_t files_known(const struct acp *acp, bool one_file, bool waits)
{
    if (one_file)
        return 1;
    return acp->operand_count == 1 || acp->plan_path || acp->durable || acp->verify_copies || waits
               ? 0
               : acp->operand_count;
}

/* Returns the number of workers, and sets what is done about calls that wait for a server. */
static unsigned workers(struct acp *acp, bool one_file, bool waits)
{
    unsigned jobs = limits_processors();

    if (one_file)
        return acp->common.jobs ? acp->common.jobs : 1;
    if (waits) {
        acp->common.opts.files_waiting = REMOTE_FILES;
        jobs = jobs < REMOTE_WORKERS ? REMOTE_WORKERS : jobs;
        acp->copy.threads_ahead = acp->common.jobs ? acp->common.jobs : jobs;
    }
    if (acp->common.jobs)
        return acp->common.jobs;
    return acp->plan_path ? 1 : jobs;
}

/* Returns how to go on after a signal, or NULL: the options make something else than copies. */
static const char *how_to_go_on(const struct acp *acp)
{
    const struct copy_opts *opts = &acp->copy.opts;
    /* what did not exist as a directory does now, and would be copied into */
    bool needs_t = !acp->to && opts->recursive && !acp->no_target_dir;

    if (opts->dry_run || acp->plan_path || opts->make != MAKE_COPIES || opts->attributes_only)
        return NULL;
    if (acp->manifest_path) /* it would lack the files that are complete */
        return "no manifest was written";
    if (opts->update != UPDATE_ALL || opts->replace == REPLACE_NONE)
        return needs_t ? "to go on, add -T" : "the same command goes on";
    if (opts->preserve_times)
        return needs_t ? "to go on, add --update=changed -T" : "to go on, add --update=changed";
    return needs_t ? "to go on, add -u -T" : "to go on, add -u";
}

/* Says what the lines of --progress need to know. Returns the names to count, to be freed. */
static const char **describe(const struct acp *acp, struct cli_progress_run *run)
{
    const struct copy_opts *opts = &acp->copy.opts;
    const char **names = calloc(acp->operand_count + 1, sizeof(*names));

    for (size_t i = 0; names && i < acp->operand_count; i++)
        names[i] = acp->copy.sources[i].name;
    *run = (struct cli_progress_run){
        .did = opts->dry_run || acp->plan_path ? "listed" : "copied",
        .resume = how_to_go_on(acp),
        /* both have another size or time than the source, as long as times are preserved */
        .resume_finds_incomplete = opts->atomic || opts->update == UPDATE_CHANGED ||
                                   (opts->update == UPDATE_ALL && opts->preserve_times),
        .count = {.names = names,
                  /* without a name there is nothing to count */
                  .names_len = names ? acp->operand_count : 0,
                  .walk = &opts->walk,
                  .recursive = opts->recursive,
                  .follow_operands = opts->follow != FOLLOW_NEVER}};
    return names;
}

static void run(struct acp *acp)
{
    struct feed_config config = {
        .op_bytes = sizeof(struct item),
        .produce = copy_produce,
        .retire = acp_retire,
        .arg = &acp->copy,
    };
    struct stats stats = {0};
    const char *why;
    bool one = is_one_file(acp), waits = !one && waits_for_server(acp);
    const struct engine *engine = cli_engine(&acp->common, acp->operands,
                                             files_known(acp, one, waits), &why);
    unsigned jobs = workers(acp, one, waits);
    unsigned jobs_max = engine_jobs_max(&acp->common.opts, jobs);
    uint64_t start = stats_now_ns();
    struct sink **sinks = NULL;
    struct cli_progress_run progress_run;
    const char **names = describe(acp, &progress_run);
    int rc, produced;

    if (acp->plan_path)
        acp_plan_start(acp);
    open_extras(acp);
    if (acp->digest && !(sinks = sinks_new(jobs_max, make_sink, acp)))
        cli_fatal(ENOMEM, "cannot start");
    cli_progress_start(&acp->common, &progress_run);
    config.progress = acp->copy.progress = acp->common.opts.progress;
    config.no_thread = acp->common.few_small_files;
    config.calls_wait = acp->common.opts.files_waiting > 0;
    rc = engine_process(engine, &acp->common.opts, jobs, &config, &acp->copy, sinks, &stats,
                        &produced);
    copy_end(&acp->copy);
    acp->failed |= cli_run_failed(engine, rc, produced);
    cli_progress_stop(&acp->common);
    free(names);
    acp_print_deferred(acp);
    sinks_free(sinks, jobs_max);
    if (acp->plan_path)
        acp_plan_finish(acp, rc == 0 && produced == 0);
    close_extras(acp, engine, jobs);
    cli_print_stats(&acp->common, engine, why, &stats, (double)(stats_now_ns() - start) / 1e9);
    free(stats.listing.slowest);
}

int main(int argc, char **argv)
{
    struct acp acp = {0};
    struct copy_source *sources;

    cli_start(argv);
    cli_common_init(&acp.common, "acp");
    acp_parse_options(&acp, argc, argv);
    if (acp.common.files0_from) {
        acp_plan_check_part(&acp);
        read_list(&acp);
    }
    if (copy_init(&acp.copy) < 0)
        cli_fatal(ENOMEM, "cannot start");
    cli_signals_install();
    find_target(&acp);
    sources = make_sources(&acp);
    acp.copy.sources = sources;
    acp.copy.source_count = acp.operand_count;
    run(&acp);
    for (size_t i = 0; i < acp.operand_count; i++)
        free((char *)sources[i].to_name);
    free(sources);
    if (acp.common.files0_from)
        free_list(&acp);
    dir_put(acp.to);
    copy_destroy(&acp.copy);
    cli_common_free(&acp.common);
    cli_close_stdout();
    return acp.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
