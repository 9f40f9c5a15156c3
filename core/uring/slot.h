/* uring/slot.h: one file in flight on a ring, and its blocks. */
#ifndef CORE_URING_SLOT_H
#define CORE_URING_SLOT_H

#include <sys/stat.h>

#include "../pipeline/file.h"

struct slot;

enum block_state { BLOCK_FREE, BLOCK_READING, BLOCK_READY, BLOCK_WRITING };

struct block {
    struct slot *slot;  /* owner */
    struct block *next; /* in the slot's order, or in the free list */
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

enum slot_state {
    SLOT_FREE,
    SLOT_TYPE_PENDING, /* ordered: a request finds out what the name stands for */
    SLOT_TYPE_KNOWN,   /* ordered: to be opened when all older ones are known to be regular, or gone
                        */
    SLOT_OPENING,
    SLOT_PARKED,
    SLOT_RESIDENT,
    SLOT_STREAM,
    SLOT_DRAIN,
};

struct slot {
    enum slot_state state;
    struct file *file;
    int fd;
    struct stat st; /* of fd, once stated; the size is a hint */
    bool stated;
    bool regular;     /* known to be a regular file */
    bool seekable;    /* a regular file or a block device */
    bool nonblock;    /* fd is O_NONBLOCK still */
    bool direct;      /* fd is O_DIRECT now */
    bool probed;      /* read to see whether it is in the cache, and it was not */
    bool plain;       /* RESIDENT, but read by plain calls that may wait */
    bool held;        /* fd is an O_PATH descriptor, and the file is being opened through it */
    bool opened_cold; /* its name was not cached: io-wq opened it */
    bool eof;
    bool bad;                     /* a block could not be read: nothing is read ahead any more */
    bool queued;                  /* in the line for blocks */
    bool sparse;                  /* skip holes: only data is delivered (set by opened) */
    unsigned requests;            /* in flight */
    uint64_t size;                /* the hint: blocks are read ahead up to here */
    uint64_t issued;              /* offset of the next read */
    uint64_t delivered;           /* all before this offset has been delivered or is a hole */
    uint64_t data_end;            /* sparse: where the data that is being issued ends */
    struct block small_block;     /* its own small block */
    struct block *first, *last;   /* undelivered blocks, by offset */
    struct slot *next;            /* in the free list, or in the line for blocks */
    struct slot *older, *younger; /* neighbours in the order of taking */
    void *op;                     /* the operation's own part */
};

/* Fails the file. Nothing more is read of it; it ends when nothing is in flight. */
void slot_fail(struct slot *slot, enum step step, int status);

#endif
