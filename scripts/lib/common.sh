# shellcheck shell=bash
# How every script speaks, fails and installs packages. Progress goes to stderr, results to stdout.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Clients before 23 take the old builder, which knows no cache mounts and no output folder, unless told.
export DOCKER_BUILDKIT=1

say() { printf '%s\n' "$*" >&2; }

# die WHAT [NEXT STEP]
die() {
    say "error: $1"
    [[ -z ${2:-} ]] || say "       $2"
    exit 1
}

# step TEXT COMMAND...: announces a step that may take long and says how long it took.
step() {
    local text=$1 began=$SECONDS
    shift
    say "→ $text"
    "$@" || return
    say "  done in $((SECONDS - began)) s"
}

# quietly COMMAND...: keeps the output of a program that works to itself and shows the end of it when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    ((status == 0)) || tail -n 20 "$log" >&2
    rm -f "$log"
    return "$status"
}

# The text of --help is the comment at the head of the script itself, so the two cannot differ.
help_if_asked() {
    [[ ${1:-} == -h || ${1:-} == --help ]] || return 0
    sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$0"
    exit 0
}

takes_no_arguments() { (($# == 0)) || die "unknown argument: $1" "see $0 --help"; }

# need_packages WHY PACKAGE...: installs the Debian packages that are not there yet.
need_packages() {
    local why=$1 package missing=()
    shift
    command -v dpkg-query >/dev/null || die "this machine has no apt, so set-up cannot install: $*" \
        "install them with this machine's own package manager ($why) and run this again"
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]} > 0)) || return 0
    ((EUID == 0)) || die "needs root to install packages ($why)" "run: sudo apt-get install ${missing[*]}"
    step "installing ${missing[*]} ($why)" install_packages "${missing[@]}"
}

install_packages() {
    # Another apt on the same machine is waited for rather than failed on.
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
    quietly "${apt[@]}" update || say "  the package lists could not be refreshed; trying with those that are here"
    quietly "${apt[@]}" install -y --no-install-recommends "$@" ||
        die "apt-get could not install: $*" "its last lines are above; 'df -h /' and 'apt-get install $*' tell more"
}
