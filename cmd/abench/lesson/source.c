/* source.c: the small programs of `abench lesson N --source`, as they are in the folder source. */
#include "lesson.h"

/* gcc and clang have no #embed yet; the build starts in the directory of the sources */
#define SOURCE(symbol, file)                                                                 \
    __asm__(".pushsection .rodata\n.global " #symbol "\n" #symbol ":\n.incbin \"cmd/abench/" \
            "lesson/source/" file "\"\n.byte 0\n.popsection\n");

extern const char lesson_source_1[], lesson_source_2[], lesson_source_3[], lesson_source_4[],
    lesson_source_5[];
SOURCE(lesson_source_1, "two_reads.c")
SOURCE(lesson_source_2, "overlap.c")
SOURCE(lesson_source_3, "many.c")
SOURCE(lesson_source_4, "computing.c")
SOURCE(lesson_source_5, "blocked.c")

const char *lesson_source(unsigned number)
{
    static const char *const sources[] = {lesson_source_1, lesson_source_2, lesson_source_3,
                                          lesson_source_4, lesson_source_5};

    return number >= 1 && number <= sizeof(sources) / sizeof(sources[0]) ? sources[number - 1]
                                                                         : NULL;
}
