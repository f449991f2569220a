#!/usr/bin/env bash
# Installs from Debian what is missing for the groups named as arguments.
# Says what and why; says nothing and changes nothing when all is there.
#
#   build    compiler and libraries        servers  Redis and PostgreSQL
#   test     unit tests, second compiler   lint     static analysis
#   long     valgrind and fuzzing          bolt     a package client for node
#   cover    coverage                      browser  Chromium and its fonts
#   deploy   unit and compose files        image    a container image
#   alerting Prometheus and Alertmanager
#
# No service that comes along is started, and no database cluster is made.
set -euo pipefail

declare -A why=(
    [build]="to compile"
    [servers]="private servers for demo and tests"
    [alerting]="what tells the demo that something fires"
    [test]="unit tests and the servers they ask, a second compiler"
    [lint]="format check and static analysis"
    [long]="memory checks and fuzzing"
    [cover]="coverage"
    [bolt]="to fetch the Slack client that the sandbox is tested with"
    [deploy]="to look at how it is deployed"
    [image]="to build an image without a container engine"
    [browser]="to look at the sandbox's page"
)
declare -A packages=(
    [build]="gcc libc6-dev binutils make pkg-config libwebsockets-dev
        libcurl4-openssl-dev libjansson-dev libssl-dev libhiredis-dev libpq-dev
        libcyaml-dev libyaml-dev libseccomp-dev libcairo2-dev tzdata"
    [servers]="redis-server postgresql-15 util-linux"
    [alerting]="prometheus prometheus-alertmanager"
    [test]="libcriterion-dev clang prometheus prometheus-alertmanager curl openssl
        python3-aiosmtpd"
    [lint]="clang-format clang-tidy cppcheck universal-ctags"
    [long]="valgrind libc6-dbg clang libclang-rt-14-dev"
    [cover]="gcovr"
    [bolt]="npm nodejs ca-certificates"
    [deploy]="docker-compose systemd"
    [image]="buildah mmdebstrap jq iproute2"
    [browser]="chromium fonts-lato fonts-dejavu-core fonts-noto-color-emoji"
)

wanted=()
for group in "$@"; do
    # A node client that is there, from wherever, is good enough.
    if [ "$group" = bolt ] && command -v npm >/dev/null; then
        continue
    fi
    for package in ${packages[$group]}; do
        wanted+=("$package")
    done
done
[ ${#wanted[@]} -gt 0 ] || exit 0

# All of them in one question, that fails when it knows one of them not at all.
installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" \
    2>/dev/null | sed -n 's/^installed //p' | tr '\n' ' ' || true) "
missing=()
for group in "$@"; do
    lacking=()
    for package in ${packages[$group]}; do
        case " ${wanted[*]} " in *" $package "*) ;; *) continue ;; esac
        case "$installed ${missing[*]-} " in
        *" $package "*) ;;
        *) lacking+=("$package") missing+=("$package") ;;
        esac
    done
    if [ ${#lacking[@]} -gt 0 ]; then
        echo "deps: missing ${lacking[*]} (${why[$group]})"
    fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "deps: not root and no sudo here; as root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    root=(sudo)
fi
as_root() { "${root[@]}" "$@"; }

# ---- nothing new listens afterwards -----------------------------------------

policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.conf
cluster_template=/postgresql-common/createcluster.conf
kept=$(mktemp -d)
made_policy=
moved_cluster=

restore() {
    if [ -n "$made_policy" ]; then
        as_root rm -f "$policy"
    fi
    if [ "$moved_cluster" = kept ]; then
        as_root cp -p "$kept/createcluster.conf" "$cluster"
    elif [ "$moved_cluster" = made ]; then
        put_back_packaged
    fi
    rm -rf "$kept"
}

# The package found our file and left it alone: now it gets its own.
put_back_packaged() {
    as_root rm -f "$cluster" "$cluster.ucf-dist"
    if [ -f "/usr/share$cluster_template" ]; then
        sed 's/^ssl =.*/ssl = on/' "/usr/share$cluster_template" |
            as_root tee "$cluster" >/dev/null
        as_root chmod 644 "$cluster"
    fi
}

hold_services() {
    trap restore EXIT
    if [ ! -e "$policy" ]; then
        made_policy=1
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    case " ${missing[*]} " in *" postgresql"*) ;; *) return ;; esac
    if [ -e "$cluster" ]; then
        as_root cp -p "$cluster" "$kept/createcluster.conf"
        moved_cluster=kept
    else
        as_root mkdir -p "${cluster%/*}"
        moved_cluster=made
    fi
    echo 'create_main_cluster = false' | as_root tee -a "$cluster" >/dev/null
}

# ---- installing -------------------------------------------------------------

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 apt-get -y -q \
        -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 \
        -o Dpkg::Options::=--force-confold "$@"
}

log=$kept/log
install_missing() {
    apt --no-install-recommends install "${missing[@]}" >"$log" 2>&1 </dev/null
}

echo "deps: installing them"
hold_services
# Lists that know the packages may be there already; old ones lead to files
# that are gone, so a failure asks for new lists before it counts.
if ! install_missing; then
    echo "deps: asking for new package lists"
    apt update >"$log" 2>&1 || true
    if ! install_missing && ! { sleep 5 && install_missing; }; then
        tail -30 "$log" >&2
        echo "deps: could not install ${missing[*]}" >&2
        exit 1
    fi
fi
