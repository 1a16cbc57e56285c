# shellcheck shell=sh
# To be sourced in the checkout, `. packaging/environment.sh`: puts what packaging/setup.sh has made on the paths.
# shellcheck disable=SC1091
if [ -f .venv/environment.sh ]; then . .venv/environment.sh; fi
export PATH="$PWD/.venv/bin:$PATH"
