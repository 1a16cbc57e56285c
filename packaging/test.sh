#!/usr/bin/env bash
# From nothing to tested:  bash packaging/test.sh [OPTIONS OF PYTEST]
#
# Lint, types, import contracts, tests; each runs whatever the others say.

# shellcheck source-path=SCRIPTDIR source=setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

set_up test
cd "$root"
has_display || export QT_QPA_PLATFORM=offscreen
export HF_HUB_OFFLINE=1 # no test may fetch anything

failed=()
check() {
  say "$*"
  "$@" || failed+=("$1")
}
check ruff check .
check mypy
check lint-imports
check pytest "$@"

if ((${#failed[@]})); then die "Not everything passed: ${failed[*]}"; fi
say "Everything passed"
