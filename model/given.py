"""What people give a conversation, and when: checked before anything is done with it, alike for every kind of engine.

Every refusal is a BadInputError. Needs no torch.
"""

from __future__ import annotations

import numpy as np

from model.errors import BadInputError

SAMPLE_RATE = 16_000  # Hz, of what is heard
SHORTEST_SOUND = 0.1  # seconds; less is no utterance
_SILENCE = 1e-4  # peak amplitude

# what a conversation says to a call that comes at the wrong time
NOTHING_ASKED = "There is nothing to answer yet."
NOTHING_HEARD = "Nothing is being heard that could pause; call hear() first."
NO_PAUSE = "There is no pause to resume from; call pause() first."
STILL_REPLYING = "A reply is still running; read it to its end or interrupt() it first."
EMPTY_TURN = "An earlier turn is empty."


def checked_text(text: str) -> str:
    """The same, if it says anything and can be written down."""
    if not text.strip():
        raise BadInputError("There is no text in the question.")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadInputError("The text holds half a character (a lone surrogate); it was cut or decoded wrongly.")
    return text


def checked_sound(pcm: np.ndarray, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Float32 mono [N] at 16 kHz; any length, silence too."""
    if sample_rate != SAMPLE_RATE:
        raise BadInputError(f"Sound must have {SAMPLE_RATE} samples a second, not {sample_rate}; resample it before.")
    samples = np.asarray(pcm)
    if samples.ndim != 1:
        raise BadInputError(f"Sound must be mono, one number a sample; this has the shape {samples.shape}.")
    if not np.issubdtype(samples.dtype, np.floating):
        raise BadInputError(f"Sound must be float32 between -1 and 1, not {samples.dtype}; divide it by full scale.")
    samples = samples.astype(np.float32, copy=False)
    if not np.isfinite(samples).all():
        raise BadInputError("The sound holds values that are no numbers.")
    return samples


def check_audible(samples: int, peak: float) -> None:
    """Refuses an utterance of so many samples (16 kHz) and this largest amplitude that holds no sound."""
    if samples < SHORTEST_SOUND * SAMPLE_RATE:
        raise BadInputError(f"The sound is {samples / SAMPLE_RATE:.2f} s long; there is nothing to hear.")
    if peak < _SILENCE:
        raise BadInputError("The sound is silent; there is nothing to hear.")


def checked_clip(pcm: np.ndarray, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """A whole utterance, which can be heard."""
    samples = checked_sound(pcm, sample_rate)
    check_audible(len(samples), float(np.abs(samples).max(initial=0.0)))
    return samples


def checked_pixels(pixels: np.ndarray, dimensions: int) -> np.ndarray:
    """uint8 [H, W, 3], or with 4 dimensions [T, H, W, 3]."""
    if pixels.ndim != dimensions or pixels.shape[-1] != 3 or pixels.dtype != np.uint8:
        raise BadInputError(f"Pictures must be uint8 RGB; this has the shape {pixels.shape} of {pixels.dtype}.")
    return pixels
