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
    struct dir *to;              /* directory to copy into; NULL: one source gets a new name */
    char **operands;
    size_t operand_count; /* without the destination once that is found */
    struct digest *digest;
    struct cli_atomic *manifest;
    bool manifest_taken; /* a source or destination is the file that it would replace */
    struct acp_durable *durables;
    bool sync_filesystems; /* an earlier run may not have synced files that this one has left */
    struct acp_verify *verify;
    const char *plan_path; /* --plan; NULL: a copy */
    uint64_t plan_part_bytes;
    int plan_fd;
    bool failed;
};

/* options.c: sets everything that options set, and the operands. */
void acp_parse_options(struct acp *acp, int argc, char **argv);

/* report.c: prints messages, in the order of the input. */
void acp_retire(struct file *file, void *copy);
void acp_print_deferred(struct acp *acp);
/* Asks on the terminal if an existing file must be replaced: for copy_opts.ask. */
bool acp_ask(void *acp, const struct file *file, mode_t mode, bool writable);
struct acp *acp_of(struct copy *copy);

/* durable.c, for --durable: called before the first copy, and after the last. */
void acp_durable_start(struct acp *acp);
/* Sees that a file which the options leave as it is will be synced, too. */
void acp_durable_left(struct acp *acp, const struct item *op, const char *dest);
void acp_durable_finish(struct acp *acp);

/* verify.c, for --verify: notes each copied file, and reads all back at the end. */
void acp_verify_start(struct acp *acp);
void acp_verify_note(struct acp *acp, const struct item *op, uint64_t bytes, const char *to_path);
void acp_verify_finish(struct acp *acp, const struct engine *engine, unsigned jobs);

/* plan.c, for --plan: takes the argument (which it changes); begins the lists before the walk; ends
 * them, if the walk came to its end. */
void acp_plan_option(struct acp *acp, char *argument);
void acp_plan_start(struct acp *acp);
void acp_plan_finish(struct acp *acp, bool walked);
/* Ends the program if the list of --files0-from is part of a plan that other options have made. */
void acp_plan_check_part(const struct acp *acp);

#endif
