/* uring/open.h: a slot's way from its file's name to the path that its bytes take. Internal to the
 * loop. */
#ifndef CORE_URING_OPEN_H
#define CORE_URING_OPEN_H

#include "loop.h"

/* Opens the slot's file: at once, where the dentry cache knows it, or by a request. */
void open_start(struct loop *loop, struct slot *slot);
/* In ordered mode before that, ahead of its turn: is it a regular file? Opens nothing, so that a
 * writer at the other end of a FIFO does not notice. */
void open_ask_type(struct loop *loop, struct slot *slot);
void open_type_known(struct slot *slot, int fd);
/* It is open, or fd is -errno: what next? */
void open_done(struct loop *loop, struct slot *slot, int fd);
/* Asks the operation what to do with the open file, and does it. */
void open_ask(struct loop *loop, struct slot *slot);
/* The cache, the ring, or the ring with O_DIRECT. */
void open_choose_path(struct loop *loop, struct slot *slot);
/* The ring: from here on reads may wait. */
void open_stream(struct loop *loop, struct slot *slot);
/* Learns what was opened. Returns false if that has failed the file: also if a regular file was
 * found under its name, and another kind was opened. */
bool open_stat(struct loop *loop, struct slot *slot);
/* The request to open it has returned a descriptor or -errno. */
void open_requested(struct loop *loop, struct slot *slot, int res);
/* Whether a ring would read the file only once poll says that it is readable, which some regular
 * files of pseudo filesystems never are (/proc/bus/input/devices, mqueue). */
bool open_waits_on_poll(const struct slot *slot);
/* From here on the file is read by plain calls that wait. */
void open_plain(struct slot *slot);

#endif
