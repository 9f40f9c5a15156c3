/* rehash.c: the file of a line without a tag that did not match, digested by the other
 * algorithm that the line may be of. See rehash.h.
 *
 * Computing both at once would make every check of a long list slower. This reads a file twice only
 * until the first line of a list has matched: the producer then asks for that algorithm first. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rehash.h"
#include "item.h"
#include "../../core/base/leased.h"
#include "../../core/base/retry.h"

enum { BLOCK_BYTES = 256 * 1024 };

/* Returns 0 or -errno. */
static int read_all(int fd, struct digest_context *context, char *block)
{
    for (;;) {
        ssize_t got = read(fd, block, BLOCK_BYTES);
        int rc = got > 0 ? digest_update(context, block, (size_t)got) : 0;
        if (got == 0 || rc < 0)
            return rc;
        if (got < 0 && errno != EINTR)
            return -errno;
    }
}

static bool digest_file(int fd, const struct digest *digest, uint8_t *out)
{
    struct digest_context *context = digest_context_new();
    char *block = malloc(BLOCK_BYTES);
    bool well = context && block && digest_begin(context, digest) == 0 &&
                read_all(fd, context, block) == 0 && digest_end(context, out) == 0;

    free(block);
    digest_context_free(context);
    return well;
}

bool ahash_rehash(const struct file *file, const struct ahash_item *item)
{
    struct hash_result *result = file->op;
    uint8_t digest[DIGEST_BYTES_MAX];
    struct stat st;
    bool same;
    int fd;

    if (strcmp(file->name, "-") == 0) /* has been read */
        return false;
    fd = leased_open_first(AT_FDCWD, file->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    /* what a pipe held is gone */
    same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && digest_file(fd, item->other, digest) &&
           memcmp(digest, item->expected, digest_bytes(item->other)) == 0;
    close(fd);
    if (same) {
        memcpy(result->digest, digest, sizeof(digest));
        result->algorithm = item->other;
    }
    return same;
}
