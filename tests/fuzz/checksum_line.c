/* checksum_line.c: fuzzes the lines of check files: a parsed line is printed, and must parse to the
 * same.
 */
#define _GNU_SOURCE
#include <string.h>

#include "../../cmd/ahash/algorithms.h"
#include "fuzz.h"

/* as ahash, and as b2sum */
static struct algorithms runs[] = {{.detect = true, .as_cksum = true}, {.any_length = true}};

/* Prints the line and parses the output. */
static void print_and_parse(struct algorithms *algorithms, const struct checksum_line *line,
                            const char *tag)
{
    struct checksum_format format = {.tag = tag, .mode = ' ', .end = '\n'};
    struct checksum_reader reader = algorithms_reader(algorithms);
    struct checksum_line again;
    size_t bytes = digest_bytes(line->algorithm), len;
    char *text = NULL;
    FILE *out = open_memstream(&text, &len);

    MUST(out);
    checksum_line_print(out, &format, line->digest, bytes, line->name);
    MUST(fclose(out) == 0 && len > 0 && text[len - 1] == '\n');
    MUST(!memchr(text, '\n', len - 1));
    MUST(checksum_line_parse(&reader, text, len - 1, &again));
    MUST(strcmp(again.name, line->name) == 0);
    MUST(digest_bytes(again.algorithm) == bytes && memcmp(again.digest, line->digest, bytes) == 0);
    MUST(!tag || again.algorithm == line->algorithm);
    free(text);
}

/* without a tag the length decides */
static bool has_usual_length(struct algorithms *algorithms, const struct digest *digest)
{
    const struct digest *by_digits = algorithms_by_digits(algorithms, 2 * digest_bytes(digest));

    return by_digits && digest_bytes(by_digits) == digest_bytes(digest);
}

static void parse_lines(struct algorithms *algorithms, const uint8_t *data, size_t len)
{
    struct checksum_reader reader = algorithms_reader(algorithms);

    if (algorithms->chosen_len == 0)
        algorithms_choose(algorithms, "sha256");
    while (len > 0) {
        const uint8_t *end = memchr(data, '\n', len);
        size_t line_len = end ? (size_t)(end - data) : len;
        char *text = malloc(line_len + 1);
        struct checksum_line line;

        MUST(text);
        memcpy(text, data, line_len);
        text[line_len] = '\n';
        if (checksum_line_parse(&reader, text, line_len, &line)) {
            MUST(line.name >= text && line.name + strlen(line.name) <= text + line_len);
            print_and_parse(algorithms, &line, digest_tag(line.algorithm));
            if (*line.name && has_usual_length(algorithms, line.algorithm))
                print_and_parse(algorithms, &line, NULL);
        }
        free(text);
        line_len += end ? 1 : 0;
        data += line_len;
        len -= line_len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
        parse_lines(&runs[i], data, len);
    return 0;
}
