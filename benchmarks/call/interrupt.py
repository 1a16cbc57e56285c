"""How soon the answer is silent when somebody speaks over it: from the first sample of their voice in the microphone to
the last one of the answer in the loudspeaker, through the real window and the sound server.

    python -m benchmarks.call.interrupt --rounds 10 [--headphones]

The microphone hears the loudspeaker 60 ms later, unless with --headphones. The answers are a stand-in's, forty seconds
of a voice: no model answers for that long. Needs pulseaudio, Xvfb and xdotool, which packaging/test.sh installs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr

from tests.app.real.speech import QUESTION, framed
from tests.app.rig.display import PrivateDisplay
from tests.app.rig.programs import end, wait_for
from tests.app.rig.sound import RATE, PrivateSound, loud_blocks, position_of

ROOT = Path(__file__).resolve().parents[2]
_FACTORY = "tests.app.scripted_engine:load"
_BLOCK = RATE // 100


def main() -> int:
    """Interrupt the window a few times and print what a stopwatch would say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--headphones", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rounds = measure(Path(folder), args.rounds, args.headphones)
    silent = sorted(seconds for seconds, _ in rounds if seconds is not None)
    told = {
        "rounds": len(rounds),
        "silent": len(silent),
        "p50": round(float(np.percentile(silent, 50)), 3),
        "p95": round(float(np.percentile(silent, 95)), 3),
        "blocks_of_10_ms_after_that": sum(after for _, after in rounds),
        "all": silent,
    }
    print(json.dumps(told))
    return 0


def measure(folder: Path, rounds: int, headphones: bool) -> list[tuple[float | None, int]]:
    """Of each round: seconds until silence, None if there was none within a second; and loud blocks after it."""
    sound, display = PrivateSound(folder / "run"), PrivateDisplay()
    (folder / "home").mkdir()
    # not the first run, which would be welcomed
    (folder / "home" / "settings.json").write_text('{"window": [40, 40, 900, 700]}')
    environment = {**os.environ, **sound.environment, **display.environment, "VISAVIS_HOME": str(folder / "home")}
    window = subprocess.Popen([sys.executable, "main.py", "--engine-factory", _FACTORY], cwd=ROOT, env=environment)
    try:
        display.focus(display.window("Vis-à-vis"))
        time.sleep(4.0)
        display.press("ctrl+h")
        wait_for(lambda: sound.listeners() == 1, "for the microphone")
        if not headphones:
            sound.feed_back()
        return [_one_round(sound, display) for _ in range(rounds)]
    finally:
        end(window, 5)
        display.close()
        sound.close()


def _one_round(sound: PrivateSound, display: PrivateDisplay) -> tuple[float | None, int]:
    voice = soundfile.read(QUESTION, dtype="float32")[0]
    with sound.recording("cable") as asked, sound.recording("speaker") as answered:
        first = asked.received, answered.received  # both run now: from here on their times are the same
        display.type("long")
        display.press("Return")
        wait_for(lambda: answered.loudness > 0.01, "for the answer", 15)
        time.sleep(3.0)
        sound.say(framed(voice)).wait()
        time.sleep(0.6)
        display.press("Escape")
        time.sleep(1.0)
    spoken = np.asarray(soxr.resample(voice, 16_000, RATE), np.float32)
    start, _ = position_of(spoken, asked.samples[first[0] :])
    begin = start + int(np.flatnonzero(np.abs(spoken) > 0.02 * np.abs(spoken).max())[0])
    loud = loud_blocks(answered.samples[first[1] :])[begin // _BLOCK : (begin + len(spoken)) // _BLOCK]
    gap = next((n for n in range(100) if not loud[n : n + 5].any()), None)
    return (None if gap is None else gap * 0.01), 0 if gap is None else int(loud[gap:].sum())


if __name__ == "__main__":
    sys.exit(main())
