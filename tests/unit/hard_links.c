/* hard_links.c: tests of core/copy/hard_links.c. This program has its own linkat(2), which can lack
 * the ways by a descriptor, and another process that is faster. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../core/copy/hard_links.h"
#include "../support/scratch.h"

enum { THREADS = 4, HANG_SECONDS = 60, WAIT_US = 50000 };

static bool names_only; /* no /proc, and a kernel that links no descriptor */
static bool replace;    /* another process replaces the copy before it is linked */

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    if (names_only && (!*from || strncmp(from, "/proc/", 6) == 0)) {
        errno = ENOENT;
        return -1;
    }
    if (replace && rename("other", "copy") < 0)
        test_broken("rename");
    return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
}

/* Returns the lowest free descriptor. */
static int lowest(void)
{
    int fd = dup(STDERR_FILENO);

    assert_true(fd >= 0 && close(fd) == 0);
    return fd;
}

static struct link_target target_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return (struct link_target){.path = path, .dev = st.st_dev, .ino = st.st_ino};
}

static bool is_link_of(const char *name, const struct link_target *made)
{
    struct stat st;

    return lstat(name, &st) == 0 && hard_links_is_target(&st, made);
}

static void a_source_is_copied_once(void **state)
{
    struct stat st = {.st_dev = 1, .st_ino = 2}, made = {.st_dev = 3, .st_ino = 4};
    struct hard_links *links = hard_links_new();
    struct link_target target;

    (void)state;
    assert_non_null(links);
    assert_int_equal(hard_links_claim(links, &st, false, &target), LINK_FIRST);
    assert_int_equal(hard_links_claim(links, &st, false, &target), LINK_BUSY);
    hard_links_resolve(links, &st, NULL, NULL, false); /* it failed */
    assert_int_equal(hard_links_claim(links, &st, true, &target), LINK_FIRST);
    hard_links_resolve(links, &st, strdup("copy"), &made, true);
    assert_int_equal(hard_links_claim(links, &st, true, &target), LINK_READY);
    assert_string_equal(target.path, "copy");
    assert_true(target.created);
    assert_true(hard_links_is_target(&made, &target));
    assert_false(hard_links_is_target(&(struct stat){.st_dev = 3, .st_ino = 5}, &target));
    assert_false(hard_links_is_target(&(struct stat){.st_dev = 4, .st_ino = 4}, &target));
    hard_links_free(links);
}

/* Numbers that have one place in the table. */
static void sources_are_told_apart(void **state)
{
    struct stat sources[] = {{.st_dev = 0, .st_ino = 7},
                             {.st_dev = 4096, .st_ino = 7},
                             {.st_dev = 0, .st_ino = 4096 + 7}};
    struct hard_links *links = hard_links_new();
    struct link_target target;

    (void)state;
    assert_non_null(links);
    for (int i = 0; i < 3; i++) {
        assert_null(hard_links_find(links, &sources[i]));
        assert_int_equal(hard_links_claim(links, &sources[i], false, &target), LINK_FIRST);
        hard_links_resolve(links, &sources[i], strdup("copy"), &sources[i], false);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hard_links_claim(links, &sources[i], false, &target), LINK_READY);
        assert_true(hard_links_is_target(&sources[i], &target));
        assert_false(target.created);
    }
    hard_links_free(links);
}

static void digests_of_all_names_agree(void **state)
{
    static const uint8_t one[] = {1, 2}, two[] = {1, 3};
    struct stat st = {.st_dev = 1, .st_ino = 2};
    struct hard_links *links = hard_links_new();
    struct link_target target;
    struct hard_link *link;

    (void)state;
    assert_non_null(links);
    assert_int_equal(hard_links_claim(links, &st, false, &target), LINK_FIRST);
    link = hard_links_find(links, &st);
    assert_non_null(link);
    assert_true(hard_link_digest(link, one, sizeof(one)));
    assert_false(hard_link_digest(link, two, sizeof(two)));
    assert_true(hard_link_digest(link, one, sizeof(one)));
    hard_links_free(links);
}

struct waiter {
    struct hard_links *links;
    pthread_t thread;
    int rc;
};

/* Claims the source. The first to get it fails, and the next one copies it. */
static void *claim(void *arg)
{
    static atomic_int tries;
    struct stat st = {.st_dev = 1, .st_ino = 2};
    struct waiter *waiter = arg;
    struct link_target target;

    waiter->rc = hard_links_claim(waiter->links, &st, true, &target);
    if (waiter->rc != LINK_FIRST)
        return NULL;
    usleep(WAIT_US); /* the others wait again */
    hard_links_resolve(waiter->links, &st, tries++ == 0 ? NULL : strdup("copy"), &st, true);
    return NULL;
}

static void all_wait_for_the_first(void **state)
{
    struct stat st = {.st_dev = 1, .st_ino = 2};
    struct hard_links *links = hard_links_new();
    struct waiter waiters[THREADS];
    struct link_target target;
    int first = 0, ready = 0;

    (void)state;
    alarm(HANG_SECONDS);
    assert_non_null(links);
    assert_int_equal(hard_links_claim(links, &st, true, &target), LINK_FIRST);
    for (int i = 0; i < THREADS; i++) {
        waiters[i].links = links;
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, claim, &waiters[i]), 0);
    }
    usleep(WAIT_US); /* they wait */
    hard_links_resolve(links, &st, NULL, NULL, false);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
        first += waiters[i].rc == LINK_FIRST;
        ready += waiters[i].rc == LINK_READY;
    }
    alarm(0);
    assert_int_equal(first, 2);
    assert_int_equal(ready, THREADS - 2);
    hard_links_free(links);
}

/* Both ways: by a descriptor, and by the name. */
static void a_copy_gets_names(void **state)
{
    struct link_target made, through;
    int free_fd = lowest();

    (void)state;
    pattern_file("copy", 1, 1);
    assert_int_equal(symlink("copy", "link"), 0);
    made = through = target_of("copy");
    through.path = "link";
    for (int i = 0; i < 2; i++) {
        names_only = i == 1;
        assert_int_equal(hard_links_add(&made, false, AT_FDCWD, "name"), 0);
        assert_true(is_link_of("name", &made));
        assert_int_equal(hard_links_add(&made, false, AT_FDCWD, "name"), -1);
        assert_int_equal(errno, EEXIST);
        assert_int_equal(unlink("name"), 0);
        assert_int_equal(hard_links_add(&through, true, AT_FDCWD, "name"), 0);
        assert_true(is_link_of("name", &made));
        assert_int_equal(unlink("name"), 0);
        /* a link that has been put there */
        assert_int_equal(hard_links_add(&through, false, AT_FDCWD, "name"), -1);
        assert_int_equal(errno, ESTALE);
        assert_int_equal(access("name", F_OK), -1);
        assert_int_equal(
            hard_links_add(&(struct link_target){.path = "no/copy"}, false, AT_FDCWD, "name"), -1);
        assert_int_equal(errno, ENOENT);
    }
    names_only = false;
    assert_int_equal(lowest(), free_fd);
}

static void another_file_gets_no_name(void **state)
{
    struct link_target made;
    struct stat st;

    (void)state;
    pattern_file("copy", 1, 1);
    made = target_of("copy");
    pattern_file("other", 2, 2);
    names_only = replace = true;
    assert_int_equal(hard_links_add(&made, false, AT_FDCWD, "name"), -1);
    names_only = replace = false;
    assert_int_equal(errno, ESTALE);
    assert_int_equal(access("name", F_OK), -1);
    assert_int_equal(hard_links_add(&made, false, AT_FDCWD, "name"), -1);
    assert_int_equal(errno, ESTALE);
    assert_int_equal(access("name", F_OK), -1);
    assert_int_equal(stat("copy", &st), 0);
    assert_int_equal(st.st_size, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_is_copied_once),
        cmocka_unit_test(sources_are_told_apart),
        cmocka_unit_test(digests_of_all_names_agree),
        cmocka_unit_test(all_wait_for_the_first),
        cmocka_unit_test_setup_teardown(a_copy_gets_names, scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(another_file_gets_no_name, scratch_set_up,
                                        scratch_tear_down),
    };

    return cmocka_run_group_tests_name("hard_links", tests, NULL, NULL);
}
