/* access.h: whether a file may be read or written. */
#ifndef CORE_BASE_ACCESS_H
#define CORE_BASE_ACCESS_H

/* Asks with the effective user and group for R_OK, W_OK and X_OK. Returns 0 or -errno. */
int access_effective(int dir_fd, const char *name, int mode);

#endif
