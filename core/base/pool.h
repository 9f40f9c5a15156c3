/* pool.h: threads for calls that wait for a server, so that one thread need not make them in turn.
 * Only this one thread calls the functions of this module, but for pool_offer. */
#ifndef CORE_BASE_POOL_H
#define CORE_BASE_POOL_H

#include <stdbool.h>

struct pool;

/* Makes a pool of up to that many threads, which start as jobs come. Returns NULL if memory is
 * short. */
struct pool *pool_new(unsigned threads);
/* Has a thread call run(arg), after the jobs that were added before have begun. Waits while there
 * are many. If no thread can be started, calls it itself. */
void pool_add(struct pool *pool, void (*run)(void *arg), void *arg);
/* As pool_add, from any thread, also from a job. Returns false if many jobs wait, or if no thread
 * can be started: the caller makes the calls. */
bool pool_offer(struct pool *pool, void (*run)(void *arg), void *arg);
/* Waits until all jobs have ended. */
void pool_wait(struct pool *pool);
/* Waits, and ends the threads. Takes NULL. */
void pool_free(struct pool *pool);

#endif
