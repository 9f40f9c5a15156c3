/* overwrite.h: what becomes of what exists already under a destination's name. */
#ifndef CORE_COPY_OVERWRITE_H
#define CORE_COPY_OVERWRITE_H

#include "copy.h"
#include "hard_links.h"
#include "written.h"

enum overwrite {
    OVERWRITE_CREATE, /* there is nothing, or nothing any more: create. item.dangling: a link that
                       * leads nowhere, which may be replaced but not written through */
    OVERWRITE_WRITE,  /* to be written over */
    OVERWRITE_SKIP, /* it stays as it is, and the file is done: linked already, newer, not wanted */
    OVERWRITE_LATER, /* to be decided again when the operands before this one are copied: they may
                      * read what is there by another name, with its old contents, as with cp.
                      * Not if item.earlier is 0 */
};

/* Decides by the options, and does what they want done before anything is made: asks, makes a
 * backup, removes. st: the source's, a symbolic link's own if it is not followed. *at: the
 * destination's, if OVERWRITE_WRITE; item.via_symlink tells if a symbolic link leads to it.
 * Returns an enum overwrite, or -errno with the file failed. */
int overwrite_decide(struct copy *copy, struct file *file, const struct stat *st, struct stat *at);
/* Tells whether the run has written what is there by another of its sources, which would be lost
 * without a word. A file that was there, and has several names or was reached by a link, may be
 * written again, as with cp. */
bool overwrite_collides(const struct copy *copy, const struct item *op, const struct stat *at);
/* Returns whether the destination is removed and created again, rather than written over. at: the
 * destination's. */
bool overwrite_gives_way(const struct copy *copy, const struct file *file, const struct stat *st,
                         const struct stat *at);
/* Returns whether what is there, at, is that copy already, and stays as it is. Another operand must
 * not replace an operand's own copy, which is refused elsewhere. One more name gets a backup. The
 * copy's first name gets none, since then there would be nothing to link to. */
bool overwrite_stays(const struct copy *copy, const struct item *op, const struct stat *at,
                     const struct link_target *made);
/* Removes what is there, unless another source of the run has just made it: that is refused.
 * Returns 0, also if nothing is there, or -errno with the file failed. */
int overwrite_remove(const struct copy *copy, struct file *file);
/* Replaces what is there by what make makes, in one step; the same is refused. make returns 0 or
 * -errno, and has noted the file if another source may lead to it. Returns 0 or -errno; then the
 * file has failed if it was refused. */
int overwrite_replace(const struct copy *copy, struct file *file,
                      int (*make)(const void *arg, int dir_fd, const char *name), const void *arg);
/* Refuses a file that would be written through a dangling link. Returns -EPERM. */
int overwrite_refuse_dangling(struct file *file);
/* Fails a file whose destination could not be looked up, with errno. Returns -errno. */
int overwrite_stat_failed(const struct copy *copy, struct file *file);
/* Refuses a source that is the caller's output, or leaves it. Returns OVERWRITE_CREATE if it is
 * not, OVERWRITE_SKIP, or -errno with the file failed. */
int overwrite_check_output(const struct copy *copy, struct file *file, const struct stat *st);
/* Reports if a copy of the run is replaced whose digest may have been recorded. Returns how the run
 * has come to it. at, dir_fd and name as for written_find. */
enum written_how overwrite_note_digest(const struct copy *copy, struct file *file,
                                       const struct stat *at, int dir_fd, const char *name);

#endif
