"""`replay`: a call that `talk --record` has kept, run again: the same sound through the same canceller, ears and rules.

What the loudspeaker and the person did is taken from the recording; what comes of it must be the same as it was. After
a change to the rules, or to anything that hears, the difference is what the change would have made of this call.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from app.call import echo
from app.call.ears import Ears, Framer
from app.call.end_of_turn import EndOfTurn
from app.call.recorder import FLAGS
from app.call.turn import Event, TurnRules
from app.call.vad import FRAME_SECONDS, VoiceDetector
from model.errors import BadInputError, CannotRunError

_BLOCK = 160  # 10 ms
_BY_HAND = {"end": Event.END, "drop": Event.DROP}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `replay`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="what talk --record has written")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


@dataclass(frozen=True)
class Recorded:
    """A recording: near and far are float32 mono 16 kHz, lines are call.jsonl."""

    near: np.ndarray
    far: np.ndarray
    lines: list[dict[str, Any]]


class _Loudspeaker:
    """In a replay nothing plays."""

    def hold(self) -> None:
        """Held."""

    def carry_on(self) -> None:
        """Going on."""


def run(args: argparse.Namespace) -> int:
    """0 if the same came of it, 1 if not."""
    recorded = read(args.folder)
    if not echo.available():
        raise CannotRunError("A call is run again with the echo canceller; install pywebrtc-audio.")
    was = [(line["frame"], line["told"]) for line in recorded.lines if "told" in line]
    came = list(replay(recorded))
    for frame, what, complete in came:
        if args.json:
            print(json.dumps({"at": round(frame * FRAME_SECONDS, 3), "told": what, "complete": round(complete, 3)}))
        else:
            judged = f"  (complete: {complete:.2f})" if what == "paused" else ""
            print(f"{frame * FRAME_SECONDS:8.2f} s  {what}{judged}")
    for told, line in zip([(frame, what) for frame, what, _ in came], was):
        if told != line:
            print(_difference(told, line))
            return 1
    if len(came) != len(was):
        print(f"{len(was)} changes were recorded, {len(came)} came of it now.")
        return 1
    print(f"The same as it was: {len(was)} changes in {len(recorded.near) / 16_000:.1f} s.")
    return 0


def _difference(now: tuple[int, str], before: tuple[int, str]) -> str:
    return (
        f"Recorded: {before[1]} at {before[0] * FRAME_SECONDS:.2f} s; now: {now[1]} at {now[0] * FRAME_SECONDS:.2f} s."
    )


def read(folder: Path) -> Recorded:
    """A recording from its folder; raises BadInputError where it is none."""
    try:
        near, far = (soundfile.read(folder / name, dtype="float32")[0] for name in ("near.wav", "far.wav"))
        lines = [json.loads(line) for line in (folder / "call.jsonl").read_text("utf-8").splitlines()]
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        raise BadInputError(f"{folder}: holds no recording of a call ({error}).") from error
    return Recorded(near, far, lines)


def replay(recorded: Recorded, rules: TurnRules | None = None) -> Iterator[tuple[int, str, float]]:
    """Frame, change, and how complete the turn sounded at its last pause, for each change of a turn."""
    ears = Ears(rules or TurnRules(), _Loudspeaker(), VoiceDetector(), EndOfTurn().probability)
    flags = {name: False for name in FLAGS}
    waiting = [line for line in recorded.lines if "frame" in line and "told" not in line]
    for number, frame in _frames(recorded):
        if frame is None:
            ears.disturb()
            continue
        while waiting and waiting[0]["frame"] <= number:
            line = waiting.pop(0)
            flags |= {name: line[name] for name in FLAGS if name in line}
            if "by_hand" in line:
                ears.tell(_BY_HAND[line["by_hand"]])
        ears.sounding, ears.echoing, ears.expected = flags["sounding"], flags["echoing"], flags["expected"]
        for told in ears.hear(frame, flags["deaf"]):
            if told.change is not None:
                yield number, told.change.value, ears.asked


def _frames(recorded: Recorded) -> Iterator[tuple[int, np.ndarray | None]]:
    """What the ears heard, behind the number of the frame: see `Framer`."""
    restarts = {line["sample"] for line in recorded.lines if "restarted" in line}
    canceller, framer, number = echo.EchoCanceller(), Framer(), 0
    for start in range(0, min(len(recorded.near), len(recorded.far)) - _BLOCK + 1, _BLOCK):
        if start in restarts:
            canceller = echo.EchoCanceller()
        clean = canceller.clean(recorded.near[start : start + _BLOCK], recorded.far[start : start + _BLOCK])
        for frame in framer.push(clean, [0] if canceller.interrupted else []):
            yield number, frame
            number += frame is not None
