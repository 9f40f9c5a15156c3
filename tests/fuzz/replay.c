/* replay.c: runs a fuzz target on all files of a directory, one after the other. */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <string.h>

#include "fuzz.h"

enum { INPUT_MAX = 1024 * 1024 };

/* Returns the number of failures. */
static int replay(const char *path)
{
    static uint8_t data[INPUT_MAX];
    FILE *file = fopen(path, "re");
    uint8_t *exact;
    size_t len;

    if (!file) {
        perror(path);
        return 1;
    }
    len = fread(data, 1, sizeof(data), file);
    fclose(file);
    exact = malloc(len ? len : 1); /* exact, to find reads beyond the end */
    if (!exact)
        return 1;
    memcpy(exact, data, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    printf("ok - %s\n", strrchr(path, '/') + 1);
    return 0;
}

int main(int argc, char **argv)
{
    struct dirent **names;
    int count = argc == 2 ? scandir(argv[1], &names, NULL, alphasort) : -1;
    int failed = 0;

    if (count < 0) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        if (names[i]->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]->d_name);
            failed += replay(path);
        }
        free(names[i]);
    }
    free(names);
    return failed > 0;
}
