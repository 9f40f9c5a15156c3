/* curves.c: the curves of a sweep. See curves.h. */
#define _GNU_SOURCE
#include "curves.h"
#include "../../cli/sizes.h"

#include <stdio.h>

double curves_x(const struct bench *bench, const struct bench_arm *arm)
{
    uint64_t value = 0;

    (void)cli_parse_size(bench->sweep.dimensions[0].values[arm->point[0]], &value);
    return (double)value;
}

bool curves_same(const struct bench *bench, const struct bench_arm *a, const struct bench_arm *b)
{
    for (size_t d = 1; d < bench->sweep.n_dimensions; d++) {
        if (a->point[d] != b->point[d])
            return false;
    }
    return true;
}

void curves_title(char *title, size_t size, const struct bench *bench, const struct bench_arm *arm)
{
    size_t len = 0;

    snprintf(title, size, "io_uring");
    for (size_t d = 1; d < bench->sweep.n_dimensions && len < size; d++)
        len += (size_t)snprintf(title + len, size - len, "%s%s=%s", d > 1 ? ", " : "",
                                bench->sweep.dimensions[d].name,
                                bench->sweep.dimensions[d].values[arm->point[d]]);
}
