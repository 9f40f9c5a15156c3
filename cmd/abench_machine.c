/* abench_machine.c: the machine and the filesystem that a figure belongs to, and what would spoil
 * it. */
#define _GNU_SOURCE
#include "abench.h"
#include "cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static void look_memory(struct machine *machine)
{
    FILE *file = fopen("/proc/meminfo", "re");
    char line[256];
    uint64_t kib;

    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "MemTotal: %" SCNu64, &kib) == 1)
            machine->memory_total = kib * 1024;
        else if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
            machine->memory_available = kib * 1024;
    }
    if (file)
        fclose(file);
}

/* mountinfo writes blank, tab, newline and backslash as \ooo. */
static void unescape(char *text)
{
    char *out = text;

    for (; *text; out++) {
        unsigned code;
        if (sscanf(text, "\\%3o", &code) == 1) {
            *out = (char)code;
            text += 4;
        } else {
            *out = *text++;
        }
    }
    *out = '\0';
}

static bool is_below(const char *path, const char *mount)
{
    size_t len = strlen(mount);

    if (len > 0 && mount[len - 1] == '/')
        len--;
    return strncmp(path, mount, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* The mount with the longest name above the path; of equals the last, which covers the others. */
static void look_filesystem(struct machine *machine, const char *path)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char *line = NULL, *real = realpath(path, NULL);
    size_t cap = 0, longest = 0;

    while (file && real && getline(&line, &cap, file) > 0) {
        char *mount = NULL, *type = NULL, *source = NULL, *tail = strstr(line, " - ");
        if (sscanf(line, "%*s %*s %*s %*s %ms", &mount) == 1 && tail &&
            sscanf(tail, " - %ms %ms", &type, &source) == 2) {
            unescape(mount);
            unescape(source);
            if (is_below(real, mount) && strlen(mount) >= longest) {
                longest = strlen(mount);
                snprintf(machine->filesystem, sizeof(machine->filesystem), "%s", type);
                snprintf(machine->device, sizeof(machine->device), "%s", source);
            }
        }
        free(mount);
        free(type);
        free(source);
    }
    free(line);
    free(real);
    if (file)
        fclose(file);
}

void machine_look(struct machine *machine, const char *path)
{
    struct utsname name;

    *machine = (struct machine){.processors = cli_processors(), .load = NAN};
    strcpy(machine->filesystem, "unknown");
    strcpy(machine->device, "unknown");
    if (uname(&name) == 0)
        snprintf(machine->kernel, sizeof(machine->kernel), "%s", name.release);
    if (getloadavg(&machine->load, 1) != 1)
        machine->load = NAN;
    look_memory(machine);
    look_filesystem(machine, path);
}

void machine_warn(struct bench *bench, const struct machine *machine)
{
    const double load_much = 0.5; /* per processor */
    const char *type = machine->filesystem;

    if (machine->load > load_much * machine->processors)
        bench_warn(bench,
                   "the machine is busy: load average %.2f on %u processors;"
                   " stop what else runs, or trust the ratios only",
                   machine->load, machine->processors);
    if (bench->opts.warm && bench->data.bytes > machine->memory_available)
        bench_warn(bench, "the files are larger than the memory that is free: they cannot all be"
                          " cached, and warm is not warm; choose fewer files");
    if (bench->opts.cold && (strcmp(type, "tmpfs") == 0 || strcmp(type, "ramfs") == 0))
        bench_warn(bench,
                   "%s keeps its files in memory: there is no cold state here;"
                   " choose files on a disk",
                   type);
}

void machine_steal(double *stolen, double *total)
{
    FILE *file = fopen("/proc/stat", "re");
    double v[8];

    *stolen = *total = 0;
    if (!file)
        return;
    if (fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3], &v[4],
               &v[5], &v[6], &v[7]) == 8) {
        *stolen = v[7];
        for (int i = 0; i < 8; i++)
            *total += v[i];
    }
    fclose(file);
}
