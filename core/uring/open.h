/* uring/open.h: a slot's way from its file's name to the path that its bytes take. */
#ifndef CORE_URING_OPEN_H
#define CORE_URING_OPEN_H

#include "loop.h"

/* Tells whether only libc's calls lead to the right files: a library replaces them, or a tracer
 * translates their paths (preload.h). An old proot, which does not know openat2, is found without
 * /proc, too, if it changes the root. */
bool open_is_redirected(void);
/* Opens the slot's file: at once if the dentry cache knows its name, or by a request. */
void open_start(struct loop *loop, struct slot *slot);
/* Finds out, in ordered mode and ahead of the slot's turn, whether the file is a regular one. Opens
 * it with O_PATH only, so that a writer at the other end of a FIFO does not notice. */
void open_ask_type(struct loop *loop, struct slot *slot);
/* Handles the completion of an open: res is a descriptor or -errno. */
void open_done(struct loop *loop, struct slot *slot, int res);
/* Handles the completion of slow_request_stat. */
void open_stat_done(struct loop *loop, struct slot *slot, int res);
/* Asks the operation what to do with the open file, and does it. */
void open_decide(struct loop *loop, struct slot *slot);
/* Notes whether a file that cannot be read with RWF_NOWAIT was cached. On overlayfs, after some
 * cached ones, open_decide has the next files read without asking. */
void open_trust(struct loop *loop, const struct slot *slot, bool cached);
/* Chooses the cache, the ring, or the ring with O_DIRECT. */
void open_choose_path(struct loop *loop, struct slot *slot);
/* Takes the ring: from here on reads may wait. */
void open_stream(struct slot *slot);
/* Takes plain calls that wait, if the ring would read the file only once poll says that it is
 * readable, which some regular pseudo files never are (/proc/bus/input/devices, mqueue). Returns
 * whether it took them. */
bool open_blocking(struct slot *slot);
/* Learns what was opened. Returns false if that has failed the file: also if a regular file was
 * found under its name, and another kind was opened. */
bool open_stat(struct loop *loop, struct slot *slot);

#endif
