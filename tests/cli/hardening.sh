#!/usr/bin/env bash
# hardening.sh: how the programs are linked and compiled: position-independent, relocations read-only before main,
# stack protector, checked calls of libc.
# needs: readelf abench
. "${0%/*}/lib.sh"

[[ ! $bin =~ /(debug|coverage)/bin$ ]] || sanitizer="PROFILE=${BASH_REMATCH[1]}"
if [ -n "$sanitizer" ]; then
    left_out 'hardening' "the programs are built with $sanitizer"
    ok 'nothing to test'
    finish
fi
for program in acp ahash acat abench; do
    readelf -hldW "$bin/$program" >headers
    readelf -W --dyn-syms "$bin/$program" >symbols
    check "$program: position-independent" grep -q 'Type: *DYN' headers
    check "$program: an interpreter, so no library" grep -q INTERP headers
    check "$program: GNU_RELRO" grep -q GNU_RELRO headers
    check "$program: BIND_NOW" grep -q 'FLAGS.* BIND_NOW' headers
    check "$program: the stack is not executable" bash -c 'grep GNU_STACK headers | grep -qv RWE'
    check "$program: stack protector" grep -q ' __stack_chk_fail' symbols
    check "$program: checked calls of libc" grep -qE ' __(printf|fprintf|snprintf|vasprintf|memcpy)_chk' symbols
done
finish
