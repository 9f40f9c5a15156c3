/* uring/slot.c: the states of a file in flight, and of its blocks. See slot.h. */
#define _GNU_SOURCE
#include "slot.h"

#include <assert.h>

#define TO(state) (1U << SLOT_##state)

/* the paths that open_choose_path chooses from */
#define TO_BYTES (TO(INLINE) | TO(STREAM) | TO(DONE))

static const unsigned slot_next[SLOT_STATES] = {
    [SLOT_FREE] = TO(TYPE_PENDING) | TO(TYPE_KNOWN) | TO(OPENING),
    [SLOT_TYPE_PENDING] = TO(TYPE_KNOWN) | TO(DONE),
    [SLOT_TYPE_KNOWN] = TO(OPENING) | TO(DONE),
    [SLOT_OPENING] = TO(WAIT_LEASE) | TO(PARKED) | TO(GUESSED) | TO_BYTES,
    [SLOT_WAIT_LEASE] = TO(OPENING) | TO(DONE),
    [SLOT_PARKED] = TO_BYTES,
    [SLOT_GUESSED] = TO(BLOCKING) | TO_BYTES,
    [SLOT_INLINE] = TO(BLOCKING) | TO(STREAM) | TO(DONE),
    [SLOT_BLOCKING] = TO(DONE),
    [SLOT_STREAM] = TO(BLOCKING) | TO(DONE),
    [SLOT_DONE] = TO(CLOSING) | TO(FREE),
    [SLOT_CLOSING] = TO(FREE),
};

void slot_to(struct slot *slot, enum slot_state state)
{
    assert(slot_next[slot->state] & 1U << state);
    if (state == SLOT_FREE) {
        assert(slot->requests == 0 && !slot->waits);
        assert(STAILQ_EMPTY(&slot->undelivered) && slot->small_block.state == BLOCK_FREE);
    }
    slot->state = state;
}

void slot_fail(struct slot *slot, enum step step, int status)
{
    file_fail(slot->file, step, status);
    if (slot->state != SLOT_DONE)
        slot_to(slot, SLOT_DONE);
}

bool slot_reads_plainly(const struct slot *slot)
{
    return slot->state == SLOT_GUESSED || slot->state == SLOT_INLINE ||
           slot->state == SLOT_BLOCKING;
}

bool slot_is_seekable(const struct slot *slot)
{
    return S_ISREG(slot->st.st_mode) || S_ISBLK(slot->st.st_mode);
}

void block_to(struct block *block, enum block_state state)
{
    static const unsigned next[] = {
        [BLOCK_FREE] = 1U << BLOCK_READING | 1U << BLOCK_READY,
        /* FREE: the ring is broken, or the file is read in another way */
        [BLOCK_READING] = 1U << BLOCK_READY | 1U << BLOCK_FREE,
        [BLOCK_READY] = 1U << BLOCK_WRITING | 1U << BLOCK_FREE,
        [BLOCK_WRITING] = 1U << BLOCK_FREE,
    };

    assert(block->slot && block->slot->state != SLOT_FREE);
    assert(next[block->state] & 1U << state);
    block->state = state;
}
