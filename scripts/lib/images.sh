# shellcheck shell=bash
# The three base images. Where a registry answers they are pulled; where none does, stand-ins with the same tags are
# made from Debian's packages (and the machine's Swift), labelled so that nobody takes them for the real ones.

stand_in_label=org.gammonguru.stand-in

ensure_images() {
    local image
    for image in debian:bookworm-slim postgres:15 swift:6.3-bookworm; do
        docker image inspect "$image" >/dev/null 2>&1 && continue
        if [[ ${registry:-} != silent ]]; then
            say "→ pulling $image"
            pull "$image" && continue
            registry=silent # the others will not be pulled either: do not wait 15 s for each
            say "  no registry gives it; making stand-ins from Debian's packages instead"
        fi
        step "making a stand-in for $image" "stand_in_${image%%:*}" "$image"
    done
}

# A registry has 15 s to answer; a download that has begun may take as long as it needs.
pull() (
    log=$(mktemp)
    docker pull "$1" >"$log" 2>&1 &
    trap 'kill $! 2>/dev/null || true; rm -f "$log"' EXIT
    for _ in {1..15}; do
        sleep 1
        if grep -q 'Pulling from' "$log" || ! kill -0 $! 2>/dev/null; then
            wait $!
            return
        fi
    done
    return 1
)

stand_in_debian() { import_stand_in "$1" --include=ca-certificates; }

stand_in_postgres() {
    quietly docker build --label "$stand_in_label=$1" --tag "$1" "$root/scripts/images/postgres" ||
        die "could not build the stand-in for $1" "its last lines are above"
}

# What Swift's own image has beside the toolchain: a C compiler's headers and libraries, and git for SwiftPM. Of the
# machine's toolchain all but the debugger, the editor services and the manuals.
stand_in_swift() {
    command -v swiftc >/dev/null || die "this machine has neither a registry nor Swift: $1 cannot be had" \
        "install Swift 6.3, or let docker pull reach a registry"
    local usr
    usr=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")
    import_stand_in "$1" --include=ca-certificates,binutils,gcc,g++,libc6-dev,libstdc++-12-dev,git,pkg-config,tzdata \
        --include=libcurl4,libedit2,libncurses6,libpython3.11,libsqlite3-0,libxml2,zlib1g-dev \
        --customize-hook="tar -C '$usr' -c --exclude='*lldb*' --exclude='*sourcekit*' --exclude='*clangd*' \
            --exclude='*docc*' --exclude='./share/doc' --exclude='./share/man' . | tar -C \"\$1/usr\" -x --no-same-owner"
}

# import_stand_in IMAGE MMDEBSTRAP-OPTION...: a minimal Debian, streamed into the engine.
# The image gets its tag as the last act, so an interruption leaves nothing half made.
import_stand_in() (
    image=$1 log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    need_packages "to make base images without a registry" mmdebstrap
    ((EUID == 0)) || die "needs root to make $image" "run this script once with sudo"
    id=$(mmdebstrap --variant=minbase --format=tar --logfile="$log" "${@:2}" bookworm - |
        docker import --change 'CMD ["bash"]' --change "LABEL $stand_in_label=$image" -) ||
        die "could not make $image: $(tail -n 5 "$log")" "is there room on the disk? ('df -h' tells)"
    docker tag "$id" "$image"
)
