/* manifest_read.c: reading the manifest that --update brings up to date. See manifest_read.h. */
#define _GNU_SOURCE
#include "manifest_read.h"
#include "../../core/base/leased.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../../core/base/retry.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char manifest_meta_prefix[] = "#: ";
const char manifest_header[] = "# of ahash --update";

static bool is_end(const struct manifest_entry *entry, const char *name)
{
    return entry->name && strcmp(entry->name, name) != 0;
}

/* Takes a line that is no comment into the entry. 1: it is the next entry's; 0; -EINVAL: it is no
 * line that this run would write. */
static int take_line(const struct ahash *ahash, struct manifest_reader *reader, size_t len)
{
    struct manifest_entry *entry = &reader->entry;
    const struct checksum_line *line = &reader->as;
    size_t found = 0;

    if (!reader->parsed && !checksum_line_parse(&reader->lines, reader->line, len, &reader->as))
        return -EINVAL;
    reader->parsed = true;
    if (is_end(entry, line->name))
        return 1;
    if (!entry->name)
        entry->name = strdup(line->name);
    if (!entry->name)
        cli_fatal(0, "memory exhausted");
    while (ahash->algorithms.chosen[found] != line->algorithm)
        found++;
    memcpy(entry->results[found].digest, line->digest, digest_bytes(line->algorithm));
    entry->results[found].algorithm = line->algorithm;
    return 0;
}

/* Takes a comment: the state of the file in the lines behind it, or one of no meaning. Returns 1 if
 * it is the next entry's, else 0. */
static int take_comment(struct manifest_reader *reader, uint64_t at)
{
    struct manifest_entry *entry = &reader->entry;
    struct ahash_meta *meta = &entry->meta;
    const char *numbers = reader->line + strlen(manifest_meta_prefix);

    if (strncmp(reader->line, manifest_header, strlen(manifest_header)) == 0)
        reader->has_header = true;
    if (strncmp(reader->line, manifest_meta_prefix, strlen(manifest_meta_prefix)) != 0)
        return 0;
    if (entry->name)
        return 1;
    entry->has_meta = sscanf(numbers, "%" SCNu64 " %" SCNd64 " %" SCNd64 " %" SCNu64, &meta->size,
                             &meta->mtime_ns, &meta->ctime_ns, &meta->ino) == 4;
    entry->at = at;
    return 0;
}

/* Reads the next line, or takes the one that is kept. Returns false at the end or after an error.
 */
static bool next_line(struct manifest_reader *reader)
{
    if (!reader->kept) {
        reader->parsed = false;
        if (!checksum_line_read(reader->stream, reader->line, &reader->len))
            return false;
    }
    reader->kept = false;
    reader->line_number++;
    return true;
}

int manifest_read(const struct ahash *ahash, struct manifest_reader *reader)
{
    struct manifest_entry *entry = &reader->entry;
    size_t len;
    int rc;

    free(entry->name);
    entry->name = NULL;
    entry->has_meta = false;
    for (size_t i = 0; i < ahash->algorithms.chosen_len; i++)
        entry->results[i].algorithm = NULL;
    errno = 0;
    for (; next_line(reader); reader->at += reader->len + 1) {
        rc = 0;
        len = reader->len;
        /* comments as well: this is not text, or a list of -z, whose other lines would be lost */
        if (len == CHECKSUM_LINE_BYTES_MAX || (!reader->parsed && memchr(reader->line, '\0', len)))
            return -EINVAL;
        if (len > 0 && reader->line[len - 1] == '\r')
            len--;
        if (!reader->parsed && reader->line[0] == '#') {
            rc = take_comment(reader, reader->at);
        } else if (len > 0) {
            if (!entry->name && !entry->has_meta)
                entry->at = reader->at;
            rc = take_line(ahash, reader, len);
        }
        if (rc < 0)
            return rc;
        if (rc == 1) {
            reader->kept = true;
            reader->line_number--;
            return 1;
        }
    }
    if (ferror(reader->stream))
        return errno ? -errno : -EIO;
    return entry->name != NULL;
}

bool manifest_entry_is_complete(const struct ahash *ahash, const struct manifest_entry *entry)
{
    for (size_t i = 0; i < ahash->algorithms.chosen_len; i++)
        if (!entry->results[i].algorithm)
            return false;
    return true;
}

bool manifest_can_list(const struct ahash *ahash, const char *name)
{
    struct checksum_format format = ahash->format;

    for (size_t i = 0; i < ahash->algorithms.chosen_len; i++) {
        const struct digest *algorithm = ahash->algorithms.chosen[i];
        if (ahash->tagged)
            format.tag = digest_tag(algorithm);
        if (!checksum_line_fits(&format, digest_bytes(algorithm), name))
            return false;
    }
    return true;
}

bool manifest_is_written(const struct manifest_reader *reader, const struct stat *then)
{
    struct stat now;

    return fstat(fileno(reader->stream), &now) == 0 &&
           (now.st_size != then->st_size || now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != then->st_mtim.tv_nsec);
}

void manifest_rewind(struct manifest_reader *reader)
{
    rewind(reader->stream);
    reader->at = 0;
    reader->kept = false;
}

bool manifest_read_at(const struct ahash *ahash, struct manifest_reader *reader, uint64_t at)
{
    bool found = at == reader->at || fseeko(reader->stream, (off_t)at, SEEK_SET) == 0;

    if (found && at != reader->at) {
        reader->at = at;
        reader->kept = false;
    }
    found = found && manifest_read(ahash, reader) == 1;
    reader->has_failed |= !found;
    return found;
}

void manifest_reader_open(struct ahash *ahash, struct manifest_reader *reader)
{
    const char *path = ahash->update_path;
    struct stat st;
    /* not opened before it is known to be a file: opening a FIFO waits, and a device may act */
    int fd, rc = stat(path, &st);

    if (rc == 0 && S_ISDIR(st.st_mode))
        cli_fatal(EISDIR, "%s", cli_quote_maybe(path));
    if (rc == 0 && !S_ISREG(st.st_mode))
        cli_fatal(0, "cannot update %s: not a regular file", cli_quote(path));
    fd = rc < 0 ? -errno : leased_open_first(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && fd != -ENOENT)
        cli_fatal(-fd, "%s", cli_quote_maybe(path));
    reader->stream = fd < 0 ? NULL : fdopen(fd, "r");
    reader->lines = algorithms_reader(&ahash->algorithms);
    reader->line = malloc(CHECKSUM_LINE_BYTES_MAX + 1);
    reader->entry.results = calloc(ahash->algorithms.chosen_len, sizeof(struct hash_result));
    if (!reader->line || !reader->entry.results || (fd >= 0 && !reader->stream))
        cli_fatal(0, "memory exhausted");
}

void manifest_reader_close(struct manifest_reader *reader)
{
    if (reader->stream)
        fclose(reader->stream);
    free(reader->line);
    free(reader->entry.name);
    free(reader->entry.results);
}
