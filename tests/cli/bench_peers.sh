#!/usr/bin/env bash
# bench_peers.sh: bench/peers says what the programs beside ours leave out.
# needs: python3
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

peers=${tests%/*}/bench/peers
mkdir -p tree/sub tree/tree work
echo one >tree/one
echo two >tree/sub/two
ln -s one tree/link
ln tree/one tree/again
mkfifo tree/fifo
touch -d 2001-02-03 tree/one

# stand-ins: one that is as good as cp -a, one that drops links and spoils a file, one that fails
cat >good <<'END'
#!/bin/sh
cp -a "$1" "$2"
END
cat >bad <<'END'
#!/bin/sh
cp -r "$1" "$2" && rm "$2/link" "$2/fifo" && echo 2nd >"$2/sub/two" && chmod 700 "$2/one"
END
# one that copies into the directory that it makes, as wcp does
cat >into <<'END'
#!/bin/sh
mkdir "$2" && cp -a "$1" "$2"
END
# shellcheck disable=SC2016 # for the stand-ins
printf '#!/bin/sh\nmkdir "$2"; exit 3\n' >fails
# shellcheck disable=SC2016
printf '#!/bin/sh\nsha256sum "$1"\n' >partial
chmod +x good bad into fails partial
if [ ! -x "$peers" ]; then
    left_out 'bench/peers' 'the sources are not here'
    finish
fi
BENCH_BIN=$bin python3 "$peers" --rounds=2 --json=report work tree wcp=good uring_sync=bad cpz=into fcp=fails b3sum=partial >out
same 'status' 0 $?
# json EXPRESSION: of the report
json() {
    python3 -c "import json; d = json.load(open('report')); print($1)"
}
# row NAME: what is not kept and what is missing
row() {
    sed -n "s/^$1  *[0-9.]*  *[0-9.]*  *[0-9.]*  //p" out
}
same 'one that keeps all' '-; nothing' "$(row wcp)"
same 'one that copies into the directory' '-; nothing' "$(row cpz)"
same 'one that leaves out links, and changes a file' \
    'files with other bytes 1, special files missing 1, symbolic links missing 1' \
    "$(json '", ".join("%s %d" % each for each in sorted(d["copy"]["uring_sync"]["lacks"].items()))')"
check 'and the table shows it' grep -q '^uring_sync .* modes, times, hard links; INCOMPLETE: ' out
check 'one that fails' grep -q '^fcp .* INCOMPLETE: .*3 files missing.*exit status 3' out
check 'ours' grep -q '^acp .* times, hard links; nothing$' out
same 'digests that are missing' '-; INCOMPLETE: 2 digests missing' "$(row b3sum)"
same 'our digests' '-; nothing' "$(row ahash)"
same 'all runs are in the report' '2 2' \
    "$(json 'len(d["copy"]["wcp"]["runs"]), len(d["hash"]["b3sum"]["runs"])' | tr -d '(),')"
same 'nothing stays' '' "$(ls work)"
same 'an unknown program' 1 "$(python3 "$peers" work tree nocp=good >/dev/null 2>&1; echo $?)"
finish
