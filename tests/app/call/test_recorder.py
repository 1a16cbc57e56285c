"""A call that is kept: what a folder must be, and that a replay notices what has changed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app import replay
from app.call.ears import Ears
from app.call.echo import EchoCanceller
from app.call.end_of_turn import EndOfTurn
from app.call.recorder import CallRecorder
from app.call.turn import TurnRules
from app.call.vad import FRAME, VoiceDetector
from model.errors import BadInputError
from tests.app.real.speech import QUESTION, framed

pytest.importorskip("pywebrtc_audio", reason="waits for pywebrtc-audio, which has no wheel for this system")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A question, kept as the listener keeps it."""
    folder = tmp_path_factory.mktemp("calls") / "call"
    recorder = CallRecorder(folder, {"seed": 7})
    recorder.restarted()
    near = framed(soundfile.read(QUESTION, dtype="float32")[0], before=0.6, after=1.0)
    ears = Ears(TurnRules(), None, VoiceDetector(), EndOfTurn().probability)
    canceller, clean, silence = EchoCanceller(), np.zeros(0, np.float32), np.zeros(160, np.float32)
    for start in range(0, len(near) - 159, 160):
        recorder.frame(near[start : start + 160], silence)
        clean = np.concatenate([clean, canceller.clean(near[start : start + 160], silence)])
    for frame in range(len(clean) // FRAME):
        recorder.note(frame, sounding=False, echoing=False, expected=ears.expected, deaf=False)
        for told in ears.hear(clean[frame * FRAME : (frame + 1) * FRAME]):
            if told.change is not None:
                recorder.note(frame, told=told.change.value)
    recorder.close()
    return folder


def run(folder: Path) -> int:
    return replay.run(argparse.Namespace(folder=folder, json=False))


def test_replay_comes_to_the_same(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(kept) == 0
    out = capsys.readouterr().out
    assert [line.split()[2] for line in out.splitlines()[:3]] == ["started", "paused", "ended"]


def test_replay_tells_what_has_changed(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = list(replay.replay(replay.read(kept), TurnRules(end_silence=0.8)))
    assert [what for _, what, _ in changes] == ["started", "paused", "ended"]
    lines = (kept / "call.jsonl").read_text("utf-8")
    try:
        told = next(line for line in lines.splitlines() if "ended" in line)
        moved = json.dumps({**json.loads(told), "frame": json.loads(told)["frame"] + 3})
        (kept / "call.jsonl").write_text(lines.replace(told, moved), "utf-8")
        assert run(kept) == 1
    finally:
        (kept / "call.jsonl").write_text(lines, "utf-8")
    assert "Recorded: ended at" in capsys.readouterr().out


def test_folder_must_be_new(kept: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="not empty"):
        CallRecorder(kept, {})
    with pytest.raises(BadInputError, match="no recording"):
        replay.read(tmp_path)
