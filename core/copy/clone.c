/* clone.c: sharing blocks between files. See clone.h. */
#define _GNU_SOURCE
#include "clone.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

/* Returns a number for the source's filesystem and the destination's directory together. */
static uint64_t pair_key(const struct item *op, const struct stat *st)
{
    return ((uint64_t)st->st_dev << 48) ^ (uint64_t)st->st_dev ^ (uint64_t)(uintptr_t)op->to;
}

/* Remembers an error of FICLONE that other files will meet, too; any other is this file's own. */
static void note_unclonable(struct copy *copy, const struct item *op, const struct stat *st,
                            int error)
{
    if (error == EXDEV) /* holds for these two places only */
        atomic_store_explicit(&copy->no_clone_to, pair_key(op, st), memory_order_relaxed);
    if (error == EOPNOTSUPP || error == ENOTTY || error == ENOSYS)
        atomic_store_explicit(&copy->no_clone_from, st->st_dev, memory_order_relaxed);
}

static bool known_unclonable(struct copy *copy, const struct item *op, const struct stat *st)
{
    return atomic_load_explicit(&copy->no_clone_from, memory_order_relaxed) == st->st_dev ||
           atomic_load_explicit(&copy->no_clone_to, memory_order_relaxed) == pair_key(op, st);
}

int clone_file(struct copy *copy, struct file *file, const struct stat *st, int from, int to)
{
    enum copy_clone wanted = copy->opts.clone;
    struct item *op = file->op;

    if (wanted == CLONE_NEVER)
        return 0;
    if (wanted == CLONE_AUTO &&
        (!S_ISREG(st->st_mode) || st->st_size == 0 || copy->opts.sparse != SPARSE_AUTO ||
         copy->opts.digest || known_unclonable(copy, op, st)))
        return 0;
    op->clone_tried = true;
    if (ioctl(to, FICLONE, from) == 0) {
        op->how = HOW_CLONED;
        return 1;
    }
    if (wanted == CLONE_ALWAYS)
        return item_fail(file, STEP_CLONE);
    note_unclonable(copy, op, st, errno);
    return 0;
}
