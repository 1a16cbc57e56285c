"""What happens to devices in mid-answer, by the clock: pulled out, suspended, and a machine that sleeps.

    python -m benchmarks.call.devices [pulled-out] [suspended] [asleep] [--rounds 5]

pulled-out: the loudspeaker goes, another one is there. suspended: the sound server suspends it for three seconds, as it
does when somebody else needs it or a headset changes its profile. asleep: the program is stopped for thirty seconds, as
by a machine's suspension, and somebody asks afterwards. The real window and the sound server's devices; the answers are
a stand-in's. Needs pulseaudio, Xvfb and xdotool, which packaging/test.sh installs.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time

import numpy as np
import psutil
import soundfile
import soxr

from benchmarks.call.window import Window, window
from tests.app.real.speech import QUESTION, framed
from tests.app.rig.programs import wait_for
from tests.app.rig.sound import RATE, Recording, loud_blocks, position_of
from tests.app.scripted_engine import RATE as SPEECH_RATE
from tests.app.scripted_engine import VOICE

_FACTORY = "tests.app.scripted_engine:load"
_PIECE = int(0.4 * RATE)
_SUSPENDED, _ASLEEP = 3.0, 30.0  # seconds


def main() -> int:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", metavar="WHAT", help=", ".join(MEASURES))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    for what in args.what or MEASURES:
        rounds = []
        for _ in range(args.rounds):
            with window("--engine-factory", _FACTORY, spare=what == "pulled-out") as talk:
                rounds.append(MEASURES[what](talk))
        print(json.dumps({"what": what, **{name: [it[name] for it in rounds] for name in rounds[0]}}), flush=True)
    return 0


def pulled_out(talk: Window) -> dict[str, float]:
    """Seconds from the last sound on the one to the first on the other; seconds of the answer between the two."""
    with talk.sound.recording("speaker") as first, talk.sound.recording("spare") as second:
        began = first.received, second.received
        _listen_to_answer(talk, first)
        talk.sound.pull_out_speaker()
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
    return {"seconds_of_silence": round(float(next_ - last) * 0.01, 2), "seconds_skipped": round(skipped / RATE, 3)}


def suspended(talk: Window) -> dict[str, float]:
    """Seconds until the answer is heard again once the loudspeaker is back."""
    with talk.sound.recording("speaker") as heard:
        _listen_to_answer(talk, heard)
        talk.sound.suspend_speaker(True)
        time.sleep(_SUSPENDED)
        talk.sound.suspend_speaker(False)
        return {"seconds_to_sound": _seconds_to_sound(heard)}


def asleep(talk: Window) -> dict[str, float]:
    """Seconds until the answer is heard again after a sleep; and from a question after that to its answer."""
    programs = [psutil.Process(talk.process), *psutil.Process(talk.process).children(recursive=True)]
    with talk.sound.recording("speaker") as heard:
        _listen_to_answer(talk, heard)
        for program in programs:
            program.send_signal(signal.SIGSTOP)
        time.sleep(_ASLEEP)
        for program in programs:
            program.send_signal(signal.SIGCONT)
        awake = _seconds_to_sound(heard)
        talk.display.press("Escape")
        wait_for(lambda: heard.quiet_seconds > 0.5, "for silence after Escape")
        talk.sound.say(framed(soundfile.read(QUESTION, dtype="float32")[0])).wait()
        return {"seconds_to_sound": awake, "seconds_to_the_next_answer": _seconds_to_sound(heard)}


MEASURES = {"pulled-out": pulled_out, "suspended": suspended, "asleep": asleep}


def _listen_to_answer(talk: Window, heard: Recording) -> None:
    talk.ask("long", heard)
    time.sleep(2.0)


def _seconds_to_sound(heard: Recording) -> float:
    began, before = time.monotonic(), heard.received
    wait_for(lambda: bool(loud_blocks(heard.samples[before:]).any()), "for the loudspeaker", 15)
    return round(time.monotonic() - began, 2)


if __name__ == "__main__":
    sys.exit(main())
