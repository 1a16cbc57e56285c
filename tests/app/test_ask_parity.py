"""The promise of the command line: greedy, in float32, with reference decoding, `ask` answers as transformers does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image as Pillow

from app.commands import main
from model.config import OFFICIAL_SYSTEM_PROMPT
from tests.app.media import media_files
from tests.model.checkpoints import SHAPES, save_checkpoint
from tests.model.oracle import Content, Image, Oracle, Sound

REFERENCE = ("--greedy", "--seed", "0", "--precision", "fp32", "--device", "cpu", "--token2wav", "reference")
TEXT_TOKENS, CODES = 8, 20


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_ask_answers_as_the_reference(shape: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    oracle = Oracle(save_checkpoint(shape, folder), shape, folder)
    pixels = np.random.default_rng(1).integers(0, 256, (85, 139, 3), dtype=np.uint8)
    Pillow.fromarray(pixels).save(tmp_path / "picture.png")
    recording = media_files.write_wav(tmp_path / "question.wav", media_files.tone(1.3))
    samples, _ = soundfile.read(recording, dtype="float32")
    contents: list[Content] = [Image(pixels), Sound(samples), "what do you see?"]
    theirs = oracle.reply([("system", [OFFICIAL_SYSTEM_PROMPT]), ("user", contents)], TEXT_TOKENS, CODES, wave=True)

    seconds = CODES * shape.repeats * 240 / 24_000
    capsys.readouterr()
    code = main([
        "ask", "what do you see?", "--image", str(tmp_path / "picture.png"), "--audio", str(recording), "--json",
        "--model", str(folder), "--speech", str(tmp_path / "answer.wav"), *REFERENCE,
        "--max-text-tokens", str(TEXT_TOKENS), "--max-speech-seconds", str(seconds),
    ])  # fmt: skip
    out, err = capsys.readouterr()
    assert code == 0 and err == ""
    ours = json.loads(out.splitlines()[-1])
    assert ours["text_tokens"] == theirs.text_tokens
    assert len(theirs.codes) > 10 and ours["speech_codes"] == theirs.codes
    wave, rate = soundfile.read(tmp_path / "answer.wav", dtype="float32")
    assert rate == ours["sample_rate"] and len(wave) == len(theirs.wave)
    difference = wave - theirs.wave
    assert 10 * np.log10(np.square(theirs.wave).mean() / np.square(difference).mean()) > 60
