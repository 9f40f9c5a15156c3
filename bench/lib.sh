# shellcheck shell=bash
# lib.sh: shared by the scripts of this folder: finds the build to measure, and stores results.
bin=$PWD/build/bin
export PATH=$bin:$PATH # arms that are commands run our programs, too
results=bench/results
mkdir -p "$results"

# identifies the build, so that a result of another build is measured again
build=$(git log -1 --format=%h -- core cmd Makefile 2>/dev/null)
git diff --quiet HEAD -- core cmd Makefile 2>/dev/null || build+=+

# version COMMAND...: prints the first word of its output that looks like a version
version() {
    "$@" 2>/dev/null | grep -o '[0-9]\+\(\.[0-9]\+\)\+[-a-z0-9]*' | head -n 1
}

versions() {
    jq -n --arg aioutils "$build" --arg coreutils "$(version cp --version)" --arg openssl "$(version openssl version)" \
        --arg fio "$(version fio --version)" --arg rsync "$(version rsync --version)" \
        --arg tar "$(version tar --version)" --arg liburing "$(pkg-config --modversion liburing 2>/dev/null)" \
        --arg cc "$(version cc --version)" --arg date "$(date -u +%F)" '$ARGS.named'
}

# publish REPORT NAME PATH WORD...: stores abench's report with versions, and WORD instead of this machine's PATH
publish() {
    local report=$1 name=$2
    shift 2
    jq --argjson versions "$(versions)" --arg bin "$bin" '
        def plain: reduce range(0; $ARGS.positional | length; 2) as $i
                (.; split($ARGS.positional[$i]) | join($ARGS.positional[$i + 1]))
            | split($bin) | join("build/bin") | gsub("/[^ \u0027\"]*/abench[.][A-Za-z0-9]+/"; "");
        walk(if type == "string" then plain else . end) | .versions = $versions' \
        "$report" --args "$@" >"$report.published" && mv "$report.published" "$results/$name.json"
}
