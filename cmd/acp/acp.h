/* acp.h: what the parts of acp share. */
#ifndef CMD_ACP_ACP_H
#define CMD_ACP_ACP_H

#include "../../core/copy/copy.h"
#include "../cli/options.h"
#include "../cli/atomic.h"

struct acp_durable;
struct acp_verify;

struct acp {
    struct cli_common common;
    struct copy copy;
    struct rate rate;
    const char *target;          /* -t */
    bool no_target_dir;          /* -T */
    bool strip_slashes;          /* --strip-trailing-slashes */
    bool debug;                  /* --debug */
    bool durable, verify_copies; /* --durable, --verify */
    const char *manifest_path;   /* --manifest */
    struct dir *to;              /* where the sources go; NULL: to one new name */
    char **operands;
    size_t operand_count; /* sources only, once the destination has been found */
    struct digest *digest;
    struct cli_atomic *manifest;
    bool manifest_taken; /* what it would replace is a source or a destination */
    struct acp_durable *durables;
    struct acp_verify *verify;
    bool failed;
};

/* options.c: sets everything that options set, and the operands. */
void acp_parse_options(struct acp *acp, int argc, char **argv);

/* What is said of each file, when its turn in the input order comes: report.c. */
void acp_retire(struct file *file, void *copy);
void acp_print_deferred(struct acp *acp);
/* Asks on the terminal whether an existing file is to be replaced: for copy_opts.ask. */
bool acp_ask(void *acp, const struct file *file, mode_t mode, bool writable);
struct acp *acp_of(struct copy *copy);

/* --durable: durable.c. Before anything is copied, and after all has been. */
void acp_durable_start(struct acp *acp);
void acp_durable_finish(struct acp *acp);

/* --verify: verify.c. Each file that was copied is noted, and read back at the end. */
void acp_verify_start(struct acp *acp);
void acp_verify_note(struct acp *acp, const struct item *op, uint64_t bytes, const char *to_path);
void acp_verify_finish(struct acp *acp, const struct engine *engine, unsigned jobs);

#endif
