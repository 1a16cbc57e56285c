"""The ear in training: what is put on top changes nothing at first, what it spells is judged rightly, and a
checkpoint that grows meanwhile is heard by the next stage."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from training.data.bells import RATE, in_noise
from training.data.clips import ClipWriter, read_clips
from training.ear.ctc import TokenTargets
from training.ear.encoder import Encoder, deeper, encoder_of
from training.ear.letters import ALPHABET, Letters, spelled
from training.ear.sound import throat, varied
from training.ear.surroundings import Surroundings

NANO = Path(__file__).parents[2] / "assets" / "nano"
SIZES = {"width": 128, "layers": 2, "out": 32}


@pytest.fixture
def sounds() -> tuple[torch.Tensor, torch.Tensor]:
    """Mels of 3.6 s and 0.8 s."""
    torch.manual_seed(3)
    lengths = torch.tensor([360, 80])
    mel = torch.randn(2, 80, 360)
    mel[1, :, 80:] = 0
    return mel, lengths


def test_new_layers_change_nothing_until_they_have_learned(sounds: tuple[torch.Tensor, torch.Tensor]) -> None:
    torch.manual_seed(1)
    encoder = Encoder(**SIZES)
    grown = deeper(encoder, 3)
    assert len(grown.layers) == 5
    assert torch.equal(grown(*sounds)[0], encoder(*sounds)[0])
    grown(*sounds)[0].square().mean().backward()
    assert all(layer.fc2.weight.grad.abs().sum() > 0 for layer in grown.layers[2:])  # and can learn
    assert len(encoder_of(grown.state_dict()).layers) == 5


def test_the_middle_is_what_the_layers_above_read(sounds: tuple[torch.Tensor, torch.Tensor]) -> None:
    """50 vectors a second, those behind a clip's end left at zero; behind the last layer they are what is pooled."""
    encoder = Encoder(**SIZES)
    with torch.no_grad():
        out, last = encoder.with_middle(*sounds, 2)
        _, first = encoder.with_middle(*sounds, 1)
        pooled = encoder.proj(encoder.ln_post(last[:1, :180].unflatten(1, (-1, 2)).mean(2)))
    assert out.shape == (2, 150, 32) and last.shape == (2, 300, 128)
    assert not last[1, 40:].any() and last[0, :180].any(1).all()
    assert torch.allclose(pooled, out[:1, :90], atol=1e-5)
    assert not torch.allclose(first, last)


def test_a_short_clip_is_heard_alike_beside_a_long_one(sounds: tuple[torch.Tensor, torch.Tensor]) -> None:
    mel, lengths = sounds
    encoder = Encoder(**SIZES)
    with torch.no_grad():
        beside, _ = encoder.with_middle(mel, lengths, 1)
        alone, _ = encoder.with_middle(mel[1:, :, :80], lengths[1:], 1)
    assert torch.allclose(beside[1, :20], alone[0, :20], atol=1e-5)


def test_letters_are_learned_and_read_back() -> None:
    texts = ["What's the tallest hill?", "Off we go at 7"]
    assert "".join(ALPHABET[i - 1] for i in spelled(texts[1])) == "off we go at"
    torch.manual_seed(2)
    letters = Letters(16)
    stream = torch.randn(2, 80, 16, requires_grad=True)  # may be what it likes
    numbers = torch.tensor([80, 60])
    optimizer = torch.optim.Adam([stream, *letters.parameters()], 0.1)
    for _ in range(120):
        loss = letters.loss(stream, numbers, texts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert letters.read(stream, numbers) == ["what's the tallest hill", "off we go at"]
    assert loss < 0.2
    assert letters.loss(stream, numbers, texts[::-1]) > 2


def test_a_bell_is_said_when_it_is_struck() -> None:
    """CTC is content with the word anywhere; where its time is told, it stands there and nowhere else."""
    torch.manual_seed(4)
    tokenizer = Tokenizer.from_file(str(NANO / "tokenizer.json"))
    table = torch.randn(tokenizer.get_vocab_size(), 16)
    targets = TokenTargets(table, tokenizer, ["The bell rang"] * 20)
    (bell,) = targets.tokens("bell")
    e = torch.randn(50, 16, requires_grad=True)
    optimizer = torch.optim.Adam([e], 0.2)
    for _ in range(80):
        loss = targets.timed_loss(e, "bell", [0.41, 1.3])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    said = targets.scores(e).argmax(-1)
    assert said.nonzero()[:, 0].tolist() == [10, 11, 12, 32, 33, 34] and (said[said > 0] == bell).all()
    assert targets.timed_loss(e, "bell", []) > 1 > loss


def test_bells_are_where_they_are_said_to_be(tmp_path: Path) -> None:
    """Behind each of the times told the clip is louder than before, on disk and as the ear is given it."""
    writer = ClipWriter(tmp_path / "bells")
    for seed in range(40):
        sound, struck = in_noise(random.Random(seed))
        writer.add("", sound, RATE, "bell", at=struck)
    rows = read_clips(tmp_path / "bells")
    assert {len(row["at"]) for row in rows} == {0, 1, 2}
    rises = []
    for row in rows:
        power = varied(row, random.Random(1)).square().numpy()
        assert len(power) == row["samples"]
        for at in (int(time * RATE) for time in row["at"]):
            rises.append(power[at : at + 800].mean() > 2 * power[max(0, at - 800) : at].mean() if at else True)
    assert np.mean(rises) > 0.9


def test_noise_is_as_far_below_as_it_is_said_to_be_and_a_room_as_loud() -> None:
    rnd, rng = random.Random(2), np.random.default_rng(2)
    clip = rng.standard_normal(3 * 16_000).astype(np.float32) * 0.1
    place = Surroundings([clip[:8000]], noises=9, rooms=5)
    below = [-20 * np.log10((place.in_noise(clip, 10, rnd) - clip).std() / clip.std()) for _ in range(12)]
    assert np.mean(below) == pytest.approx(10, abs=2)
    heard = place.in_a_room(clip, rnd)
    assert heard.std() == pytest.approx(clip.std(), rel=0.01) and np.abs(heard - clip).max() > 0.05


def test_another_throat_moves_formants_and_keeps_time() -> None:
    mel = torch.zeros(80, 6)
    mel[40, 3] = 1.0
    rnd, places = random.Random(0), set()
    for _ in range(30):
        moved = throat(mel, rnd)
        assert moved[:, [0, 1, 2, 4, 5]].abs().sum() == 0
        places.add(int(moved[:, 3].argmax()))
    assert min(places) < 40 < max(places) and max(places) - min(places) < 16
