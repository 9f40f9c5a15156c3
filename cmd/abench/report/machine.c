/* machine.c: the machine and the filesystem of the measurements, and warnings about them. */
#define _GNU_SOURCE
#include "machine.h"
#include "answer.h"
#include "summary.h"
#include "../../../core/base/limits.h"
#include "words.h"

#include <inttypes.h>
#ifdef HAVE_LIBMOUNT
#include <libmount.h>
#endif
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

static void read_memory(struct machine *machine)
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

/* Reads the first line of a file in sysfs, without blanks at its end; "" if there is none. */
static void read_line(char *line, size_t size, const char *dir, const char *name)
{
    char path[128];
    size_t len;
    FILE *file;

    line[0] = '\0';
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "re");
    if (file && !fgets(line, (int)size, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    for (len = strlen(line); len > 0 && strchr(" \n", line[len - 1]); len--)
        line[len - 1] = '\0';
}

static void read_processor(struct machine *machine)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[512];

    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "model name : %127[^\n]", machine->processor) == 1)
            break;
    }
    if (file)
        fclose(file);
}

/* Finds the number of the device. The mount names it if the filesystem has a number of its own, as
 * btrfs does. A container may lack this node, and a chroot has no mount for its root. */
static void find_number(struct machine *machine, const char *path)
{
    struct stat st;

    if (machine->device[0] == '/' && stat(machine->device, &st) == 0 && S_ISBLK(st.st_mode))
        machine->number = st.st_rdev;
    else if (stat(path, &st) == 0)
        machine->number = st.st_dev;
}

/* Fills in what sysfs tells about the device; a partition's is in the directory above. */
static void read_device(struct machine *machine)
{
    char dir[64], above[68], *end;

    snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u", major(machine->number),
             minor(machine->number));
    snprintf(above, sizeof(above), "%s/..", dir);
    for (int i = 0; i < 2 && !machine->scheduler[0]; i++) {
        const char *at = i ? above : dir;
        read_line(machine->model, sizeof(machine->model), at, "device/model");
        read_line(machine->scheduler, sizeof(machine->scheduler), at, "queue/scheduler");
        read_line(machine->requests, sizeof(machine->requests), at, "queue/nr_requests");
    }
    /* the chosen one is in brackets */
    if (strchr(machine->scheduler, '[') && (end = strchr(machine->scheduler, ']'))) {
        char *start = strchr(machine->scheduler, '[') + 1;
        *end = '\0';
        memmove(machine->scheduler, start, strlen(start) + 1);
    }
}

#ifdef HAVE_LIBMOUNT
/* Fills in the type and the source of the mount that the path is on. */
static void read_filesystem(struct machine *machine, const char *path)
{
    struct libmnt_table *table = mnt_new_table_from_file("/proc/self/mountinfo");
    char *real = realpath(path, NULL);
    struct libmnt_fs *fs = NULL;

    if (table && real) /* backward: the last mount on a directory covers the others */
        fs = mnt_table_find_mountpoint(table, real, MNT_ITER_BACKWARD);
    if (fs && mnt_fs_get_fstype(fs))
        snprintf(machine->filesystem, sizeof(machine->filesystem), "%s", mnt_fs_get_fstype(fs));
    if (fs && mnt_fs_get_source(fs))
        snprintf(machine->device, sizeof(machine->device), "%s", mnt_fs_get_source(fs));
    free(real);
    mnt_unref_table(table);
}
#else
static void read_filesystem(struct machine *machine, const char *path)
{
    (void)machine;
    (void)path;
}
#endif

void machine_read(struct machine *machine, const char *path)
{
    struct utsname name;
    struct stat st;

    *machine = (struct machine){.processors = limits_processors(), .load = NAN};
    strcpy(machine->kernel, MACHINE_UNKNOWN);
    strcpy(machine->filesystem, MACHINE_UNKNOWN);
    strcpy(machine->device, MACHINE_UNKNOWN);
    if (uname(&name) == 0)
        snprintf(machine->kernel, sizeof(machine->kernel), "%s", name.release);
    if (getloadavg(&machine->load, 1) != 1)
        machine->load = NAN;
    read_memory(machine);
    if (stat(path, &st) == 0 && S_ISBLK(st.st_mode)) {
        strcpy(machine->filesystem, "block device");
        snprintf(machine->device, sizeof(machine->device), "%s", path);
    } else {
        read_filesystem(machine, path);
    }
    read_processor(machine);
    find_number(machine, path);
    read_device(machine);
}

void machine_warn_before(struct bench *bench, const struct machine *machine)
{
    const double free_little = 0.05;
    const char *type = machine->filesystem;

    if ((double)machine->memory_available < free_little * (double)machine->memory_total)
        bench_warn(bench,
                   "little memory is free, %s of %s: the kernel evicts cached pages during"
                   " the runs; stop the processes that use it",
                   words_bytes((double)machine->memory_available),
                   words_bytes((double)machine->memory_total));
    if (bench->opts.warm && bench->data.bytes > machine->memory_available)
        bench_warn(bench,
                   "the files are larger than the free memory, so that not all of them are cached"
                   " in warm runs; choose fewer files");
    bench->never_cold = strcmp(type, "tmpfs") == 0 || strcmp(type, "ramfs") == 0;
    if (bench->opts.cold && bench->never_cold)
        bench_warn(bench,
                   "%s keeps its files in memory, so that there is no cold state; choose files on"
                   " a disk",
                   type);
}

/* Warns of the arms whose copies are not on the device when they end. */
static void warn_not_durable(struct bench *bench, enum bench_cache cache)
{
    const double in_memory = 1.5;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; i < bench->n_arms && out; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        if (sum.runs > 0 && sum.durable > in_memory * sum.median)
            fprintf(out, "%s%s (%s)", ftell(out) > 0 ? ", " : "", words_seconds(sum.durable),
                    bench->arms[i].label);
    }
    if (out && fclose(out) == 0 && text[0])
        bench_warn(bench,
                   "copies are still in the page cache when the command ends; they are on the"
                   " device after %s, which --durable measures",
                   text);
    free(text);
}

static void warn_state(struct bench *bench, enum bench_cache cache, const struct machine *machine)
{
    const double start_seconds = 0.02;
    struct bench_summary base = summary_of(bench, bench->baseline, cache);
    double bytes = bench_bytes(bench);

    if (base.runs > 0 && base.median < start_seconds && !answer_find(bench, cache).too_short)
        bench_warn(bench, "a run takes %s, of which the start of the process is a part; %s",
                   words_seconds(base.median), answer_for_longer(bench));
    if (cache == BENCH_COLD && machine->device[0] == '/' && base.runs > 0 && !base.unchecked &&
        bench->opts.write_percent == 0 && base.device_read < bytes / 2)
        bench_warn(bench,
                   "only %s of %s came from the device in cold runs: the filesystem has its"
                   " own cache, or the files have holes; try --drop-caches, or other files",
                   words_bytes(base.device_read), words_bytes(bytes));
    if (bench->opts.operation == BENCH_COPY && !bench->opts.durable)
        warn_not_durable(bench, cache);
}

void machine_warn_after(struct bench *bench, const struct machine *machine)
{
    if (bench->opts.cold)
        warn_state(bench, BENCH_COLD, machine);
    if (bench->opts.warm)
        warn_state(bench, BENCH_WARM, machine);
}
