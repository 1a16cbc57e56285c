# Sourced by the other scripts: the environment in which the program runs after setup.sh. Leaves the shell in the checkout.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
if [ -d .venv/system ]; then
    libraries=$(find "$PWD/.venv/system" -name '*.so*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd:)
    export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
export PATH="$PWD/.venv/bin:$PATH"
