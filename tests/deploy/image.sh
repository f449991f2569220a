#!/usr/bin/env bash
# Builds deploy/Dockerfile without a container engine and looks at what came
# out: what is in it, and how its bot runs as the user it is made for.
#
# buildah in a chroot, on a base that mmdebstrap makes of the packages this
# machine installs from; all of it under build/tools/image. As root.
set -u
cd "$(dirname "$0")/../.." || exit 1

passed=0 failed=0
ok() { # what, and the command that says so
    local what=$1
    shift
    if "$@" >"$dir/said" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "[FAIL] $what"
        tail -20 "$dir/said"
    fi
}

if [ "$(id -u)" -ne 0 ]; then
    echo "image.sh: only root can make a root file system"
    exit 1
fi
mkdir -p build/tools/image
exec 8>build/tools/image/.lock
flock 8
dir=$(mktemp -d "$PWD/build/tools/image/run-XXXXXX")
base=build/tools/image/base.tar
buildah() {
    command buildah --root "$dir/root" --runroot "$dir/run" --storage-driver vfs "$@"
}
child=
cleanup() {
    [ -z "$child" ] || kill -9 "$child" 2>/dev/null
    buildah rm -a >/dev/null 2>&1
    rm -rf --one-file-system "$dir"
}
trap cleanup EXIT
give_up() {
    echo "[FAIL] $1"
    tail -40 "$dir/log"
    echo "$passed passed, $((failed + 1)) failed"
    exit 1
}

# ---- building it --------------------------------------------------------------

# Kept between runs for a week: making it is the slowest part.
if [ -z "$(find $base -mtime -7 2>/dev/null)" ]; then
    mmdebstrap --quiet --format=tar --variant=minbase bookworm $base.new >"$dir/log" 2>&1 ||
        give_up "a base image"
    mv $base.new $base
fi
make_base() {
    local scratch
    scratch=$(buildah from scratch) &&
        buildah add -q "$scratch" $base / &&
        buildah commit -q "$scratch" localhost/base
}
make_base >"$dir/log" 2>&1 || give_up "a base image"
buildah bud --isolation chroot --pull-never --network host --format docker \
    -f deploy/Dockerfile --build-arg BASE=localhost/base \
    --build-arg REVISION=abc1234 -t localhost/opsbot . >"$dir/log" 2>&1 ||
    give_up "deploy/Dockerfile is built"
passed=$((passed + 1))
container=$(buildah from localhost/opsbot) && root=$(buildah mount "$container") ||
    give_up "the image is looked into"

# ---- what is in it ------------------------------------------------------------

buildah inspect --type image localhost/opsbot |
    jq .Docker.config >"$dir/config.json"
says() {
    jq -e "$1" "$dir/config.json"
}
is_empty() {
    ! grep -q . <<<"$1" || { echo "$1"; false; }
}
ok "it is nobody in particular" says '.User == "1001:1001"'
ok "it is stopped by SIGTERM" says '.StopSignal == "SIGTERM"'
ok "it runs opsbot" says \
    '.Entrypoint == ["/usr/local/bin/opsbot"] and .Cmd == ["run"]'
ok "it says what it was built of" says \
    '.Labels["org.opencontainers.image.revision"] == "abc1234"'
ok "it says whether it is well" says '.Healthcheck.Test[0] == "CMD"'
ok "it keeps its state in a volume" says '.Volumes | has("/var/lib/opsbot")'
ok "no secret is in its environment" says \
    '.Env | map(test("TOKEN|SECRET|PASSWORD|_URL")) | any | not'
ok "no compiler, no source, no tests" is_empty \
    "$(cd "$root" && ls -d src usr/bin/gcc* usr/bin/make usr/include/*.h 2>/dev/null)"
ok "nothing makes anybody more than they are" is_empty \
    "$(find "$root" -xdev -type f -perm /6000)"
ok "its state is its own" test \
    "$(stat -c %u:%g:%a "$root/var/lib/opsbot")" = 1001:1001:700
ok "the bot is not its user's to change" test \
    "$(stat -c %u:%a "$root/usr/local/bin/opsbot")" = 0:755

# ---- its bot, as its user -----------------------------------------------------

inside() { # in the image, with the environment of the image and what is given
    local env=()
    mapfile -t env < <(jq -r '.Env[]' "$dir/config.json")
    ${EXEC-} chroot --userspec=1001:1001 "$root" /usr/bin/env -i -C /var/lib/opsbot \
        "${env[@]}" "$@"
}
says_version() {
    [[ $(inside /usr/local/bin/opsbot --version) == "opsbot "*"+abc1234"* ]]
}
names_what_is_missing() {
    inside /usr/local/bin/opsbot run >"$dir/out" 2>&1
    [ $? -eq 78 ] && grep -q SLACK_APP_TOKEN "$dir/out" &&
        grep -q DATABASE_URL "$dir/out"
}
ok "--version says what it was built of" says_version
ok "run without a configuration: all that is missing, and 78" \
    names_what_is_missing

# A port that is free now, of those that are not given out.
port=$((20000 + $$ % 10000))
while ss -ltnH "sport = :$port" | grep -q .; do port=$((port + 1)); done
away=(SLACK_APP_TOKEN=xapp-image SLACK_BOT_TOKEN=xoxb-image
    REDIS_URL=redis://127.0.0.1:1/0
    DATABASE_URL=postgresql://nobody@127.0.0.1:1/nowhere
    SLACK_API_URL=http://127.0.0.1:1/api/ "OPSBOT_LISTEN=127.0.0.1:$port")
check_says_what_is_away() {
    inside "${away[@]}" /usr/local/bin/opsbot check >"$dir/out" 2>&1
    [ $? -eq 69 ] && grep -q '✗.*Redis' "$dir/out" &&
        grep -q '✗.*Postgres' "$dir/out"
}
mapfile -t probe < <(jq -r '.Healthcheck.Test[1:][]' "$dir/config.json")
is_well() {
    inside "OPSBOT_LISTEN=127.0.0.1:$port" "${probe[@]}"
}
comes_up() {
    for _ in $(seq 300); do
        is_well && return
        kill -0 "$child" || return 1
        sleep 0.2
    done
    return 1
}
ends_with_0() {
    local status
    kill -TERM "$child"
    wait "$child"
    status=$?
    child=
    cat "$dir/bot.log"
    [ $status -eq 0 ]
}
ok "check with everything away: says so, and 69" check_says_what_is_away
ok "the health check fails while nothing runs" eval '! is_well'
# Not in a shell of its own: the signal is for the bot.
EXEC=exec inside "${away[@]}" /usr/local/bin/opsbot run >"$dir/bot.log" 2>&1 &
child=$!
ok "run with everything away: alive, and the health check says so" comes_up
opsctl_is_answered() {
    inside /usr/local/bin/opsctl whoami --text | tee "$dir/out"
    grep -q unix:opsbot "$dir/out"
}
ok "opsctl is there too, and finds it" opsctl_is_answered
ok "it confines itself" grep -q 'confined: no new privileges' "$dir/bot.log"
ok "SIGTERM ends it with 0" ends_with_0
ok "it kept its journal" test -s "$root/var/lib/opsbot/replica"

echo "image: $(du -sm "$root" | cut -f1) MiB"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
