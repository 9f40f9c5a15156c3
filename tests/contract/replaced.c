/* contract/replaced.c: files that were regular when a walk found them, and are replaced when they
 * are opened. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../support/contract.h"
#include "../support/fifo.h"
#include "../support/reading.h"

/* Checks that they fail and do not block. Regular files before each make an engine expect more
 * regular files. */
static void replaced(const struct engine *engine, const struct contract_case *this)
{
    static const char *const paths[] = {"/dev/null", "/dev/zero", "empty_fifo", "fed_fifo"};
    struct reading reading = {
        .engine = engine,
        .opts = {.block_bytes = this->block_bytes, .depth = this->depth},
        .jobs = this->jobs,
    };
    int ends[2];

    for (unsigned i = 0; i < 2; i++) {
        fifo_make(paths[2 + i]);
        ends[i] = open(paths[2 + i], O_RDWR | O_NONBLOCK | O_CLOEXEC);
        assert_true(ends[i] >= 0);
    }
    assert_int_equal(write(ends[1], "bytes", 5), 5);
    for (unsigned i = 0; i < 8; i++) {
        struct record *record;
        char path[32];
        snprintf(path, sizeof(path), "before%u", i);
        reading_add_pattern(&reading, path, i, 1000)->type = DT_REG;
        record = reading_add(&reading, paths[i / 2]);
        record->type = DT_REG;
        record->expect = -ESTALE;
        record->expect_step = STEP_REPLACED;
    }
    reading_run(&reading);
    assert_true(reading_is_right(&reading));
    close(ends[0]);
    close(ends[1]);
    reading_free(&reading);
}

static const struct contract_case cases[] = {
    {"files that others have replaced", replaced, 0, 0, 1},
    {"files that others have replaced, small blocks", replaced, 4096, 1, 1},
};

int main(void)
{
    return contract_main(cases, sizeof(cases) / sizeof(cases[0]));
}
