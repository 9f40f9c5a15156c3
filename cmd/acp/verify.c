/* verify.c: --verify: what was copied is read back from the device, and its digests compared.
 *
 * While files are copied, the digest of what was read and the name of the copy go to a temporary
 * file, so that memory does not grow with their number. Then all is brought to the device, and the
 * engine reads the copies past the page cache. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acp.h"

struct acp_verify {
    FILE *notes; /* digest, name, NUL, for each file */
    size_t digest_bytes;
    struct acp *acp;
    struct dir *dir; /* of the last name */
    char *dir_path;
    uint64_t differ;
};

/* file->op */
struct item {
    struct hash_result hash; /* first */
    uint8_t expected[DIGEST_BYTES_MAX];
};

void acp_verify_start(struct acp *acp)
{
    struct acp_verify *verify = calloc(1, sizeof(*verify));

    if (!verify || !(verify->notes = tmpfile()))
        cli_fatal(errno, "cannot make a temporary file for --verify");
    verify->acp = acp;
    verify->digest_bytes = digest_bytes(acp->digest);
    acp->verify = verify;
}

void acp_verify_note(struct acp *acp, const uint8_t *digest, const char *to_path)
{
    struct acp_verify *verify = acp->verify;

    fwrite(digest, verify->digest_bytes, 1, verify->notes);
    fwrite(to_path, strlen(to_path) + 1, 1, verify->notes);
}

/* The directory that name is in: names come by directories, so the last one is kept. Its own
 * descriptor, since a path may be longer than a call takes. -errno. */
static int enter(struct acp_verify *verify, const char *name, size_t len)
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
    fd = path_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    rc = fd < 0 ? -errno : -ENOMEM;
    if (fd >= 0)
        verify->dir = dir_new(cwd, path, fd);
    if (!verify->dir) { /* for the next file in it it is tried again */
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
    const char *slash = strrchr(name, '/');
    size_t dir_len = slash == name ? 1 : slash ? (size_t)(slash - name) : 0;
    int rc = enter(verify, name, dir_len);
    struct file *file = feed_file(feed, rc == 0 ? verify->dir : verify->acp->copy.cwd,
                                  rc == 0 && slash ? slash + 1 : name,
                                  strlen(rc == 0 && slash ? slash + 1 : name));
    struct item *item;

    if (!file || rc == -ENOMEM)
        return -ENOMEM;
    item = file->op;
    memcpy(item->expected, expected, verify->digest_bytes);
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
    size_t cap = 0;
    int rc = 0;

    while (rc == 0 && fread(expected, verify->digest_bytes, 1, verify->notes) == 1) {
        if (getdelim(&name, &cap, 0, verify->notes) <= 0)
            rc = -EIO;
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
    const struct item *item = file->op;
    char *path;

    if (file->status == 0 && memcmp(item->hash.digest, item->expected, verify->digest_bytes) == 0)
        return;
    path = file_path(file);
    if (file->status == 0)
        cli_message(0, "%s: what is on the device is not what was read from the source",
                    cli_quote_maybe(path ? path : file->name));
    else
        cli_message(-file->status, "cannot read %s back", cli_quote(path ? path : file->name));
    free(path);
    verify->acp->failed = true;
}

static void read_back(struct acp *acp, const struct engine *engine, unsigned jobs)
{
    struct acp_verify *verify = acp->verify;
    struct feed_config config = {
        .op_bytes = sizeof(struct item), .produce = produce, .retire = retire, .arg = verify};
    struct engine_opts opts = acp->common.opts;
    struct sink **sinks = calloc(jobs, sizeof(*sinks));
    struct stats stats = {0};
    struct feed *feed;
    int rc = sinks ? 0 : -ENOMEM;

    for (unsigned i = 0; i < jobs && rc == 0; i++)
        if (!(sinks[i] = hash_sink_new(&acp->digest, 1)))
            rc = -ENOMEM;
    opts.direct = DIRECT_ALWAYS;
    if (rc == 0)
        rc = feed_start(&feed, &config);
    if (rc == 0) {
        rc = engine_run(engine, &opts, jobs, feed, NULL, sinks, &stats);
        int joined = feed_join(feed);
        rc = rc < 0 ? rc : joined;
    }
    if (rc < 0) {
        cli_message(-rc, "cannot verify");
        acp->failed = true;
    }
    for (unsigned i = 0; sinks && i < jobs; i++)
        sink_free(sinks[i]);
    free(sinks);
}

void acp_verify_finish(struct acp *acp, const struct engine *engine, unsigned jobs)
{
    struct acp_verify *verify = acp->verify;

    if (fflush(verify->notes) != 0 || ferror(verify->notes) ||
        fseek(verify->notes, 0, SEEK_SET) != 0) {
        cli_message(errno, "cannot keep what --verify is to compare");
        acp->failed = true;
    } else {
        read_back(acp, engine, jobs);
    }
    fclose(verify->notes);
    free(verify);
    acp->verify = NULL;
}
