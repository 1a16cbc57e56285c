"""What a person gives, as parts of a message: texts, sounds as WAV, pictures as JPEG, a film as its pictures and sound.

Films have no form of their own in chat completions, and servers disagree about theirs; pictures and sound all of them
take.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from model.given import SAMPLE_RATE

_LARGEST_SIDE = 1280  # pixels
_MOST_FRAMES = 32  # of one film or one look through the camera
_QUALITY = 88

Part = dict[str, Any]


def text_part(text: str) -> Part:
    """Words."""
    return {"type": "text", "text": text}


def sound_part(samples: np.ndarray) -> Part:
    """Float32 mono 16 kHz."""
    wav = io.BytesIO()
    soundfile.write(wav, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return {"type": "input_audio", "input_audio": {"data": _base64(wav), "format": "wav"}}


def picture_part(rgb: np.ndarray) -> Part:
    """uint8 [H, W, 3]; made smaller where it is large."""
    picture = Image.fromarray(rgb)
    picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=_QUALITY)
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{_base64(jpeg)}"}}


def film_parts(frames: list[np.ndarray]) -> list[Part]:
    """Pictures of a film or a camera, in their order: all of them, or as many as servers take, evenly spread."""
    if len(frames) > _MOST_FRAMES:
        frames = [frames[round(at)] for at in np.linspace(0, len(frames) - 1, _MOST_FRAMES)]
    return [picture_part(frame) for frame in frames]


def content(parts: list[Part]) -> str | list[Part]:
    """The content of a message: a plain string where there are only words, which every server takes."""
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts)
    return parts


def _base64(file: io.BytesIO) -> str:
    return base64.b64encode(file.getvalue()).decode("ascii")
