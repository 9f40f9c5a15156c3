/* made.c: see made.h. */
#include "made.h"

#include "../base/filesystem.h"
#include "../base/retry.h"
#include "../pipeline/file.h"

static const uint64_t known = UINT64_C(1) << 63;

static uint64_t with_group(gid_t gid)
{
    return known | (uint64_t)gid << 16;
}

/* Tells whether no other user can enter the directory, and so none could change it. The one that is
 * open may not be the one that was made: who may write into its parent can exchange them. */
static bool is_private(int fd, uid_t euid)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_uid == euid && (st.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

void made_note(struct dir *dir, const struct stat *st, uid_t euid)
{
    uint64_t note = with_group(st->st_gid) | (st->st_mode & 07777), before = dir->made;

    if (note == before || !dir->created || dir->medium != DIR_LOCAL || st->st_uid != euid)
        return;
    if (before != 0 || (is_private(dir->fd, euid) && filesystem_keeps_modes(dir->fd)))
        dir->made = note;
}

bool made_with_group(const struct dir *dir, gid_t gid)
{
    return (dir->made & ~(uint64_t)07777) == with_group(gid);
}

bool made_like(const struct dir *dir, const struct stat *st)
{
    return dir->made == (with_group(st->st_gid) | (st->st_mode & 07777));
}
