# Sourced by every `build`: the names of the two folders, and the source taken over into the result.
INPUT=${INPUT:-${INPUT_DIR:-/mnt/input}}
OUTPUT=${OUTPUT:-${OUTPUT_DIR:-/mnt/output}}
INPUT_DIR=$INPUT
OUTPUT_DIR=$OUTPUT
export INPUT OUTPUT INPUT_DIR OUTPUT_DIR

# The volume is limited: a tree that is renamed takes its room once, dotfiles included.
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
}
