# Gives this checkout its .venv. Sourced by scripts/run and scripts/test, from the root of the repo, under `set -euo pipefail`.
# `arb_setup` returns 0 with .venv complete, or says what went wrong and returns 1. A complete .venv costs a few milliseconds.
# shellcheck shell=bash

# The stamp says what .venv holds: the very text it was made from, or the word "unfinished" while it is being made.
ARB_STAMP=.venv/arb-stamp
ARB_LOG=var/log/setup.log

arb_setup() {
    _arb_is_complete && return 0
    mkdir -p "$(dirname "$ARB_LOG")" || return 1
    local python
    python=$(_arb_find_python) || return 1
    _arb_enter "$python" || return 1
    _arb_is_complete || _arb_install "$python" || { _arb_leave && return 1; }
    _arb_leave
}

_arb_is_complete() {
    [[ -x .venv/bin/python && -f $ARB_STAMP ]] && cmp -s <(_arb_wanted) "$ARB_STAMP"
}

# The place belongs to it: a .venv names its own folder in every script, so a moved checkout needs another.
_arb_wanted() {
    cat requirements.lock setup.cfg pyproject.toml .venv/pyvenv.cfg
    pwd
}

# --- which python ---

_arb_find_python() {
    local name
    for name in python3.11 python3.12 python3.13 python3; do
        _arb_is_fit "$name" && { echo "$name"; return 0; }
    done
    cat >&2 <<'SAY'
setup: no Python 3.11, 3.12 or 3.13 with venv was found. Install one, then try again:
  Debian, Ubuntu:  sudo apt-get install python3.11 python3.11-venv
  macOS:           brew install python@3.11
SAY
    return 1
}

# Asks by running it: a name may be only a shim, and Debian ships python without ensurepip.
_arb_is_fit() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# --- one at a time ---

# The kernel keeps the lock as long as this shell, or a pip that it left behind, has the file open; nobody has to tidy up after a kill.
# Python takes it, because macOS has no flock command.
_arb_enter() {
    exec 9>>var/setup.lock || return 1
    "$1" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null && return 0
    echo 'setup: another one is at work here; waiting for it' >&2
    "$1" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
}

_arb_leave() {
    exec 9>&-
}

# --- the work ---

_arb_install() {
    local python=$1 began=$SECONDS
    : >"$ARB_LOG" || return 1
    _arb_say "installing; $ARB_LOG has every line of it"
    { _arb_make_venv "$python" && _arb_install_lock && _arb_install_self; } || { _arb_complain; return 1; }
    { _arb_wanted >"$ARB_STAMP.new" && mv "$ARB_STAMP.new" "$ARB_STAMP"; } || return 1
    _arb_say "done in $((SECONDS - began)) s"
}

# A killed pip may leave a package that only looks installed: what was left unfinished is made anew.
_arb_make_venv() {
    if [[ -e $ARB_STAMP && $(head -c 10 "$ARB_STAMP") == unfinished ]] || ! _arb_is_fit .venv/bin/python; then
        rm -rf .venv || return 1
    fi
    mkdir -p .venv && echo unfinished >"$ARB_STAMP" || return 1
    [[ -x .venv/bin/pip ]] || "$1" -m venv .venv >>"$ARB_LOG" 2>&1
}

# setuptools goes first, because parsimonious comes as source: it is then built with the locked one, not with a download of the day.
_arb_install_lock() {
    local first=var/setuptools.lock
    awk '/^[a-z]/ { keep = /^setuptools==/ } keep' requirements.lock >"$first" || return 1
    _arb_pip --require-hashes -r "$first" >>"$ARB_LOG" 2>&1 || return 1
    _arb_pip --require-hashes -r requirements.lock 2>&1 | tee -a "$ARB_LOG" | _arb_show_progress
}

_arb_install_self() {
    _arb_pip --editable . >>"$ARB_LOG" 2>&1
}

_arb_pip() {
    .venv/bin/python -m pip install --no-deps --no-build-isolation --disable-pip-version-check --no-input --progress-bar off "$@"
}

# --- what a person sees ---

# pip tells of each package as it fetches it, but is silent while it installs; then the finished ones are counted on disk.
_arb_show_progress() {
    local line status phase=fetching fetched=0 total
    total=$(grep -c '^[a-z].*==' requirements.lock)
    while status=0; IFS= read -r -t 1 line || status=$?; ((status == 0 || status > 128)); do
        case $line in
            Collecting\ * | Ignoring\ * | 'Requirement already'*) fetched=$((fetched + (status == 0))) ;;
            'Installing collected packages'*) phase=installing ;;
        esac
        _arb_draw "$phase" "$fetched" "$total"
    done
    [[ ! -t 1 ]] || printf '\r\033[K'
}

_arb_draw() {
    [[ -t 1 ]] || return 0
    local done=$2
    [[ $1 == fetching ]] || done=$(_arb_count_installed)
    printf '\r\033[Ksetup: %s %d/%d …' "$1" "$done" "$3"
}

_arb_count_installed() {
    local records=(.venv/lib/python3*/site-packages/*.dist-info/RECORD)
    echo "${#records[@]}"
}

_arb_say() {
    echo "setup: $*"
}

_arb_complain() {
    { echo 'setup: failed. The last lines were:'; tail -n 20 "$ARB_LOG"; echo "setup: all of it is in $ARB_LOG; run the command again to retry"; } >&2
}
