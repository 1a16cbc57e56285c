"""Drawings of 200 common things to name, in a style that no training of nano has seen (Noto Emoji, Apache-2.0)."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from evaluation.scenes import Scene

ARCHIVE = Path(__file__).with_name("noto.zip")
QUESTION = "What does this picture show?"


def things(cases: int) -> list[Scene]:
    """At most so many things, evenly over all of them; each on white."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        names: dict[str, list[str]] = json.loads(archive.read("names.json"))
        files = list(names)
        chosen = files if cases >= len(files) else [files[i * len(files) // cases] for i in range(cases)]
        return [_thing(archive.read(file), names[file], len(files)) for file in chosen]


def _thing(png: bytes, names: list[str], of: int) -> Scene:
    drawing = Image.open(io.BytesIO(png)).convert("RGBA")
    sheet = Image.new("RGBA", drawing.size, (255, 255, 255, 255))
    sheet.alpha_composite(drawing)
    accepted = [rf"\b{re.escape(name)}s?\b" for name in names]
    return Scene("name", QUESTION, np.asarray(sheet.convert("RGB"))[None].copy(), accepted, [], 1 / of)
