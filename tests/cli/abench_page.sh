#!/usr/bin/env bash
# abench_page.sh: the reports of abench for people who did not run it: --html and --markdown.
. "${0%/*}/lib.sh"
for program in acat ahash acp abench; do
    stand_in "$program" "$program"
done
export TMPDIR=$scratch/tmp
mkdir -p "$TMPDIR" tree
for i in {1..5}; do
    head -c 100000 /dev/urandom >"tree/$i"
done
head -c 1M /dev/urandom >image
arms=("--arms=$engine" --no-probe --pairs=2)

# The page is well-formed: tags are closed in order, ids apart, and each SVG is XML. Nothing is fetched.
cat >page.py <<'P'
import html.parser, re, sys, xml.etree.ElementTree
text = open(sys.argv[1], encoding="utf-8").read()
class Page(html.parser.HTMLParser):
    stack, words = [], []
    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br"):
            self.stack.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "onload", "onclick"):
                print("fetches or runs", name, value)
    def handle_startendtag(self, tag, attrs):
        pass
    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            print("not closed in order:", tag)
    def handle_data(self, data):
        self.words.append(data)
page = Page()
page.feed(text)
if page.stack:
    print("open at the end:", page.stack)
for bad in ("http:", "https:", "url(", "@import", "<script", "nan", "inf%"):
    if bad in text:
        print("has", bad)
svgs = re.findall(r"<svg.*?</svg>", text, re.S)
for svg in svgs:
    xml.etree.ElementTree.fromstring(svg)
words = " ".join(" ".join(page.words).split())
for wanted in sys.argv[3:]:
    if wanted not in words:
        print("lacks", wanted)
print(len(svgs), sys.argv[2] if "prefers-color-scheme:dark" in text else "without a dark form")
P

abench hash "${arms[@]}" --arm 'a<b>&"c=sha256sum {src}/*' --html=page.html --markdown=page.md tree >table 2>messages
same 'a page: two bars, and the runs over time' '3 fine' \
    "$(python3 page.py page.html fine "$(uname -r)" 'a<b>&"c' "abench hash --arms=$engine" "$(date +%Y-)" 'Scheduler' 2>&1 | sed "$([ -e /sys/block ] || echo '/lacks Scheduler/d')")"
check 'its table' grep -q '<th>memory</th>' page.html
same 'Markdown: a line for each arm, with its characters' 2 "$(grep -cE '^\| (1 blocking thread|io.*uring|a\\<b\\>\\&"c) \|' page.md)"
same 'each line has the columns of the head' 1 "$(grep '^|' page.md | sed 's/\\|//g' | tr -cd '|\n' | sort -u | wc -l)"
check 'the command line' grep -q "^\`abench hash --arms=$engine " page.md
abench hash "${arms[@]}" --markdown tree >table 2>messages
same 'Markdown to standard output, instead of the table' '0 1 0' "$? $(grep -c '^| arm |' table) $(grep -c '^Sure' table)"

if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    # as in a chroot, whose root is no mount
    # shellcheck disable=SC2016 # for the inner shell
    unshare -m --propagation private bash -c 'mount --bind /dev/null /proc/$$/mountinfo && exec "$@"' no_mounts \
        abench hash "${arms[@]}" --json=report.json --html=page.html tree >table 2>messages
    same 'the device of a filesystem that no mount names' '2 fine' \
        "$(python3 page.py page.html fine 'unknown on unknown' 'Scheduler' 2>&1 | sed "$([ -e /sys/block ] || echo '/lacks Scheduler/d')")"
    same 'and its counters, of both runs and their sum' 3 "$(grep -o '"device_busy_share": *[0-9]' report.json | wc -l)"
else
    left_out 'a filesystem that no mount names' 'unshare -m is not permitted'
fi

if [ "$engine" = uring ]; then
    abench read --pattern=random --bytes=256K --no-probe --pairs=2 --html=page.html --markdown=page.md image >table 2>messages
    same 'reads at each depth: eight bars, three curves, the runs' '12 fine' \
        "$(python3 page.py page.html fine 'Requests a second' 'Latency, us: median and p99' 'requests in flight' 'blocking threads' p99.9 2>&1)"
    abench read --write=50 --fsync=8 --size=1M --bytes=256K --no-probe --pairs=2 --html=page.html --markdown=page.md . >table 2>messages
    same 'writes and fsyncs have charts and columns of their own, beside the reads' '14 fine' \
        "$(python3 page.py page.html fine 'Latency of reads, us' 'Latency of writes, us' 'Latency of fsyncs, us' \
            'read p99.9 us' 'write p99.9 us' 'fsync p99 us' 2>&1)"
    same 'in each row of the table' '1 0' \
        "$(sed -n 's/^| 1 blocking thread | //p' page.md | wc -l) $(sed -n 's/^| 1 blocking thread | //p' page.md | grep -c ' - ')"
    abench read --write=100 --size=1M --bytes=256K --no-probe --pairs=2 --html=page.html . >table 2>messages
    same 'without reads there is no column of them' '12 fine 0' \
        "$(python3 page.py page.html fine 'Latency of writes, us' 'write p50 us' 2>&1) $(grep -c 'Latency of reads\|read p50' page.html)"
    abench read --sweep=block-size=4K,64K,depth=1,2 --no-probe --pairs=2 --html=page.html --cache=both tree >table 2>messages
    same 'a sweep, in both states' '16 fine' "$(python3 page.py page.html fine 'depth=1' 'MB/s' 'CPU seconds' 2>&1)"
fi
abench hash "${arms[@]}" --arm 'wrong=exit 3' --html=page.html --markdown=page.md tree >table 2>messages
same 'an arm that fails has no bar' '1 2 fine' "$? $(python3 page.py page.html fine failed 2>&1)"
same 'and a short line' 1 "$(grep -c '^| wrong | failed |' page.md)"

gives 'one file for both' 2 '' 'abench: --markdown and --html cannot write to the same file' 'abench hash --html=a --markdown=./a tree'
gives 'two reports to standard output' 2 '' 'abench: --csv and --markdown cannot both write to standard output' \
    'abench hash --csv --markdown tree'
mkdir old
echo old >old/page
for output in --csv --markdown=/dev/stdout --html=/dev/stdout; do
    gives "two reports to standard output, $output" 2 '' "abench: --json and ${output%=*} cannot both write to standard output" \
        "abench hash --json=/dev/stdout $output tree"
done
for output in json csv markdown html; do
    abench hash "${arms[@]}" "--$output=/dev/stdout" tree >table 2>messages
    same "--$output=/dev/stdout: no table" '0 0' "$? $(grep -c '^Sure?' table)"
done
abench hash "${arms[@]}" --json=old.json tree >table 2>messages
cp old.json kept.json
ln -s old.json link.svg
for output in --json=old.json --csv=./old.json --html="$PWD/old.json" --plot=link.svg; do
    gives "a report to the older one, $output" 2 '' "abench: cannot write '${output#*=}': it is the report of --compare" \
        "abench hash --compare=old.json $output tree"
done
check 'which stays' cmp old.json kept.json
gives 'a run without figures keeps the older page' 2 '' '' \
    'abench hash --html=old/page missing 2>/dev/null'
same 'as it was' old "$(cat old/page)"

# A report that cannot be written is told before anything runs.
for report in json csv markdown html plot; do
    suffix=
    [ "$report" = plot ] && suffix=.svg
    for path in none/file$suffix tree/1/file$suffix; do
        abench hash "${arms[@]}" --arm 'x=echo ran >>log' --setup=: "--$report=$path" tree >table 2>messages
        same "--$report=$path" '2 0 1 no' \
            "$? $(wc -c <table) $(grep -c "^abench: cannot write '$path': No[t ]" messages) $([ -e log ] && echo yes || echo no)"
    done
done
mkdir -p folder.svg
gives 'a directory' 2 '' "abench: cannot write 'folder.svg': Is a directory" "abench hash --plot=folder.svg --arm 'x=echo ran >>log' tree"
gives 'a lesson' 2 '' "abench: cannot write 'folder.svg': Is a directory" "abench lesson --json=folder.svg"
abench hash "${arms[@]}" --setup='mkdir made' --html=made/page tree >table 2>messages
same '--setup can make the directory' '0 yes' "$? $([ -s made/page ] && echo yes)"
mkfifo fifo
timeout "$limit_seconds" cat fifo >received &
abench hash "${arms[@]}" --json=fifo tree >table 2>messages
wait
check 'the reader of a FIFO gets the report' grep -q '"bench"' received
finish
