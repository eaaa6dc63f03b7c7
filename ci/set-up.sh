# Sets up what ci/demo and ci/test need; to be sourced. Comes in: the stage, `demo` or `test`
# (`tools` for the pinned tools alone), as $1. Goes out: $python, a Python with everything pinned in
# requirements.txt and the project itself in editable form; $missing, the Debian packages that could
# not be installed (may be empty). Reads: PYTHON (the Python to use), PLOVER_TRAY_VENV (default
# build/venv), and whatever pip reads.
# shellcheck shell=bash

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
venv="${PLOVER_TRAY_VENV:-$root/build/venv}"
stage="${1:?demo, test or tools}"
missing=""

say() { printf '%s\n' "$*" >&2; }

# The first Python that is new enough.
find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3.14 python3; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "plover-tray needs Python 3.11 or newer; set PYTHON to one."
    return 1
}

installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

# Debian packages of this stage that are not there yet: of alternatives (a|b) the first that apt
# knows, for names change from release to release.
packages_to_install() {
    local wanted names name found
    while read -r wanted names; do
        case "$wanted:$stage" in
        demo:* | test:test) ;;
        *) continue ;;
        esac
        # Debian's package of venv is for Debian's own Python.
        if [ "$names" = python3-venv ] && "$1" -c 'import ensurepip, venv' 2>/dev/null; then
            continue
        fi
        found=""
        for name in ${names//|/ }; do
            if installed "$name"; then
                continue 2
            fi
            if [ -z "$found" ] && apt-cache show "$name" >/dev/null 2>&1; then
                found="$name"
            fi
        done
        printf '%s ' "${found:-${names%%|*}}"
    done <"$root/ci/packages-debian.txt"
}

install_packages() {
    command -v apt-get >/dev/null 2>&1 || return 0
    missing="$(packages_to_install "$1")"
    [ -n "$missing" ] || return 0
    local as_root=""
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null 2>&1 || ! sudo -n true 2>/dev/null; then
            say "Missing, and only root can install it: ${missing% }"
            say "    sudo apt-get install ${missing% }"
            return 0
        fi
        as_root="sudo"
    fi
    $as_root apt-get update -q >/dev/null || say "apt-get update failed; trying with the old lists."
    missing="$(packages_to_install "$1")"
    say "Installing Debian packages: ${missing% }"
    # shellcheck disable=SC2086 # the words are meant to be split
    if $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        $missing >/dev/null; then
        missing=""
    else
        say "apt-get could not install: ${missing% }"
    fi
}

# A hash of the files named, for deciding whether something must be done again.
stamp_of() { cat "$@" | cksum; }

make_venv() {
    local stamp
    stamp="$1 $(stamp_of "$root/ci/requirements.txt")"
    if [ "$(cat "$venv/requirements.stamp" 2>/dev/null)" != "$stamp" ]; then
        say "Setting up Python packages in ${venv#"$root"/}"
        "$1" -m venv --clear "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
            --only-binary :all: -r "$root/ci/requirements.txt"
        printf '%s\n' "$stamp" >"$venv/requirements.stamp"
    fi
    [ "$stage" != tools ] || return 0
    stamp="$(stamp_of "$root/pyproject.toml" "$root/hatch_build.py" "$venv/requirements.stamp")"
    stamp="$stamp $("$venv/bin/python" "$root/launcher/build.py" --digest)"
    if [ "$(cat "$venv/project.stamp" 2>/dev/null)" != "$stamp" ] ||
        [ ! -e "$root/src/plover_tray/payload/launcher-universal2" ]; then
        say "Building the launcher and installing plover-tray itself"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
            --no-build-isolation --editable "$root"
        "$venv/bin/python" -m pip check >&2 || say "ci/pin adds what pyproject.toml asks for."
        printf '%s\n' "$stamp" >"$venv/project.stamp"
    fi
}

found_python="$(find_python)"
install_packages "$found_python"
make_venv "$found_python"
# shellcheck disable=SC2034 # for the script that sources this one
python="$venv/bin/python"
export PATH="$venv/bin:$PATH"
