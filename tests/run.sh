#!/usr/bin/env bash
# Runs one test program: `tests/run.sh [--plain] PROGRAM ARGUMENTS…`.
#
# Its output is kept in build/logs and shown only when it fails; its closing
# line always; of several that run at once, one after the other. A Criterion
# program that ran no test fails. A --plain program says "N passed, N failed"
# itself, or counts as one test by its exit status.
# LIMIT: seconds until it is stopped (default 600).
set -u

plain=
if [ "$1" = --plain ]; then
    plain=1
    shift
fi

# Named after the test: the last word of the command that is a built program
# or a script, or else the program.
name=$1
for word in "$@"; do
    case $word in build/*/tests/* | *.mjs)
        name=$word
        break
        ;;
    esac
done
name=${HARNESS_ROAD:+$HARNESS_ROAD/}${name#build/}
mkdir -p build/logs
log=build/logs/${name//\//-}.log

limit=${LIMIT:-600}
start=$(date +%s%N)
run() {
    timeout -k 20 "$limit" "$@" >"$log" 2>&1 </dev/null &
    local pid=$! watcher= status
    if [ -z "$plain" ]; then
        watch $pid &
        watcher=$!
    fi
    wait $pid
    status=$?
    [ -z "$watcher" ] || kill "$watcher" 2>/dev/null
    return $status
}

# Criterion ends a test that hangs, and says so. A program in which no test
# runs and none begins hangs in Criterion itself, whose start of a worker can
# lose its wake-up (seen once in some thousand runs): it is stopped.
QUIET=90
watch() {
    local sleeper=
    trap '[ -z "$sleeper" ] || kill $sleeper 2>/dev/null; exit' TERM
    while kill -0 "$1" 2>/dev/null; do
        sleep 15 &
        sleeper=$!
        wait $sleeper
        if [ $(($(date +%s) - $(stat -c %Y "$log"))) -gt $QUIET ] && idle; then
            touch "$log.hung"
            kill "$1"
            return
        fi
    done
}

# As many tests began as ended, and the last word is not said.
idle() {
    [ "$(grep -acE '^\[RUN ' "$log")" = "$(grep -acE '^\[(PASS|FAIL|SKIP)\]' "$log")" ] &&
        ! grep -aqE '^\[====\] Synthesis' "$log"
}

rm -f "$log.hung"
[ -n "$plain" ] || set -- "$@" --verbose
run "$@"
status=$?
if [ -e "$log.hung" ]; then
    rm "$log.hung"
    echo "run.sh: $name: no test began in $QUIET s: started once more"
    run "$@"
    status=$?
fi
took=$((($(date +%s%N) - start) / 10000000))
took=$((took / 100)).$(printf %02d $((took % 100)))

closing=$(grep -aE '(Synthesis: Tested|^[0-9]+ passed, [0-9]+ failed)' "$log" | tail -1)
if [ -z "$plain" ]; then
    case $closing in
    *'Tested: 0 '* | '')
        echo "run.sh: no test was run" >>"$log"
        [ $status -eq 0 ] && status=1
        ;;
    esac
elif [ -z "$closing" ]; then
    closing="$((status == 0)) passed, $((status != 0)) failed"
fi
[ $status -eq 124 ] && echo "run.sh: stopped after $limit s" >>"$log"
[ -n "$closing" ] || closing="0 passed, 1 failed"
case $closing in
*'Failing: 0 | Crashing: 0'* | *', 0 failed'*)
    # Ended badly after its tests went well: leaks, a sanitizer, a time-out.
    [ $status -eq 0 ] || closing="$closing (exit status $status); 0 passed, 1 failed"
    ;;
esac
exec 9>build/logs/.printing
flock 9
[ $status -eq 0 ] || cat "$log"
echo "$name (${took} s): $closing"
exit $status
