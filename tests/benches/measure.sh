#!/usr/bin/env bash
# Pairs candidates with the C floor, and with peers, in one run, and prints the tables. It starts only the floor's
# own server.
#
#   measure.sh [options] ['COMMAND LINE'...]      each argument is one command line, split as a shell splits words
#     -n N      spawns of each command (default 1000)       -k N      spawns for the peers' table (default 150)
#     -p FILE   more command lines, one a line (peers.sh writes one)
#     -S SOCK   the candidate daemon's socket: adds throughput, in turn with the floor's server
#     -r FILE   the request's bytes for -S                  -R END    how its reply ends (loadgen.c; u32le)
#     -P PID    the candidate daemon: adds memory, descriptors, 1000 idle connections
#     -d SECS   seconds of each load run (default 3)        -N N      rounds of each load pair (default 5)
#     -q        only the spawn tables
set -u

here=$(cd "$(dirname "$0")" && pwd -P)
out=${CARGO_TARGET_DIR:-$here/../../target}/benches
spawns=1000 peer_spawns=150 peer_list="" socket="" request="" reply_end=u32le pid="" load_seconds=3 rounds=5 quick=""
while getopts n:k:p:S:r:R:P:d:N:q option; do
    case $option in
        n) spawns=$OPTARG ;; k) peer_spawns=$OPTARG ;; p) peer_list=$OPTARG ;; S) socket=$OPTARG ;;
        r) request=$OPTARG ;; R) reply_end=$OPTARG ;; P) pid=$OPTARG ;; d) load_seconds=$OPTARG ;;
        N) rounds=$OPTARG ;; q) quick=yes ;; *) exit 64 ;;
    esac
done
shift $((OPTIND - 1))
candidates=("$@")

make -s -C "$here" || exit 1
out=$(cd "$out" && pwd -P)
scratch=$(mktemp -d)
floor_socket=$scratch/s
"$out/floor-server" "$floor_socket" &
floor_pid=$!
trap 'kill $floor_pid 2>/dev/null; rm -rf "$scratch"' EXIT
until "$out/floor-nolibc" "$floor_socket" >/dev/null; do
    kill -0 $floor_pid || exit 1
done

# Appends command lines to `commands`, separated as spawnbench wants them.
add() {
    local line words
    for line in "$@"; do
        eval "words=($line)"
        [[ ${#commands[@]} -gt 0 ]] && commands+=(--)
        commands+=("${words[@]}")
    done
}

# spawn_table TITLE SPAWNBENCH_ARGUMENT...  the floor, the candidates and then the command lines of `others`.
spawn_table() {
    local commands=()
    printf '\n## %s\n' "$1"
    shift
    add "$out/floor-nolibc $floor_socket" "${candidates[@]}" "${others[@]}"
    "$out/spawnbench" -q "$@" "${commands[@]}"
}

spawn_tables() {
    local variant others=()
    for variant in splice musl static dynamic; do
        [[ -x $out/floor-$variant ]] && others+=("$out/floor-$variant $floor_socket")
    done
    others+=("$out/floor-nosock x")
    spawn_table "spawn to the end of the output" "$spawns"
    spawn_table "the same, driver and children pinned to CPU 1" -a 1 "$spawns"
    [[ -n $peer_list && -s $peer_list ]] || return
    mapfile -t others <"$peer_list"
    spawn_table "peers, pinned to CPU 1" -a 1 -w 3 "$peer_spawns"
}

# Microseconds for one x=$(COMMAND) of bash, on CPU 1; the command line stands in the loop as it is.
shell_loop() {
    taskset -c 1 bash -c "
        start=\${EPOCHREALTIME/./}
        for ((i = 0; i < $2; i++)); do x=\$($1); done
        echo \$(((\${EPOCHREALTIME/./} - start) / $2))"
}

shell_table() {
    local round candidate
    printf '\n## shell loop: bash pinned to CPU 1, command substitution, microseconds each, in turn\n'
    for round in 1 2 3 4 5; do
        printf '%s: nothing %s | floor %s' "$round" "$(shell_loop true 300)" \
            "$(shell_loop "$out/floor-nolibc $floor_socket" 300)"
        for candidate in "${candidates[@]}"; do
            printf ' | %s %s' "${candidate##*/}" "$(shell_loop "$candidate" 300)"
        done
        echo
    done
}

load() { "$out/loadgen" -m connect "$@"; }
load_candidate() { load ${request:+-r "$request"} -R "$reply_end" "$@" "$socket"; }

throughput_table() {
    local round connections
    printf '\n## throughput: connect, one request, close; load generator and server share the processors, in turn\n'
    for round in $(seq "$rounds"); do
        for connections in 1 64; do
            echo "floor     $(load -c "$connections" -d "$load_seconds" "$floor_socket")"
            [[ -n $socket ]] && echo "candidate $(load_candidate -c "$connections" -d "$load_seconds")"
        done
    done | tee "$scratch/throughput"
    [[ -n $socket ]] && ratio_of_throughput
}

# The median of the rounds' ratios candidate : floor, for each number of connections.
ratio_of_throughput() {
    local connections
    for connections in 1 64; do
        grep "conns=$connections " "$scratch/throughput" | grep -o 'rps=[0-9]*' | cut -d= -f2 | paste - - |
            awk '{ printf "%.3f\n", $2 / $1 }' | sort -n |
            awk -v c="$connections" '{ r[NR] = $1 }
                END { print "ratio, " c " connections: median " r[int((NR + 1) / 2)] ", " r[1] " to " r[NR] }'
    done
}

memory() {
    awk '/^Rss|^Pss:|^Private_Dirty/ { printf "%s%s KiB  ", $1, $2 }' "/proc/$1/smaps_rollup"
    local descriptors=("/proc/$1/fd"/*) threads=("/proc/$1/task"/*)
    echo "descriptors:${#descriptors[@]} threads:${#threads[@]}"
}

memory_table() {
    printf '\n## memory\n'
    echo "floor-server: $(memory $floor_pid)"
    [[ -n $pid ]] || return
    echo "candidate: $(memory "$pid")"
    [[ -n $socket ]] || return
    local idle
    mkfifo "$scratch/idle"
    "$out/loadgen" -i 1000 -d 4 "$socket" >"$scratch/idle" &
    idle=$!
    { read -r line && echo "$line"; } <"$scratch/idle"
    echo "candidate with them: $(memory "$pid")"
    echo "candidate, load beside them: $(load_candidate -c 8 -d 1)"
    wait $idle
    # One more answer: the daemon has then seen the closing of those that came before.
    load_candidate -c 1 -d 1 >/dev/null
    echo "candidate after they closed: $(memory "$pid")"
}

echo "# $(date -u +%FT%TZ), $(nproc) processors, kernel $(uname -r | cut -d- -f1), load $(cut -d' ' -f1 /proc/loadavg)"
spawn_tables
[[ -n $quick ]] && exit 0
shell_table
throughput_table
memory_table
