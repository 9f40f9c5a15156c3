/* uring/slot.h: one file in flight on a ring: its state, and the blocks that its bytes come in.
 *
 *   FREE
 *     |   a file is taken
 *     +----> TYPE_PENDING ----.    ordered mode, not the oldest file: is it a regular one? A
 *     |            |          |    cached name goes straight to TYPE_KNOWN.
 *     |            v          |
 *     |       TYPE_KNOWN <----'    opens when all older files are regular or have ended
 *     v            |
 *   OPENING <------'
 *     |   ^--> WAIT_LEASE          another process gives up its lease, then OPENING again
 *     |
 *     |--> GUESSED --.             if the last file was cached, read this one before fstat(2)
 *     |--> PARKED ---|             the operation waits for another file; ask it again each turn
 *     |              |
 *     v              v
 *   INLINE ----> BLOCKING          a pseudo file that a ring cannot read, or a cached file without
 *                                  RWF_NOWAIT; also reached from GUESSED
 *     |              ^
 *     | not cached   | FUSE may have more bytes
 *     v              |
 *   STREAM ----------'
 *
 *   DONE                           from any state above: the end is known, or the file has failed
 *     |   no request is in flight
 *     |--> CLOSING --.             the file was given back, and a request closes it: slow.h
 *     |              |
 *     v              |
 *   FREE <-----------'
 *
 * OPENING, PARKED and GUESSED lead to INLINE if the file may be cached, else to STREAM. slot_to()
 * asserts every change against a table of these arrows.
 *
 * A block:
 *
 *   FREE --> READING --> READY --> FREE               read by requests; a short read is continued
 *   FREE --------------> READY --> FREE               filled by a plain call
 *                        READY --> WRITING --> FREE   written by requests, too
 *            READING --> FREE                         the ring is broken, or FUSE says empty */
#ifndef CORE_URING_SLOT_H
#define CORE_URING_SLOT_H

#include <sys/queue.h>
#include <sys/stat.h>

#include "../pipeline/file.h"

enum block_state { BLOCK_FREE, BLOCK_READING, BLOCK_READY, BLOCK_WRITING };

enum {
    /* of a block's request, by the ring; after that a plain call, which waits */
    BLOCK_RETRIES = 3,
};

struct block {
    /* owner; NULL in the pool. Addresses have room for the kind of a request (loop.h). */
    _Alignas(8) struct slot *slot;
    STAILQ_ENTRY(block) entry; /* in the slot's undelivered blocks, or in the pool */
    char *buf;
    uint64_t offset;
    uint32_t cap;  /* bytes in buf */
    uint32_t want; /* bytes asked for */
    uint32_t got;
    uint32_t written; /* of got, by a request */
    int write_fd;
    uint8_t retries;
    bool end;   /* a read of zero bytes came after got: the file ends there */
    int status; /* -errno: the read of the bytes after got has failed */
    enum block_state state;
};

STAILQ_HEAD(block_list, block);

enum slot_state {
    SLOT_FREE,
    SLOT_TYPE_PENDING, /* a request opens an O_PATH descriptor, to learn the type */
    SLOT_TYPE_KNOWN,
    SLOT_OPENING,    /* a request opens the file */
    SLOT_WAIT_LEASE, /* a request opens it through the O_PATH descriptor in fd; this can take long
                      */
    SLOT_PARKED,     /* it is open; the operation is asked again in every turn */
    SLOT_GUESSED,    /* read by calls that do not wait, before fstat(2) */
    SLOT_INLINE,     /* read by calls that do not wait: its bytes seem to be in the page cache */
    SLOT_BLOCKING,   /* read by calls that wait */
    SLOT_STREAM,     /* read by requests; a FIFO when a request has found it ready */
    SLOT_DONE,
    SLOT_CLOSING, /* a request closes the file, which the feed has back */
    SLOT_STATES,
};

struct slot {
    enum slot_state state;
    struct file *file;
    int fd;
    struct stat st;           /* of fd; not known yet in GUESSED and the states before it */
    bool regular;             /* known to be a regular file */
    bool direct;              /* fd is O_DIRECT now */
    bool opened_cold;         /* its name was not cached: io-wq opened it; or open_waited */
    bool open_waited;         /* its name was cached, but the open took long */
    bool unasked;             /* INLINE, because the last file was cached */
    bool cached;              /* BLOCKING: it will not wait, for the page cache has all of it */
    bool trusted;             /* cached: the files before it were, and it was not asked about */
    bool probed;              /* the first read that does not wait has found nothing in the cache */
    bool read_failed;         /* a block could not be read: read no further ahead */
    bool waits;               /* in the list of those that wait for blocks */
    bool sparse;              /* skip holes: only data is delivered (set by opened) */
    unsigned requests;        /* in flight */
    uint64_t size;            /* by fstat(2), a hint: the limit of reading ahead */
    uint64_t issued;          /* offset of the next read */
    uint64_t delivered;       /* everything before this offset is delivered, or is a hole */
    uint64_t data_end;        /* sparse: the end of the data that is being issued */
    uint64_t data_delivered;  /* sparse: the end of the data that was delivered last */
    struct block small_block; /* its own */
    struct block_list undelivered; /* by offset */
    TAILQ_ENTRY(slot) entry;       /* in the order of taking, or in the free slots */
    TAILQ_ENTRY(slot) waiter;
    void *op; /* the operation's own part */
};

TAILQ_HEAD(slot_list, slot);

/* Changes the state. Asserts that the change is legal, and that a slot that becomes free has no
 * request and no block. */
void slot_to(struct slot *slot, enum slot_state state);
/* Fails the file. Nothing more is read of it; it ends when nothing is in flight. */
void slot_fail(struct slot *slot, enum step step, int status);
/* Tells whether the file is read by plain calls now. */
bool slot_reads_plainly(const struct slot *slot);
/* Tells whether the file can be read at any offset: a regular file or a block device. */
bool slot_is_seekable(const struct slot *slot);

/* Changes the state. Asserts that the change is legal, and that the block has an owner. */
void block_to(struct block *block, enum block_state state);

#endif
