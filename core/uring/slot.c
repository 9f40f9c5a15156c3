/* uring/slot.c: the states of a file in flight. See slot.h. */
#define _GNU_SOURCE
#include "slot.h"

void slot_fail(struct slot *slot, enum step step, int status)
{
    file_fail(slot->file, step, status);
    slot->state = SLOT_DRAIN;
}
