/* engine.c: the engine, the workers and the digest that options ask for. See engine.h. */
#define _GNU_SOURCE
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/base/cache.h"
#include "../../core/base/filesystem.h"
#include "../../core/digest/digest.h"
#include "messages.h"
#include "quote.h"
#include "signals.h"
#include "../../core/base/retry.h"

enum {
    SMALL_FILE_BYTES = 128 * 1024, /* one read of the blocking engine */
    /* Blocking workers, with two processors and a virtio disk: the digests of a cold source tree
     * took 7.7 s with 1, 2.2 s with 16, 2.1 s with 64. */
    JOBS_WAITING = 16,
};

struct digest *cli_digest_open(const char *name)
{
    struct digest *digest = digest_open(name);

    if (!digest && errno == ENOTSUP)
        cli_fatal(0,
                  "cannot compute %s: no active OpenSSL provider implements it "
                  "(see $OPENSSL_CONF and openssl.cnf)",
                  cli_quote(name));
    if (!digest && errno == ELIBACC)
        cli_fatal(errno, "cannot compute %s", cli_quote(name));
    if (!digest && errno != ENOENT)
        cli_fatal(0, "memory exhausted");
    return digest;
}

bool cli_is_small_file(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= SMALL_FILE_BYTES;
}

/* Tells whether a read of the file waits for nothing. An empty file may be one of /proc. */
static bool is_ready(const char *name)
{
    int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    bool ready = fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 &&
                 st.st_size <= SMALL_FILE_BYTES && !filesystem_is_remote(fd) &&
                 cache_resident_end(fd, &st, 0) >= st.st_size;

    if (fd >= 0)
        close(fd);
    return ready;
}

/* Tells whether there is nothing to overlap: one file that is read by one call, or a few of which
 * no read waits. */
static bool are_few_small(char *const *names, size_t names_len)
{
    if (names_len == 0 || names_len > CLI_FEW_FILES)
        return false;
    for (size_t i = 0; i < names_len; i++)
        if (!cli_is_small_file(names[i]) || (names_len > 1 && !is_ready(names[i])))
            return false;
    return true;
}

/* Tells whether no option asks for an engine, or for more than to be done soon. --stats does: it
 * tells why io_uring cannot be used. */
static bool may_be_plain(const struct cli_common *common)
{
    return strcmp(common->engine, "auto") == 0 && common->jobs <= 1 && common->opts.depth == 0 &&
           common->opts.direct == DIRECT_AUTO && common->progress == CLI_PROGRESS_NEVER &&
           common->stats == STATS_NONE;
}

const struct engine *cli_engine(struct cli_common *common, char *const *names, size_t names_len,
                                const char **why)
{
    const struct engine *engine;
    int error;

    common->few_small_files = may_be_plain(common) &&
                              (common->only_stdin || are_few_small(names, names_len));
    if (common->few_small_files) {
        *why = NULL;
        return &engine_sync;
    }
    engine = engine_find(common->engine, &common->opts, why, &error);
    if (engine) {
        if (engine == &engine_uring)
            cli_signals_install(); /* what is in flight must end before the process does */
        /* the ring of the probe could be set up, but that of another worker may fail */
        common->opts.fallback = strcmp(common->engine, "auto") == 0 ? &engine_sync : NULL;
        common->opts.jobs_waiting = *why && names_len != 1 && common->jobs == 0 ? JOBS_WAITING : 0;
        return engine;
    }
    /* cli_match has checked the option, so an unknown name is from the environment */
    if (!*why)
        cli_fatal(0, "invalid value %s of $AIOUTILS_ENGINE: expected auto, sync or uring",
                  cli_quote_word(common->engine));
    cli_fatal(-error, "cannot use engine '%s': %s", common->engine, *why);
}

const char *cli_engine_error(int status)
{
    static char text[120];

    if (status != -ENOBUFS) /* of ring_open */
        return strerror(-status);
    snprintf(text, sizeof(text), "%s, or RLIMIT_MEMLOCK is too low (ulimit -l)", strerror(ENOMEM));
    return text;
}

bool cli_run_failed(const struct engine *engine, int status, int produced)
{
    if (status < 0)
        cli_message(0, "cannot run engine '%s': %s", engine->name, cli_engine_error(status));
    else if (produced < 0)
        cli_message(-produced, "cannot find all files");
    return status < 0 || produced < 0;
}
