"""A loudspeaker that is pulled out in mid-answer: how soon the answer is heard on the other one, and what was skipped.

    python -m benchmarks.call.devices --rounds 5

The real window and the sound server's devices; the answers are a stand-in's. Needs pulseaudio, Xvfb and xdotool, which
packaging/test.sh installs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
import soxr

from benchmarks.call.window import window
from tests.app.rig.programs import wait_for
from tests.app.rig.sound import RATE, loud_blocks, position_of
from tests.app.scripted_engine import RATE as SPEECH_RATE
from tests.app.scripted_engine import VOICE

_FACTORY = "tests.app.scripted_engine:load"
_PIECE = int(0.4 * RATE)


def main() -> int:
    """Pull it out a few times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    rounds = [_one_round() for _ in range(args.rounds)]
    print(json.dumps({"seconds_of_silence": [r[0] for r in rounds], "seconds_skipped": [r[1] for r in rounds]}))
    return 0


def _one_round() -> tuple[float, float]:
    """Seconds from the last sound on the one to the first on the other; seconds of the answer between the two."""
    with window("--engine-factory", _FACTORY, spare=True) as talk:
        sound = talk.sound
        with sound.recording("speaker") as first, sound.recording("spare") as second:
            began = first.received, second.received
            talk.ask("long", first)
            time.sleep(2.0)
            sound.pull_out_speaker()
            wait_for(lambda: second.loudness > 0.01, "for the answer on the other loudspeaker", 10)
            time.sleep(0.6)
        before, after = first.samples[began[0] :], second.samples[began[1] :]
    last, next_ = np.flatnonzero(loud_blocks(before))[-1] + 1, np.flatnonzero(loud_blocks(after))[0]
    block = RATE // 100
    voice = np.asarray(soxr.resample(VOICE, SPEECH_RATE, RATE), np.float32)  # said again and again
    spoken = np.tile(voice, 2)
    ended, _ = position_of(before[last * block - _PIECE : last * block], spoken)
    goes_on, _ = position_of(after[next_ * block :][:_PIECE], spoken)
    skipped = (goes_on - ended - _PIECE + len(voice) // 2) % len(voice) - len(voice) // 2
    return round(float(next_ - last) * 0.01, 2), round(skipped / RATE, 3)


if __name__ == "__main__":
    sys.exit(main())
