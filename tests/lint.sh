#!/usr/bin/env bash
# Our own rules, those no compiler knows. Prints file:line: why, and ends with
# 1 if there was anything. What each rule is for stands beside it.
set -u
cd "$(dirname "$0")/.." || exit 1

findings=$(mktemp)
trap 'rm -f "$findings"' EXIT
mapfile -t sources < <(find bot commands blocks core tests -name '*.[ch]' | sort)
mapfile -t texts < <(find . \( -path ./.git -o -path ./build -o -path ./var -o -name node_modules \) \
    -prune -o -type f ! -name '*.png' -print | sort)

# ---- arrows: bot → commands → blocks → core, never upward --------------------
# A folder and what its files may include of ours. The first that fits counts.
arrows='
core/base/      core/base/
core/store/     core/base/ core/store/
core/net/       core/base/ core/net/
core/ops/       core/
core/alert/     core/
core/           core/
blocks/         blocks/ core/
commands/       commands/ blocks/ core/
bot/            bot/ commands/ blocks/ core/
tests/sandbox/  tests/sandbox/ tests/harness/ core/base/
tests/agents/   tests/agents/ tests/sandbox/ core/base/
tests/harness/  tests/harness/ core/base/
tests/demo/     tests/demo/ tests/harness/ tests/core/check/ core/base/
tests/          tests/ bot/ commands/ blocks/ core/
'

# ---- fences: who may include whose header ------------------------------------
fences='
libwebsockets  bot/socket/ bot/http/
curl/          bot/sender/ bot/opsctl/ bot/alerts/pager_wire core/ops/hook core/net/web core/check/get
hiredis/       core/store/redis
libpq          core/store/db core/store/migrate
openssl/       core/base/digest.c core/base/signature.c core/store/redis_tls.c core/net/tls.c bot/http/server_tls.c
cyaml/         core/config
seccomp        bot/confine_calls.c
cairo          core/alert/chart.c
jansson        blocks/ bot/ core/base/json.c
'

awk -v arrows="$arrows" -v fences="$fences" '
BEGIN {
    n = split(arrows, line, "\n")
    for (i = 1; i <= n; i++)
        if (split(line[i], w, " ") > 1) {
            folder[++folders] = w[1]; allowed[folders] = line[i]
        }
    n = split(fences, line, "\n")
    for (i = 1; i <= n; i++)
        if (split(line[i], w, " ") > 1) {
            header[++headers] = w[1]; inside[headers] = line[i]
        }
}
function starts_with_any(text, list,    i, n, w) {
    n = split(list, w, " ")
    for (i = 2; i <= n; i++)
        if (index(text, w[i]) == 1)
            return 1
    return 0
}
/^[ \t]*#[ \t]*include[ \t]+"/ {
    split($0, part, "\""); file = part[2]
    if (!(file ~ /\//) || system("test -f " file) != 0)
        print FILENAME ":" FNR ": \"" file "\" is not a path from the root"
    for (i = 1; i <= folders; i++)
        if (index(FILENAME, folder[i]) == 1) {
            if (!starts_with_any(file, allowed[i]))
                print FILENAME ":" FNR ": " folder[i] " must not include " file
            break
        }
}
/^[ \t]*#[ \t]*include[ \t]+</ && FILENAME !~ /^tests\// {
    split($0, part, /[<>]/); file = part[2]
    for (i = 1; i <= headers; i++)
        if (index(file, header[i]) == 1 && !starts_with_any(FILENAME, inside[i]))
            print FILENAME ":" FNR ": <" file "> is fenced in" \
                substr(inside[i], length(header[i]) + 1)
    if (file ~ /criterion/)
        print FILENAME ":" FNR ": test code in the product"
}
# The sandbox must not share the bugs of the bot.
/#include <(libwebsockets|curl|hiredis|libpq)/ && FILENAME ~ /^tests\/sandbox\// {
    print FILENAME ":" FNR ": the sandbox stands on its own"
}
# blocks/ is pure: what time it is comes in.
/clock_(mono|wall)_/ && FILENAME ~ /^blocks\// {
    print FILENAME ":" FNR ": blocks/ has no clock"
}' "${sources[@]}" >>"$findings"

# ---- demo, run and bench are made where there is no Criterion ----------------
if made=$(MAKEFLAGS='' make -nB pkg_cflags= pkg_libs= all build/demo build/release/bench); then
    grep -oE '[^ ]+\.c$' <<<"$made" | sort -u | xargs grep -nHE '#include <criterion' |
        sed -E 's/^([^:]*:[0-9]+):.*/\1: make demo needs it, and installs no Criterion/'
else
    echo "Makefile:1: make -n does not say what make demo is made of"
fi >>"$findings"

# ---- sizes: a function fits two screens, a file one sitting ------------------
ctags --languages=C --kinds-C=f --fields=+ne --sort=no -f - "${sources[@]}" 2>/dev/null |
    awk -F'\t' '!/^!/ {
        line = end = 0
        for (i = 4; i <= NF; i++) {
            if ($i ~ /^line:/) line = substr($i, 6)
            if ($i ~ /^end:/) end = substr($i, 5)
        }
        limit = $2 ~ /^tests\// ? 120 : 80
        if (end - line + 1 > limit)
            print $2 ":" line ": " $1 "() has " end - line + 1 " lines, over " limit
    }' >>"$findings"

for file in "${sources[@]}"; do
    case $file in *.c) ;; *) continue ;; esac
    lines=$(wc -l <"$file")
    [ "$lines" -le 500 ] || echo "$file:500: $lines lines, over 500"
done >>"$findings"

# ---- headers say what, whose, units, errors, which thread --------------------
# Guards, includes and the bodies of macros do not count; nor do the headers
# that unit tests share.
awk '
function report() {
    if (lines && comments * 100 < lines * 35)
        printf "%s:1: %d %% comment, under 35 %%\n", name, comments * 100 / lines
}
FNR == 1 { report(); name = FILENAME; lines = comments = inside = macro = 0 }
/^[ \t]*$/ { next }
/^#(ifndef|define|endif).*_H$/ || /^#endif$/ || /^#include/ { next }
/\\$/ { macro = 1; next }
macro { macro = 0; next }
{
    lines++
    if (inside || /\/\*/ || /\/\//)
        comments++
    if (/\/\*/) inside = 1
    if (/\*\//) inside = 0
}
END { report() }' $(printf '%s\n' "${sources[@]}" |
    grep -E '^(bot|commands|blocks|core|tests/(sandbox|agents|harness|demo))/.*\.h$') >>"$findings"

# ---- nothing left for later, nothing of this machine -------------------------
# This file and the lists of licences and packages have to name what they mean.
mapfile -t prose < <(printf '%s\n' "${texts[@]}" |
    grep -vE '^\./(tests/lint\.sh|tests/(bolt|browser)/package-lock\.json)$')
grep -nHE '\b(TODO|FIXME|XXX)\b' "${prose[@]}" |
    sed -E 's/^(\.\/)?([^:]*:[0-9]+):.*/\2: finish it, or file an issue/' >>"$findings"
grep -nHE '(^|[^A-Za-z0-9_.])/(work|home|root)/[A-Za-z0-9_.]' "${prose[@]}" |
    sed -E 's/^(\.\/)?([^:]*:[0-9]+):.*/\2: a path of one machine/' >>"$findings"
grep -nHE '"resolved":|registry\.[a-z]+\.(org|com|io|dev)|npmjs\.|deb\.debian\.org|artifactregistry|pkg\.dev' "${texts[@]}" |
    grep -v '^\./tests/lint\.sh:' |
    sed -E 's/^(\.\/)?([^:]*:[0-9]+):.*/\2: names the host of a package registry/' >>"$findings"

# ---- every key a person can set is explained ---------------------------------
example=deploy/opsbot.example.yaml
if [ -f $example ] && [ -f README.md ]; then
    grep -nE '^[ #-]*[a-z_]+:( |$)' $example |
        sed -E 's/^([0-9]+):[ #-]*([a-z_]+):.*/\1 \2/' |
        while read -r line key; do
            grep -qw -- "$key" README.md deploy/README.md ||
                echo "$example:$line: \`$key\` is in neither README.md nor deploy/README.md"
        done >>"$findings"
fi

sort -t: -k1,1 -k2,2n "$findings"
[ ! -s "$findings" ]
