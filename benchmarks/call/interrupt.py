"""How soon the answer is silent when somebody speaks over it: from the first sample of their voice in the microphone to
the last one of the answer in the loudspeaker, through the real window and the sound server.

    python -m benchmarks.call.interrupt --rounds 20 [--headphones]

The microphone hears the loudspeaker 60 ms later, unless with --headphones. The answers are a stand-in's, forty seconds
of a voice: no model answers for that long. Needs pulseaudio, Xvfb and xdotool, which packaging/test.sh installs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr

from benchmarks.call.window import Window, wait_for_silence, window
from tests.app.real.speech import QUESTION, framed
from tests.app.rig.programs import wait_for
from tests.app.rig.sound import RATE, loud_blocks, position_of

_FACTORY = "tests.app.scripted_engine:load"
_BLOCK = RATE // 100
_ON_ITS_WAY = 0.1  # seconds: what the sound server has when the answer is cancelled, and the recording of it


@dataclass(frozen=True)
class Round:
    """Seconds from the voice's first sample until the loudspeaker is silent, and until the answer is cancelled; for how
    long it was heard again in between, taken for nothing; samples of it that were played after that."""

    silent: float | None
    cancelled: float
    again: float
    afterwards: int


def main() -> int:
    """Interrupt the window a few times and print what a stopwatch would say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--headphones", action="store_true")
    args = parser.parse_args()
    with window("--engine-factory", _FACTORY) as talk:
        if not args.headphones:
            talk.sound.feed_back()
        rounds = [_one_round(talk) for _ in range(args.rounds)]
    silent = sorted(it.silent for it in rounds if it.silent is not None)
    cancelled = [it.cancelled for it in rounds]
    told = {
        "rounds": len(rounds),
        "silent": len(silent),
        "silent_p50": round(float(np.percentile(silent, 50)), 3),
        "silent_p95": round(float(np.percentile(silent, 95)), 3),
        "cancelled": len(cancelled),
        "cancelled_p50": round(float(np.percentile(cancelled, 50)), 3),
        "heard_again_in_between": round(sum(it.again for it in rounds), 2),
        "samples_after_that": sum(it.afterwards for it in rounds),
        "all": silent,
    }
    print(json.dumps(told))
    return 0


def _one_round(talk: Window) -> Round:
    sound, note = talk.sound, talk.log / "interrupted"
    voice = soundfile.read(QUESTION, dtype="float32")[0]
    note.unlink(missing_ok=True)
    with sound.recording("cable") as asked, sound.recording("speaker") as answered:
        first = asked.received, answered.received  # both run now: from here on their times are the same
        began = time.monotonic()
        talk.ask("long", answered)
        time.sleep(1.5)
        sound.say(framed(voice, before=0.1, after=0.1)).wait()
        wait_for(note.exists, "for the answer to be cancelled", 5)
        cancelled = float(note.read_text()) - began
        talk.display.press("Escape")
        wait_for_silence(answered)
    spoken = np.asarray(soxr.resample(voice, 16_000, RATE), np.float32)
    start, _ = position_of(spoken, asked.samples[first[0] :])
    voiced = start + np.flatnonzero(np.abs(spoken) > 0.02 * np.abs(spoken).max())
    begin, end = int(voiced[0]), int(voiced[-1])  # behind the end, the answer to this voice may sound
    loud = loud_blocks(answered.samples[first[1] :])[: end // _BLOCK]
    over = loud[begin // _BLOCK :]
    gap = next((n for n in range(min(200, len(over))) if not over[n : n + 5].any()), None)
    until = round((cancelled + _ON_ITS_WAY) / 0.01)
    again = 0 if gap is None else int(loud[begin // _BLOCK + gap : until].sum())
    afterwards = int(loud[until:].sum()) * _BLOCK
    return Round(None if gap is None else gap * 0.01, cancelled - begin / RATE, again * 0.01, afterwards)


if __name__ == "__main__":
    sys.exit(main())
