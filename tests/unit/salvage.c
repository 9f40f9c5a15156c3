/* salvage.c: tests of core/base/salvage.c. /proc/self/mem is a regular file, and an unmapped page
 * of it cannot be read: a bad place. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../core/base/salvage.h"
#include "../support/scratch.h"

enum { PAGES = 4, BAD = 2 };

static char buf[PAGES * 65536];

static void bytes_before_a_bad_place_are_read(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                        0);
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    int status = -EIO;

    (void)state;
    assert_true(memory != MAP_FAILED && fd >= 0);
    for (size_t i = 0; i < PAGES * page; i++)
        memory[i] = (char)pattern_byte(1, i);
    assert_int_equal(munmap(memory + BAD * page, page), 0);
    if (pread(fd, buf, 1, (off_t)((uintptr_t)memory + BAD * page)) == 1) {
        close(fd);
        print_message("an emulator keeps what is unmapped\n");
        skip();
    }
    /* from the start of a page, and from within one */
    assert_int_equal(salvage_read(fd, buf, PAGES * page, (uintptr_t)memory, &status), BAD * page);
    assert_int_equal(status, -EIO);
    assert_memory_equal(buf, memory, BAD * page);
    assert_int_equal(salvage_read(fd, buf, page, (uintptr_t)memory + BAD * page - 100, &status),
                     100);
    assert_int_equal(status, -EIO);
    assert_memory_equal(buf, memory + BAD * page - 100, 100);
    /* nothing before it, and nothing bad */
    assert_int_equal(salvage_read(fd, buf, 1, (uintptr_t)memory + BAD * page, &status), 0);
    assert_int_equal(status, -EIO);
    assert_int_equal(salvage_read(fd, buf, page, (uintptr_t)memory + page, &status), page);
    assert_int_equal(status, 0);
    close(fd);
    munmap(memory, BAD * page);
    munmap(memory + (BAD + 1) * page, (PAGES - BAD - 1) * page);
}

static void the_end_of_a_file_is_no_bad_place(void **state)
{
    int status = -EIO, fd;

    (void)state;
    pattern_file("file", 1, 10000);
    fd = open("file", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(salvage_read(fd, buf, 65536, 1000, &status), 9000);
    assert_int_equal(status, 0);
    for (size_t i = 0; i < 9000; i++)
        assert_int_equal((uint8_t)buf[i], pattern_byte(1, 1000 + i));
    close(fd);
}

/* A device whose reads do not depend on the offset may give other bytes the second time. */
static void only_files_and_disks_are_read_again(void **state)
{
    int status = -EIO, fd, ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "bytes", 5), 5);
    assert_int_equal(salvage_read(ends[0], buf, 5, 0, &status), 0);
    assert_int_equal(status, -EIO);
    assert_int_equal(read(ends[0], buf, 6), 5);
    close(ends[0]);
    close(ends[1]);
    fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(salvage_read(fd, buf, 5, 0, &status), 0);
    assert_int_equal(status, -EIO);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_before_a_bad_place_are_read),
        cmocka_unit_test(the_end_of_a_file_is_no_bad_place),
        cmocka_unit_test(only_files_and_disks_are_read_again),
    };

    return cmocka_run_group_tests_name("salvage", tests, scratch_set_up, scratch_tear_down);
}
