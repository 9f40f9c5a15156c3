/* leased.h: opening a regular file on which another process has a lease (fcntl F_SETLEASE).
 *
 * open(2) with O_NONBLOCK returns EWOULDBLOCK while the lease is being given up (Samba's oplocks,
 * NFS delegations). It must be opened again without O_NONBLOCK, by a name under which no FIFO can
 * be put meanwhile: that of its O_PATH descriptor. */
#ifndef CORE_BASE_LEASED_H
#define CORE_BASE_LEASED_H

enum { LEASED_NAME_BYTES = 32 };

/* Holds a regular file by an O_PATH descriptor, and writes a name of it that can be opened. flags
 * are those that the file was opened with. Returns the descriptor; -EAGAIN if it is not a regular
 * file; or -errno. */
int leased_hold(int dir_fd, const char *name, int flags, char opens[LEASED_NAME_BYTES]);
/* Opens a file again, waiting for the lease's end. Returns a descriptor or -errno. */
int leased_open(int dir_fd, const char *name, int flags);
/* Opens a file with O_NONBLOCK, and again if it has a lease. Returns a descriptor or -errno. */
int leased_open_first(int dir_fd, const char *name, int flags);

#endif
