#!/usr/bin/env bash
# `tests/npm.sh NAME [FILE…]`: puts what tests/NAME needs from npm under
# build/tools/NAME, in the versions of its package-lock.json, with a node that
# can run it: the machine's own only fetches. The scripts of tests/NAME, and
# the files named, are copied beside it, where they find their modules.
set -euo pipefail
cd "$(dirname "$0")/.."

from=tests/$1
to=build/tools/$1
mkdir -p "$to"
cp "$from"/*.mjs "${@:2}" "$to"
if cmp -s "$from/package-lock.json" "$to/package-lock.json" && [ -f "$to/installed" ]; then
    touch "$to/installed"
    exit 0
fi
cp "$from/package.json" "$from/package-lock.json" "$to"
rm -f "$to/installed"
echo "npm: installing what tests/$1 needs, and node, under $to"
for try in 1 2; do
    if (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$to.log" 2>&1; then
        touch "$to/installed"
        exit 0
    fi
    echo "npm: npm ci failed (try $try)"
done
tail -20 "$to.log" >&2
exit 1
