/* words.c: figures as people read them. See words.h. */
#include "words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { BUFFERS = 8, BUFFER_BYTES = 64 };

static char *next_buffer(void)
{
    static char buffers[BUFFERS][BUFFER_BYTES];
    static unsigned next;

    return buffers[next++ % BUFFERS];
}

/* Formats a value with three digits, or with all digits of a larger one. */
static const char *three_digits(double value, const char *unit)
{
    char *out = next_buffer();

    snprintf(out, BUFFER_BYTES, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, unit);
    return out;
}

const char *words_seconds(double seconds)
{
    if (isnan(seconds))
        return "-";
    if (seconds == 0)
        return "0 s";
    if (seconds >= 0.9995)
        return three_digits(seconds, "s");
    if (seconds >= 0.0009995)
        return three_digits(1e3 * seconds, "ms");
    return three_digits(1e6 * seconds, "us");
}

static int ratio_digits(double ratio)
{
    return ratio < 0.095 ? 3 : ratio < 1.995 ? 2 : ratio < 9.95 ? 1 : 0;
}

const char *words_times(double ratio)
{
    char *out = next_buffer();

    if (isnan(ratio))
        return "-";
    snprintf(out, BUFFER_BYTES, "%.*f", ratio_digits(ratio), ratio);
    return out;
}

const char *words_interval(double low, double high)
{
    char *out = next_buffer();
    int digits = ratio_digits(low);

    snprintf(out, BUFFER_BYTES, "%.*f..%.*f", digits, low, digits, high);
    return out;
}

const char *words_figure(double value)
{
    char *out = next_buffer();

    if (isnan(value))
        return "-";
    if (value > 0 && value < 0.05)
        return "<0.1";
    snprintf(out, BUFFER_BYTES, "%.*f", value > 0 && value < 9.95 ? 1 : 0, value);
    return out;
}

const char *words_bytes(double bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    const double rounded_up = 999.95; /* to 1000.0 */
    char *out = next_buffer();
    unsigned unit = 0;

    while (bytes >= (unit ? rounded_up : 999.5) && unit < 4) {
        bytes /= 1000;
        unit++;
    }
    snprintf(out, BUFFER_BYTES, "%.*f %s", unit ? 1 : 0, bytes,
             bytes == 1 && unit == 0 ? "byte" : units[unit]);
    return out;
}

const char *words_count(uint64_t count)
{
    char *out = next_buffer(), digits[24], *at = out;
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

const char *words_plural(uint64_t count, const char *noun)
{
    char *out = next_buffer();

    snprintf(out, BUFFER_BYTES, "%s %s%s", words_count(count), noun, count == 1 ? "" : "s");
    return out;
}

const char *words_of_whole(uint64_t files, uint64_t whole)
{
    char *out = next_buffer();

    if (whole == 0)
        return words_plural(files, "file");
    snprintf(out, BUFFER_BYTES, "%s of %s", words_count(files), words_plural(whole, "file"));
    return out;
}
