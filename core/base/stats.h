/* stats.h: what a run did and what it waited for. One set of counters per worker, no locks; they
 * are added up when the workers have ended. */
#ifndef CORE_BASE_STATS_H
#define CORE_BASE_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a walk did to find names. */
struct stats_listing {
    uint64_t ns;          /* that it opened and listed directories */
    uint64_t directories; /* that it has listed */
    uint64_t slowest_ns;  /* the longest time for one of them */
    uint64_t slowest_names;
    char *slowest; /* its path, malloc'd; NULL: there is none, or memory is short */
};

struct stats {
    uint64_t files;           /* ended, failed ones included */
    uint64_t failed;          /* of these, with an error */
    uint64_t bytes_read;      /* delivered to the sink or the destination */
    uint64_t bytes_written;   /* to destinations, holes left out */
    uint64_t wall_ns;         /* from start to end of the worker, and sink_overlap_ns */
    uint64_t sink_overlap_ns; /* more that a thread of its sink worked than it was waited for */
    uint64_t user_ns;         /* CPU time in user space */
    uint64_t system_ns;       /* and in the kernel; io-wq threads are not in it, see process_ns */
    uint64_t hash_ns;         /* in the digest */
    uint64_t batch_files;     /* of files: digested together with others */
    const char *batch_name;   /* what digests files together; NULL: nothing has */
    uint64_t runqueue_ns;     /* ready to run without a processor; 0: not reported */
    uint64_t switches;        /* voluntary context switches */
    /* requests of the ring */
    uint64_t requests;       /* submitted */
    uint64_t enters;         /* io_uring_enter calls */
    uint64_t direct_bytes;   /* of bytes_read: past the page cache */
    uint64_t resident_files; /* read without the ring: their bytes were in the page cache */
    unsigned in_flight_peak;
    unsigned threads;      /* of the sink's own, beside the worker */
    uint64_t in_flight_ns; /* integral of requests in flight over time */
    unsigned fell_back;    /* 1, or the number of workers: they went on with the blocking engine */
    int fell_back_status;  /* -errno: the first reason for that, or for a load to fail */
    /* of the whole run: sums only */
    unsigned workers;
    struct stats *each; /* [each_len]: a copy of each worker's; NULL: not wanted */
    unsigned each_len;
    uint64_t feed_ns; /* that the workers together waited for the next file to work on */
    struct stats_listing listing;
    uint64_t process_ns; /* CPU time of the process, all threads and io-wq workers */
};

/* Returns the nanoseconds of the monotonic clock. */
uint64_t stats_now_ns(void);
/* Marks the calling thread's start; stats_stop adds its times and switches since then. */
void stats_start(struct stats *stats);
void stats_stop(struct stats *stats);
/* Returns the time that a thread of this process has spent ready to run while no processor was
 * free; tid 0: the calling thread. 0 if the kernel does not report it. */
uint64_t stats_runqueue_ns(pid_t tid);
/* Tells whether the kernel reports the time for runqueue_ns. */
bool stats_runqueue_known(void);
/* Adds what a walk did to the sum, which takes over its path. */
void stats_add_listing(struct stats_listing *sum, const struct stats_listing *listing);
/* Adds one worker's counters to the sum, which takes over the path of its listing. */
void stats_add(struct stats *sum, const struct stats *worker);
/* Fills in what is known of the process only. */
void stats_finish(struct stats *sum);
/* Returns the most bytes of memory that the process has used at a time. Without /proc it may be the
 * peak of the process that started this one: ru_maxrss outlives execve(2). */
uint64_t stats_memory_peak(void);
/* Returns the time that the workers spent neither in user space nor in the kernel: waiting for I/O
 * or each other. */
uint64_t stats_waiting_ns(const struct stats *stats);
/* Returns the CPU time in the digest. hash_ns is by the clock, so it includes time in which the
 * threads were ready and had no processor: the digest's share of that is taken off. */
uint64_t stats_digest_ns(const struct stats *stats);

#endif
