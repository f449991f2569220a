#!/usr/bin/env bash
# Runs one test program: `tests/run.sh [--plain] PROGRAM ARGUMENTS…`.
#
# Its output is kept in build/logs and shown only when it fails; its closing
# line always; of several that run at once, one after the other. A Criterion
# program that ran no test fails. A --plain program says "N passed, N failed"
# itself, or counts as one test by its exit status.
# LIMIT: seconds until it is stopped (default 300).
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

start=$(date +%s%N)
run() {
    timeout -k 20 "${LIMIT:-300}" "$@" >"$log" 2>&1 </dev/null
}
run "$@"
status=$?
# Criterion ends a test that hangs, and says so. A program that has said not a
# word when its time is over hangs in Criterion itself, whose start of a
# worker can lose its wake-up (seen once in some thousand runs): once more.
if [ $status -eq 124 ] && [ -z "$plain" ] && [ ! -s "$log" ]; then
    echo "run.sh: $name: nothing was said in ${LIMIT:-300} s: started once more"
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
[ $status -eq 124 ] && echo "run.sh: stopped after ${LIMIT:-300} s" >>"$log"
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
