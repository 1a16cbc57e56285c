# Sourced by start.sh and test.sh: `set_up app` or `set_up test` makes .venv in the checkout, with everything in it that
# the program (and its tests) need, and finds the system's libraries that belong to it.
#
# As root, or where sudo asks for no password, missing Debian packages are installed. Everywhere else they are fetched
# and unpacked inside .venv, which needs no rights at all. A second run looks at a stamp and is done.
# shellcheck shell=bash

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
unpacked=$venv/system # Debian packages unpacked without installing them
needs=$root/packaging/system-libraries.txt
torch_version=2.13.0 # the newest that pyproject.toml admits; changed together with it

say() { printf '── %s\n' "$*"; }
warn() { printf '── %s\n' "$*" >&2; }
die() {
  printf '✗ %s\n' "$*" >&2
  exit 1
}

set_up() { # app | test
  local kind=$1 stamp
  stamp=$(fingerprint "$kind")
  if [[ "$(cat "$venv/.set-up-$kind" 2>/dev/null)" != "$stamp" ]]; then
    make_venv
    get_system_libraries "$kind"
    install_python_packages "$kind"
    fingerprint "$kind" >"$venv/.set-up-$kind"
    # The tests' set-up holds everything that the program's does.
    if [[ $kind == test ]]; then fingerprint app >"$venv/.set-up-app"; fi
  fi
  use_unpacked_libraries
  # shellcheck disable=SC2155 # read by the tests' rig: what could not be installed is skipped, all else must be there
  [[ $kind == test ]] && export VISAVIS_TESTS_WITHOUT="$(can_install || missing_packages test tests | paste -sd ' ')"
  export PATH=$venv/bin:$PATH VIRTUAL_ENV=$venv
}

fingerprint() { # app | test: changes whenever set-up would do something else
  local display=no card=no
  has_display && display=yes
  has_card && card=yes
  if [[ -x $venv/bin/python ]]; then "$venv/bin/python" --version || true; fi
  printf '%s\n' "$root" "$1" "display: $display" "card: $card" "user: $EUID"
  cat "$root/pyproject.toml" "$root/packaging/setup.sh" "$needs" | cksum
}

has_display() { [[ -n ${DISPLAY:-} || -n ${WAYLAND_DISPLAY:-} ]]; }
opens_display() {
  # Held for some seconds: an X server without other clients (Xvfb) starts anew when its last one leaves, and would turn
  # the program away that comes next.
  grep -q open < <(python -c 'import time
from PySide6.QtWidgets import QApplication
application = QApplication([])
print("open", flush=True)
time.sleep(20)' 2>/dev/null)
}
has_card() { nvidia-smi -L 2>/dev/null | grep -q GPU; }

# ── Python ──────────────────────────────────────────────────────────────────────────────────────────────────────────

make_venv() {
  local python version
  if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    suits "$venv/bin/python" || die "The Python in $venv is older than 3.11: remove that folder, then start again."
    return
  fi
  python=$(find_python) || die "Python 3.11 or newer was not found; install it first (on Debian: apt-get install python3)."
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  say "Making .venv with Python $version ($python)"
  if ! "$python" -c 'import ensurepip' 2>/dev/null && can_install; then
    install_packages "python$version-venv" || true # Debian keeps ensurepip in a package of its own
  fi
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv --clear "$venv" && return
    die "A virtual environment could not be made in $venv; the lines above say why."
  fi
  "$python" -m venv --clear --without-pip "$venv" || die "A virtual environment could not be made in $venv."
  unpack_packages python3-pip-whl || die "pip is missing: have python$version-venv installed, then start again."
  "$venv/bin/python" "$(first_of "$unpacked"/usr/share/python-wheels/pip-*.whl)/pip" install --quiet --no-index \
    "$(first_of "$unpacked"/usr/share/python-wheels/pip-*.whl)" ||
    die "pip could not be put into $venv: have python$version-venv installed, then start again."
}

find_python() {
  local name
  for name in python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null && suits "$name"; then
      "$name" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  return 1
}

suits() { "$1" -c 'import ctypes, ssl, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
first_of() { printf '%s' "$1"; }

install_python_packages() { # app | test
  local extras=()
  [[ $1 == test ]] && extras+=(test)
  has_card && extras+=(cuda)
  pip install --upgrade 'pip>=24' || die "pip could not be brought up to date; is there a network?"
  install_torch
  say "Installing the program and what it uses"
  pip install --editable "$root$(extras_in_brackets "${extras[@]}")" ||
    die "The Python packages could not be installed; the lines above say why."
}

extras_in_brackets() {
  local IFS=,
  if (($#)); then printf '[%s]' "$*"; fi
}

# pip asks for nothing, and tells of its progress only where somebody watches.
pip() {
  local quiet=(--quiet --quiet)
  [[ -t 1 ]] && quiet=()
  "$venv/bin/python" -m pip "$1" --disable-pip-version-check --no-input "${quiet[@]}" "${@:2}"
}

# PyTorch comes first and by itself: left to the other packages' wishes, pip on Linux takes its newest CUDA build, 3 GB
# that are of no use without a card. uv knows where the builds for processors and for each CUDA version are kept.
install_torch() {
  if has_card; then
    has_torch "torch.version.cuda" && return
    say "There is an NVIDIA card: installing PyTorch's CUDA build (about 3 GB)"
    uv_torch auto || pip install "torch==$torch_version" || die "PyTorch could not be installed; is there a network?"
    has_torch "torch.version.cuda" || warn "Only a build for processors was to be had: the card will not be used."
    return
  fi
  has_torch True && return
  say "Installing PyTorch"
  if ! is_small_here && uv_torch cpu; then return; fi
  pip install "torch==$torch_version" || die "PyTorch could not be installed; is there a network?"
}

has_torch() { # a condition
  "$venv/bin/python" -c "import sys, torch; sys.exit(torch.__version__.split('+')[0] != '$torch_version' or not $1)" \
    >/dev/null 2>&1
}

is_small_here() { # whether what pip would take is the build for processors, without NVIDIA's libraries
  "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --dry-run --ignore-installed --report - \
    "torch==$torch_version" 2>/dev/null |
    "$venv/bin/python" -c '
import json, sys
names = [part["metadata"]["name"].lower() for part in json.load(sys.stdin)["install"]]
sys.exit(any(name.startswith(("nvidia-", "cuda-")) for name in names))' 2>/dev/null
}

uv_torch() { # cpu | auto
  pip install uv && "$venv/bin/uv" pip install --python "$venv/bin/python" --torch-backend="$1" "torch==$torch_version" &&
    return
  warn "uv could not get the build of PyTorch that fits best; taking what pip offers."
  return 1
}

# ── The system's libraries ──────────────────────────────────────────────────────────────────────────────────────────

get_system_libraries() { # app | test
  local kind=$1 missing=()
  mapfile -t missing < <(missing_packages "$kind")
  ((${#missing[@]})) || return 0
  if can_install; then
    say "Installing from the system's packages: ${missing[*]}"
    install_packages "${missing[@]}" || true # what came is seen below
  elif command -v apt-get dpkg >/dev/null; then
    # Libraries work from any folder. Servers and plug-ins do not: their parts look for each other at fixed places.
    mapfile -t missing < <(missing_packages "$kind" sound && missing_packages "$kind" window)
    if ((${#missing[@]})); then
      say "Unpacking inside .venv, as they cannot be installed here: ${missing[*]}"
      unpack_packages "${missing[@]}" || true
    fi
  fi
  tell_what_will_not_work "$kind"
}

missing_packages() { # app | test [use]: of all uses, or of one
  local kind=$1 only=${2:-} use looks package
  while read -r use looks package; do
    [[ -z $use || $use == \#* || (-n $only && $use != "$only") ]] && continue
    [[ $use == tests && $kind != test ]] && continue
    if [[ $use == desktop ]] && ! has_display; then continue; fi
    is_there "$looks" || printf '%s\n' "$package"
  done <"$needs" | sort -u
}

is_there() { # a soname, a program, or a pattern of files
  local path=$PATH:/usr/sbin:/sbin
  case $1 in
    /*) compgen -G "$1" >/dev/null || compgen -G "$unpacked$1" >/dev/null ;;
    lib*.so*) [[ $(PATH=$path ldconfig -p 2>/dev/null) == *"$1 "* ]] || compgen -G "$unpacked/*lib/*/$1" >/dev/null ||
      compgen -G "$unpacked/usr/lib/*/$1" >/dev/null ;;
    *) PATH=$path command -v "$1" >/dev/null ;;
  esac
}

tell_what_will_not_work() { # app | test
  local kind=$1 use lost
  for use in sound window desktop tests; do
    lost=$(missing_packages "$kind" "$use" | paste -sd ' ')
    [[ -n $lost ]] || continue
    case $use in
      sound) warn "Not to be had: $lost. Microphone and loudspeaker will not work; WAV files will." ;;
      window) warn "Not to be had: $lost. The window may not open; the commands will work." ;;
      desktop) warn "Not to be had: $lost. Sound may find no device on this desktop." ;;
      tests) warn "Not to be had: $lost. The tests that need them will fail." ;;
    esac
  done
}

can_install() { command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }; }

install_packages() {
  local get=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300
    -o Dpkg::Use-Pty=0)
  ((EUID == 0)) || get=(sudo -n "${get[@]}")
  "${get[@]}" install "$@" >/dev/null 2>&1 && return
  "${get[@]}" update >/dev/null || warn "The list of the system's packages could not be brought up to date."
  "${get[@]}" install "$@" >/dev/null && return
  local package status=0
  for package in "$@"; do # one that this system does not know must not keep the others away
    "${get[@]}" install "$package" >/dev/null 2>&1 || status=1
  done
  return $status
}

# Without rights: packages and what they depend on, unpacked in .venv. apt works on lists of its own, in there as well.
unpack_packages() {
  local state=$unpacked/.apt wanted=() package
  local get=(apt-get -qq -o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state/cache" -o Debug::NoLocking=true)
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/debs"
  "${get[@]}" update >"$state/log" 2>&1 || true # hooks of the system's own may fail for want of rights
  for package in "$@"; do
    # Only what is not installed at all ("Inst name (…"): a newer libc beside the system's would break every program.
    mapfile -t -O "${#wanted[@]}" wanted < <("${get[@]}" --simulate --no-install-recommends install "$package" \
      2>>"$state/log" | sed -n 's/^Inst \([^ ]*\) (.*/\1/p')
  done
  ((${#wanted[@]})) || return 1
  mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)
  (cd "$state/debs" && "${get[@]}" download "${wanted[@]}" >>"$state/log" 2>&1) || true
  compgen -G "$state/debs/*.deb" >/dev/null || return 1
  for package in "$state"/debs/*.deb; do
    dpkg -x "$package" "$unpacked" || return 1
  done
  rm -rf "$state/debs" "$state/cache" "$state/lists"
}

use_unpacked_libraries() {
  [[ -d $unpacked/usr ]] || return 0
  write_environment >"$venv/environment.sh"
  # shellcheck disable=SC1091
  source "$venv/environment.sh"
}

write_environment() {
  local folders
  folders=$(compgen -G "$unpacked/usr/lib/*-linux-gnu*" || true)
  folders+=$'\n'$(compgen -G "$unpacked/lib/*-linux-gnu*" || true)
  folders+=$'\n'$(compgen -G "$unpacked/usr/lib/*-linux-gnu*/pulseaudio" || true)
  printf '# Made by packaging/setup.sh: where the libraries are that could not be installed.\n'
  # shellcheck disable=SC2016 # expanded when it is sourced
  printf 'export LD_LIBRARY_PATH="%s${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"\n' "$(grep . <<<"$folders" | paste -sd :)"
  # Their data, only where the system has none of its own.
  [[ -d /usr/share/X11/xkb ]] || printf 'export XKB_CONFIG_ROOT="%s"\n' "$unpacked/usr/share/X11/xkb"
  [[ -e /usr/share/alsa/alsa.conf ]] || printf 'export ALSA_CONFIG_PATH="%s"\n' "$unpacked/usr/share/alsa/alsa.conf"
  if [[ ! -e /etc/fonts/fonts.conf && -d $unpacked/usr/share/fonts ]]; then
    printf '<?xml version="1.0"?>\n<fontconfig><dir>%s</dir><cachedir>%s</cachedir></fontconfig>\n' \
      "$unpacked/usr/share/fonts" "$unpacked/font-cache" >"$unpacked/fonts.conf"
    printf 'export FONTCONFIG_FILE="%s"\n' "$unpacked/fonts.conf"
  fi
}
