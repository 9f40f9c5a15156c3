/* getlimits.c: stands in for coreutils' src/getlimits: prints limits of types and the texts of
 * errors as NAME=VALUE lines. */
#define _GNU_SOURCE
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

static void print_number(const char *type, const char *what, __int128 value)
{
    unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    char digits[64];
    size_t at = sizeof(digits) - 1;

    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest > 0);
    printf("%s_%s=%s%s\n", type, what, value < 0 ? "-" : "", digits + at);
}

static void print_limits(const char *type, __int128 max, __int128 min)
{
    print_number(type, "MAX", max);
    print_number(type, "OFLOW", max + 1);
    if (min < 0) {
        print_number(type, "MIN", min);
        print_number(type, "UFLOW", min - 1);
    }
}

static void print_error(const char *name, int err)
{
    const char *text = strerror(err);
    char quote = strchr(text, '\'') ? '"' : '\'';

    printf("%s=%c%s%c\n", name, quote, text, quote);
}

int main(void)
{
    print_limits("CHAR", CHAR_MAX, CHAR_MIN);
    print_limits("SCHAR", SCHAR_MAX, SCHAR_MIN);
    print_limits("UCHAR", UCHAR_MAX, 0);
    print_limits("SHRT", SHRT_MAX, SHRT_MIN);
    print_limits("INT", INT_MAX, INT_MIN);
    print_limits("UINT", UINT_MAX, 0);
    print_limits("LONG", LONG_MAX, LONG_MIN);
    print_limits("ULONG", ULONG_MAX, 0);
    print_limits("SIZE", SIZE_MAX, 0);
    print_limits("SSIZE", SSIZE_MAX, -(__int128)SSIZE_MAX - 1);
    print_limits("TIME_T", INT64_MAX, INT64_MIN);
    print_limits("UID_T", UINT32_MAX, 0);
    print_limits("GID_T", UINT32_MAX, 0);
    print_limits("PID_T", INT_MAX, INT_MIN);
    print_limits("OFF_T", INT64_MAX, INT64_MIN);
    print_limits("OFF64_T", INT64_MAX, INT64_MIN);
    print_limits("INTMAX", INTMAX_MAX, INTMAX_MIN);
    print_limits("UINTMAX", UINTMAX_MAX, 0);
    printf("FLT_MIN=%.9g\nFLT_MAX=%.9g\n", (double)FLT_MIN, (double)FLT_MAX);
    printf("DBL_MIN=%.17g\nDBL_MAX=%.17g\n", DBL_MIN, DBL_MAX);
    printf("LDBL_MIN=%.21Lg\nLDBL_MAX=%.21Lg\n", LDBL_MIN, LDBL_MAX);
    printf("SIGRTMIN=%d\nSIGRTMAX=%d\nIO_BUFSIZE=%d\n", SIGRTMIN, SIGRTMAX, 256 * 1024);
    for (int err = 1; err <= EHWPOISON; err++)
        if (strerrorname_np(err))
            print_error(strerrorname_np(err), err);
    print_error("ENOTSUP", ENOTSUP);
    print_error("EWOULDBLOCK", EWOULDBLOCK);
    print_error("EDEADLOCK", EDEADLK);
    return 0;
}
