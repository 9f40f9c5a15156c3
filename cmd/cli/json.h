/* json.h: writes JSON, for every program; aioutils-json(5) describes the documents.
 *
 * A document is written as it is put together, since ahash --json has a million of them: trees of
 * jansson took a fifth of its CPU time. Reading is jansson's. No name is lost: JSON is Unicode, and
 * a name that is not valid UTF-8 is also given in hex, under its key with _hex appended.
 *
 * The stream stays locked from json_begin to json_finish, so that no other thread writes into the
 * document. */
#ifndef CMD_CLI_JSON_H
#define CMD_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The version of the vocabulary: it changes if a field is removed, renamed or gets another meaning,
 * and not if one is added. */
enum { JSON_FORMAT = 1 };

enum json_layout { JSON_LINE, JSON_INDENTED };

enum { JSON_DEPTH_MAX = 16 };

struct json_writer {
    FILE *out;
    enum json_layout layout;
    unsigned depth;
    bool in_array[JSON_DEPTH_MAX]; /* by depth; else in an object */
    bool empty;                    /* nothing is in the innermost array or object yet */
};

/* Begins a document with its format and type. */
void json_begin(struct json_writer *json, FILE *out, enum json_layout layout, const char *type);
/* Adds the program and its version. */
void json_put_program(struct json_writer *json, const char *program);
/* Ends the document and its line. Returns 0, or -1 if the stream has failed. */
int json_finish(struct json_writer *json);

/* Each of these adds one member to an object under key, or to an array if key is NULL. */
void json_put_object(struct json_writer *json, const char *key); /* until json_end */
void json_put_array(struct json_writer *json, const char *key);  /* until json_end */
void json_end(struct json_writer *json);
void json_put_null(struct json_writer *json, const char *key);
void json_put_bool(struct json_writer *json, const char *key, bool value);
void json_put_count(struct json_writer *json, const char *key, uint64_t value);
/* Adds null if the value is unknown: not finite. */
void json_put_real(struct json_writer *json, const char *key, double value);
/* Adds text for people, or null. Bytes that are not valid UTF-8 are lost. */
void json_put_text(struct json_writer *json, const char *key, const char *text);
/* Adds bytes in hex. */
void json_put_hex(struct json_writer *json, const char *key, const uint8_t *bytes, size_t len);
/* Adds a name to an object, with KEY_hex if it is not valid UTF-8. */
void json_put_name(struct json_writer *json, const char *key, const char *name);
/* Adds an array of n names to an object, with the array KEY_hex if one of them is not valid UTF-8.
 */
void json_put_names(struct json_writer *json, const char *key, char *const *names, size_t n);

#endif
