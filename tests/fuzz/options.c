/* options.c: fuzzes the options of acp, which has the most: arguments that end with NUL. Options of
 * cp must have the same meaning; all others may at worst cause a message. */
#define _GNU_SOURCE
#include "../../cmd/acp/options.c" // NOLINT(bugprone-suspicious-include): for its tables

#include <setjmp.h>

#include "fuzz.h"
#include "../../cmd/cli/options.h"

enum { ARGUMENTS_MAX = 32 };

/* result of getopt */
struct parsed {
    struct {
        int option;
        const char *argument;
    } options[ARGUMENTS_MAX * 64];
    size_t len;
    char *arguments[ARGUMENTS_MAX + 2]; /* as permuted by getopt */
    int operands;                       /* index of the first operand */
};

static jmp_buf exited;
static bool parsing;

void __real_exit(int status) __attribute__((noreturn));
void __wrap_exit(int status) __attribute__((noreturn));
void __wrap_exit(int status)
{
    if (!parsing)
        __real_exit(status);
    parsing = false;
    MUST(status == EXIT_FAILURE);
    longjmp(exited, 1);
}

/* Disables leak reports: an exit that does not end the program loses memory. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* Stands in for the function of acp; no case asks. */
bool acp_ask(void *acp, const struct file *file, mode_t mode, bool writable)
{
    (void)acp;
    (void)file;
    (void)mode;
    return writable;
}

/* Tells if the arguments have options that print and end the program, or that open files. */
static bool is_left_out(const char *argument)
{
    return strncmp(argument, "--h", 3) == 0 || strncmp(argument, "--vers", 6) == 0 ||
           strncmp(argument, "--fi", 4) == 0;
}

/* Parses the arguments by cli_getopt_long, or as cp does. Returns true if that succeeds. */
static bool parse(struct parsed *parsed, int argc, char **argv, bool as_cp)
{
    struct option gnu[GNU_OPTIONS + 1] = {0};
    char gnu_short[sizeof(short_options)];
    const char *j = strchr(short_options, 'j');
    int option;

    memcpy(gnu, long_options, GNU_OPTIONS * sizeof(*gnu));
    snprintf(gnu_short, sizeof(gnu_short), "%.*s%s", (int)(j - short_options), short_options,
             j + 2);
    memcpy(parsed->arguments, argv, ((size_t)argc + 1) * sizeof(*argv));
    parsed->len = 0;
    optind = 0; /* starts a new scan */
    for (;;) {
        option = as_cp ? getopt_long(argc, parsed->arguments, gnu_short, gnu, NULL)
                       : cli_getopt_long(argc, parsed->arguments, short_options, long_options,
                                         GNU_OPTIONS);
        if (option == -1 || option == '?' ||
            parsed->len == sizeof(parsed->options) / sizeof(parsed->options[0]))
            break;
        parsed->options[parsed->len].option = option;
        parsed->options[parsed->len++].argument = optarg;
    }
    parsed->operands = optind;
    return option == -1;
}

static void check_as_cp(int argc, char **argv)
{
    static struct parsed cp, ours;

    if (!parse(&cp, argc, argv, true))
        return;
    MUST(parse(&ours, argc, argv, false));
    MUST(cp.len == ours.len && cp.operands == ours.operands);
    for (size_t i = 0; i < cp.len; i++) {
        MUST(cp.options[i].option == ours.options[i].option);
        MUST(cp.options[i].argument == ours.options[i].argument);
    }
    MUST(memcmp(cp.arguments, ours.arguments, (size_t)argc * sizeof(*argv)) == 0);
}

static void check_acp(int argc, char **argv)
{
    static struct acp acp;
    const struct copy_opts *opts = &acp.copy.opts;

    memset(&acp, 0, sizeof(acp));
    cli_common_init(&acp.common, "acp");
    optind = 0;
    if (__lsan_disable)
        __lsan_disable();
    if (setjmp(exited) == 0) {
        parsing = true;
        acp_parse_options(&acp, argc, argv);
        parsing = false;
        MUST(acp.operands + acp.operand_count == argv + argc);
        MUST(opts->backup_suffix && *opts->backup_suffix && !strchr(opts->backup_suffix, '/'));
        MUST(opts->clone != CLONE_ALWAYS || opts->sparse == SPARSE_AUTO);
        MUST(acp.copy.rate == (acp.rate.bytes_per_second ? &acp.rate : NULL));
    }
    if (__lsan_enable)
        __lsan_enable();
    cli_common_free(&acp.common);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static FILE *nowhere;
    char name[] = "acp", *argv[ARGUMENTS_MAX + 2] = {name}, *text = malloc(len + 1), *at = text;
    FILE *kept = stderr;
    int argc = 1;
    bool left_out = false;

    if (!nowhere)
        nowhere = fopen("/dev/null", "we");
    MUST(text && nowhere);
    memcpy(text, data, len);
    text[len] = 0;
    for (; at < text + len && argc <= ARGUMENTS_MAX; at += strlen(at) + 1) {
        left_out |= is_left_out(at);
        argv[argc++] = at;
    }
    if (!left_out) {
        stderr = nowhere; /* there are many messages */
        check_as_cp(argc, argv);
        check_acp(argc, argv);
        stderr = kept;
    }
    free(text);
    return 0;
}
