/* feed.c: tests of core/pipeline/feed.c: order, the window, cancelling, and freeing. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../core/pipeline/feed.h"

/* a run: the files that its producer adds, and the results */
struct run {
    unsigned files;      /* to add */
    unsigned done_every; /* every n-th file is added done; 0: none */
    bool inodes_descend; /* file i gets inode files - i */
    int result;          /* of the producer */

    struct feed *feed;
    atomic_uint added; /* files for which feed_add has returned */
    atomic_uint retired;
    atomic_uint retiring;  /* threads in retire */
    atomic_uint released;  /* releases of the directory */
    unsigned most_between; /* peak of added - retired */
    bool overlapped;       /* two threads were in retire at once */
    bool out_of_order;
    bool wrong_content; /* a name or op has changed */
    atomic_bool hold;   /* the producer waits after the last file while this is set */
};

struct file_op {
    unsigned number;
    unsigned handled; /* by engines */
};

static bool count_release(struct dir *dir)
{
    atomic_fetch_add(&((struct run *)dir->op)->released, 1);
    return false;
}

static int add_one(struct run *run, struct feed *feed, struct dir *dir, unsigned i)
{
    char name[32];
    int len = snprintf(name, sizeof(name), "f%u", i);
    struct file *file = feed_file(feed, dir, name, (size_t)len);
    struct file_op *op;
    bool is_done = run->done_every && i % run->done_every == 0;
    int rc;

    assert(file);
    op = file->op;
    if (op->number != 0 || op->handled != 0)
        run->wrong_content = true;
    op->number = i;
    file->ino = run->inodes_descend ? run->files - i : 0;
    rc = is_done ? feed_add_done(feed, file) : feed_add(feed, file);
    if (rc == 0) {
        unsigned added = atomic_fetch_add(&run->added, 1) + 1;
        unsigned between = added - atomic_load(&run->retired);
        /* retired can be ahead: a file can be finished before feed_add returns */
        if ((int)between > 0 && between > run->most_between)
            run->most_between = between;
    }
    return rc;
}

static int produce(struct feed *feed, void *arg)
{
    struct run *run = arg;
    struct dir *dir = dir_cwd();
    int rc = 0;

    assert(dir);
    dir->op = run;
    dir->release = count_release;
    for (unsigned i = 0; i < run->files && rc == 0; i++)
        rc = add_one(run, feed, dir, i);
    dir_put(dir);
    while (atomic_load(&run->hold))
        usleep(1000);
    return rc < 0 ? rc : run->result;
}

static void retire(struct file *file, void *arg)
{
    struct run *run = arg;
    struct file_op *op = file->op;
    char name[32];
    bool was_done = run->done_every && op->number % run->done_every == 0;

    if (atomic_fetch_add(&run->retiring, 1) != 0)
        run->overlapped = true;
    snprintf(name, sizeof(name), "f%u", op->number);
    if (strcmp(name, file->name) != 0 || op->handled != (was_done ? 0 : 1))
        run->wrong_content = true;
    if (file->seq != op->number || file->seq != atomic_load(&run->retired))
        run->out_of_order = true;
    atomic_fetch_add(&run->retired, 1);
    atomic_fetch_sub(&run->retiring, 1);
}

static void start(struct run *run, unsigned window, bool keep_order)
{
    struct feed_config config = {
        .window = window,
        .op_bytes = sizeof(struct file_op),
        .keep_order = keep_order,
        .produce = produce,
        .retire = retire,
        .arg = run,
    };

    assert_int_equal(feed_start(&run->feed, &config), 0);
}

/* Waits until the producer has added this number of files. */
static void wait_added(struct run *run, unsigned files)
{
    for (int i = 0; i < 5000 && atomic_load(&run->added) < files; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&run->added), files);
}

enum { HELD_MAX = 8 };

struct engine_thread {
    pthread_t thread;
    struct feed *feed;
    unsigned seed;
    int ended; /* last result of feed_next */
};

/* Works like a ring: takes several files, waits only if it has none, returns them in any order. */
static void *engine_main(void *arg)
{
    struct engine_thread *self = arg;
    struct file *held[HELD_MAX];
    unsigned n = 0;
    int rc = 0;

    while (rc != -ENODATA || n > 0) {
        while (n < HELD_MAX && rc != -ENODATA) {
            rc = feed_next(self->feed, &held[n], n == 0);
            if (rc != 0)
                break;
            ((struct file_op *)held[n++]->op)->handled++;
        }
        if (n > 0) {
            unsigned i = (unsigned)rand_r(&self->seed) % n;
            feed_done(self->feed, held[i]);
            held[i] = held[--n];
        }
    }
    self->ended = rc;
    return NULL;
}

static void run_engines(struct run *run, unsigned count)
{
    struct engine_thread threads[8];

    assert_uint_in_range(count, 1, 8);
    for (unsigned i = 0; i < count; i++) {
        threads[i] = (struct engine_thread){.feed = run->feed, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i].thread, NULL, engine_main, &threads[i]), 0);
    }
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i].thread, NULL);
        assert_int_equal(threads[i].ended, -ENODATA);
    }
}

static void check_complete(struct run *run)
{
    assert_int_equal(atomic_load(&run->retired), run->files);
    assert_false(run->out_of_order);
    assert_false(run->overlapped);
    assert_false(run->wrong_content);
    assert_int_equal(atomic_load(&run->released), 1);
}

static void retires_in_order_whatever_ends_first(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct run run = {.files = 20000, .inodes_descend = true};
        start(&run, 64, false);
        run_engines(&run, threads);
        assert_int_equal(feed_join(run.feed), 0);
        check_complete(&run);
    }
}

static void stays_within_its_window(void **state)
{
    static const unsigned windows[] = {1, 2, 3, 7, 100};

    (void)state;
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        struct run run = {.files = 3000};
        start(&run, windows[i], false);
        run_engines(&run, 3);
        assert_int_equal(feed_join(run.feed), 0);
        check_complete(&run);
        assert_uint_in_range(run.most_between, 0, windows[i]);
    }
}

static void full_window_stops_the_producer(void **state)
{
    struct run run = {.files = 50};

    (void)state;
    start(&run, 16, false);
    wait_added(&run, 16);
    usleep(20000);
    assert_int_equal(atomic_load(&run.added), 16);
    run_engines(&run, 1);
    assert_int_equal(feed_join(run.feed), 0);
    check_complete(&run);
}

static void done_files_keep_their_turn(void **state)
{
    (void)state;
    for (unsigned every = 1; every <= 3; every++) {
        struct run run = {.files = 10000, .done_every = every};
        start(&run, 50, false);
        run_engines(&run, 3);
        assert_int_equal(feed_join(run.feed), 0);
        check_complete(&run);
    }
}

static void cancel_frees_a_waiting_producer(void **state)
{
    struct run run = {.files = 1000000};
    struct file *file;

    (void)state;
    start(&run, 8, false);
    wait_added(&run, 8);
    assert_int_equal(feed_next(run.feed, &file, true), 0);
    feed_cancel(run.feed);
    feed_done(run.feed, file);
    assert_int_equal(feed_next(run.feed, &file, true), -ENODATA);
    assert_int_equal(feed_next(run.feed, &file, false), -ENODATA);
    assert_int_equal(feed_join(run.feed), -ECANCELED);
    assert_int_equal(atomic_load(&run.added), 8);
    assert_int_equal(atomic_load(&run.released), 1);
    assert_false(run.out_of_order);
}

static void *cancel_soon(void *arg)
{
    usleep(20000);
    feed_cancel(arg);
    return NULL;
}

static void cancel_wakes_a_waiting_engine(void **state)
{
    struct run run = {.files = 0, .hold = true};
    struct file *file;
    pthread_t thread;

    (void)state;
    start(&run, 8, false);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, run.feed), 0);
    assert_int_equal(feed_next(run.feed, &file, true), -ENODATA);
    pthread_join(thread, NULL);
    atomic_store(&run.hold, false);
    assert_int_equal(feed_join(run.feed), 0);
}

static void check_hand_out(bool keep_order)
{
    struct run run = {.files = 100, .inodes_descend = true};
    struct file *files[100];

    start(&run, 200, keep_order);
    wait_added(&run, 100);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(feed_next(run.feed, &files[i], true), 0);
        ((struct file_op *)files[i]->op)->handled++;
        assert_int_equal(files[i]->seq, keep_order ? i : 99 - i);
    }
    for (unsigned i = 0; i < 100; i++)
        feed_done(run.feed, files[i]);
    assert_int_equal(feed_join(run.feed), 0);
    check_complete(&run);
}

static void hands_out_by_inode(void **state)
{
    (void)state;
    check_hand_out(false);
}

static void keep_order_hands_out_as_added(void **state)
{
    (void)state;
    check_hand_out(true);
}

static void next_need_not_wait(void **state)
{
    struct run run = {.files = 1, .hold = true};
    struct file *file, *none;

    (void)state;
    start(&run, 8, false);
    /* one file must come before the producer ends and the batch is full */
    assert_int_equal(feed_next(run.feed, &file, true), 0);
    assert_int_equal(feed_next(run.feed, &none, false), -EAGAIN);
    ((struct file_op *)file->op)->handled++;
    feed_done(run.feed, file);
    atomic_store(&run.hold, false);
    assert_int_equal(feed_next(run.feed, &none, true), -ENODATA);
    assert_int_equal(feed_next(run.feed, &none, false), -ENODATA);
    assert_int_equal(feed_join(run.feed), 0);
    check_complete(&run);
}

static void join_returns_the_producers_result(void **state)
{
    struct run run = {.files = 10, .result = -EACCES};

    (void)state;
    start(&run, 0, false);
    run_engines(&run, 2);
    assert_int_equal(feed_join(run.feed), -EACCES);
    check_complete(&run);
    assert_int_equal(feed_join(NULL), 0);
}

static void retire_may_be_left_out(void **state)
{
    struct run run = {.files = 500};
    struct feed_config config = {
        .op_bytes = sizeof(struct file_op), .produce = produce, .arg = &run};

    (void)state;
    assert_int_equal(feed_start(&run.feed, &config), 0);
    run_engines(&run, 2);
    assert_int_equal(feed_join(run.feed), 0);
    assert_int_equal(atomic_load(&run.released), 1);
}

static void first_error_of_a_file_wins(void **state)
{
    struct file file = {0};

    (void)state;
    file_fail(&file, STEP_READ, -EIO);
    file_fail(&file, STEP_CLOSE, -ENOSPC);
    assert_int_equal(file.status, -EIO);
    assert_int_equal(file.step, STEP_READ);
}

static void paths_are_as_the_user_writes_them_but_for_slashes(void **state)
{
    static const struct {
        const char *dir, *name, *path;
    } cases[] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"}, {"./x//", "y", "./x/y"}};
    struct dir *cwd = dir_cwd();
    struct file file = {.dir = cwd, .name = "sub/f"};
    char *path = file_path(&file);

    (void)state;
    assert_string_equal(path, "sub/f");
    free(path);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dir *dir = dir_new(cwd, cases[i].dir, -1);
        file = (struct file){.dir = dir, .name = cases[i].name};
        path = file_path(&file);
        assert_string_equal(path, cases[i].path);
        free(path);
        dir_put(dir);
    }
    dir_put(cwd);
    dir_put(NULL);
}

/* The producer holds the middle one of three files until the last one is done. */
struct holding {
    atomic_bool release;
    char order[8];
    unsigned retired;
    struct file *held;
};

static int produce_holding(struct feed *feed, void *arg)
{
    struct holding *holding = arg;
    struct dir *dir = dir_cwd();

    for (int i = 0; i < 3; i++) {
        struct file *file = feed_file(feed, dir, &"abc"[i], 1);
        if (i == 1)
            holding->held = file;
        assert((i == 1 ? feed_add_held(feed, file) : feed_add(feed, file)) == 0);
    }
    dir_put(dir);
    while (!atomic_load(&holding->release))
        usleep(1000);
    feed_done(feed, holding->held);
    return 0;
}

static void retire_holding(struct file *file, void *arg)
{
    struct holding *holding = arg;

    holding->order[holding->retired++] = file->name[0];
}

static void held_files_are_not_handed_out(void **state)
{
    struct holding holding = {0};
    const struct feed_config config = {
        .produce = produce_holding, .retire = retire_holding, .arg = &holding};
    struct feed *feed;
    struct file *file;

    (void)state;
    assert_int_equal(feed_start(&feed, &config), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(feed_next(feed, &file, true), 0);
        assert_string_equal(file->name, i == 0 ? "a" : "c");
        feed_done(feed, file);
    }
    assert_int_equal(feed_next(feed, &file, false), -EAGAIN);
    assert_string_equal(holding.order, "a");
    atomic_store(&holding.release, true);
    assert_int_equal(feed_next(feed, &file, true), -ENODATA);
    assert_int_equal(feed_join(feed), 0);
    assert_string_equal(holding.order, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retires_in_order_whatever_ends_first),
        cmocka_unit_test(stays_within_its_window),
        cmocka_unit_test(full_window_stops_the_producer),
        cmocka_unit_test(done_files_keep_their_turn),
        cmocka_unit_test(held_files_are_not_handed_out),
        cmocka_unit_test(cancel_frees_a_waiting_producer),
        cmocka_unit_test(cancel_wakes_a_waiting_engine),
        cmocka_unit_test(hands_out_by_inode),
        cmocka_unit_test(keep_order_hands_out_as_added),
        cmocka_unit_test(next_need_not_wait),
        cmocka_unit_test(join_returns_the_producers_result),
        cmocka_unit_test(retire_may_be_left_out),
        cmocka_unit_test(first_error_of_a_file_wins),
        cmocka_unit_test(paths_are_as_the_user_writes_them_but_for_slashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
