# shellcheck shell=bash
# A Docker Engine that answers, with Compose v2 and Buildx. What is there already is left as it is.

ensure_engine() {
    engine_answers && return
    # Only an engine of this machine's default place is ours to set up: any other was chosen by somebody.
    [[ -z ${DOCKER_HOST:-} ]] || die "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST" "start it, or unset DOCKER_HOST"
    if ! command -v dockerd >/dev/null; then
        need_packages "no Docker Engine is here" docker.io iptables
        # A package of its own from trixie on.
        command -v docker >/dev/null || need_packages "Docker's client" docker-cli
    elif [[ -S /var/run/docker.sock && ! -w /var/run/docker.sock ]]; then
        die "this user may not talk to the Docker Engine" "run: sudo usermod -aG docker $(id -un), then log in again"
    fi
    engine_answers && return
    ((EUID == 0)) || die "the Docker Engine is not running" "run: sudo systemctl start docker"
    if [[ -d /run/systemd/system ]]; then
        step "starting the Docker Engine (systemd)" systemctl start docker
    else
        step "starting the Docker Engine in the background (no init system runs here; log: $engine_log)" start_dockerd
    fi
}

engine_log=/var/log/dockerd.log

engine_answers() { timeout 10 docker info >/dev/null 2>&1; }

start_dockerd() {
    local pid=/var/run/docker.pid deadline=$((SECONDS + 60))
    # A pid file that survived a reboot may name a process that is not dockerd; dockerd would refuse to start.
    if [[ -f $pid && $(cat "/proc/$(<"$pid")/comm" 2>/dev/null) != dockerd ]]; then rm -f "$pid"; fi
    setsid nohup dockerd >>"$engine_log" 2>&1 </dev/null &
    until engine_answers; do
        ((SECONDS < deadline)) || die "the Docker Engine did not answer within 60 s; its log ends with:
$(tail -n 5 "$engine_log")" "full log: $engine_log"
        sleep 0.5
    done
}

# Debian has the two plug-ins only from trixie on, but they run on bookworm's libc: they are unpacked from their
# packages into the user's plug-in folder, with apt's lists and sources of this one download kept apart from the
# machine's own.
ensure_plugins() {
    local missing=()
    docker compose version >/dev/null 2>&1 || missing+=(docker-compose)
    docker buildx version >/dev/null 2>&1 || missing+=(docker-buildx)
    ((${#missing[@]} > 0)) || return 0
    command -v apt-get >/dev/null || die "Docker lacks ${missing[*]}, and this machine has no apt" \
        "install the plug-ins as your system does and run this again"
    step "fetching ${missing[*]} (Docker's plug-ins; Debian has them only from trixie on)" fetch_plugins "${missing[@]}"
}

fetch_plugins() (
    local mirror plugin plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    chmod 755 "$scratch" # apt downloads as a user of its own
    mkdir -p "$scratch"/{lists,cache}/partial "$plugins"
    cd "$scratch"
    mirror=$(debian_mirror)
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >sources.list
    apt=(apt-get -o "Dir::Etc::SourceList=$scratch/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$scratch/lists" -o "Dir::Cache=$scratch/cache")
    if ! quietly "${apt[@]}" update || ! quietly "${apt[@]}" download "$@"; then
        die "could not fetch $* from Debian's trixie" "install Docker's Compose v2 and Buildx plug-ins by hand"
    fi
    for plugin in "$@"; do
        dpkg -x "$plugin"_*.deb unpacked
        install -m 755 "$(find unpacked -type f -name "$plugin" -perm -u+x | head -n 1)" "$plugins/.$plugin.new"
        mv "$plugins/.$plugin.new" "$plugins/$plugin"
    done
)

# The mirror that this machine's own apt uses for Debian.
debian_mirror() {
    local mirrors
    # shellcheck disable=SC2016 # apt expands these
    mirrors=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian')
    [[ -n $mirrors ]] || die "apt knows no Debian mirror here" "run: apt-get update"
    echo "${mirrors%%$'\n'*}"
}
