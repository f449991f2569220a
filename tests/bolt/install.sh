#!/usr/bin/env bash
# Puts the Slack client and a node that can run it under build/tools/bolt, in
# the versions of package-lock.json. The machine's own node only fetches.
set -euo pipefail
cd "$(dirname "$0")/../.."

to=build/tools/bolt
mkdir -p "$to"
cp tests/bolt/bolt.mjs tests/bolt/pong.mjs tests/bench/requeue.mjs "$to"
if cmp -s tests/bolt/package-lock.json "$to/package-lock.json" && [ -f "$to/installed" ]; then
    touch "$to/installed"
    exit 0
fi
cp tests/bolt/package.json tests/bolt/package-lock.json "$to"
rm -f "$to/installed"
echo "bolt: installing the Slack client and node under $to"
for try in 1 2; do
    if (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$to.log" 2>&1; then
        touch "$to/installed"
        exit 0
    fi
    echo "bolt: npm ci failed (try $try)"
done
tail -20 "$to.log" >&2
exit 1
