"""What time-aligned positions are worth is measured with the ear that nano has."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from evaluation import alignment


def test_nano_is_asked_what_was_seen_when_a_bell_rang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "aligned.json"
    monkeypatch.setattr(sys, "argv", ["alignment", "--number", "4", "--json", str(out)])
    alignment.main()
    answers = [case["answer"].lower() for case in json.loads(out.read_text())["answers"]]
    assert len(answers) == 4
    colors = ("red", "green", "blue", "yellow", "orange", "purple", "black", "white", "brown", "pink", "gray")
    assert all(any(color in answer for color in colors) for answer in answers), answers
