#!/usr/bin/env bash
# opsbot on this machine, against a real workspace: `make run`.
#
#   deploy/run-here.sh PROGRAM       PROGRAM: build/opsbot
#
# Tokens and all other variables come from the environment or from .env (the
# environment wins). Where no Redis or Postgres is given, a private one is
# started: sockets only, its data kept under var/ from one run to the next.
# Looks first (opsbot check), then runs until Ctrl-C or SIGTERM, and stops what
# it started. Whatever ends it, nothing is left running: its children end with
# it. Exit status: that of opsbot; 69 when the check failed, 78 when something
# has to be configured.
#
#   RUN_DIR=…       in place of var/        ENV_FILE=…   in place of .env
#   RUN_ANYWAY=1    runs although the check has failed
set -u
program=$1
here=$(cd "$(dirname "$0")/.." && pwd)
dir=${RUN_DIR:-$here/var}
env_file=${ENV_FILE:-$here/.env}

say() { printf 'run: %s\n' "$*" >&2; }
give_up() {
    local status=$1
    shift
    say "$@"
    exit "$status"
}

# ---- .env ---------------------------------------------------------------------
# NAME=value, with or without quotes or `export`; # begins a comment. Nothing is
# evaluated, and a value is never shown.

malformed() { give_up 78 "$env_file:$1: $2"; }

# What stands behind NAME=, in $value; $1: the line's number.
read_value() {
    local single="^'([^']*)'[[:space:]]*(#.*)?\$" double='^"([^"]*)"[[:space:]]*(#.*)?$'

    value=${value#"${value%%[![:space:]]*}"}
    case $value in
    \'* | \"*)
        [[ $value =~ $single || $value =~ $double ]] ||
            malformed "$1" "expected one value, and its quote closed"
        value=${BASH_REMATCH[1]}
        ;;
    *)
        [[ $value != \#* ]] || value=
        value=${value%%[[:space:]]#*}
        value=${value%"${value##*[![:space:]]}"}
        ;;
    esac
}

# Variables come in pairs, NAME and NAME_FILE: whichever of the two is in the
# environment wins over both here.
declare -A from_file=()
is_given_outside() {
    local name=$1 other=${1}_FILE

    [[ $name != *_FILE ]] || other=${name%_FILE}
    [ -n "${!name:-}" ] && return
    [ -n "${!other:-}" ] && [ -z "${from_file[$other]:-}" ]
}

read_env() {
    local line number=0 name value
    local assignment='^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$'

    [ -e "$env_file" ] || return 0
    [ -r "$env_file" ] || give_up 78 "$env_file: cannot be read"
    if [ -n "$(find -L "$env_file" -maxdepth 0 -type f -perm /044)" ]; then
        say "$env_file can be read by others: chmod 600 it"
    fi
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        line=${line%$'\r'}
        [[ $line =~ ^[[:space:]]*(#.*)?$ ]] && continue
        [[ $line =~ $assignment ]] || malformed $number "expected NAME=value"
        name=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
        read_value $number
        case $name in
        SLACK_* | REDIS_* | DATABASE_* | OPSBOT_* | PG* | *_proxy | *_PROXY | TZ) ;;
        *)
            say "$env_file:$number: $name is not for opsbot, and ignored"
            continue
            ;;
        esac
        is_given_outside "$name" && continue
        from_file[$name]=1
        export "$name=$value"
    done <"$env_file"
}

# ---- what is given --------------------------------------------------------------

# The value of section.key in the configuration file; fails if there is none.
in_config() {
    [ -r "${OPSBOT_CONFIG:-}" ] && awk -v section="$1" -v key="$2" '
        /^[^ #]/ { inside = index($0, section ":") == 1 }
        inside && match($0, "^ +" key ": *[^ #]") { print $2; found = 1 }
        END { exit !found }' "$OPSBOT_CONFIG"
}

# Is $1 or $1_FILE set, or section $2, key $3, in the configuration file?
given() {
    local file=${1}_FILE

    [ -n "${!1:-}" ] || [ -n "${!file:-}" ] || in_config "$2" "$3" >/dev/null
}

mode() { echo "${SLACK_MODE:-$(in_config slack mode)}"; }

need_tokens() {
    local missing=()

    [ "$(mode)" = http ] || given SLACK_APP_TOKEN slack app_token || missing+=(SLACK_APP_TOKEN)
    given SLACK_BOT_TOKEN slack bot_token || missing+=(SLACK_BOT_TOKEN)
    [ ${#missing[@]} -gt 0 ] || return 0
    cat >&2 <<END
opsbot needs tokens from Slack. Missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//')

  1. https://api.slack.com/apps: Create New App, From a manifest; choose the
     workspace and paste deploy/slack/manifest.yaml.
  2. Basic Information, App-Level Tokens, Generate Token and Scopes, with
     connections:write:                       SLACK_APP_TOKEN=xapp-…
  3. Install App, Install to Workspace; the Bot User OAuth Token:
                                              SLACK_BOT_TOKEN=xoxb-…
  4. Your own id, to hold every right: in Slack your profile, ⋮,
     Copy member ID:                          OPSBOT_ADMINS=U…

Put them into .env (cp .env.example .env; git leaves it alone) or into the
environment, then \`make run\` again. No workspace at hand: \`make demo\`.
END
    exit 78
}

# ---- processes --------------------------------------------------------------------

redis=
postgres=
bot=
ended=
sockets=

# As who Postgres runs: it refuses root.
owner=()
if [ "$(id -u)" -eq 0 ]; then
    owner=(--reuid postgres --regid postgres --init-groups)
fi

# Runs a command as who Postgres runs as.
as_owner() {
    if [ ${#owner[@]} -gt 0 ]; then
        (cd / && exec setpriv "${owner[@]}" "$@")
    else
        "$@"
    fi
}

# In the background: a child that does not hold our lock, and that ends when we
# are killed.
own() { exec setpriv --pdeathsig TERM "$@" 9>&-; }

# The same that a Ctrl-C does not reach, for we stop it, after the bot. $1: by
# this signal it ends.
server() {
    local signal=$1
    shift
    exec setsid setpriv --pdeathsig "$signal" "$@" 9>&-
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# $1 pid, $2 signal, $3 seconds
stop() {
    local pid=$1 tries=$(($3 * 20))

    kill -"$2" "$pid" 2>/dev/null
    while ! gone "$pid" && [ $tries -gt 0 ]; do
        sleep 0.05
        tries=$((tries - 1))
    done
    if ! gone "$pid"; then
        say "process $pid does not end: killed"
        kill -KILL "$pid" 2>/dev/null
    fi
    wait "$pid" 2>/dev/null
}

# Every way out leads through here.
finish() {
    local status=$?

    trap '' INT TERM HUP
    [ -n "$bot" ] && stop "$bot" TERM 15
    [ -n "$postgres" ] && stop "$postgres" INT 20
    [ -n "$redis" ] && stop "$redis" TERM 20
    rm -f "$dir/redis.pid"
    case $sockets in
    */opsbot-run.*) rm -rf "$sockets" ;;
    esac
    exit $status
}

# Waits for a server that we started: $1 its pid, $2 its log, the rest asks it.
answers() {
    local pid=$1 log=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if gone "$pid"; then
            tail -n 5 "$log" >&2
            give_up 70 "it does not start: see $log"
        fi
        [ -z "$ended" ] || exit 0
        sleep 0.1
    done
}

# One that was left behind by a run that was killed, and is on its way out:
# until it is gone. Only one whose program and directory are ours: numbers are
# used again. $1 pid, $2 program, $3 directory, $4 signal
left_behind() {
    case $1 in '' | *[!0-9]*) return ;; esac
    [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] || return
    [ "$(readlink "/proc/$1/cwd" 2>/dev/null)" = "$3" ] || return
    say "stopping $2 that an earlier run left behind (process $1)"
    stop "$1" "$4" 20
}

# ---- where things are ---------------------------------------------------------------

one_at_a_time() {
    mkdir -p "$dir" || give_up 78 "$dir cannot be made: name another place in RUN_DIR"
    dir=$(cd "$dir" && pwd -P)
    [ ${#owner[@]} -eq 0 ] || chmod go+x "$dir" # for Postgres
    exec 9>>"$dir/run.lock" || give_up 78 "$dir cannot be written: name another place in RUN_DIR"
    flock -n 9 || give_up 69 "another make run uses $dir: stop it, or name another place in RUN_DIR"
}

# As root, with var/ in a home that nobody else may enter, Postgres gets a place
# of its own, the same each time.
choose_home() {
    postgres_home=$dir
    as_owner test -x "$dir" && return
    postgres_home=/var/lib/opsbot-run/$(printf %s "$dir" | cksum | cut -d' ' -f1)
    mkdir -p "$postgres_home" || give_up 78 \
        "the user postgres may not enter $dir: name another place in RUN_DIR, or set DATABASE_URL"
    chmod go+x "$postgres_home"
}

# A socket's path has room for 107 bytes.
choose_sockets() {
    local path=$postgres_home/postgres.sock/.s.PGSQL.5432.lock

    if [ "$postgres_home" = "$dir" ] && [ "$(printf %s "$path" | wc -c)" -lt 100 ]; then
        sockets=$dir
    else
        sockets=$(mktemp -d "${TMPDIR:-/tmp}/opsbot-run.XXXXXX") || exit 70
        chmod 711 "$sockets"
        export OPSBOT_ADMIN=${OPSBOT_ADMIN:-unix:$sockets/admin.sock}
    fi
}

# For a URL.
escaped() {
    local LC_ALL=C text=$1 i c

    for ((i = 0; i < ${#text}; i++)); do
        c=${text:i:1}
        case $c in
        [A-Za-z0-9._~/-]) printf %s "$c" ;;
        *) printf '%%%02X' "'$c" | sed 's/%F*\(..\)$/%\1/' ;;
        esac
    done
}

# ---- Redis ----------------------------------------------------------------------------

start_redis() {
    local data=$dir/redis socket=$sockets/redis.sock

    mkdir -p "$data" && chmod 700 "$data"
    left_behind "$(cat "$dir/redis.pid" 2>/dev/null)" redis-server "$data" TERM
    rm -f "$socket"
    server TERM redis-server --port 0 --unixsocket "$socket" --unixsocketperm 700 \
        --dir "$data" --appendonly yes --save '' --daemonize no \
        --maxmemory-policy noeviction >>"$dir/redis.log" 2>&1 </dev/null &
    redis=$!
    echo "$redis" >"$dir/redis.pid"
    answers "$redis" "$dir/redis.log" redis-cli -s "$socket" ping
    REDIS_URL="unix://$(escaped "$socket")?db=0"
    export REDIS_URL
    say "a private Redis keeps its data in $data"
}

# ---- Postgres ---------------------------------------------------------------------------

# Programs of the version that made the data; of the newest, if none has yet.
find_postgres() {
    local data=$1 version

    if [ -f "$data/PG_VERSION" ]; then
        version=$(cat "$data/PG_VERSION")
        tools=/usr/lib/postgresql/$version/bin
        [ -x "$tools/postgres" ] || give_up 69 \
            "$data is of PostgreSQL $version, which is not installed: install postgresql-$version, or move $data away to begin anew"
    else
        tools=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
        [ -x "$tools/postgres" ] || tools=$(dirname "$(command -v postgres || echo /none/x)")
        [ -x "$tools/postgres" ] || give_up 69 "there is no Postgres here: install postgresql-15, or set DATABASE_URL"
    fi
}

# A crash in the middle leaves no half of one.
make_data() {
    local data=$1

    [ -f "$data/PG_VERSION" ] && return
    say "making a database (once)"
    rm -rf "$data.new"
    mkdir -p "$data.new"
    [ ${#owner[@]} -eq 0 ] || chown postgres "$data.new"
    chmod 700 "$data.new"
    as_owner "$tools/initdb" -D "$data.new" -U postgres -A trust -E UTF8 \
        --locale=C.UTF-8 --no-instructions >"$dir/initdb.log" 2>&1 </dev/null ||
        { tail -n 5 "$dir/initdb.log" >&2 && give_up 70 "initdb failed: see $dir/initdb.log"; }
    mv "$data.new" "$data"
}

# Two roles: the one opsbot runs as cannot change its audit.
make_roles() {
    "$tools/psql" -qXh "$1" -U postgres -d postgres -v ON_ERROR_STOP=1 >>"$dir/postgres.log" 2>&1 <<'END'
set lock_timeout = '10s';
select 'create role opsbot_owner login' where not exists
    (select from pg_roles where rolname = 'opsbot_owner') \gexec
select 'create role opsbot login' where not exists
    (select from pg_roles where rolname = 'opsbot') \gexec
select 'create database opsbot owner opsbot_owner' where not exists
    (select from pg_database where datname = 'opsbot') \gexec
END
}

start_postgres() {
    local data=$postgres_home/postgres socket=$sockets/postgres.sock url

    find_postgres "$data"
    make_data "$data"
    left_behind "$(head -n 1 "$data/postmaster.pid" 2>/dev/null)" postgres "$data" INT
    rm -f "$data/postmaster.pid" # nobody's any more: the lock is ours
    mkdir -p "$socket"
    [ ${#owner[@]} -eq 0 ] || chown postgres "$socket"
    chmod 700 "$socket"
    (cd / && server INT ${owner[@]+"${owner[@]}"} "$tools/postgres" -D "$data" -k "$socket" \
        -c listen_addresses= -c unix_socket_permissions=0700 -c shared_buffers=32MB \
        -c max_connections=60) >>"$dir/postgres.log" 2>&1 </dev/null &
    postgres=$!
    answers "$postgres" "$dir/postgres.log" "$tools/pg_isready" -qh "$socket" -U postgres -d postgres
    make_roles "$socket" || give_up 70 "its roles cannot be made: see $dir/postgres.log"
    url="@/opsbot?host=$(escaped "$socket")"
    export DATABASE_URL="postgresql://opsbot$url" DATABASE_MIGRATE_URL="postgresql://opsbot_owner$url"
    say "a private Postgres keeps its data in $data"
}

# ---- opsbot -----------------------------------------------------------------------------

look_first() {
    local status

    [ -z "$ended" ] || exit 0
    own "$program" check &
    bot=$!
    wait "$bot"
    status=$?
    bot=
    [ -z "$ended" ] || exit 0
    [ $status -eq 0 ] && return
    [ $status -eq 69 ] && [ -n "${RUN_ANYWAY:-}" ] && return
    [ $status -eq 69 ] && say "not started: see the lines with ✗ (RUN_ANYWAY=1 starts it all the same)"
    exit $status
}

# Told to end, it ends; what it says then counts.
serve() {
    local status=1

    own "$program" run &
    bot=$!
    while
        wait "$bot"
        status=$?
        ! gone "$bot"
    do
        [ -z "$ended" ] || kill -TERM "$bot" 2>/dev/null
    done
    bot=
    exit $status
}

read_env
need_tokens
one_at_a_time
trap finish EXIT
trap 'ended=1; [ -z "$bot" ] || kill -TERM "$bot" 2>/dev/null' INT TERM
trap '[ -z "$bot" ] || kill -HUP "$bot" 2>/dev/null' HUP
choose_home
choose_sockets
if [ -z "${OPSBOT_STATE:-}" ] && [ -z "${OPSBOT_CONFIG:-}" ]; then
    export OPSBOT_STATE=$dir
fi
given REDIS_URL redis url || start_redis
given DATABASE_URL postgres url || start_postgres
look_first
serve
