# Sourced by every `build`: the names of the two folders, and what all builds do.
INPUT=${INPUT:-${INPUT_DIR:-/mnt/input}}
OUTPUT=${OUTPUT:-${OUTPUT_DIR:-/mnt/output}}
INPUT_DIR=$INPUT
OUTPUT_DIR=$OUTPUT
export INPUT OUTPUT INPUT_DIR OUTPUT_DIR

# Makes the source the result. The volume is limited: a tree that is renamed takes its room once,
# dotfiles included. `.modplan` is what a build says of itself, so that a source's own goes.
take_input() {
    if [ ! -d "$INPUT" ]; then
        echo "build: no source at $INPUT" >&2
        exit 1
    fi
    mkdir -p "$OUTPUT" "$HOME" "$TMPDIR"
    if rmdir "$OUTPUT" 2>/dev/null; then
        mv -T "$INPUT" "$OUTPUT"
    else
        cp -a "$INPUT/." "$OUTPUT/"
    fi
    rm -rf "$OUTPUT/.modplan"
}

# record_runtime NAME VERSION: what the app is built for. modplan records it with the release.
record_runtime() {
    mkdir -p "$OUTPUT/.modplan"
    echo "$1 $2" >> "$OUTPUT/.modplan/runtime"
}

# Whether there is more than the loopback: `build.network: none` leaves no other interface.
has_network() { [ "$(ls /sys/class/net)" != lo ]; }
