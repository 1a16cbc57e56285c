"""Whether a loudspeaker ever runs dry in the middle of a reply: the engine's own process, and a real output stream.

    python -m benchmarks.sink --replies 50

Needs pulseaudio, which packaging/test.sh installs: replies are played into a private null sink, in real time.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app import engine_protocol as protocol
from app.engine_process import EngineProcess
from tests.app.rig.sound import PrivateSound

if TYPE_CHECKING:
    from app.playback.speaker import Speaker

QUESTIONS = Path(__file__).resolve().parent.parent / "evaluation" / "questions.json"


def play(replies: int, model: str, precision: str) -> dict[str, object]:
    """Ask one question after the other; what was counted."""
    from app.playback.speaker import Speaker  # PortAudio looks for its server when it is imported

    events: queue.SimpleQueue[protocol.Event] = queue.SimpleQueue()
    engine, speaker = EngineProcess(events.put), Speaker()
    engine.start()
    engine.send(protocol.LoadModel(model, precision=precision))
    loaded = events.get()
    if not isinstance(loaded, protocol.Loaded):
        raise SystemExit(f"The model does not load: {loaded}")
    if not speaker.open():
        raise SystemExit(speaker.problem)
    questions = [row["question"] for row in json.loads(QUESTIONS.read_text(encoding="utf-8"))]
    seconds, starved = [], []
    try:
        for number in range(1, replies + 1):
            question = questions[number % len(questions)]
            spoken, waited = _reply(engine, events, speaker, number, question)
            seconds.append(spoken)
            if waited:
                starved.append(question)
    finally:
        engine.close()
        speaker.close()
    return {
        "model": loaded.name, "precision": loaded.precision, "replies": replies,
        "median_seconds": round(statistics.median(seconds), 2), "longest_seconds": round(max(seconds), 2),
        "starved": len(starved), "starved_questions": starved,
    }


def _reply(
    engine: EngineProcess, events: queue.SimpleQueue[protocol.Event], speaker: Speaker, number: int, question: str
) -> tuple[float, bool]:
    """Seconds of the speech, played to its end, and whether a piece of it came when nothing was left to play. (Speech
    may be over before its text is; the loudspeaker is dry then, and nobody misses anything.)"""
    speaker.begin()
    dry, waited = speaker.underruns, False
    engine.send(protocol.Say(number, question))
    engine.send(protocol.Reply(number, seed=number))
    while not isinstance(event := events.get(), protocol.ReplyDone):
        if isinstance(event, protocol.Speech):
            waited = waited or speaker.underruns > dry
            speaker.play(event.samples, event.sample_rate)
        elif isinstance(event, protocol.Failed | protocol.EngineDied):
            raise SystemExit(f"No reply: {event}")
    speaker.finish()
    while speaker.playing:
        time.sleep(0.02)
    return event.seconds, waited


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--replies", type=int, default=50)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sound = PrivateSound(Path(folder) / "run")
        os.environ |= sound.environment
        try:
            print(json.dumps(play(args.replies, args.model, args.precision)))
        finally:
            sound.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
