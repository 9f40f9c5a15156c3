/* fio.c: what fio tells of its run: the start of fio takes longer than that of our commands, and a
 * job can be one of a given time. */
#define _GNU_SOURCE
#include "fio.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : 0;
}

/* Parses the report, which follows fio's notes, if there are any. */
static json_t *parse(FILE *file)
{
    char *line = NULL;
    size_t cap = 0;
    long at = 0;
    json_t *report = NULL;

    while (getline(&line, &cap, file) > 0 && line[0] != '{')
        at = ftell(file);
    if (!feof(file) && at >= 0 && fseek(file, at, SEEK_SET) == 0)
        report = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);
    free(line);
    return report;
}

bool fio_read(const char *path, struct fio_times *times)
{
    FILE *file = fopen(path, "re");
    json_t *report = file ? parse(file) : NULL;
    const json_t *jobs = json_object_get(report, "jobs");
    double ms = 0, user_ms = 0, system_ms = 0, bytes = 0;

    for (size_t i = 0; json_object_get(report, "fio version") && i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        ms = fmax(ms, number(job, "job_runtime"));
        user_ms += number(job, "job_runtime") * number(job, "usr_cpu") / 100;
        system_ms += number(job, "job_runtime") * number(job, "sys_cpu") / 100;
        bytes += number(json_object_get(job, "read"), "io_bytes") +
                 number(json_object_get(job, "write"), "io_bytes");
    }
    json_decref(report);
    if (file)
        fclose(file);
    if (ms <= 0 || bytes <= 0)
        return false;
    *times = (struct fio_times){ms / 1e3 / bytes, user_ms / 1e3 / bytes, system_ms / 1e3 / bytes};
    return true;
}
