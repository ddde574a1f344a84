# Owns what the scripts of packaging/ share: where things lie, how they fail, and how they read their words. It is
# sourced and does nothing by itself.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
here=$root/packaging
target_dir=${CARGO_TARGET_DIR:-$root/target}
[[ $target_dir == /* ]] || target_dir=$PWD/$target_dir
dist=$target_dir/dist

# fail MESSAGE [CODE]
fail() {
    local script
    script=$(cd "$(dirname "$0")" && pwd -P)/${0##*/}
    echo "${script#"$root/"}: $1" >&2
    exit "${2:-1}"
}

# options NAMES WORD...  takes `--NAME VALUE` of each of these names into the variable NAME, and the other words into `words`.
options() {
    local names=" $1 "
    words=()
    shift
    while [[ $# -gt 0 ]]; do
        if [[ $1 != -* ]]; then
            words+=("$1")
            shift
            continue
        fi
        [[ $1 == --?* && $names == *" ${1#--} "* ]] || fail "unknown option $1; see its top" 64
        [[ -n ${2:-} ]] || fail "$1 needs a value; see its top" 64
        printf -v "${1#--}" %s "$2"
        shift 2
    done
}

require_maintainer() {
    [[ $maintainer == ?*' <'?*@?*'>' ]] || fail "who maintains it? --maintainer 'NAME <ADDRESS>'" 64
}

# A folder that is gone when the script ends.
make_work() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
}

# stage_package WORD...  reads the words of packaging/deb and packaging/rpm and lays out in $stage what a package holds.
stage_package() {
    from=$dist/bin revision=1 maintainer=${DEBFULLNAME:+$DEBFULLNAME <${DEBEMAIL:-}>}
    options "from maintainer revision" "$@"
    to=${words[0]:-$dist}
    require_maintainer
    make_work
    stage=$work/stage
    MAINTAINER=$maintainer RELEASE=$revision
    VERSION=$("$here/version")
    REPOSITORY=$("$here/version" --repository)
    SOURCE_DATE_EPOCH=$("$here/version" --date)
    export MAINTAINER RELEASE VERSION REPOSITORY SOURCE_DATE_EPOCH
    "$here/tree" --from "$from" "$stage"
    mkdir -p "$to"
}
