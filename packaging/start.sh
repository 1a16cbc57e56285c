#!/usr/bin/env bash
# From nothing to the main job done:  bash packaging/start.sh [--headless] [OPTIONS OF THE PROGRAM]
#
# With a display it opens the window. Without one, or with --headless, it asks a spoken question, prints the answer as it
# comes and leaves its speech in answer.wav. Other options are passed on: --model FOLDER, for example.

# shellcheck source-path=SCRIPTDIR source=setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

headless=no speech=(--speech answer.wav) options=()
for option in "$@"; do
  case $option in
    --headless) headless=yes ;;
    --speech | --speech=* | --no-speech)
      speech=()
      options+=("$option")
      ;;
    *) options+=("$option") ;;
  esac
done

set_up app

if [[ $headless == no ]] && has_display; then
  # A display that is named may still be out of reach (an old ssh session, say), and Qt would end the program for it.
  if opens_display; then
    say "Opening the window"
    exec python "$root/main.py" "${options[@]}"
  fi
  warn "The display ${WAYLAND_DISPLAY:-${DISPLAY:-}} cannot be opened; going on without a window."
fi

question=$root/assets/samples/question.wav
[[ -f $question ]] || die "The spoken question $question is missing: fetch the repository with its assets."
say "Asking aloud, with ${question#"$root"/}:"
python "$root/main.py" ask --audio "$question" "${speech[@]}" "${options[@]}" || exit
if ((${#speech[@]})); then say "The answer, spoken, is in $PWD/answer.wav"; fi
