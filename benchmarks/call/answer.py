"""How long it takes to be answered in a call: from the last voiced sample in the microphone to the first in the
loudspeaker, through the real window, its listener, the engine and the sound server.

    python -m benchmarks.call.answer --rounds 25

Everything counts: the silence that ends a turn, the rest of the prompt, the first codes, their sound, buffers.
Needs pulseaudio, Xvfb and xdotool, which packaging/test.sh installs; uses the tests' private display and devices.
"""

from __future__ import annotations

import argparse
import json
import sys

import numpy as np
import soundfile

from benchmarks.call.window import Window, wait_for_silence, window
from tests.app.real.speech import QUESTION, framed
from tests.app.rig.programs import wait_for
from tests.app.rig.sound import loud_blocks

_BLOCK = 0.01  # seconds that a block of `loud_blocks` lasts


def main() -> int:
    """Talk to the window a few times and print what a stopwatch would say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    question, _ = soundfile.read(QUESTION, dtype="float32")
    with window("--model", args.model) as talk:
        seconds = []
        for _ in range(args.rounds):
            seconds.append(_one_round(talk, framed(question, after=0.6)))
            print(f"{seconds[-1]:.2f} s", file=sys.stderr, flush=True)
    told = {
        "model": args.model,
        "rounds": seconds,
        "median": round(float(np.median(seconds)), 2),
        "p95": round(float(np.percentile(seconds, 95)), 2),
        "longest": max(seconds),
    }
    if args.json:
        print(json.dumps(told))
    else:
        print(f"speech end to first sound: median {told['median']:.2f} s, 95 % {told['p95']:.2f} s, {seconds}")
    return 0


def _one_round(talk: Window, said: np.ndarray) -> float:
    sound = talk.sound
    with sound.recording("cable") as asked, sound.recording("speaker") as answered:
        first = asked.received, answered.received  # both run now: from here on their times are the same
        speaking = sound.say(said)
        wait_for(lambda: answered.loudness > 0.01, "for an answer that can be heard", 30)
        speaking.wait()
        wait_for_silence(answered, 30)
    question = np.flatnonzero(loud_blocks(asked.samples[first[0] :]))
    answer = np.flatnonzero(loud_blocks(answered.samples[first[1] :]))
    return round(float(answer[0] - question[-1]) * _BLOCK, 2)


if __name__ == "__main__":
    sys.exit(main())
