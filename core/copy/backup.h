/* backup.h: backups of files that are about to be replaced: their names, and the renaming. */
#ifndef CORE_COPY_BACKUP_H
#define CORE_COPY_BACKUP_H

enum backup_kind {
    BACKUP_NONE,
    BACKUP_SIMPLE,   /* NAME and a suffix; an older one of that name is lost */
    BACKUP_EXISTING, /* numbered if there is a numbered one, else simple */
    BACKUP_NUMBERED, /* NAME.~N~, the next N that is free */
};

/* Returns the name that a backup of name, relative to dir_fd, would get: malloc'd, relative to the
 * same. NULL with errno set. */
char *backup_name(int dir_fd, const char *name, enum backup_kind kind, const char *suffix);
/* Renames name to its backup's, which is in *made, malloc'd. Returns 0 or -errno. */
int backup_make(int dir_fd, const char *name, enum backup_kind kind, const char *suffix,
                char **made);
/* Renames a file, unless another one has that name. Returns 0 or -errno. */
int backup_rename(int dir_fd, const char *from, const char *to);

#endif
