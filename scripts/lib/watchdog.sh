# shellcheck shell=bash
# The watchdog of this checkout as a background process.

watchdog_out=$root/.selfheal/watchdog.out

# Prints the pid of the running watchdog. A pid file can outlive its process and the number be given to another, so
# the process itself must say that it is ours: a selfheal that watches, from this folder.
watchdog_pid() {
    local pid
    read -r pid _ 2>/dev/null <"$root/.selfheal/watchdog.pid" || [[ -n ${pid:-} ]] || return 1
    [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *selfheal\ watch* ]] || return 1
    [[ $(readlink "/proc/$pid/cwd") == "$root" ]] || return 1
    echo "$pid"
}

# start_watchdog PROGRAM
start_watchdog() {
    local pid status=0
    if pid=$(watchdog_pid); then
        # A rebuilt binary replaces the file; the process that still runs the old one is replaced too.
        [[ $(readlink "/proc/$pid/exe") == *' (deleted)' ]] || { say "→ the watchdog runs already (pid $pid)"; return; }
        stop_watchdog
    fi
    say "→ starting the watchdog in the background"
    cd "$root"
    setsid nohup "$1" watch >>"$watchdog_out" 2>&1 </dev/null &
    for _ in {1..50}; do
        watchdog_pid >/dev/null && return
        kill -0 $! 2>/dev/null || break
        sleep 0.1
    done
    kill -0 $! 2>/dev/null || wait $! || status=$?
    # 3: another one holds the project, which is all we want.
    ((status == 3)) || die "the watchdog did not start: $(tail -n 3 "$watchdog_out")" "its output: $watchdog_out"
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
