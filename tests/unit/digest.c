/* digest.c: tests of core/digest/digest.c and of core/digest/hash.c's sink: published vectors,
 * reused contexts.
 */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/digest/digest.h"
#include "../../core/digest/hash.h"

static const char *hex(const uint8_t *bytes, size_t len)
{
    static char text[2 * DIGEST_BYTES_MAX + 1];

    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

/* vectors of FIPS 180-2, FIPS 202 and RFC 7693 */
static const struct {
    const char *name, *text, *hex;
} vectors[] = {
    {"sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"sha224", "abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {"sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha256", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"sha384", "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {"sha512", "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"blake2b512", "abc",
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
     "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
    {"blake2b-256", "abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"},
    {"blake2b-8", "abc", "6b"},
    {"sha3-256", "abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
};

static void vectors_are_met(void **state)
{
    struct digest_context *context = digest_context_new();
    uint8_t out[DIGEST_BYTES_MAX];

    (void)state;
    assert_non_null(context);
    /* one context for all algorithms, one after the other */
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct digest *digest = digest_open(vectors[i].name);
        assert_non_null(digest);
        assert_int_equal(digest_bytes(digest) * 2, strlen(vectors[i].hex));
        assert_int_equal(digest_begin(context, digest), 0);
        assert_int_equal(digest_update(context, vectors[i].text, strlen(vectors[i].text)), 0);
        assert_int_equal(digest_end(context, out), 0);
        assert_string_equal(hex(out, digest_bytes(digest)), vectors[i].hex);
        digest_close(digest);
    }
    digest_context_free(context);
}

static void tags_open_what_they_name(void **state)
{
    static const char *const names[][2] = {
        {"sha256", "SHA256"},
        {"SHA2-256", "SHA256"},
        {"md5", "MD5"},
        {"sha1", "SHA1"},
        {"sha512-256", "SHA512-256"},
        {"sha3-512", "SHA3-512"},
        {"blake2b512", "BLAKE2b"},
        {"blake2b", "BLAKE2b"},
        {"BLAKE2b-512", "BLAKE2b"},
        {"blake2b-256", "BLAKE2b-256"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct digest *digest = digest_open(names[i][0]);
        struct digest *again;
        assert_non_null(digest);
        assert_string_equal(digest_tag(digest), names[i][1]);
        again = digest_open(digest_tag(digest));
        assert_non_null(again);
        assert_string_equal(digest_tag(again), names[i][1]);
        digest_close(again);
        digest_close(digest);
    }
}

/* A configuration that is set decides: then all digests come from OpenSSL's providers. */
static void configuration_is_respected(void **state)
{
    (void)state;
    assert_int_equal(setenv("OPENSSL_CONF", "/dev/null", 1), 0);
    vectors_are_met(state);
    tags_open_what_they_name(state);
    assert_int_equal(unsetenv("OPENSSL_CONF"), 0);
}

static void million_in_uneven_parts(void **state)
{
    struct digest *digest = digest_open("sha256");
    struct digest_context *context = digest_context_new();
    uint8_t out[DIGEST_BYTES_MAX];
    char part[997];
    size_t left = 1000000;

    (void)state;
    memset(part, 'a', sizeof(part));
    assert_int_equal(digest_begin(context, digest), 0);
    while (left > 0) {
        size_t len = left < sizeof(part) ? left : sizeof(part);
        assert_int_equal(digest_update(context, part, len), 0);
        left -= len;
    }
    assert_int_equal(digest_end(context, out), 0);
    assert_string_equal(hex(out, 32),
                        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    digest_context_free(context);
    digest_close(digest);
}

static void unknown_algorithm_is_none(void **state)
{
    (void)state;
    assert_null(digest_open("no-such-digest"));
    assert_int_equal(errno, ENOENT);
    assert_null(digest_open(""));
    assert_null(digest_open("NULL"));
    assert_null(digest_open("blake2b-0"));
    assert_null(digest_open("blake2b-12"));
    assert_null(digest_open("blake2b-520"));
    assert_null(digest_open("blake2b-"));
    assert_null(digest_open("blake2b- 8"));
    assert_null(digest_open("blake2bx"));
    assert_int_equal(errno, ENOENT);
    digest_close(NULL);
    digest_context_free(NULL);
    sink_free(NULL);
}

static void give(struct sink *sink, struct file *file, const char *text)
{
    assert_int_equal(sink->data(sink, file, text, strlen(text)), 0);
}

static const char *result_hex(const struct file *file)
{
    return hex(((const struct hash_result *)file->op)->digest, 32);
}

static void files_in_flight_together_do_not_mix(void **state)
{
    struct digest *digest = digest_open("sha256");
    struct sink *sink = hash_sink_new(&digest, 1);
    struct hash_result results[3];
    struct file files[3];

    (void)state;
    assert_non_null(sink);
    /* twice: the second time with the contexts of the first */
    for (int round = 0; round < 2; round++) {
        memset(results, 0, sizeof(results));
        for (int i = 0; i < 3; i++)
            files[i] = (struct file){.op = &results[i]};
        give(sink, &files[0], "a");
        give(sink, &files[1], "abcdbcdecdefdefgefghfghi");
        give(sink, &files[0], "bc");
        sink->end(sink, &files[2]);
        give(sink, &files[1], "ghijhijkijkljklmklmnlmnomnopnopq");
        sink->end(sink, &files[0]);
        sink->end(sink, &files[1]);
        assert_string_equal(result_hex(&files[0]), vectors[3].hex);
        assert_string_equal(result_hex(&files[1]), vectors[4].hex);
        assert_string_equal(result_hex(&files[2]), vectors[2].hex);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(files[i].status, 0);
            assert_null(results[i].context);
        }
    }
    assert_true(sink->hash_ns > 0);
    sink_free(sink);
    digest_close(digest);
}

static void several_digests_in_one_read(void **state)
{
    struct digest *digests[] = {digest_open("sha256"), digest_open("blake2b512"),
                                digest_open("sha1")};
    struct digest *other = digest_open("sha384");
    struct sink *sink = hash_sink_new(digests, 3);

    (void)state;
    for (int round = 0; round < 2; round++) {
        struct hash_result results[3] = {0};
        struct file file = {.op = results};
        results[2].algorithm = round == 1 ? other : NULL;
        give(sink, &file, "ab");
        give(sink, &file, "c");
        sink->end(sink, &file);
        assert_int_equal(file.status, 0);
        assert_string_equal(hex(results[0].digest, 32), vectors[3].hex);
        assert_string_equal(hex(results[1].digest, 64), vectors[7].hex);
        if (round == 0)
            assert_string_equal(hex(results[2].digest, 20), vectors[0].hex);
        else
            assert_string_equal(hex(results[2].digest, 48), vectors[5].hex);
    }
    sink_free(sink);
    for (int i = 0; i < 3; i++)
        digest_close(digests[i]);
    digest_close(other);
}

static void failed_file_has_no_digest(void **state)
{
    static const uint8_t zeros[DIGEST_BYTES_MAX];
    struct digest *digest = digest_open("sha256");
    struct sink *sink = hash_sink_new(&digest, 1);
    struct hash_result results[2] = {0};
    struct file failed = {.op = &results[0]}, good = {.op = &results[1]};

    (void)state;
    give(sink, &failed, "ab");
    file_fail(&failed, STEP_READ, -EIO);
    sink->end(sink, &failed);
    assert_memory_equal(results[0].digest, zeros, sizeof(zeros));
    assert_null(results[0].context);
    assert_int_equal(failed.status, -EIO);
    /* its half-used context works for the next file */
    give(sink, &good, "abc");
    sink->end(sink, &good);
    assert_string_equal(result_hex(&good), vectors[3].hex);
    sink_free(sink);
    digest_close(digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_met),
        cmocka_unit_test(tags_open_what_they_name),
        cmocka_unit_test(configuration_is_respected),
        cmocka_unit_test(several_digests_in_one_read),
        cmocka_unit_test(million_in_uneven_parts),
        cmocka_unit_test(unknown_algorithm_is_none),
        cmocka_unit_test(files_in_flight_together_do_not_mix),
        cmocka_unit_test(failed_file_has_no_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
