#!/usr/bin/env bash
# Starts and ends the programs that cp-token is compared with, each warm with one credential of about 1 KiB, and
# the fake provider they ask. It measures nothing. All state is under DIR.
#
#   peers.sh up DIR [PEER...]     provider alone, or with the named peers where installed, or with "all":
#                                 oidc-agent ssh-agent git secret-service gpg gh curl shells
#   peers.sh down DIR             ends exactly the processes written to DIR/pids
#
# It writes DIR/env (to source), DIR/peers.list (one command line a line, for measure.sh -p) and DIR/pids. DIR must
# be short: socket paths end at 108 bytes. Debian's packages: oidc-agent-cli openssh-client git libsecret-tools
# gnome-keyring dbus pass gnupg gh curl openssl python3.
set -u

here=$(cd "$(dirname "$0")" && pwd -P)
token_length=1023

have() { command -v "$1" >/dev/null 2>&1; }
set_variable() { echo "export $1='$2'" >>"$dir/env"; export "$1=$2"; }
add_peer() { echo "$*" >>"$dir/peers.list"; }
add_pid() { echo "$1 $2" >>"$dir/pids"; }

down() {
    local pid
    while read -r pid _; do
        kill "$pid" 2>/dev/null
    done <"$dir/pids"
}

make_certificates() (
    cd "$dir" || exit 1
    local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
    openssl req -x509 "${key[@]}" -days 30 -keyout ca.key -out ca.pem -subj "/CN=bench CA" &&
        openssl req "${key[@]}" -keyout server.key -out server.csr -subj "/CN=localhost" &&
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >extensions &&
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
            -extfile extensions -out server.pem
) 2>/dev/null

# start_provider NAME SCHEME ARGUMENT...  sets NAME to the provider's origin once it listens.
start_provider() {
    local name=$1 scheme=$2 port
    shift 2
    mkfifo "$dir/port.$scheme"
    # The interpreter itself, not a shim that would be the process written to pids.
    "$(python3 -c 'import sys; print(sys.executable)')" "$here/fakeprovider.py" --expires 86400 "$@" \
        >"$dir/port.$scheme" 2>>"$dir/provider.log" &
    add_pid $! "provider-$scheme"
    read -r port <"$dir/port.$scheme" || return 1
    set_variable "$name" "$scheme://localhost:$port"
}

up_oidc_agent() {
    have oidc-agent || return
    # Its parent ends before its child has printed: only the end of the output says that all of it is there.
    eval "$(oidc-agent -a "$dir/oidc.sock")" >/dev/null
    add_pid "$OIDCD_PID" oidc-agent
    set_variable OIDC_SOCK "$dir/oidc.sock"
    echo secret >"$dir/password"
    oidc-gen --manual --iss="$PROVIDER_HTTPS/" --client-id=cid --client-secret=csec --rt=rt-1 \
        --scope='openid offline_access' --pw-file="$dir/password" --cp="$PROVIDER_CA" --confirm-yes \
        --redirect-uri=http://localhost:4242 bench </dev/null >/dev/null &&
        oidc-token bench >/dev/null && add_peer oidc-token bench
}

up_ssh_agent() {
    have ssh-agent || return
    eval "$(ssh-agent -a "$dir/ssh.sock")" >/dev/null
    add_pid "$SSH_AGENT_PID" ssh-agent
    set_variable SSH_AUTH_SOCK "$dir/ssh.sock"
    ssh-keygen -q -t ed25519 -N '' -f "$dir/key" && ssh-add -q "$dir/key" && add_peer ssh-add -l
}

# git reads the question from standard input, which spawnbench leaves empty: sh opens the file. What sh itself
# costs is a row of the shells.
up_git() {
    have git || return
    local socket=$dir/git/socket question=$dir/git/question
    mkdir -m 700 "$dir/git"
    printf 'protocol=https\nhost=console.example.com\nusername=u\n\n' >"$question"
    printf 'protocol=https\nhost=console.example.com\nusername=u\npassword=%s\n\n' "$token" |
        git credential-cache --timeout 360000 --socket "$socket" store
    git config --global credential.helper "cache --timeout 360000 --socket $socket"
    add_pid "$(pgrep -f "credential-cache--daemon $socket" | tail -1)" git-credential-cache--daemon
    add_peer "sh -c 'exec git credential-cache --socket $socket get <$question'"
    add_peer "sh -c 'exec git credential fill <$question'"
}

up_secret_service() {
    have gnome-keyring-daemon && have secret-tool && have dbus-daemon || return
    local pid
    dbus-daemon --session --fork --print-address=1 --print-pid=1 >"$dir/dbus"
    set_variable DBUS_SESSION_BUS_ADDRESS "$(head -1 "$dir/dbus")"
    add_pid "$(sed -n 2p "$dir/dbus")" dbus-daemon
    printf 'pw\n' | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
    for pid in $(pgrep -f 'gnome-keyring-daemon --unlock'); do
        grep -qz "XDG_RUNTIME_DIR=$dir/run" "/proc/$pid/environ" && add_pid "$pid" gnome-keyring-daemon
    done
    printf '%s' "$token" | timeout 10 secret-tool store --label=bench service bench user u &&
        add_peer secret-tool lookup service bench user u
}

up_gpg() {
    have gpg || return
    mkdir -m 700 "$HOME/.gnupg"
    gpg --batch --quiet --passphrase '' --quick-generate-key 'bench <bench@example.com>' default default never \
        >/dev/null 2>&1
    add_pid "$(gpg-connect-agent 'getinfo pid' /bye | sed -n 's/^D //p')" gpg-agent
    add_peer "gpg-connect-agent 'getinfo version' /bye"
    have pass || return
    pass init bench@example.com >/dev/null 2>&1
    printf '%s\n' "$token" | pass insert -f -m tok >/dev/null 2>&1 && add_peer pass show tok
}

up_gh() {
    have gh || return
    mkdir -p "$HOME/.config/gh"
    printf 'github.com:\n    user: u\n    oauth_token: gho_%s\n    git_protocol: https\n' "${token:0:36}" \
        >"$HOME/.config/gh/hosts.yml"
    add_peer gh auth token
}

up_curl() {
    local path='api/v3/oauth/token?grant_type=client_credentials'
    add_peer "curl -sf -u id:secret -X POST $PROVIDER_HTTP/$path"
    add_peer "curl -sf --cacert $PROVIDER_CA -u id:secret -X POST $PROVIDER_HTTPS/$path"
}

up_shells() {
    add_peer "sh -c 'echo a'"
    add_peer "bash -c 'echo a'"
}

up() {
    local peer
    umask 077
    mkdir -p "$dir/home" "$dir/run"
    dir=$(cd "$dir" && pwd -P)
    : >"$dir/env"
    : >"$dir/peers.list"
    : >"$dir/pids"
    set_variable HOME "$dir/home"
    set_variable XDG_RUNTIME_DIR "$dir/run"
    echo "unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME" >>"$dir/env"
    unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME
    make_certificates || { echo "peers.sh: openssl made no certificates" >&2; return 1; }
    set_variable PROVIDER_CA "$dir/ca.pem"
    start_provider PROVIDER_HTTP http || return
    start_provider PROVIDER_HTTPS https --tls "$dir/server.pem" "$dir/server.key" || return
    printf -v token '%*s' "$token_length" ''
    token=${token// /x}
    for peer in "$@"; do
        "up_${peer//-/_}" || echo "peers.sh: $peer is not there" >&2
    done
}

action=${1:?up or down} dir=${2:?DIR}
shift 2
[[ ${1:-} == all ]] && set -- oidc-agent ssh-agent git secret-service gpg gh curl shells
case $action in
    up) up "$@" ;;
    down) down ;;
    *) echo "peers.sh: up or down" >&2; exit 64 ;;
esac
