# Owns how a package tells the daemons of all users that their program was replaced or goes away. It is put at the
# top of the scripts of .deb and .rpm, and does nothing by itself.
# shellcheck shell=sh

# running PROGRAM...  the process ids whose program is exactly one of these and whose root folder is ours: those in
# containers have programs of their own, by the same names.
running() {
    here=$(stat -L -c %d:%i /)
    for program in "$@"; do
        # It fails for every process that ends meanwhile.
        find /proc/[0-9]*/exe -maxdepth 0 -lname "$program" 2>/dev/null || true
    done | while IFS=/ read -r _ _ pid _; do
        if [ "$(stat -L -c %d:%i "/proc/$pid/root/." 2>/dev/null)" = "$here" ]; then echo "$pid"; fi
    done
}

# hand_over  asks each daemon whose program was replaced to go on with the new one, with its socket and tokens. SIGUSR2
# ends a program that does not expect it, so only those that catch it, or hold it back to read it, are asked.
hand_over() {
    for pid in $(running '/usr/bin/cp-tokend (deleted)'); do
        if grep -q '^Sig\(Cgt\|Blk\):.*[89a-f]..$' "/proc/$pid/status" 2>/dev/null; then kill -s USR2 "$pid" || true; fi
    done
}

# stop_all  ends each daemon in order: it erases what it holds and takes its socket away.
stop_all() {
    for pid in $(running /usr/bin/cp-tokend '/usr/bin/cp-tokend (deleted)'); do
        kill -s TERM "$pid" || true
    done
}
