/* inject.c: the plan, and the C library's calls that it may make fail. See inject.h. */
#define _GNU_SOURCE
#include "inject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum {
    SIGNAL_SECONDS = 1,
    PAUSE_US = 200,
};

#define INJECT_NAME(name) #name,
static const char *const names[CALL_COUNT] = {INJECT_CALLS(INJECT_NAME)};

static struct {
    enum inject_call call;
    unsigned nth;
    bool and_on;
    enum inject_action action;
    int error; /* errno, or the signal's number */
} plan = {.call = CALL_COUNT};
static atomic_uint counts[CALL_COUNT];
static int log_fd = -1;

long __real_syscall(long number, ...);

/* Writes by a direct system call, because write() is itself under test. */
void inject_log(const char *line)
{
    if (log_fd >= 0)
        (void)!__real_syscall(SYS_write, log_fd, line, strlen(line));
}

static bool parse_action(const char *text)
{
    static const char *const actions[] = {
        [ACTION_SHORT] = "short",     [ACTION_ZERO] = "zero", [ACTION_DONE] = "done",
        [ACTION_REVERSE] = "reverse", [ACTION_LATE] = "late", [ACTION_PAUSE] = "pause",
        [ACTION_HOLD] = "hold",
    };

    for (int i = ACTION_SHORT; i <= ACTION_HOLD; i++) {
        if (strcmp(text, actions[i]) == 0) {
            plan.action = (enum inject_action)i;
            plan.error = EINTR;
            return true;
        }
    }
    for (int sig = 1; sig < NSIG && strncmp(text, "SIG", 3) == 0; sig++) {
        const char *name = sigabbrev_np(sig);
        if (name && strcmp(name, text + 3) == 0) {
            plan.action = ACTION_SIGNAL;
            plan.error = sig;
            return true;
        }
    }
    for (int err = 1; err < 134; err++) {
        const char *name = strerrorname_np(err);
        if (name && strcmp(name, text) == 0) {
            plan.error = err;
            return true;
        }
    }
    return false;
}

static void __attribute__((constructor)) begin(void)
{
    const char *text = getenv("AIOUTILS_INJECT"), *log = getenv("AIOUTILS_INJECT_LOG");
    char call[32], nth[16], action[16];

    if (log)
        log_fd = (int)__real_syscall(SYS_openat, AT_FDCWD, log,
                                     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (!text || !*text)
        return;
    if (sscanf(text, "%31s %15s %15s", call, nth, action) != 3 || !parse_action(action)) {
        fprintf(stderr, "inject: '%s'?\n", text);
        _exit(2);
    }
    plan.nth = (unsigned)strtoul(nth, NULL, 10);
    plan.and_on = strchr(nth, '+') != NULL;
    for (int i = 0; i < CALL_COUNT; i++)
        if (strcmp(call, names[i]) == 0)
            plan.call = (enum inject_call)i;
    if (plan.call == CALL_COUNT) {
        fprintf(stderr, "inject: call '%s'?\n", call);
        _exit(2);
    }
}

static void __attribute__((destructor)) end(void)
{
    char line[64];
    unsigned descriptors = 0;

    plan.call = CALL_COUNT; /* what writes the counts of a coverage build comes after this */
    for (int fd = 0; fd < 1024; fd++)
        if (fd != log_fd && __real_syscall(SYS_fcntl, fd, F_GETFD) >= 0)
            descriptors++;
    snprintf(line, sizeof(line), "descriptors %u\n", descriptors);
    inject_log(line);
    for (int i = 0; i < CALL_COUNT; i++) {
        snprintf(line, sizeof(line), "count %s %u\n", names[i], atomic_load(&counts[i]));
        inject_log(line);
    }
}

/* Does what the plan asks before a call that succeeds. */
static void disturb(void)
{
    struct timespec pause = {.tv_nsec = PAUSE_US * 1000L};

    while (plan.action == ACTION_HOLD)
        sleep(1);
    if (plan.action == ACTION_SIGNAL) {
        kill(getpid(), plan.error);
        /* the program must end here, not some calls later; a lock that is held here may be needed
         * for that */
        pause.tv_sec = SIGNAL_SECONDS;
    }
    while (nanosleep(&pause, &pause) < 0 && errno == EINTR)
        ; /* a signal that stops a ring is not the end */
}

bool inject_now(enum inject_call call)
{
    unsigned n = atomic_fetch_add(&counts[call], 1) + 1;

    if (call != plan.call || n < plan.nth || (n > plan.nth && !plan.and_on))
        return false;
    if (n == plan.nth)
        inject_log("fired\n");
    if (plan.action < ACTION_PAUSE)
        return true;
    disturb();
    return false;
}

enum inject_action inject_action(void)
{
    return plan.action;
}

int inject_error(void)
{
    return plan.error;
}

int __real_close(int fd);

/* Wraps a call that fails with -1 and errno. */
#define WRAP(type, name, parameters, arguments) \
    type __real_##name parameters;              \
    type __wrap_##name parameters;              \
    type __wrap_##name parameters               \
    {                                           \
        if (inject_now(CALL_##name)) {          \
            if (plan.action == ACTION_DONE)     \
                (void)__real_##name arguments;  \
            errno = plan.error;                 \
            return (type)-1;                    \
        }                                       \
        return __real_##name arguments;         \
    }
/* Wraps a call that fails with NULL and errno. */
#define WRAP_NULL(type, name, parameters, arguments) \
    type __real_##name parameters;                   \
    type __wrap_##name parameters;                   \
    type __wrap_##name parameters                    \
    {                                                \
        if (inject_now(CALL_##name)) {               \
            errno = plan.error;                      \
            return NULL;                             \
        }                                            \
        return __real_##name arguments;              \
    }
#define WRAP_MEMORY(name, parameters, arguments) WRAP_NULL(void *, name, parameters, arguments)
/* Wraps a call that can be short. */
#define WRAP_BYTES(name, parameters, arguments) \
    ssize_t __real_##name parameters;           \
    ssize_t __wrap_##name parameters;           \
    ssize_t __wrap_##name parameters            \
    {                                           \
        if (inject_now(CALL_##name)) {          \
            errno = plan.error;                 \
            if (plan.action == ACTION_ERROR)    \
                return -1;                      \
            if (plan.action == ACTION_ZERO)     \
                return 0;                       \
            len = len > 1 ? len / 2 : len;      \
        }                                       \
        return __real_##name arguments;         \
    }

WRAP_BYTES(read, (int fd, void *buf, size_t len), (fd, buf, len))
WRAP_BYTES(pread, (int fd, void *buf, size_t len, off_t at), (fd, buf, len, at))
WRAP_BYTES(write, (int fd, const void *buf, size_t len), (fd, buf, len))
WRAP_BYTES(pwrite, (int fd, const void *buf, size_t len, off_t at), (fd, buf, len, at))
WRAP_BYTES(copy_file_range,
           (int fd, off64_t *at, int to, off64_t *to_at, size_t len, unsigned flags),
           (fd, at, to, to_at, len, flags))
WRAP(int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(int, fstatat, (int dir, const char *name, struct stat *st, int flags), (dir, name, st, flags))
WRAP(off_t, lseek, (int fd, off_t at, int whence), (fd, at, whence))
WRAP(int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, fallocate, (int fd, int mode, off_t at, off_t len), (fd, mode, at, len))
WRAP(int, futimens, (int fd, const struct timespec times[2]), (fd, times))
WRAP(int, utimensat, (int dir, const char *name, const struct timespec times[2], int flags),
     (dir, name, times, flags))
WRAP(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP(int, fchownat, (int dir, const char *name, uid_t uid, gid_t gid, int flags),
     (dir, name, uid, gid, flags))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, fchmodat, (int dir, const char *name, mode_t mode, int flags), (dir, name, mode, flags))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, unlinkat, (int dir, const char *name, int flags), (dir, name, flags))
WRAP(int, linkat, (int a, const char *from, int b, const char *to, int flags),
     (a, from, b, to, flags))
WRAP(int, symlinkat, (const char *target, int dir, const char *name), (target, dir, name))
WRAP(ssize_t, readlinkat, (int dir, const char *name, char *buf, size_t len), (dir, name, buf, len))
WRAP(int, mkdirat, (int dir, const char *name, mode_t mode), (dir, name, mode))
WRAP(int, mknodat, (int dir, const char *name, mode_t mode, dev_t dev), (dir, name, mode, dev))
WRAP(ssize_t, getdents64, (int fd, void *buf, size_t len), (fd, buf, len))
WRAP(void *, mmap, (void *at, size_t len, int prot, int flags, int fd, off_t from),
     (at, len, prot, flags, fd, from))
WRAP(int, stat, (const char *name, struct stat *st), (name, st))
WRAP(int, faccessat, (int dir, const char *name, int mode, int flags), (dir, name, mode, flags))
WRAP(int, fstatfs, (int fd, struct statfs *st), (fd, st))
WRAP(int, syncfs, (int fd), (fd))
WRAP(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
     (a, from, b, to, flags))
WRAP(ssize_t, listxattr, (const char *name, char *list, size_t len), (name, list, len))
WRAP(ssize_t, llistxattr, (const char *name, char *list, size_t len), (name, list, len))
WRAP(ssize_t, flistxattr, (int fd, char *list, size_t len), (fd, list, len))
WRAP(ssize_t, fgetxattr, (int fd, const char *name, void *value, size_t len),
     (fd, name, value, len))
WRAP(ssize_t, lgetxattr, (const char *path, const char *name, void *value, size_t len),
     (path, name, value, len))
WRAP(int, fsetxattr, (int fd, const char *name, const void *value, size_t len, int flags),
     (fd, name, value, len, flags))
WRAP(int, lsetxattr, (const char *path, const char *name, const void *value, size_t len, int flags),
     (path, name, value, len, flags))
WRAP(int, fremovexattr, (int fd, const char *name), (fd, name))
WRAP(int, flock, (int fd, int how), (fd, how))
WRAP(int, access, (const char *name, int mode), (name, mode))
WRAP(int, chmod, (const char *name, mode_t mode), (name, mode))
WRAP(int, fchdir, (int fd), (fd))
WRAP(ssize_t, getxattr, (const char *path, const char *name, void *value, size_t len),
     (path, name, value, len))
WRAP(int, setxattr, (const char *path, const char *name, const void *value, size_t len, int flags),
     (path, name, value, len, flags))
WRAP(int, removexattr, (const char *path, const char *name), (path, name))
WRAP(int, lremovexattr, (const char *path, const char *name), (path, name))
WRAP(ssize_t, readlink, (const char *name, char *buf, size_t len), (name, buf, len))
WRAP_NULL(char *, realpath, (const char *name, char *buf), (name, buf))
WRAP_NULL(FILE *, fopen, (const char *name, const char *mode), (name, mode))
WRAP_NULL(FILE *, fdopen, (int fd, const char *mode), (fd, mode))
WRAP_NULL(FILE *, tmpfile, (void), ())
WRAP_NULL(DIR *, fdopendir, (int fd), (fd))
WRAP_MEMORY(aligned_alloc, (size_t align, size_t len), (align, len))
WRAP_MEMORY(reallocarray, (void *old, size_t n, size_t len), (old, n, len))
WRAP_MEMORY(malloc, (size_t len), (len))
WRAP_MEMORY(calloc, (size_t n, size_t len), (n, len))
WRAP_MEMORY(realloc, (void *old, size_t len), (old, len))
WRAP_NULL(char *, strdup, (const char *text), (text))

WRAP_NULL(struct dirent *, readdir, (DIR * dir), (dir))
WRAP_NULL(void *, tsearch,
          (const void *key, void **root, int (*compare)(const void *, const void *)),
          (key, root, compare))
WRAP(int, vasprintf, (char **text, const char *format, va_list args), (text, format, args))
WRAP(int, fflush, (FILE * file), (file))

int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **text, const char *format, ...)
{
    va_list args;
    int rc;

    if (inject_now(CALL_asprintf)) {
        errno = plan.error;
        return -1;
    }
    va_start(args, format);
    rc = __real_vasprintf(text, format, args);
    va_end(args);
    return rc;
}

ssize_t __real_preadv2(int fd, const struct iovec *iov, int count, off_t at, int flags);
ssize_t __wrap_preadv2(int fd, const struct iovec *iov, int count, off_t at, int flags);
ssize_t __wrap_preadv2(int fd, const struct iovec *iov, int count, off_t at, int flags)
{
    struct iovec part = *iov; /* count is 1 */

    if (inject_now(CALL_preadv2)) {
        errno = plan.error;
        if (plan.action == ACTION_ERROR)
            return -1;
        if (plan.action == ACTION_ZERO)
            return 0;
        part.iov_len = part.iov_len > 1 ? part.iov_len / 2 : part.iov_len;
    }
    return __real_preadv2(fd, &part, count, at, flags);
}

/* Closes the descriptor even if the call fails. */
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    bool fail = inject_now(CALL_close);
    int rc = __real_close(fd);

    if (!fail)
        return rc;
    errno = plan.error;
    return -1;
}

int __real_fclose(FILE *file);
int __wrap_fclose(FILE *file);
int __wrap_fclose(FILE *file)
{
    bool fail = inject_now(CALL_fclose);
    int rc = __real_fclose(file);

    if (!fail)
        return rc;
    errno = plan.error;
    return EOF;
}

int __real_posix_memalign(void **out, size_t align, size_t len);
int __wrap_posix_memalign(void **out, size_t align, size_t len);
int __wrap_posix_memalign(void **out, size_t align, size_t len)
{
    return inject_now(CALL_posix_memalign) ? ENOMEM : __real_posix_memalign(out, align, len);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg)
{
    return inject_now(CALL_pthread_create) ? plan.error
                                           : __real_pthread_create(thread, attr, run, arg);
}

/* Wraps variadic calls. The calling convention allows more arguments than there are; the sanitizer
 * would report it. */
#define MORE_THAN_THERE_ARE __attribute__((no_sanitize_address))
#define WRAP_VARIADIC(name, first, first_arg, second, second_arg)         \
    int __real_##name(first, second, ...);                                \
    MORE_THAN_THERE_ARE int __wrap_##name(first, second, ...);            \
    int __wrap_##name(first, second, ...)                                 \
    {                                                                     \
        va_list args;                                                     \
        long a, b;                                                        \
        va_start(args, second_arg);                                       \
        a = va_arg(args, long);                                           \
        b = va_arg(args, long);                                           \
        va_end(args);                                                     \
        if (inject_now(CALL_##name)) {                                    \
            if (plan.action == ACTION_DONE) /* an open */                 \
                __real_close(__real_##name(first_arg, second_arg, a, b)); \
            errno = plan.error;                                           \
            return -1;                                                    \
        }                                                                 \
        return __real_##name(first_arg, second_arg, a, b);                \
    }

WRAP_VARIADIC(open, const char *name, name, int flags, flags)
WRAP_VARIADIC(openat, int dir, dir, const char *name, name)
WRAP_VARIADIC(fcntl, int fd, fd, int command, command)
WRAP_VARIADIC(ioctl, int fd, fd, unsigned long request, request)

MORE_THAN_THERE_ARE long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list args;
    long a[6];

    va_start(args, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (inject_now(CALL_syscall)) {
        errno = plan.error;
        return -1;
    }
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Wrap the names under which _FORTIFY_SOURCE makes some of these calls. */
int __wrap___openat_2(int dir, const char *name, int flags);
int __wrap___openat_2(int dir, const char *name, int flags)
{
    return __wrap_openat(dir, name, flags, 0);
}

int __wrap___open_2(const char *name, int flags);
int __wrap___open_2(const char *name, int flags)
{
    return __wrap_open(name, flags, 0);
}

ssize_t __wrap___readlinkat_chk(int dir, const char *name, char *buf, size_t len, size_t room);
ssize_t __wrap___readlinkat_chk(int dir, const char *name, char *buf, size_t len, size_t room)
{
    (void)room;
    return __wrap_readlinkat(dir, name, buf, len);
}

int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list args)
{
    (void)flag;
    return __wrap_vasprintf(text, format, args);
}

int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
{
    va_list args;
    int rc;

    (void)flag;
    if (inject_now(CALL_asprintf)) {
        errno = plan.error;
        return -1;
    }
    va_start(args, format);
    rc = __real_vasprintf(text, format, args);
    va_end(args);
    return rc;
}
