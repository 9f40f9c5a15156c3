/* feed_turns.c: tests of core/pipeline/feed.c if calls on names wait: who gets which file. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../core/pipeline/feed.h"

/* The producer adds a file for each letter: its directory is the letter's number, the name is the
 * letter. Other files wait for capital letters. */
struct run {
    const char *letters;
    atomic_bool may_add;
    atomic_bool added;
    atomic_bool release; /* the producer returns */
};

enum { DIRECTORIES = 4 };

/* a to g are in the first directory, h to n in the second one, and so on. */
static unsigned directory_of(char letter)
{
    return (unsigned)((letter | 0x20) - 'a') / 7;
}

static int produce(struct feed *feed, void *arg)
{
    struct run *run = arg;
    struct dir *dirs[DIRECTORIES];

    for (int i = 0; i < DIRECTORIES; i++)
        dirs[i] = dir_cwd();
    while (!atomic_load(&run->may_add))
        usleep(1000);
    for (const char *at = run->letters; *at; at++) {
        struct file *file = feed_file(feed, dirs[directory_of(*at)], at, 1);
        assert(file);
        file->awaited = *at < 'a';
        assert(feed_add(feed, file) == 0);
    }
    for (int i = 0; i < DIRECTORIES; i++)
        dir_put(dirs[i]);
    atomic_store(&run->added, true);
    while (!atomic_load(&run->release))
        usleep(1000);
    return 0;
}

static struct feed *start(struct run *run)
{
    const struct feed_config config = {.calls_wait = true, .produce = produce, .arg = run};
    struct feed *feed;

    assert_int_equal(feed_start(&feed, &config), 0);
    return feed;
}

static void check_order(const char *letters, const char *order)
{
    struct run run = {.letters = letters, .may_add = true, .release = true};
    struct feed *feed = start(&run);
    char got[32] = "";
    struct file *file;

    for (int i = 0; i < 5000 && !atomic_load(&run.added); i++)
        usleep(1000);
    assert_true(atomic_load(&run.added));
    for (size_t i = 0; feed_next(feed, &file, true) == 0; i++) {
        got[i] = file->name[0];
        feed_done(feed, file);
    }
    assert_int_equal(feed_join(feed), 0);
    assert_string_equal(got, order);
}

static void directories_take_turns(void **state)
{
    (void)state;
    check_order("", "");
    check_order("abc", "abc");
    check_order("abchijopq", "ahobipcjq");
    check_order("abcdefgho", "ahobcdefg");
    check_order("ahbico", "ahobic");
}

static void files_that_others_wait_for_come_first(void **state)
{
    (void)state;
    check_order("abCDhijo", "CDahobij");
}

static void *take_one(void *arg)
{
    struct feed *feed = arg;
    struct file *file;

    if (feed_next(feed, &file, true) == 0)
        feed_done(feed, file);
    return NULL;
}

/* A thread that has files does not take the only one before a thread that waits, which may wake up
 * late. */
static void files_are_left_to_those_that_wait(void **state)
{
    struct run run = {.letters = "a"};
    struct feed *feed = start(&run);
    struct file *file;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, take_one, feed), 0);
    for (int i = 0; i < 5000 && feed_waited_ns(feed) == 0; i++)
        usleep(1000);
    atomic_store(&run.may_add, true);
    while (!atomic_load(&run.added))
        assert_int_equal(feed_next(feed, &file, false), -EAGAIN);
    assert_int_equal(feed_next(feed, &file, false), -EAGAIN);
    pthread_join(thread, NULL);
    atomic_store(&run.release, true);
    assert_int_equal(feed_next(feed, &file, true), -ENODATA);
    assert_int_equal(feed_join(feed), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directories_take_turns),
        cmocka_unit_test(files_that_others_wait_for_come_first),
        cmocka_unit_test(files_are_left_to_those_that_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
