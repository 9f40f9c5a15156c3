/* batch.c: see batch.h.
 *
 * The library's manager has a queue of jobs. A job that is submitted waits in its lane until all
 * lanes have one; then all are computed until the shortest ends, and its lane is free. Jobs leave
 * the queue in the order of their submission, but each has its digest, and the status that tells
 * this, as soon as it is computed. So at most as many messages are held as there are lanes, and
 * their bytes stay in the processor's cache.
 *
 * What is submitted cannot be taken back, and a flush computes all lanes, whatever is in them. So
 * messages wait here until there is one for each lane. */
#define _GNU_SOURCE
#include "batch.h"

#ifdef HAVE_IPSEC_MB

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libraries.h"
#include "sha.h"

enum {
    MESSAGES = IMB_MAX_JOBS / 2, /* the library holds as many without completing any by itself */
    CHECK_BYTES = 200,
};

struct algorithm {
    const char *tag;
    IMB_HASH_ALG job;
    unsigned word_bytes; /* a lane is as wide */
    bool sha_ni;         /* the processor may have instructions for it */
};

static const struct algorithm algorithms[] = {
    {"SHA256", IMB_AUTH_SHA_256, 4, true},  {"SHA512", IMB_AUTH_SHA_512, 8, false},
    {"SHA1", IMB_AUTH_SHA_1, 4, true},      {"SHA224", IMB_AUTH_SHA_224, 4, true},
    {"SHA384", IMB_AUTH_SHA_384, 8, false},
};
enum { ALGORITHMS = sizeof(algorithms) / sizeof(algorithms[0]) };

/* What has been found out about the library. */
static struct {
    pthread_mutex_t lock;
    bool checked;
    bool correct[ALGORITHMS];
    char name[64];
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct message {
    const struct digest *digest;
    const struct algorithm *algorithm;
    const void *bytes;
    size_t len;
    uint8_t *out;
    void *owner;
    IMB_JOB *job;
    int status;
};

struct messages {
    unsigned len;
    struct message of[MESSAGES];
};

struct batch {
    IMB_MGR *manager;
    unsigned register_bytes;
    bool gains[ALGORITHMS];
    struct digest_context *context; /* for messages that are not left to the manager */
    struct messages waiting, submitted, done;
};

static unsigned messages_of(const struct batch *batch)
{
    return batch->waiting.len + batch->submitted.len + batch->done.len;
}

static void append(struct messages *messages, const struct message *message)
{
    assert(messages->len < MESSAGES);
    messages->of[messages->len++] = *message;
}

static unsigned lanes_of(const struct batch *batch, const struct algorithm *algorithm)
{
    return batch->register_bytes / algorithm->word_bytes;
}

/* Digests a message by digest.h. */
static void digest_alone(struct batch *batch, struct message *message)
{
    int rc = digest_begin(batch->context, message->digest);

    if (rc == 0)
        rc = digest_update(batch->context, message->bytes, message->len);
    if (rc == 0)
        rc = digest_end(batch->context, message->out);
    message->status = rc;
}

/* Moves the messages whose jobs are complete to those that are done. */
static void collect(struct batch *batch)
{
    unsigned left = 0;

    for (unsigned i = 0; i < batch->submitted.len; i++) {
        struct message *message = &batch->submitted.of[i];
        if (message->job->status < IMB_STATUS_COMPLETED) {
            batch->submitted.of[left++] = *message;
            continue;
        }
        message->status = 0;
        if (message->job->status != IMB_STATUS_COMPLETED) /* an error */
            digest_alone(batch, message);
        append(&batch->done, message);
    }
    batch->submitted.len = left;
}

/* Gives the manager a message. */
static void submit(struct batch *batch, const struct message *message)
{
    IMB_JOB *job = IMB_GET_NEXT_JOB(batch->manager);

    job->cipher_mode = IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_HASH_CIPHER;
    job->hash_alg = message->algorithm->job;
    job->src = message->bytes;
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = message->len;
    job->auth_tag_output = message->out;
    job->auth_tag_output_len_in_bytes = digest_bytes(message->digest);
    append(&batch->submitted, message);
    batch->submitted.of[batch->submitted.len - 1].job = job;
    job = IMB_SUBMIT_JOB(batch->manager);
    collect(batch);
    while (job)
        job = IMB_GET_COMPLETED_JOB(batch->manager);
}

static void submit_waiting(struct batch *batch)
{
    for (unsigned i = 0; i < batch->waiting.len; i++)
        submit(batch, &batch->waiting.of[i]);
    batch->waiting.len = 0;
}

/* Adds a message, without asking whether it gains. */
static void add(struct batch *batch, const struct message *message)
{
    if (batch->submitted.len > 0) {
        submit(batch, message);
        return;
    }
    append(&batch->waiting, message);
    if (batch->waiting.len >= lanes_of(batch, message->algorithm))
        submit_waiting(batch);
}

bool batch_add(struct batch *batch, const struct digest *digest, const void *bytes, size_t len,
               uint8_t *out, void *owner)
{
    const char *tag = digest_tag(digest);

    assert(owner);
    if (len == 0 || len > BATCH_MESSAGE_BYTES_MAX || messages_of(batch) == MESSAGES)
        return false;
    for (unsigned i = 0; i < ALGORITHMS; i++) {
        if (!batch->gains[i] || strcmp(tag, algorithms[i].tag) != 0)
            continue;
        add(batch, &(struct message){.digest = digest,
                                     .algorithm = &algorithms[i],
                                     .bytes = bytes,
                                     .len = len,
                                     .out = out,
                                     .owner = owner});
        return true;
    }
    return false;
}

/* Computes all messages without waiting for more. */
static void flush(struct batch *batch)
{
    IMB_JOB *job;

    if (batch->waiting.len > 0 && batch->submitted.len == 0 &&
        batch->waiting.len < lanes_of(batch, batch->waiting.of[0].algorithm) / 2) {
        for (unsigned i = 0; i < batch->waiting.len; i++) {
            digest_alone(batch, &batch->waiting.of[i]);
            append(&batch->done, &batch->waiting.of[i]);
        }
        batch->waiting.len = 0;
    }
    submit_waiting(batch);
    while (batch->submitted.len > 0) {
        job = IMB_FLUSH_JOB(batch->manager);
        assert(job);
        collect(batch);
        while (job)
            job = IMB_GET_COMPLETED_JOB(batch->manager);
    }
}

void *batch_done(struct batch *batch, bool flush_now, int *status)
{
    struct message *message;

    if (batch->done.len == 0 && flush_now)
        flush(batch);
    if (batch->done.len == 0)
        return NULL;
    message = &batch->done.of[--batch->done.len];
    *status = message->status;
    return message->owner;
}

const char *batch_name(void)
{
    return known.name;
}

/* Digests messages of many lengths, twice as many as there are lanes and some, and compares.
 * Returns whether all are correct. */
static bool is_correct(struct batch *batch, const struct algorithm *algorithm)
{
    struct digest *digest = digest_open(algorithm->tag);
    uint8_t bytes[CHECK_BYTES], out[CHECK_BYTES / 5][DIGEST_BYTES_MAX], right[DIGEST_BYTES_MAX];
    bool correct = digest != NULL;
    int status;

    for (unsigned i = 0; i < CHECK_BYTES; i++)
        bytes[i] = (uint8_t)(i * 151);
    for (size_t i = 0; i < CHECK_BYTES / 5 && digest; i++)
        add(batch, &(struct message){.digest = digest,
                                     .algorithm = algorithm,
                                     .bytes = bytes,
                                     .len = (i + 1) * 5,
                                     .out = out[i],
                                     .owner = out[i]});
    while (batch_done(batch, true, &status))
        correct &= status == 0;
    for (size_t i = 0; i < CHECK_BYTES / 5 && correct; i++) {
        struct message alone = {.digest = digest, .bytes = bytes, .len = (i + 1) * 5, .out = right};
        digest_alone(batch, &alone);
        correct = alone.status == 0 && memcmp(out[i], right, digest_bytes(digest)) == 0;
    }
    digest_close(digest);
    return correct;
}

/* Decides which algorithms gain on this processor. Returns whether any does. */
static bool choose(struct batch *batch)
{
    uint64_t features = batch->manager->features;
    bool avx512 = (features & IMB_FEATURE_AVX512_SKX) == IMB_FEATURE_AVX512_SKX;
    bool any = false;

    if (!avx512 && !(features & IMB_FEATURE_AVX2))
        return false;
    batch->register_bytes = avx512 ? 64 : 32;
    if (!known.checked)
        snprintf(known.name, sizeof(known.name), "libipsec-mb, %s, %u at a time",
                 avx512 ? "AVX-512" : "AVX2", lanes_of(batch, &algorithms[0]));
    for (unsigned i = 0; i < ALGORITHMS; i++) {
        bool gains = avx512 || !algorithms[i].sha_ni || !(features & IMB_FEATURE_SHANI);
        if (gains && !known.checked)
            known.correct[i] = is_correct(batch, &algorithms[i]);
        batch->gains[i] = gains && known.correct[i];
        any |= batch->gains[i];
    }
    known.checked = true;
    return any;
}

/* Makes a batch. Called with the lock held. */
static struct batch *make(void)
{
    /* no code but that of OpenSSL's providers, if its configuration decides */
    const struct libipsec_mb *library = sha_find("SHA256") ? libipsec_mb() : NULL;
    struct batch *batch = library ? calloc(1, sizeof(*batch)) : NULL;

    if (!batch)
        return NULL;
    batch->manager = library->alloc_mb_mgr(0);
    batch->context = digest_context_new();
    if (batch->manager && batch->context) {
        library->init_mb_mgr_auto(batch->manager, NULL);
        if (batch->manager->imb_errno == 0 && choose(batch))
            return batch;
    }
    batch_free(batch);
    return NULL;
}

struct batch *batch_new(void)
{
    struct batch *batch;

    pthread_mutex_lock(&known.lock);
    batch = make();
    pthread_mutex_unlock(&known.lock);
    return batch;
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    assert(messages_of(batch) == 0);
    digest_context_free(batch->context);
    if (batch->manager)
        libipsec_mb()->free_mb_mgr(batch->manager);
    free(batch);
}

#else

struct batch *batch_new(void)
{
    return NULL;
}

void batch_free(struct batch *batch)
{
    (void)batch;
}

bool batch_add(struct batch *batch, const struct digest *digest, const void *bytes, size_t len,
               uint8_t *out, void *owner)
{
    (void)batch, (void)digest, (void)bytes, (void)len, (void)out, (void)owner;
    return false;
}

void *batch_done(struct batch *batch, bool flush, int *status)
{
    (void)batch, (void)flush, (void)status;
    return NULL;
}

const char *batch_name(void)
{
    return NULL;
}

#endif
