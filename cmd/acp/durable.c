/* durable.c: --durable: syncs data and names to disk.
 *
 * A few files are brought there one by one, with the directory that they are in. For a tree one
 * syncfs(2) of each filesystem that it went to is many times cheaper than an fsync(2) of each file;
 * it is called on descriptors that were open before anything was written, so that a write-back
 * error of this run is reported by it (Linux 5.8). A failure is final: the kernel has dropped the
 * pages, and another try would succeed without them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../core/base/path.h"
#include "acp.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../../core/base/retry.h"

enum {
    FEW_FILES = 16, /* fsync of each; beyond that one syncfs */
};

struct acp_durable {
    struct acp_durable *next;
    dev_t dev;
    int fd;
    char name[]; /* for messages */
};

static int add(struct acp *acp, int fd, dev_t dev, const char *name)
{
    size_t name_len = strlen(name);
    struct acp_durable *durable = malloc(sizeof(*durable) + name_len + 1);

    if (!durable) {
        close(fd);
        return -ENOMEM;
    }
    durable->dev = dev;
    durable->fd = fd;
    memcpy(durable->name, name, name_len + 1);
    durable->next = acp->durables;
    acp->durables = durable;
    return 0;
}

/* Opens a filesystem that the run has reached, for its sync: copy.on_new_filesystem. */
static int add_filesystem(void *arg, int dir_fd, dev_t dev)
{
    struct acp *acp = arg;
    int fd;

    for (const struct acp_durable *at = acp->durables; at; at = at->next)
        if (at->dev == dev)
            return 0;
    fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : add(acp, fd, dev, "a filesystem below the destination");
}

void acp_durable_start(struct acp *acp)
{
    char *path = acp->to ? strdup(acp->to->name) : path_dir(acp->operands[acp->operand_count]);
    struct stat st;
    int fd;

    if (!path)
        cli_fatal(ENOMEM, "cannot start");
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* a missing destination is reported in its turn */
    if (fd >= 0 && (fstat(fd, &st) < 0 || add(acp, fd, st.st_dev, cli_quote(path)) < 0))
        cli_fatal(errno, "cannot prepare to sync %s", cli_quote(path));
    if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
        cli_fatal(errno, "cannot prepare to sync %s", cli_quote(path));
    free(path);
    acp->copy.on_new_filesystem = add_filesystem;
    acp->copy.on_new_filesystem_arg = acp;
    acp->copy.opts.sync_linked = true;
    acp->copy.opts.sync_files = acp->copy.opts.atomic ||
                                (!acp->copy.opts.recursive && !acp->copy.opts.parents &&
                                 acp->operand_count <= FEW_FILES);
}

/* Syncs the names in a directory. Some filesystems (procfs, servers) cannot sync a directory alone.
 */
static int sync_names(int fd)
{
    int rc = fsync(fd);

    return rc < 0 && errno == EINVAL ? syncfs(fd) : rc;
}

void acp_durable_left(struct acp *acp, const struct item *op, const char *dest)
{
    struct stat at;
    int fd;

    acp->sync_filesystems = true;
    /* what a link leads to may be elsewhere */
    if (!op->via_symlink || fstatat(op->to->fd, op->to_name, &at, 0) < 0 || !S_ISREG(at.st_mode))
        return;
    fd = openat(op->to->fd, op->to_name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0) {
        cli_message(errno, "cannot sync %s", cli_quote(dest));
        acp->failed = true;
    }
    if (fd >= 0)
        close(fd);
}

void acp_durable_finish(struct acp *acp)
{
    bool few = acp->copy.opts.sync_files && !acp->copy.opts.recursive && !acp->copy.opts.parents &&
               !acp->sync_filesystems;

    while (acp->durables) {
        struct acp_durable *durable = acp->durables;
        if ((few ? sync_names(durable->fd) : syncfs(durable->fd)) < 0) {
            cli_message(errno, "cannot sync %s", durable->name);
            acp->failed = true;
        }
        close(durable->fd);
        acp->durables = durable->next;
        free(durable);
    }
}
