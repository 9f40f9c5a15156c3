/* contract/turn.c: with opts.ordered, a FIFO behind another file is opened in its turn. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdbool.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "../support/child.h"
#include "../support/contract.h"
#include "../support/fifo.h"
#include "../support/reading.h"
#include "../support/scratch.h"

enum {
    FILE_BYTES = 4 * 1024 * 1024,
    FIFO_BYTES = 100000,
    HOLD_US = 50000, /* an open that comes too early has the time to complete */
};

struct watch {
    int fd; /* of inotify: an event for each open of the FIFO, except by O_PATH */
    bool held, early;
};

/* Notes an open while the first file is read. */
static int note_open(struct reading *reading, struct record *record)
{
    struct watch *watch = reading->arg;
    char events[1024];

    if (record->index > 0)
        return 0;
    if (record->bytes >= FILE_BYTES / 2 && !watch->held) {
        usleep(HOLD_US);
        watch->held = true;
    }
    watch->early |= read(watch->fd, events, sizeof(events)) > 0;
    return 0;
}

/* The FIFO's writer must not notice either that the engine asks for its type. */
static void a_fifo(const struct engine *engine, const struct contract_case *this)
{
    struct watch watch = {.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    struct reading reading = {.engine = engine,
                              .opts = {.ordered = true, .block_bytes = this->block_bytes},
                              .keep_order = true,
                              .on_data = note_open,
                              .arg = &watch};
    struct record *record;
    pid_t writer;

    reading_add_pattern(&reading, "file", 1, FILE_BYTES);
    record = reading_add(&reading, "fifo");
    record->seed = 2;
    record->len = FIFO_BYTES;
    fifo_make("fifo");
    if (watch.fd < 0 || inotify_add_watch(watch.fd, "fifo", IN_OPEN) < 0) {
        print_message("# skipped: inotify is unavailable\n");
        skip();
    }
    writer = fifo_write("fifo", 2, FIFO_BYTES);
    reading_run(&reading);
    assert_true(reading_is_right(&reading));
    assert_false(watch.early);
    child_end(writer);
    close(watch.fd);
    reading_free(&reading);
}

static const struct contract_case cases[] = {
    {"a FIFO is opened in its turn", a_fifo, 0, 0, 1},
    {"a FIFO is opened in its turn, small blocks", a_fifo, 4096, 0, 1},
};

int main(void)
{
    return contract_main(cases, sizeof(cases) / sizeof(cases[0]));
}
