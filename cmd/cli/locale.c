/* locale.c: the characters of names, in the locale of the environment. See quote.h.
 *
 * The locale is loaded when a name first has a byte outside of ASCII, and is that of the calls here
 * only: nothing else in the program depends on it. */
#define _GNU_SOURCE
#include "quote.h"

#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static locale_t locale; /* 0: as the C locale */

static void load(void)
{
    /* with all of its categories, as setlocale(LC_ALL, "") fails if one of them does */
    locale = newlocale(LC_ALL_MASK, "", (locale_t)0);
}

static locale_t get_locale(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load);
    return locale;
}

bool cli_utf8(void)
{
    return get_locale() && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
}

static struct cli_char wide_char(const char *text, size_t len)
{
    struct cli_char one = {.bytes = 1, .columns = 1};
    mbstate_t state = {0};
    locale_t before;
    wchar_t wide;
    size_t bytes;

    if (!get_locale())
        return one;
    before = uselocale(locale);
    bytes = mbrtowc(&wide, text, len, &state);
    if (bytes == (size_t)-2) { /* the text ends within a character */
        one.bytes = len;
    } else if (bytes != (size_t)-1 && bytes > 0) {
        one.bytes = bytes;
        one.printable = iswprint((wint_t)wide);
        if (one.printable && wcwidth(wide) >= 0)
            one.columns = (unsigned)wcwidth(wide);
    }
    uselocale(before);
    return one;
}

struct cli_char cli_char(const char *text, size_t len)
{
    unsigned char c = (unsigned char)*text;

    if (c >= 0x80)
        return wide_char(text, len);
    return (struct cli_char){.bytes = 1, .columns = 1, .printable = c >= 0x20 && c < 0x7f};
}
