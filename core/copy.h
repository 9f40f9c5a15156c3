/* copy.h: the operation behind acp: a tree, or files, from one place to another.
 *
 * The producer walks the sources and makes what needs no bytes moved: directories, symbolic links,
 * FIFOs, devices. Regular files go through the feed to an engine, which reads and writes; where the
 * bytes go, and what becomes of the file that they went to, is the same for both engines: dest.h. A
 * directory gets its times and its mode when the last reference to it goes, after everything in it
 * has been copied. */
#ifndef CORE_COPY_H
#define CORE_COPY_H

#include <sys/stat.h>

#include "engine.h"

/* Why the operation refuses a file: with STEP_REFUSED. */
enum refusal {
    REFUSED_NOT,
    REFUSED_DIRECTORY,      /* a directory, and not recursive */
    REFUSED_SAME_FILE,      /* source and destination are one file */
    REFUSED_INTO_ITSELF,    /* a directory into itself */
    REFUSED_DANGLING,       /* destination: a symbolic link that leads nowhere */
    REFUSED_OVER_DIRECTORY, /* a file over a directory */
    REFUSED_OVER_FILE,      /* a directory over something else */
    REFUSED_JUST_CREATED,   /* a file over one that an earlier operand has just made */
    REFUSED_FILE_TWICE,     /* the same operand again: a warning, no error */
    REFUSED_DIRECTORY_TWICE,
};

struct copy_opts {
    bool recursive;
    bool preserve_mode, preserve_times, preserve_owner;
    bool preserve_links; /* hard links among the sources */
    bool verbose;        /* the caller wants to hear of directories, too */
};

/* One operand. */
struct copy_source {
    const char *name;    /* relative to the working directory */
    struct dir *to;      /* the directory that it goes into */
    const char *to_name; /* its name there */
};

/* Something that went wrong with a file or a directory; several may, of which most do not stop it.
 */
struct copy_report {
    struct copy_report *next;
    enum step step;
    int status; /* -errno */
};

/* file->op of a feed whose files are copied. The caller's retire function calls copy_file_free. */
struct copy_file {
    struct dir *to;      /* owned reference */
    const char *to_name; /* lives as long as the file, or as the source */
    enum refusal refusal;
    struct copy_report *reports; /* besides file->status, in the order in which they came */
    bool copied;                 /* made, or its bytes were copied: worth a line of -v */
};

/* A directory's trouble at the end, when no file is there any more to report it with. */
struct copy_late {
    struct copy_late *next;
    enum step step;
    int status;
    char to_path[];
};

struct links;

/* One run. Zeroed, then the first three set by the caller, then copy_init. */
struct copy {
    struct copy_opts opts;
    const struct copy_source *sources;
    size_t source_count;

    /* the operation's own */
    mode_t umask;
    bool may_chown;       /* root: a failed chown is an error */
    atomic_bool no_clone; /* the filesystem has said so */
    struct links *links;  /* where preserve_links */
    struct dir *cwd;
    dev_t top_dev; /* the directory that was made for the source being walked */
    ino_t top_ino;
    const struct copy_source *source; /* being walked */
    void *names;                      /* where several operands went: a tree of struct copy_made */
    _Atomic(struct copy_late *) late;
};

/* Returns 0 or -ENOMEM. */
int copy_init(struct copy *copy);
/* Frees what copy_init made and the late reports, after the feed was joined. */
void copy_destroy(struct copy *copy);
/* For feed_config.produce, with the struct copy as arg. */
int copy_produce(struct feed *feed, void *copy);
void copy_file_free(struct file *file);
/* The destination's path, for messages: malloc'd, NULL where memory is short. */
char *copy_to_path(const struct file *file);
/* Adds a report that does not stop the file. */
void copy_report(struct file *file, enum step step, int status);

#endif
