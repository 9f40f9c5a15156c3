/* prefetch.h: threads that look into the directories a walk will come to, so that it finds them
 * cached. */
#ifndef CORE_PIPELINE_PREFETCH_H
#define CORE_PIPELINE_PREFETCH_H

#include <sys/types.h>

#include "exclude.h"

struct prefetch;

/* What the walk will come to. */
struct scope {
    const struct exclude *exclude;
    size_t root_len; /* path_len of the walk's root */
    bool names;      /* it looks up each name, too */
    int beside_fd;   /* with names: also what has the same path below this directory; -1: none */
    bool one_device; /* dev */
    dev_t dev;
};

/* Starts the threads. They pause while half of dirs_max directories are open, and open no directory
 * outside of scope, which must outlive them. Returns NULL if threads or memory are short: the walk
 * works without them. */
struct prefetch *prefetch_new(unsigned dirs_max, const struct scope *scope);
/* Asks for a look into the subdirectory name of dir, before those that were asked for earlier.
 * Takes its own reference. Drops the oldest request when there are too many. */
void prefetch_request(struct prefetch *prefetch, struct dir *dir, const char *name);
/* Drops all requests, and with them the directories that they keep open. When it returns, no thread
 * uses a directory of a request any more: the walk may close them. */
void prefetch_forget(struct prefetch *prefetch);
/* Ends the threads, requests or not. Takes NULL. */
void prefetch_free(struct prefetch *prefetch);

#endif
