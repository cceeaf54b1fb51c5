# shellcheck shell=bash
# Everything the product needs from the machine, in the order in which one thing needs the other.

source "$root/scripts/lib/engine.sh"
source "$root/scripts/lib/images.sh"

ensure_machine() {
    ensure_engine
    ensure_plugins
    ensure_images
}
