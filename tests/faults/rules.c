/* rules.c: parsing and applying what the faulty filesystem does wrong. See rules.h. */
#define _GNU_SOURCE
#include "rules.h"

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TOGETHER_SECONDS = 20,
    RULES_MAX = 64,
    GLOB_MAX = 256,
};

struct rule {
    uint32_t ops; /* bits */
    char glob[GLOB_MAX];
    struct rule_effect effect;
    uint64_t from, to; /* bytes */
    uint64_t after, times;
    uint64_t matched, applied;
    uint64_t together;      /* operations to wait for; 0: as many have been there */
    uint64_t waiting, most; /* operations that wait for others */
    char text[GLOB_MAX + 128];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t met = PTHREAD_COND_INITIALIZER;
static struct rule rules[RULES_MAX];
static size_t rule_count;

static const char *const op_names[RULE_OPS] = {
    "getattr",  "open",     "create", "read",   "write",   "flush", "fsync",
    "truncate", "allocate", "seek",   "rename", "unlink",  "link",  "mkdir",
    "mknod",    "readdir",  "chmod",  "chown",  "utimens", "xattr", "listxattr",
};

static bool parse_ops(char *text, uint32_t *ops)
{
    char *rest = NULL;

    *ops = 0;
    for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        uint32_t before = *ops;
        for (int op = 0; op < RULE_OPS; op++)
            if (strcmp(word, "all") == 0 || strcmp(word, op_names[op]) == 0)
                *ops |= 1u << op;
        if (*ops == before)
            return false;
    }
    return *ops != 0;
}

static bool parse_number(const char *text, uint64_t *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    *number = strtoull(text, &end, 10);
    return *end == 0;
}

static bool parse_error(const char *text, int *error)
{
    uint64_t number;

    if (parse_number(text, &number)) {
        *error = -(int)number;
        return true;
    }
    for (int err = 1; err < 134; err++) {
        const char *name = strerrorname_np(err);
        if (name && strcmp(name, text) == 0) {
            *error = -err;
            return true;
        }
    }
    return false;
}

static bool parse_word(struct rule *rule, char *word)
{
    struct rule_effect *effect = &rule->effect;
    char *value = strchr(word, '=');
    uint64_t number;

    if (!value) {
        effect->deaf = true;
        return strcmp(word, "deaf") == 0;
    }
    *value++ = 0;
    if (strcmp(word, "error") == 0)
        return parse_error(value, &effect->error);
    if (!parse_number(value, &number))
        return false;
    if (strcmp(word, "delay") == 0)
        effect->delay_us = (unsigned)number * 1000;
    else if (strcmp(word, "microseconds") == 0)
        effect->delay_us = (unsigned)number;
    else if (strcmp(word, "short") == 0)
        effect->short_bytes = number;
    else if (strcmp(word, "size") == 0)
        effect->size = (int64_t)number;
    else if (strcmp(word, "flip") == 0)
        effect->flip = (int64_t)number;
    else if (strcmp(word, "resize") == 0)
        effect->resize = (int64_t)number;
    else if (strcmp(word, "repeat") == 0)
        effect->repeat = (int64_t)number;
    else if (strcmp(word, "type") == 0)
        effect->type = (int64_t)number;
    else if (strcmp(word, "from") == 0)
        rule->from = number;
    else if (strcmp(word, "to") == 0)
        rule->to = number;
    else if (strcmp(word, "after") == 0)
        rule->after = number;
    else if (strcmp(word, "times") == 0)
        rule->times = number;
    else if (strcmp(word, "together") == 0)
        rule->together = number;
    else
        return false;
    return true;
}

static const struct rule_effect no_effect = {
    .short_bytes = SIZE_MAX, .size = -1, .flip = -1, .resize = -1, .type = -1};

static bool parse_rule(struct rule *rule, char *line)
{
    char *rest = NULL;
    char *ops, *glob, *word;

    *rule = (struct rule){.effect = no_effect, .to = UINT64_MAX, .times = UINT64_MAX};
    snprintf(rule->text, sizeof(rule->text), "%s", line);
    ops = strtok_r(line, " ", &rest);
    glob = strtok_r(NULL, " ", &rest);
    if (!ops || !glob || strlen(glob) >= GLOB_MAX || !parse_ops(ops, &rule->ops))
        return false;
    memcpy(rule->glob, glob, strlen(glob) + 1);
    while ((word = strtok_r(NULL, " ", &rest)))
        if (!parse_word(rule, word))
            return false;
    return true;
}

int rules_set(const char *text, size_t len)
{
    struct rule *parsed = calloc(RULES_MAX, sizeof(*parsed));
    char *copy = strndup(text, len);
    char *rest = NULL;
    size_t count = 0;
    int rc = parsed && copy ? 0 : -ENOMEM;

    for (char *line = rc == 0 ? strtok_r(copy, "\n", &rest) : NULL; line && rc == 0;
         line = strtok_r(NULL, "\n", &rest))
        if (count == RULES_MAX || !parse_rule(&parsed[count++], line))
            rc = -EINVAL;
    if (rc == 0) {
        pthread_mutex_lock(&lock);
        memcpy(rules, parsed, count * sizeof(*parsed));
        rule_count = count;
        pthread_mutex_unlock(&lock);
    }
    free(copy);
    free(parsed);
    return rc;
}

char *rules_text(void)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < rule_count; i++) {
        fprintf(out, "%s: matched %llu, applied %llu", rules[i].text,
                (unsigned long long)rules[i].matched, (unsigned long long)rules[i].applied);
        if (rules[i].most > 0)
            fprintf(out, ", together %llu", (unsigned long long)rules[i].most);
        fputc('\n', out);
    }
    pthread_mutex_unlock(&lock);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void add_effect(struct rule_effect *sum, const struct rule_effect *effect)
{
    if (effect->error && !sum->error)
        sum->error = effect->error;
    sum->delay_us += effect->delay_us;
    sum->deaf |= effect->deaf;
    if (effect->short_bytes < sum->short_bytes)
        sum->short_bytes = effect->short_bytes;
    if (effect->size >= 0)
        sum->size = effect->size;
    if (effect->flip >= 0)
        sum->flip = effect->flip;
    if (effect->resize >= 0)
        sum->resize = effect->resize;
    if (effect->type >= 0)
        sum->type = effect->type;
    sum->repeat += effect->repeat;
}

/* Called with the lock held: waits for other operations of the rule. One that has waited in vain
 * ends that for all. */
static void meet(struct rule *rule)
{
    struct timespec end;

    if (++rule->waiting > rule->most)
        rule->most = rule->waiting;
    if (rule->waiting >= rule->together)
        rule->together = 0;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += TOGETHER_SECONDS;
    while (rule->together > 0 && pthread_cond_timedwait(&met, &lock, &end) == 0)
        ;
    rule->together = 0;
    rule->waiting--;
    pthread_cond_broadcast(&met);
}

struct rule_effect rules_apply(enum rule_op op, const char *path, uint64_t offset, uint64_t len)
{
    struct rule_effect sum = no_effect;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < rule_count; i++) {
        struct rule *rule = &rules[i];
        if (!(rule->ops & 1u << op) || fnmatch(rule->glob, path, 0) != 0)
            continue;
        if (len > 0 && (offset >= rule->to || offset + len <= rule->from))
            continue;
        if (rule->matched++ < rule->after || rule->applied >= rule->times)
            continue;
        rule->applied++;
        add_effect(&sum, &rule->effect);
        if (rule->together > 0)
            meet(rule);
    }
    pthread_mutex_unlock(&lock);
    return sum;
}
