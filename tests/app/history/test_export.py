"""Exported conversations: readable text, and JSON that `ask --history` takes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from app.history import export, frames, sound
from app.history.records import Speech, StoredFile, StoredMessage
from app.question import read_history
from tests.app.media import media_files


@pytest.fixture
def conversation(tmp_path: Path) -> export.Exported:
    picture = media_files.write_png(tmp_path / "sea.png", 30, 20)
    voice = sound.encode("user", Speech(media_files.tone(0.5), 16_000))
    answer = sound.encode("assistant", Speech(np.zeros(24_000, np.float32), 24_000))
    files = (StoredFile(str(picture), "image", b"\xff\xd8small"), StoredFile("/gone/film.mp4", "video", b"\xff\xd8x"))
    messages = [
        StoredMessage("q1", "user", 1, "What is this?", files=files, created=1_700_000_000.0),
        StoredMessage("a1", "assistant", 1, "A **sea**.", recording_seconds=1.0, timings={"total": 0.5}),
        StoredMessage("q2", "user", 2, "", recording_seconds=0.5, frame_times=(0.5,)),
        StoredMessage("a2", "assistant", 2, "", state="failed", reason="The engine stopped."),
    ]
    sounds, seen = {"q2": voice.sound, "a1": answer.sound}, [(0.5, frames.encode(np.zeros((20, 30, 3), np.uint8)))]
    return export.Exported("At sea", messages, sounds.get, lambda _: seen)


def test_markdown(conversation: export.Exported, tmp_path: Path) -> None:
    path = tmp_path / "out.md"
    export.write_markdown(conversation, path)
    text = path.read_text("utf-8")
    assert text.startswith("# At sea\n")
    for words in ("What is this?", "A **sea**.", "*sea.png*", "*film.mp4*", "*spoken, 0.5 s*", "*The engine stopped.*"):
        assert words in text
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_folder_can_be_gone_on_with(conversation: export.Exported, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export.write_media(conversation, folder)
    turns = json.loads((folder / "conversation.json").read_text("utf-8"))
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]  # an answer without words is none
    for name in (turns[1]["speech"], *(piece["path"] for piece in [turns[0]["content"][0], *turns[2]["content"]])):
        assert (folder / name).stat().st_size > 0
    assert turns[0]["content"][1] == {"type": "text", "text": "(film.mp4)"}  # the film has gone, its picture is left
    assert len(list(folder.glob("media/*film.mp4.small.jpg"))) == 1

    (tmp_path / "sea.png").unlink()
    earlier = read_history(folder / "conversation.json", sound_in_video=True)
    assert [len(turn.contents) for turn in earlier] == [3, 1, 2]


def test_zip(conversation: export.Exported, tmp_path: Path) -> None:
    path = tmp_path / "out.zip"
    path.write_bytes(b"an older one is replaced")
    export.write_media(conversation, path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert "conversation.json" in names and any(name.endswith("sea.png") for name in names)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.zip", "sea.png"]


def test_what_cannot_be_written_leaves_nothing(conversation: export.Exported, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        export.write_markdown(conversation, tmp_path / "no such folder" / "out.md")
    full = tmp_path / "full"
    full.mkdir()
    (full / "precious").write_text("stays")
    with pytest.raises(OSError):
        export.write_media(conversation, full)
    assert (full / "precious").read_text() == "stays"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full", "sea.png"]
