/* verify.c: --verify: reads the copies back from the device, and compares digests.
 *
 * While files are copied, the digest of what was read and the name of the copy go to a temporary
 * file, so that memory does not grow with their number. Then all is brought to the device, and the
 * engine reads the copies past the page cache. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../core/base/direct.h"
#include "../../core/base/limits.h"
#include "../../core/base/path.h"
#include "../../core/digest/batch_sink.h"
#include "acp.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../../core/base/retry.h"

enum {
    DEVICE_BLOCK_BYTES = 1024 * 1024,
};

static const uint64_t WHOLE_FILE = UINT64_MAX;

struct acp_verify {
    FILE *notes; /* bytes (or WHOLE_FILE), digest, name, NUL, for each file */
    size_t digest_bytes;
    struct acp *acp;
    struct dir *dir; /* of the last name */
    char *dir_path;
    unsigned dirs_max; /* to have open, before files are waited for */
};

/* file->op */
struct verified {
    struct hash_result hash; /* first */
    uint8_t expected[DIGEST_BYTES_MAX];
};
_Static_assert(offsetof(struct verified, hash) == 0, "hash sinks take file->op for a hash_result");
_Static_assert(offsetof(struct item, hash) == 0, "hash sinks take file->op for a hash_result");

void acp_verify_start(struct acp *acp)
{
    struct acp_verify *verify = calloc(1, sizeof(*verify));

    if (verify)
        verify->notes = tmpfile();
    if (verify && !verify->notes) { /* no directory for temporary files is writable */
        int fd = memfd_create("verify", MFD_CLOEXEC);
        verify->notes = fd < 0 ? NULL : fdopen(fd, "w+");
    }
    if (!verify || !verify->notes)
        cli_fatal(errno, "cannot make a temporary file for --verify");
    verify->acp = acp;
    verify->digest_bytes = digest_bytes(acp->digest);
    acp->verify = verify;
}

static void report_not_regular(struct acp *acp, const char *path)
{
    cli_message(0, "cannot verify %s: not a regular file", cli_quote(path));
    acp->failed = true;
}

void acp_verify_note(struct acp *acp, const struct item *op, uint64_t bytes, const char *to_path)
{
    struct acp_verify *verify = acp->verify;
    struct stat st;

    if (op->to_regular) {
        bytes = WHOLE_FILE;
    } else if (fstatat(op->to->fd, op->to_name, &st, 0) < 0 || !S_ISBLK(st.st_mode)) {
        report_not_regular(acp, to_path);
        return;
    }
    fwrite(&bytes, sizeof(bytes), 1, verify->notes);
    fwrite(op->hash.digest, verify->digest_bytes, 1, verify->notes);
    fwrite(to_path, strlen(to_path) + 1, 1, verify->notes);
}

/* Digests the first bytes of an open block device with O_DIRECT. Returns 0 or -errno. */
static int digest_device(int fd, uint64_t bytes, const struct digest *digest, void *block,
                         uint8_t *result)
{
    struct digest_context *context = digest_context_new();
    int rc = context ? digest_begin(context, digest) : -ENOMEM;
    uint64_t at = 0;

    while (rc == 0 && at < bytes) {
        ssize_t n = pread(fd, block, DEVICE_BLOCK_BYTES, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            rc = n < 0 ? -errno : -ENODATA;
            break;
        }
        if ((uint64_t)n > bytes - at)
            n = (ssize_t)(bytes - at);
        rc = digest_update(context, block, (size_t)n);
        at += (uint64_t)n;
    }
    if (rc == 0)
        rc = digest_end(context, result);
    digest_context_free(context);
    return rc;
}

static void report_difference(struct acp_verify *verify, const char *path)
{
    cli_message(0, "%s: copy on the device differs from the source", cli_quote_maybe(path));
    verify->acp->failed = true;
}

static void report_unread(struct acp_verify *verify, const char *path, int error)
{
    cli_message(error, "cannot read %s back", cli_quote(path));
    verify->acp->failed = true;
}

/* Verifies the first bytes of a device: it may be larger than its source. */
static void verify_device(struct acp_verify *verify, const char *path, uint64_t bytes,
                          const uint8_t *expected)
{
    uint8_t digest[DIGEST_BYTES_MAX];
    void *block = direct_alloc(DEVICE_BLOCK_BYTES);
    int fd = path_open(path, O_RDONLY | O_DIRECT | O_NONBLOCK | O_CLOEXEC);
    int rc = fd < 0 ? -errno : !block ? -ENOMEM : 0;

    if (rc == 0)
        rc = digest_device(fd, bytes, verify->acp->digest, block, digest);
    if (rc < 0)
        report_unread(verify, path, -rc);
    else if (memcmp(digest, expected, verify->digest_bytes) != 0)
        report_difference(verify, path);
    free(block);
    if (fd >= 0)
        close(fd);
}

/* Opens the directory that name is in, as verify->dir. Names come by directories, so the last one
 * is kept. It has a descriptor of its own, since a path may be longer than a call takes. Returns 0
 * or -errno. */
static int enter(struct acp_verify *verify, struct feed *feed, const char *name, size_t len)
{
    struct dir *cwd = verify->acp->copy.cwd;
    char *path;
    int fd, rc;

    if (verify->dir_path && strlen(verify->dir_path) == len &&
        memcmp(verify->dir_path, name, len) == 0)
        return 0;
    dir_put(verify->dir);
    free(verify->dir_path);
    verify->dir = NULL;
    verify->dir_path = path = strndup(name, len);
    if (!path)
        return -ENOMEM;
    if (len == 0) {
        verify->dir = dir_get(cwd);
        return 0;
    }
    /* the files in the feed keep their directories open */
    while (dir_open_count() >= verify->dirs_max && feed_drain_half(feed))
        ;
    fd = path_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    rc = fd < 0 ? -errno : -ENOMEM;
    if (fd >= 0)
        verify->dir = dir_new(cwd, path, fd);
    if (!verify->dir) { /* the next file of this directory tries again */
        if (fd >= 0)
            close(fd);
        free(verify->dir_path);
        verify->dir_path = NULL;
        return rc;
    }
    verify->dir->may_follow = true; /* the copy may have been written through a link */
    return 0;
}

static int add(struct acp_verify *verify, struct feed *feed, const uint8_t *expected,
               const char *name)
{
    size_t len = path_dir_length(name);
    int rc = enter(verify, feed, name, len > 1 ? len - 1 : len); /* "/" keeps its slash */
    const char *in_dir = rc == 0 ? path_last(name) : name;
    struct file *file = feed_file(feed, rc == 0 ? verify->dir : verify->acp->copy.cwd, in_dir,
                                  strlen(in_dir));
    struct verified *verified;

    if (!file || rc == -ENOMEM)
        return -ENOMEM;
    verified = file->op;
    memcpy(verified->expected, expected, verify->digest_bytes);
    file->type = DT_REG; /* a FIFO that has replaced it is not waited for */
    if (rc == 0)
        return feed_add(feed, file);
    file_fail(file, STEP_OPEN, rc);
    return feed_add_done(feed, file);
}

static int produce(struct feed *feed, void *arg)
{
    struct acp_verify *verify = arg;
    uint8_t expected[DIGEST_BYTES_MAX];
    char *name = NULL;
    uint64_t bytes;
    size_t cap = 0;
    int rc = 0;

    verify->dirs_max = limits_descriptors() / 4;
    while (rc == 0 && fread(&bytes, sizeof(bytes), 1, verify->notes) == 1) {
        if (fread(expected, verify->digest_bytes, 1, verify->notes) != 1 ||
            getdelim(&name, &cap, 0, verify->notes) <= 0)
            rc = -EIO;
        else if (bytes != WHOLE_FILE)
            verify_device(verify, name, bytes, expected);
        else
            rc = add(verify, feed, expected, name);
    }
    if (ferror(verify->notes))
        rc = -EIO;
    free(name);
    dir_put(verify->dir);
    free(verify->dir_path);
    return rc;
}

static void retire(struct file *file, void *arg)
{
    struct acp_verify *verify = arg;
    const struct verified *verified = file->op;
    char *path;

    if (file->status == 0 &&
        memcmp(verified->hash.digest, verified->expected, verify->digest_bytes) == 0)
        return;
    path = file_path(file);
    if (file->status == 0)
        report_difference(verify, path ? path : file->name);
    else if (file->step == STEP_REPLACED)
        report_not_regular(verify->acp, path ? path : file->name);
    else
        report_unread(verify, path ? path : file->name, -file->status);
    free(path);
}

static struct sink *make_sink(void *acp)
{
    struct digest *digest = ((struct acp *)acp)->digest;

    return batch_sink_new(hash_sink_new(&digest, 1), digest);
}

static void read_back(struct acp *acp, const struct engine *engine, unsigned jobs)
{
    struct acp_verify *verify = acp->verify;
    struct feed_config config = {
        .op_bytes = sizeof(struct verified), .produce = produce, .retire = retire, .arg = verify};
    struct engine_opts opts = acp->common.opts;
    unsigned jobs_max = engine_jobs_max(&opts, jobs);
    struct sink **sinks = sinks_new(jobs_max, make_sink, acp);
    struct stats stats = {0};
    int produced = 0, rc = sinks ? 0 : -ENOMEM;

    opts.direct = DIRECT_ALWAYS;
    if (rc == 0)
        rc = engine_process(engine, &opts, jobs, &config, NULL, sinks, &stats, &produced);
    if (rc == 0)
        rc = produced;
    if (rc < 0) {
        cli_message(-rc, "cannot verify the copies");
        acp->failed = true;
    }
    sinks_free(sinks, jobs_max);
}

void acp_verify_finish(struct acp *acp, const struct engine *engine, unsigned jobs)
{
    struct acp_verify *verify = acp->verify;

    if (fflush(verify->notes) != 0 || ferror(verify->notes) ||
        fseek(verify->notes, 0, SEEK_SET) != 0) {
        cli_message(errno, "cannot write the temporary file of --verify");
        acp->failed = true;
    } else {
        read_back(acp, engine, jobs);
    }
    fclose(verify->notes);
    free(verify);
    acp->verify = NULL;
}
