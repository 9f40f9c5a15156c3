/* report.c: the messages of acp, with the texts of GNU cp. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../core/copy/hard_links.h"
#include "acp.h"
#include "../cli/progress.h"
#include "../cli/checksum_line.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../../core/base/retry.h"

enum subject { SOURCE, DEST, DEST_SOURCE };

/* The texts before and after the name. */
static const struct {
    const char *before, *after;
    enum subject subject;
} texts[] = {
    [STEP_NONE] = {"cannot copy", "", SOURCE},
    [STEP_STAT] = {"cannot stat", "", SOURCE},
    [STEP_OPEN] = {"cannot open", " for reading", SOURCE},
    [STEP_READ] = {"error reading", "", SOURCE},
    [STEP_STAT_PARENT] = {"failed to get attributes of", "", SOURCE},
    [STEP_OPEN_DIR] = {"cannot access", "", SOURCE},
    [STEP_READ_DIR] = {"cannot access", "", SOURCE},
    [STEP_READ_LINK] = {"cannot read symbolic link", "", SOURCE},
    [STEP_LOOP] = {"cannot copy cyclic symbolic link", "", SOURCE},
    [STEP_REPLACED] = {"skipping file", ", as it was replaced while being copied", SOURCE},
    [STEP_SINK] = {"cannot digest", "", SOURCE},
    [STEP_STAT_DEST] = {"cannot stat", "", DEST},
    [STEP_CREATE] = {"cannot create regular file", "", DEST},
    [STEP_OPEN_DEST] = {"cannot create regular file", "", DEST},
    [STEP_MAKE_DIR] = {"cannot create directory", "", DEST},
    [STEP_MAKE_PARENT] = {"cannot make directory", "", DEST},
    [STEP_MAKE_LINK] = {"cannot create symbolic link", "", DEST},
    [STEP_HARD_LINK] = {"cannot create hard link", " to ", DEST_SOURCE},
    [STEP_SYMLINK] = {"cannot create symbolic link", " to ", DEST_SOURCE},
    [STEP_MAKE_FIFO] = {"cannot create fifo", "", DEST},
    [STEP_MAKE_NODE] = {"cannot create special file", "", DEST},
    [STEP_WRITE] = {"error writing", "", DEST},
    [STEP_CLONE] = {"failed to clone", " from ", DEST_SOURCE},
    [STEP_SIZE] = {"failed to extend", "", DEST},
    [STEP_SYNC] = {"cannot sync", "", DEST},
    [STEP_TIMES] = {"preserving times for", "", DEST},
    [STEP_OWNER] = {"failed to preserve ownership for", "", DEST},
    [STEP_MODE] = {"preserving permissions for", "", DEST},
    [STEP_XATTR] = {"setting attributes for", "", DEST},
    [STEP_LIST_XATTR] = {"listing attributes of", "", SOURCE},
    [STEP_CLOSE] = {"failed to close", "", DEST},
    [STEP_REDIGESTED] = {"the digest recorded for", " is that of an earlier copy", DEST},
    [STEP_BACKUP] = {"cannot backup", "", DEST},
    [STEP_RESTORE] = {"cannot un-backup", "", DEST},
    [STEP_REMOVE] = {"cannot remove", "", DEST},
};

struct acp *acp_of(struct copy *copy)
{
    return (struct acp *)((char *)copy - offsetof(struct acp, copy));
}

static void print_error(enum step step, int status, const char *source, const char *dest)
{
    const char *s = cli_quote(source), *d = cli_quote(dest);
    enum subject subject = texts[step].subject;

    /* the text has the reason */
    if (step == STEP_LOOP || step == STEP_REPLACED)
        status = 0;
    cli_message(-status, "%s %s%s%s", texts[step].before, subject == SOURCE ? s : d,
                texts[step].after, subject == DEST_SOURCE ? s : "");
}

static void print_refused(struct acp *acp, const struct item *op, const char *source,
                          const char *dest)
{
    const char *s = cli_quote(source), *d = cli_quote(dest);
    enum refusal refusal = op->refusal;

    acp->failed |= refusal != REFUSED_FILE_TWICE && refusal != REFUSED_DIRECTORY_TWICE;
    switch (refusal) {
    case REFUSED_DIRECTORY:
        return cli_message(0, "-r not specified; omitting directory %s", s);
    case REFUSED_SAME_FILE:
        return cli_message(0, "%s and %s are the same file", s, d);
    case REFUSED_INTO_ITSELF:
        return cli_message(0, "cannot copy a directory, %s, into itself, %s", s, d);
    case REFUSED_DANGLING:
        return cli_message(0, "not writing through dangling symlink %s", d);
    case REFUSED_OVER_DIRECTORY:
        return cli_message(0, "cannot overwrite directory %s with non-directory", d);
    case REFUSED_OVER_FILE:
        return cli_message(0, "cannot overwrite non-directory %s with directory %s", d, s);
    case REFUSED_JUST_CREATED:
        return cli_message(0, "will not overwrite just-created %s with %s", d, s);
    case REFUSED_THROUGH_CREATED:
        return cli_message(0, "will not copy %s through just-created symlink %s", s, d);
    case REFUSED_FILE_TWICE:
        return cli_message(0, "warning: source file %s specified more than once", s);
    case REFUSED_DIRECTORY_TWICE:
        return cli_message(0, "warning: source directory %s specified more than once", s);
    case REFUSED_ELSEWHERE:
        return cli_message(0, "will not create hard link %s to directory %s", d,
                           cli_quote(op->elsewhere));
    case REFUSED_BACKUP_IS_SOURCE:
        return cli_message(0, "backing up %s might destroy source;  %s not copied", d, s);
    case REFUSED_RELATIVE_LINK:
        return cli_message(0, "%s: can make relative symbolic links only in current directory",
                           cli_quote_maybe(dest));
    case REFUSED_EXISTS:
        return cli_message(0, "not replacing %s", d);
    case REFUSED_NOT_REPLACEABLE:
        return cli_message(0, "cannot replace %s atomically: not a regular file", d);
    case REFUSED_NOT_DIRECTORY:
        return cli_message(0, "%s exists but is not a directory", d);
    case REFUSED_BEING_WRITTEN:
        return cli_message(0, "cannot overwrite %s: another process is writing it", d);
    case REFUSED_TYPE:
        return cli_message(0, "%s has unknown file type", s);
    case REFUSED_OUTPUT_SOURCE:
        acp->manifest_taken = true;
        return cli_message(0, "cannot copy %s: --manifest would replace it", s);
    case REFUSED_OUTPUT_DEST:
        acp->manifest_taken = true;
        return cli_message(0, "cannot overwrite %s: --manifest would replace it", d);
    case REFUSED_DECLINED: /* the user has said no */
    case REFUSED_NONE:
        break;
    }
}

/* Tells a file that could not be looked up from one that could not be opened: the walk does not
 * look files up. */
static void stat_failed(struct file *file)
{
    struct item *op = file->op;
    struct stat st;

    if ((file->step == STEP_OPEN || file->step == STEP_OPEN_DIR) &&
        fstatat(file->dir->fd, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        file->step = STEP_STAT;
        file->status = -errno;
        op->attempted = false;
    }
}

/* --debug: prints how the bytes of a file were copied. */
static void print_how(const struct acp *acp, const struct item *op)
{
    static const char *const sparse[] = {"no", "SEEK_HOLE", "zeros", "SEEK_HOLE + zeros"};
    const struct copy_opts *opts = &acp->copy.opts;
    bool cloned = op->how == HOW_CLONED;
    bool zeros = opts->sparse == SPARSE_ALWAYS;
    /* copy_file_range would make no holes, and may share blocks */
    bool avoided = opts->sparse != SPARSE_AUTO || opts->clone == CLONE_NEVER;

    printf("copy offload: %s, reflink: %s, sparse detection: %s\n",
           cloned                     ? "unknown"
           : op->how == HOW_OFFLOADED ? "yes"
           : avoided                  ? "avoided"
                                      : "no",
           cloned            ? "yes"
           : op->clone_tried ? "unsupported"
                             : "no",
           cloned ? "unknown" : sparse[op->sparse + 2 * zeros]);
}

/* Returns the name of a file's backup, malloc'd, or NULL. */
static char *backup_path(const struct item *op, const char *dest)
{
    size_t len = strlen(dest) - strlen(op->to_name);
    char *path;

    return op->backup && asprintf(&path, "%.*s%s", (int)len, dest, op->backup) >= 0 ? path : NULL;
}

/* -v: prints how a file was copied. */
static void print_copy(const struct acp *acp, const struct file *file, const char *source,
                       const char *dest)
{
    const struct item *op = file->op;
    char *backup;

    if (op->parent) {
        printf("%s -> %s\n", source, dest);
        return;
    }
    if (op->replaced && !op->removed_late)
        printf("removed %s\n", cli_quote(dest));
    printf("%s -> %s", cli_quote(source), cli_quote(dest));
    backup = backup_path(op, dest);
    if (backup)
        printf(" (backup: %s)", cli_quote(backup));
    putchar('\n');
    if (op->removed_late)
        printf("removed %s\n", cli_quote(dest));
    if (backup && op->restored)
        printf("%s -> %s (unbackup)\n", cli_quote(backup), cli_quote(dest));
    free(backup);
    if (acp->debug && op->how != HOW_NONE)
        print_how(acp, op);
}

/* Notes the digest of a copy for --manifest and --verify. If a source has several names, its copy
 * has the bytes of one read, and the digest of each name is that of a read of its own. */
static void note_digest(struct acp *acp, const struct item *op, uint64_t bytes, const char *source,
                        const char *dest)
{
    static const struct checksum_format format = {NULL, ' ', '\n'};
    bool lists = acp->manifest && op->from_regular;

    if (op->link && !hard_link_digest(op->link, op->hash.digest, digest_bytes(acp->digest))) {
        cli_message(0, "cannot tell the digest of %s: %s was written to while it was copied",
                    cli_quote(dest), cli_quote(source));
        acp->failed = true;
        return;
    }
    if (lists && !checksum_line_fits(&format, digest_bytes(acp->digest), dest)) {
        cli_message(ENAMETOOLONG, "cannot list %s in the manifest", cli_quote(dest));
        acp->failed = true;
    } else if (lists) {
        checksum_line_print(cli_atomic_stream(acp->manifest), &format, op->hash.digest,
                            digest_bytes(acp->digest), dest);
    }
    if (acp->verify)
        acp_verify_note(acp, op, bytes, dest);
}

/* Tells whether a name that is left was replaced by a link to the copy of another name. With -u, as
 * with cp, that is told even if it was that link before. */
static bool is_relinked(const struct copy *copy, const struct item *op)
{
    return op->skipped && op->replaced && (op->removed_late || copy->opts.update == UPDATE_OLDER);
}

static void print_file(struct acp *acp, const struct file *file, bool told, const char *source,
                       const char *dest)
{
    const struct item *op = file->op;

    if (told) {
        cli_progress_hide(STDOUT_FILENO);
        if (is_relinked(&acp->copy, op))
            printf("removed %s\n", cli_quote(dest));
        else if (op->unwanted)
            printf("skipped %s\n", cli_quote(dest));
        else
            print_copy(acp, file, source, dest);
        cli_progress_show(STDOUT_FILENO);
    }
    if (op->hashed)
        note_digest(acp, op, file->bytes, source, dest);
    if (file->step == STEP_REFUSED) {
        print_refused(acp, op, source, dest);
    } else if (file->status < 0) {
        print_error(file->step, file->status, op->elsewhere ? op->elsewhere : source, dest);
        acp->failed = true;
    }
    const struct item_report *report;

    SLIST_FOREACH (report, &op->reports, entry) {
        print_error(report->step, report->status, source, dest);
        acp->failed |= !report->harmless;
    }
}

void acp_retire(struct file *file, void *arg)
{
    struct copy *copy = arg;
    struct acp *acp = acp_of(copy);
    const struct item *op = file->op;
    bool left = copy->opts.sync_linked && op->skipped && op->unwanted &&
                (op->via_symlink || !copy->opts.recursive);
    bool told;

    copy_item_end(copy, file);
    stat_failed(file);
    told = copy->opts.verbose &&
           (op->attempted || op->copied || (acp->debug && op->unwanted) || is_relinked(copy, op));
    if (file->status < 0 || !SLIST_EMPTY(&op->reports) || told || op->hashed || left) {
        char *source = file_path(file);
        /* a directory that the walk could not enter has no destination */
        char *dest = op->to ? item_dest_path(file) : strdup("");
        if (source && dest) {
            print_file(acp, file, told, source, dest);
            if (left)
                acp_durable_left(acp, op, dest);
        } else {
            /* ending here would leave other files half written */
            cli_message(ENOMEM, "cannot report on %s", cli_quote(file->name));
            acp->failed = true;
        }
        free(source);
        free(dest);
    }
    item_free(file);
}

void acp_print_deferred(struct acp *acp)
{
    for (const struct copy_deferred_error *deferred = atomic_load(&acp->copy.deferred_errors);
         deferred; deferred = deferred->next) {
        print_error(deferred->step, deferred->status, deferred->path, deferred->path);
        acp->failed |= !deferred->harmless;
    }
    if (acp->copy.deferred_lost) {
        cli_message(ENOMEM, "cannot tell of every directory");
        acp->failed = true;
    }
}

/* "rwxr-xr-x" */
static void mode_text(mode_t mode, char text[10])
{
    for (int i = 0; i < 9; i++)
        text[i] = (mode >> (8 - i)) & 1 ? "rwxrwxrwx"[i] : '-';
    if (mode & S_ISUID)
        text[2] = text[2] == 'x' ? 's' : 'S';
    if (mode & S_ISGID)
        text[5] = text[5] == 'x' ? 's' : 'S';
    if (mode & S_ISVTX)
        text[8] = text[8] == 'x' ? 't' : 'T';
    text[9] = 0;
}

bool acp_ask(void *arg, const struct file *file, mode_t mode, bool writable)
{
    const struct acp *acp = arg;
    char *dest = item_dest_path(file);
    const char *d;
    bool removes = acp->copy.opts.force || acp->copy.opts.remove_destination;
    char text[10], *line = NULL;
    size_t cap = 0;
    bool yes;

    flockfile(stdin); /* until the question has its answer */
    d = dest ? cli_quote(dest) : "";
    fflush(stdout);
    mode_text(mode, text);
    cli_progress_hide(STDERR_FILENO);
    if (writable)
        fprintf(stderr, "%s: overwrite %s? ", cli_name, d);
    else
        fprintf(stderr,
                removes ? "%s: replace %s, overriding mode %04o (%s)? "
                        : "%s: unwritable %s (mode %04o, %s); try anyway? ",
                cli_name, d, mode & 07777, text);
    yes = getline(&line, &cap, stdin) > 0 && (line[0] == 'y' || line[0] == 'Y');
    cli_progress_show(STDERR_FILENO);
    funlockfile(stdin);
    free(line);
    free(dest);
    return yes;
}
