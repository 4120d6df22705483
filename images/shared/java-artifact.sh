# Sourced by the java images' `build` and `start`, so that both mean the same file.

# Prints what a folder holds to run, relative to it: the file that ARTIFACT names, else an exploded
# web application (`.`), else the one *.war, else the one *.jar that names its main class. Looks in
# the folder itself, in target/, in target/ of a module; the first of them that holds any decides.
java_artifact() (
    cd "$1"
    if [ -n "${ARTIFACT:-}" ]; then
        [ ! -e "$ARTIFACT" ] || { echo "$ARTIFACT"; return; }
        echo "ARTIFACT names $ARTIFACT, which is not there" >&2
        return 1
    fi
    [ ! -d WEB-INF ] || { echo .; return; }
    for place in . target */target; do
        set --
        for file in "$place"/*.war; do
            [ ! -f "$file" ] || set -- "$@" "$file"
        done
        if [ $# -eq 0 ]; then
            for file in "$place"/*.jar; do
                ! is_runnable_jar "$file" || set -- "$@" "$file"
            done
        fi
        case $# in
        0) ;;
        1) echo "$1"; return ;;
        *)
            echo "expected one file to run, found $*: set ARTIFACT to one of them" >&2
            return 1
            ;;
        esac
    done
    echo 'expected a *.war, or a *.jar whose manifest has a Main-Class; found none here or in target/' >&2
    return 1
)

# What a build leaves beside the artifact is never it, whatever its manifest says.
is_runnable_jar() {
    case ${1##*/} in
    original-*.jar | *-sources.jar | *-javadoc.jar | *-tests.jar) return 1 ;;
    esac
    [ -f "$1" ] && unzip -p "$1" META-INF/MANIFEST.MF 2>/dev/null | grep -q '^Main-Class:'
}
