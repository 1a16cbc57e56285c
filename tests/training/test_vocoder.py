"""What the vocoder learns from: critics that tell it from recordings, and the DiT's own mels beside recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from training.mouth import dit
from training.mouth.critics import Critics
from training.mouth.mel import BINS, HOP
from training.mouth.remade import STRETCH, remade
from training.mouth.sounding import held_out
from training.mouth.vocoder import Sound, batch


def _pulses(generator: torch.Generator) -> torch.Tensor:
    """Eight waves [8, 4800] of a voice-like kind: pulses 100 times a second that ring out."""
    ringing = torch.exp(-torch.arange(240) / 30.0) * torch.cos(torch.arange(240) * 0.4)
    return 0.5 * ringing.repeat(8, 20) * (0.8 + 0.4 * torch.rand(8, 1, generator=generator))


def test_critics_come_to_tell_what_was_made_from_recordings_and_keep_what_they_learned(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    critics = Critics(tmp_path / "critics.pt", rate=3e-3)
    recorded = _pulses(generator)
    made = recorded.std() * torch.randn(recorded.shape, generator=generator)
    losses = [critics.learn(made, recorded) for _ in range(30)]
    passing, _ = critics.judge(made, recorded)
    alike, same = critics.judge(recorded, recorded)
    assert losses[-1] < 0.7 * losses[0]
    assert float(alike) < 0.7 * float(passing), "a recording passes for one sooner than noise"
    assert float(same) == 0
    critics.save()
    again = Critics(tmp_path / "critics.pt")
    assert float(again.judge(made, recorded)[0]) == pytest.approx(float(passing))


def test_what_critics_say_teaches_the_vocoder_and_not_them(tmp_path: Path) -> None:
    critics = Critics(tmp_path / "critics.pt")
    recorded = _pulses(torch.Generator().manual_seed(1))
    made = (0.1 * torch.randn(recorded.shape)).requires_grad_()
    passing, likeness = critics.judge(made, recorded)
    (passing + likeness).backward()
    assert made.grad is not None and float(made.grad.abs().min(1).values.max()) > 0
    assert all(parameter.grad is None and parameter.requires_grad for parameter in critics.parameters())


def test_a_share_of_the_crops_is_of_mels_that_were_made() -> None:
    def sound(value: float) -> Sound:
        return Sound(torch.full((50, BINS), value), torch.full((50 * HOP,), value))

    class Nothing:
        train = ()

    rng = np.random.default_rng(0)
    mel, wave = batch(Nothing(), [], rng, 4, 40, [sound(0.25)], 1.0)  # type: ignore[arg-type]
    assert mel.shape == (4, 40, BINS) and wave.shape == (4, 40 * HOP)
    assert mel.unique().tolist() == wave.unique().tolist() == [0.25]


def test_mels_of_codes_are_made_in_stretches_and_lie_over_the_recording() -> None:
    torch.manual_seed(0)
    net = dit.new_dit().eval()
    condition = dit.Condition(dit.speaker_vector(1), torch.zeros(1, 60, BINS))
    mel = remade(net, torch.arange(STRETCH + 10) % 1000, condition, points=2, seed=5)
    assert mel.shape == (4 * (STRETCH + 10), BINS) and mel.dtype == np.float16


def test_a_voice_is_judged_by_the_clips_that_nothing_learned_from(tmp_path: Path) -> None:
    ends = np.arange(1, 21) * 5  # twenty clips of five codes
    pcm = np.repeat(np.arange(100), 960).astype(np.int16)
    np.savez(tmp_path / "henry.npz", codes=np.arange(100), pcm=pcm, ends=ends)
    clips = list(held_out("henry", None, [], tmp_path, 9))  # type: ignore[arg-type]
    assert [row.tolist() for _, row, _ in clips] == [[90, 91, 92, 93, 94], [95, 96, 97, 98, 99]]
    assert all(len(samples) == 960 * len(row) for _, row, samples in clips)
    assert clips[0][2][0] == 90 / 32768
