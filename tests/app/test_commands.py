"""talk, voices and doctor, as a person calls them, with the scripted engine and files in place of sound devices."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app import audio_devices, doctor, talk, voices
from app.commands import main
from model.errors import BadInputError, CannotRunError
from tests.app.conftest import FACTORY
from tests.app.media import media_files


def call(command: Any, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    if command is not doctor:
        arguments = (*arguments, "--engine-factory", FACTORY)
    result: int = command.run(parser.parse_args(arguments))
    return result


@pytest.fixture
def question(tmp_path: Path) -> Path:
    return media_files.write_wav(tmp_path / "question.wav", media_files.tone(1.0))


def test_talk_answers_files_in_turn(question: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    speech = tmp_path / "answers.wav"
    assert call(talk, "--input", str(question), str(question), "--speech", str(speech)) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == ["> (1.0 s)", "You said: [voice 1.0 s] ", "> (1.0 s)", "You said: [voice 1.0 s] "]
    samples, rate = soundfile.read(speech)
    assert rate == 24_000 and len(samples) == 2 * 5 * 2400  # five words each, a tenth of a second a word


def test_talk_without_speech_writes_no_file(question: Path, tmp_path: Path) -> None:
    assert call(talk, "--input", str(question), "--no-speech") == 0
    assert [path.name for path in tmp_path.glob("*.wav")] == ["question.wav"]


def test_talk_tells_what_is_wrong(question: Path, tmp_path: Path) -> None:
    speech = tmp_path / "answers.wav"
    silent = media_files.write_wav(tmp_path / "silent.wav", np.zeros(16_000, np.float32))
    with pytest.raises(BadInputError, match=r"silent\.wav: is silent"):
        call(talk, "--input", str(silent), "--speech", str(speech))
    with pytest.raises(BadInputError, match="no voice “Zoe”; it has Anna, Ben"):
        call(talk, "--input", str(question), "--voice", "Zoe", "--speech", str(speech))
    with pytest.raises(CannotRunError, match="models download"):
        call(talk, "--input", str(question), "--model", "none", "--speech", str(speech))
    with pytest.raises(CannotRunError, match="while it loaded"):
        call(talk, "--input", str(question), "--model", "dies", "--speech", str(speech))
    assert not speech.exists() and not list(tmp_path.glob(".*part"))


def test_talk_without_a_microphone_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise audio_devices.AudioError("No microphone could be opened.")

    monkeypatch.setattr(audio_devices, "open_input", refuse)
    with pytest.raises(CannotRunError, match="--input"):
        call(talk, "--no-speech")


def test_voices_are_listed_and_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(voices) == 0
    assert capsys.readouterr().out == "Anna  (default)\nBen\n"
    assert call(voices, "preview", "ben", "--speech", str(tmp_path / "ben.wav")) == 0
    assert soundfile.info(tmp_path / "ben.wav").duration > 0.5
    with pytest.raises(BadInputError, match="no voice"):
        call(voices, "preview", "Zoe", "--speech", str(tmp_path / "zoe.wav"))
    with pytest.raises(BadInputError, match="name the voice"):
        call(voices, "preview")
    assert [path.name for path in tmp_path.glob("*.wav")] == ["ben.wav"]


def test_doctor_tells_everything(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code = call(doctor, "--json")
    told = json.loads(capsys.readouterr().out)
    names = [finding["name"] for finding in told["findings"]]
    assert {"Python", "Processor", "Memory", "PyTorch", "Graphics card", "Microphone", "Camera"} <= set(names)
    assert code == (0 if told["main_job"] else 1)
    assert all(finding["advice"] for finding in told["findings"] if finding["verdict"] != "ok")


def test_doctor_without_a_model_or_sound(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from model.checkpoint import installed

    def no_sound() -> None:
        raise audio_devices.AudioError("Sound needs the PortAudio library.")

    monkeypatch.setattr(installed, "EMBEDDED", Path("/nowhere"))
    monkeypatch.setattr(audio_devices, "list_devices", no_sound)
    assert call(doctor) == 1
    out = capsys.readouterr().out
    assert "✗ Model nano" in out and "PortAudio" in out and "cannot be done" in out


def test_voices_of_a_real_model(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "--model", str(tiny_model)]) == 0
    assert capsys.readouterr().out == "First  (default)\n"
    (tmp_path / "empty").mkdir()
    assert main(["voices", "--model", str(tmp_path / "empty")]) == 2
    assert "is not a model folder" in capsys.readouterr().err
    preview = ["voices", "preview", "Zoe", "--model", str(tiny_model), "--speech", str(tmp_path / "zoe.wav")]
    assert main(preview) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Zoe" in err and "First" in err and err.count("\n") == 1
    assert not list(tmp_path.glob("*zoe*"))


def test_a_preview_without_a_loudspeaker_says_so(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise audio_devices.AudioError("No loudspeaker could be opened.")

    monkeypatch.setattr(audio_devices, "open_output", refuse)
    assert main(["voices", "preview", "First", "--model", str(tiny_model)]) == 1
    assert "--speech FILE.wav" in capsys.readouterr().err


def findings(capsys: pytest.CaptureFixture[str], code: int) -> dict[str, dict[str, Any]]:
    assert main(["doctor", "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert told["main_job"] == (code == 0)
    return {finding["name"]: finding for finding in told["findings"]}


def test_doctor_with_a_model(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from model.checkpoint import installed

    monkeypatch.setattr(installed, "EMBEDDED", tiny_model)
    model = findings(capsys, 0)["Model nano"]
    weights = sum(file.stat().st_size for file in tiny_model.glob("model*.safetensors"))
    assert model["verdict"] == "ok" and model["facts"]["weights"] == weights and model["facts"]["voices"] == ["First"]
    assert 0.5 < model["facts"]["needed_gib"] < 2


@pytest.mark.parametrize(
    ("file", "data", "words"),
    [
        ("model-00002-of-00005.safetensors", None, "is missing"),
        ("config.json", b"{", "cannot be read"),
        ("tokenizer.json", b"{}", "tokenizer"),
        ("spk_dict.pt", b"", "voices"),
    ],
)
def test_doctor_finds_a_broken_model(
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    data: bytes | None,
    words: str,
) -> None:
    from model.checkpoint import installed

    broken = shutil.copytree(tiny_model, tmp_path / "nano")
    (broken / file).unlink()
    if data is not None:
        (broken / file).write_bytes(data)
    monkeypatch.setattr(installed, "EMBEDDED", broken)
    model = findings(capsys, 1)["Model nano"]
    assert model["verdict"] == "fatal" and words in model["detail"] and model["advice"]


def test_doctor_when_memory_is_short(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import psutil

    from model.checkpoint import installed

    memory = psutil.virtual_memory()._replace(available=100 << 20)
    monkeypatch.setattr(installed, "EMBEDDED", tiny_model)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert "close other programs" in findings(capsys, 1)["Model nano"]["advice"]


def test_doctor_without_some_libraries(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from model.checkpoint import installed

    version = importlib.metadata.version

    def without(package: str) -> str:
        if package in ("silero-vad", "PySide6-Essentials"):
            raise importlib.metadata.PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(installed, "EMBEDDED", tiny_model)
    monkeypatch.setattr(importlib.metadata, "version", without)
    monkeypatch.setitem(sys.modules, "PySide6", None)
    found = findings(capsys, 0)  # one can still ask and read
    assert found["silero_vad"]["advice"] == "pip install silero-vad"
    assert "pip install" in found["Window"]["advice"]
    assert "silero" not in found["Libraries"]["detail"] and "soxr" in found["Libraries"]["detail"]


def test_a_command_whose_library_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "app.doctor")
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert main(["doctor"]) == 1
    err = capsys.readouterr().err
    assert "psutil" in err and "README" in err and err.count("\n") == 1
