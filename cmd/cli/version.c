/* version.c: what --version prints: the program, its libraries, and what they can do here. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/digest/batch.h"
#include "../../core/digest/digest.h"
#include "../../core/engine.h"
#include "messages.h"

void cli_version(const char *program)
{
    char sha256[DIGEST_CODE_BYTES], others[DIGEST_CODE_BYTES];
    struct batch *batch = batch_new();
    const char *why;
    int error;
    const struct engine *uring = engine_find("uring", NULL, &why, &error);

    digest_code(sha256, others);
    printf("%s (aioutils) %s\n"
           "License MIT: there is NO WARRANTY, to the extent permitted by law.\n\n"
           "Built with     %s\n"
           "SHA-256        %s\n"
           "Other digests  %s\n"
           "Small files    %s\n"
           "io_uring       %s%s\n",
           program, AIOUTILS_VERSION, engine_uring.library, sha256, others,
           batch ? batch_name() : "digested one at a time",
           uring ? "can run here" : "cannot run here: ",
           uring ? ""
           : why ? why
                 : strerror(-error));
    batch_free(batch);
    cli_close_stdout();
    exit(EXIT_SUCCESS);
}
