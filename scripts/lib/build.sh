# shellcheck shell=bash
# The selfheal program of this checkout, built when its sources changed, with this machine's Swift or, where there is
# none, inside Docker; and the commit that the backend's image is built from.

# What the Swift package is built with, on Debian.
build_packages=(libcurl4-openssl-dev libmicrohttpd-dev libpq-dev libsodium-dev libyaml-dev pkg-config zlib1g-dev)

selfheal_binary=$root/.selfheal/bin/selfheal

# swift build takes seconds to find that nothing is to be done; comparing times takes milliseconds.
ensure_selfheal() {
    [[ -x $selfheal_binary && -z $(find Package.swift Sources -newer "$selfheal_binary" -print -quit) ]] && return
    mkdir -p "$(dirname "$selfheal_binary")"
    local began=$selfheal_binary.began
    touch "$began" # a source saved while the build runs must count as newer than its result
    if command -v swift >/dev/null; then
        need_packages "to build selfheal" "${build_packages[@]}"
        step "building selfheal" build_with_swift
    else
        ! command -v dpkg-query >/dev/null || need_packages "selfheal uses them" libcurl4 libyaml-0-2 zlib1g
        step "building selfheal in a container (this machine has no Swift)" build_with_docker
    fi
    touch -r "$began" "$selfheal_binary.new"
    # A rename, so that a watchdog that runs keeps its file.
    mv "$selfheal_binary.new" "$selfheal_binary"
    rm "$began"
}

# The runtime is linked in, so that the watchdog depends on no toolchain and starts quickly.
build_with_swift() {
    local options=(-c release --product selfheal --static-swift-stdlib)
    quietly swift build "${options[@]}" || die "selfheal does not build" "its last lines are above"
    install -m 755 "$(swift build "${options[@]}" --show-bin-path)/selfheal" "$selfheal_binary.new"
}

build_with_docker() {
    local out=$root/.selfheal/bin/export
    quietly docker build --target selfheal-binary --output "type=local,dest=$out" . ||
        die "selfheal does not build in Docker" "its last lines are above"
    mv "$out/selfheal" "$selfheal_binary.new"
    rmdir "$out"
}

# What /health shows as the commit that runs: the last one that changed what the image is made of. Any other would
# make a new image, and so a restart, of a change to a page of documentation.
source_commit() {
    local parts=(Dockerfile Package.swift Sources) dirty=
    git rev-parse --verify --quiet HEAD >/dev/null 2>&1 || return 0 # not a clone
    git diff --quiet HEAD -- "${parts[@]}" || dirty=-dirty
    echo "$(git log -1 --format=%h -- "${parts[@]}")$dirty"
}
