# shellcheck shell=bash
# The watchdog of this checkout as a background process.

watchdog_out=$root/.selfheal/watchdog.out

# Prints the pid of the running watchdog. Its lock is what tells: the kernel takes that from a process which ends,
# however it ends, while a number in a file may by now be anybody's.
watchdog_pid() {
    watchdog_lock=${watchdog_lock:-$root/.selfheal/$(project_name).watch.lock}
    [[ -e $watchdog_lock ]] && ! flock --shared --nonblock "$watchdog_lock" true && head -n 1 "$watchdog_lock"
}

# start_watchdog PROGRAM
start_watchdog() {
    local pid
    if pid=$(watchdog_pid); then
        # A build puts a new file in the place of the old; who still runs the old one is replaced too.
        [[ $(readlink "/proc/$pid/exe") == *' (deleted)' ]] || { say "→ the watchdog runs already (pid $pid)"; return; }
        stop_watchdog
    fi
    say "→ starting the watchdog in the background"
    # What it says on stdout stands in the journal, which is rotated; only its complaints are kept here.
    setsid nohup "$1" watch >/dev/null 2>>"$watchdog_out" </dev/null &
    for _ in {1..100}; do
        watchdog_pid >/dev/null && return
        kill -0 $! 2>/dev/null || break
        sleep 0.1
    done
    die "the watchdog did not start: $(tail -n 3 "$watchdog_out")" "its output: $watchdog_out"
}

stop_watchdog() {
    local pid
    pid=$(watchdog_pid) || { say "→ no watchdog runs"; return; }
    say "→ stopping the watchdog (pid $pid)"
    kill -TERM "$pid"
    # It finishes the action in flight, at the longest a database's whole stop grace.
    for _ in {1..450}; do
        watchdog_pid >/dev/null || return 0
        sleep 0.1
    done
    die "the watchdog (pid $pid) is still busy after 45 s" "see docker-health.txt for what it does, then run this again"
}
