/* batch.c: tests of core/digest/batch and batch_sink: the digests are those of core/digest/digest,
 * and a short message does not wait for a long one. */
#define _GNU_SOURCE
#include "../../core/digest/batch_sink.h"
#include "../support/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../core/digest/batch.h"
#include "../../core/digest/hash.h"

enum { MESSAGES = 400, ROOM = 65536 };

static const char *const names[] = {"sha1", "sha224", "sha256", "sha384", "sha512"};
static const size_t lens[] = {1,     55,    56,    63,    64,    65,    111,   112,  119,
                              120,   127,   128,   129,   1000,  4095,  4096,  4097, 8192,
                              16384, 40000, 65471, 65472, 65479, 65480, 65533, 65534};
enum { LENS = sizeof(lens) / sizeof(lens[0]) };

static char *memory; /* ends at a page that cannot be read */

/* The end of the memory: reading beyond the message ends the program. */
static const char *message(size_t len)
{
    return memory + ROOM - len;
}

static void digest_of(const struct digest *digest, const void *bytes, size_t len, uint8_t *out)
{
    struct digest_context *context = digest_context_new();

    assert_non_null(context);
    assert_int_equal(digest_begin(context, digest), 0);
    assert_int_equal(digest_update(context, bytes, len), 0);
    assert_int_equal(digest_end(context, out), 0);
    digest_context_free(context);
}

static int set_up(void **state)
{
    (void)state;
    memory = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + ROOM, 4096, PROT_NONE) < 0)
        return -1;
    for (size_t i = 0; i < ROOM; i++)
        memory[i] = (char)(i * 7 + i / 251);
    return 0;
}

struct added {
    const struct digest *digest;
    size_t len;
    bool taken, done;
    uint8_t out[DIGEST_BYTES_MAX];
};

/* Takes what is done, and returns how many that were. */
static size_t take(struct batch *batch, bool flush)
{
    struct added *added;
    size_t count = 0;
    int status = 1;

    for (; (added = batch_done(batch, flush, &status)); count++) {
        assert_true(added->taken && !added->done);
        assert_int_equal(status, 0);
        added->done = true;
    }
    return count;
}

/* Adds count messages, and flushes after every so many. */
static void check_many(struct batch *batch, struct digest *const *digests, unsigned kinds,
                       size_t count, size_t flush_after)
{
    struct added *added = calloc(count, sizeof(*added));
    uint8_t right[DIGEST_BYTES_MAX];

    assert_non_null(added);
    for (size_t i = 0; i < count; i++) {
        added[i].digest = digests[i * 31 / 7 % kinds];
        added[i].len = lens[(i * 17 + i / LENS) % LENS];
        added[i].taken = batch_add(batch, added[i].digest, message(added[i].len), added[i].len,
                                   added[i].out, &added[i]);
        (void)take(batch, i % flush_after == flush_after - 1);
    }
    (void)take(batch, true);
    for (size_t i = 0; i < count; i++) {
        assert_true(added[i].taken == added[i].done);
        if (!added[i].taken)
            continue;
        digest_of(added[i].digest, message(added[i].len), added[i].len, right);
        assert_memory_equal(added[i].out, right, digest_bytes(added[i].digest));
    }
    free(added);
}

static struct batch *new_batch(void)
{
    struct batch *batch = batch_new();

    if (!batch) {
        printf("# no libipsec-mb, or no use for it on this processor\n");
        skip();
    }
    return batch;
}

static void many_at_once(void **state)
{
    static const size_t flushes[] = {1, 2, 9, 16, 17, 40, MESSAGES};
    struct batch *batch = new_batch();
    struct digest *digests[5];

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        assert_non_null(digests[i] = digest_open(names[i]));
    for (unsigned f = 0; f < sizeof(flushes) / sizeof(flushes[0]); f++) {
        for (unsigned i = 0; i < 5; i++)
            check_many(batch, &digests[i], 1, MESSAGES, flushes[f]);
        check_many(batch, digests, 5, MESSAGES, flushes[f]);
    }
    for (unsigned i = 0; i < 5; i++)
        digest_close(digests[i]);
    batch_free(batch);
}

static void short_ones_first(void **state)
{
    enum { COUNT = 200 }; /* the library has room for 256 jobs behind the long one */
    struct batch *batch = new_batch();
    struct digest *sha512 = digest_open("sha512");
    struct added *added = calloc(COUNT, sizeof(*added));
    size_t done = 0;

    (void)state;
    assert_non_null(added);
    for (size_t i = 0; i < COUNT; i++) {
        size_t len = i == 0 ? 65534 : 100;
        added[i].taken = batch_add(batch, sha512, message(len), len, added[i].out, &added[i]);
        assert_true(added[i].taken);
        done += take(batch, false);
        assert_true(i + 1 - done <= 8); /* lanes */
    }
    assert_false(added[0].done);
    assert_int_equal(done + take(batch, true), COUNT);
    free(added);
    digest_close(sha512);
    batch_free(batch);
}

static void not_taken(void **state)
{
    struct batch *batch = new_batch();
    struct digest *sha512 = digest_open("sha512"), *md5 = digest_open("md5");
    uint8_t out[DIGEST_BYTES_MAX];
    int status;

    (void)state;
    assert_false(batch_add(batch, sha512, memory, 0, out, out));
    assert_false(batch_add(batch, sha512, memory, 65535, out, out));
    assert_false(batch_add(batch, sha512, memory, 65536, out, out));
    if (md5)
        assert_false(batch_add(batch, md5, memory, 10, out, out));
    assert_null(batch_done(batch, true, &status));
    assert_true(batch_add(batch, sha512, memory, 65534, out, out));
    assert_null(batch_done(batch, false, &status)); /* alone, it waits for others */
    assert_ptr_equal(batch_done(batch, true, &status), out);
    assert_non_null(strstr(batch_name(), "libipsec-mb, AVX"));
    digest_close(sha512);
    digest_close(md5);
    batch_free(batch);
}

/* Gives a sink a file in pieces. Returns whether it keeps it. */
static bool give(struct sink *sink, struct file *file, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece)
        assert_int_equal(
            sink->data(sink, file, message(len) + at, len - at < piece ? len - at : piece), 0);
    if (file->status == 0 && sink->keep(sink, file))
        return true;
    sink->end(sink, file);
    return false;
}

/* With or without the library, before and after the sink begins with it, in one piece or several, a
 * sink's digests are right. Every eleventh file fails. */
static void small_files(void **state)
{
    enum { FILES = 600 };
    struct digest *digest = digest_open("sha512");
    struct sink *sink = batch_sink_new(hash_sink_new(&digest, 1), digest);
    struct hash_result *results = calloc(FILES, sizeof(*results));
    struct file *files = calloc(FILES, sizeof(*files));
    uint8_t right[DIGEST_BYTES_MAX];
    unsigned kept = 0;

    (void)state;
    assert_non_null(results);
    assert_non_null(files);
    for (unsigned i = 0; i < FILES; i++) {
        files[i].op = &results[i];
        files[i].status = i % 11 == 10 ? -EIO : 0;
        kept += give(sink, &files[i], i % 50 == 0 ? ROOM : lens[i % LENS], 1 + i * 997 % ROOM);
        while (sink->release(sink, i % 100 == 99))
            kept--;
    }
    assert_int_equal(kept, 0);
    for (unsigned i = 0; i < FILES; i++) {
        size_t len = i % 50 == 0 ? ROOM : lens[i % LENS];
        assert_int_equal(files[i].status, i % 11 == 10 ? -EIO : 0);
        if (files[i].status < 0)
            continue;
        digest_of(digest, message(len), len, right);
        assert_memory_equal(results[i].digest, right, 64);
    }
    assert_true(!sink->batch_name == (sink->batch_files == 0));
    free(results);
    free(files);
    sink_free(sink);
    digest_close(digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(short_ones_first),
        cmocka_unit_test(not_taken),
        cmocka_unit_test(small_files),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
