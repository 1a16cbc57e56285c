"""How long it takes to be answered in a call: from the last voiced sample in the microphone to the first in the
loudspeaker, through the real window, its listener, the engine and the sound server.

    python -m benchmarks.call.answer --rounds 50

Everything counts: the silence that ends a turn, the rest of the prompt, the first codes, their sound, buffers.
Needs pulseaudio, Xvfb and xdotool, which packaging/test.sh installs; uses the tests' private display and devices.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from tests.app.real.speech import QUESTION, framed
from tests.app.rig.display import PrivateDisplay
from tests.app.rig.programs import end
from tests.app.rig.sound import PrivateSound, loud_blocks

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = 0.01  # seconds that a block of `loud_blocks` lasts


def main() -> int:
    """Talk to the window a few times and print what a stopwatch would say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--loading", type=float, default=15.0, metavar="S", help="seconds that the model may load")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds = measure(Path(folder), args.model, args.rounds, args.loading)
    told = {
        "model": args.model,
        "rounds": seconds,
        "median": statistics.median(seconds),
        "p95": float(np.percentile(seconds, 95)),
        "longest": max(seconds),
    }
    if args.json:
        print(json.dumps(told))
    else:
        print(f"speech end to first sound: median {told['median']:.2f} s, 95 % {told['p95']:.2f} s, {seconds}")
    return 0


def measure(folder: Path, model: str, rounds: int, loading: float) -> list[float]:
    """Seconds of each round."""
    sound, display = PrivateSound(folder / "run"), PrivateDisplay()
    (folder / "home").mkdir()
    # not the first run, which would be welcomed
    (folder / "home" / "settings.json").write_text('{"window": [40, 40, 900, 700]}')
    environment = {**os.environ, **sound.environment, **display.environment, "VISAVIS_HOME": str(folder / "home")}
    window = subprocess.Popen([sys.executable, "main.py", "--model", model], cwd=ROOT, env=environment)
    try:
        display.focus(display.window("Vis-à-vis"))
        time.sleep(loading)
        display.press("ctrl+h")
        time.sleep(1.0)
        question, _ = soundfile.read(QUESTION, dtype="float32")
        return [_one_round(sound, framed(question, after=1.5)) for _ in range(rounds)]
    finally:
        end(window, 5)
        display.close()
        sound.close()


def _one_round(sound: PrivateSound, said: np.ndarray) -> float:
    with sound.recording("cable") as asked, sound.recording("speaker") as answered:
        first = asked.received, answered.received  # both run now: from here on their times are the same
        speaking = sound.say(said)
        time.sleep(9.0)
        speaking.wait()
    question = np.flatnonzero(loud_blocks(asked.samples[first[0] :]))
    answer = np.flatnonzero(loud_blocks(answered.samples[first[1] :]))
    if not len(question) or not len(answer):
        raise SystemExit("There was no answer to be heard; does the model load within --loading seconds?")
    return round(float(answer[0] - question[-1]) * _BLOCK, 2)


if __name__ == "__main__":
    sys.exit(main())
