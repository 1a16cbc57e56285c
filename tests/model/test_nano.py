"""The embedded model as it is shipped: it answers what is typed and what is spoken, aloud, while it thinks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from evaluation.streaming import codes_of, compare
from model import load
from model.engine import Engine
from model.events import Done, SpeechChunk, TextDelta

ROOT = Path(__file__).resolve().parents[2]
NANO = ROOT / "assets" / "nano"


@pytest.fixture(scope="module")
def nano() -> Iterator[Engine]:
    yield load("nano", device="cpu")


def test_it_is_small_enough_to_be_carried() -> None:
    sizes = [file.stat().st_size for file in NANO.iterdir()]
    assert sum(sizes) <= 150e6 and max(sizes) <= 95e6


def test_typed_question_is_answered_aloud_while_it_thinks(nano: Engine) -> None:
    with nano.conversation() as talk:
        talk.say("What is the capital of France?")
        events = list(talk.reply(greedy=True, seed=0))
    done = events[-1]
    assert isinstance(done, Done)
    assert "Paris" in done.text
    assert 0.5 < done.samples / done.sample_rate < 8
    sound = np.concatenate([event.samples for event in events if isinstance(event, SpeechChunk)])
    assert np.sqrt(np.mean(sound**2)) > 0.01, "speech must be audible"
    kinds = [type(event) for event in events]
    assert TextDelta in kinds[kinds.index(SpeechChunk) :] or len(done.text_tokens) < 14


@pytest.mark.parametrize(
    ("precision", "bfloat16", "threads"),
    [("int8", True, 1), ("int8", True, 4), ("int8", False, 1), ("bf16", True, 1), ("nf4", True, 1)],
)
def test_it_answers_aloud_on_every_kind_of_processor(
    precision: str, bfloat16: bool, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which kernels and dtypes are used depends on the processor and on torch's threads; this is about all of them."""
    monkeypatch.setattr("model.checkpoint.load.multiplies_bfloat16", lambda: bfloat16)
    monkeypatch.setattr("model.attention.multiplies_bfloat16", lambda: bfloat16)
    monkeypatch.setattr("model.four_bits.multiplies_bfloat16", lambda: bfloat16)
    monkeypatch.setattr("torch.get_num_threads", lambda: threads)
    with load("nano", "cpu", precision).conversation() as talk:
        talk.hear(soundfile.read(ROOT / "assets" / "samples" / "question.wav", dtype="float32")[0])
        done = list(talk.reply(greedy=True, seed=0))[-1]
    assert isinstance(done, Done)
    assert done.samples > 0.5 * done.sample_rate
    assert precision == "nf4" or "Paris" in done.text  # in four bits what its ear learned is lost (decision 0003)


def test_spoken_question_is_understood(nano: Engine) -> None:
    samples, rate = soundfile.read(ROOT / "assets" / "samples" / "question.wav", dtype="float32")
    assert rate == 16_000
    with nano.conversation() as talk:
        for start in range(0, len(samples), 1600):
            talk.hear(samples[start : start + 1600])
        done = list(talk.reply(greedy=True, speech=False))[-1]
    assert isinstance(done, Done)
    assert "Paris" in done.text, "a voice that no training has heard asked for the capital of France"


def test_what_its_ear_says_are_words_of_its_thinker(nano: Engine) -> None:
    """Each vector is an embedding, or a mean of some: read by the nearest, they are what was said."""
    samples, _ = soundfile.read(ROOT / "assets" / "samples" / "question.wav", dtype="float32")
    tower = nano.thinker.audio_tower
    with torch.inference_mode():
        heard = tower(nano.mel_front_end(samples).to(tower.conv1.weight.dtype)).float()
        table = nano.thinker.embed(torch.arange(nano.config.thinker.text.vocab_size)).float()
    distance = table.square().sum(1) - 2 * heard @ table.T
    ids = torch.unique_consecutive(distance.argmin(1)).tolist()
    assert heard.norm(dim=1).max() <= table.norm(dim=1).max()
    assert "capital of France" in " ".join(nano.tokenizer.decode(ids).split())


def test_silence_takes_no_room(nano: Engine) -> None:
    """Whoever thinks for long, or drops ten minutes of hardly anything, asks no longer than others."""
    samples, _ = soundfile.read(ROOT / "assets" / "samples" / "question.wav", dtype="float32")
    taken = []
    for quiet, live in ((0, True), (4, True), (0, False), (600, False)):
        with nano.conversation() as talk:
            sound = np.concatenate([samples, np.zeros(quiet * 16_000, np.float32)])
            (talk.hear if live else talk.add_audio)(sound)
            done = list(talk.reply(greedy=True, speech=False))[-1]
        assert isinstance(done, Done) and "Paris" in done.text
        taken.append(done.prompt_tokens)
    assert max(taken) - min(taken) <= 2


def test_its_two_men_speak_lower_than_its_two_women(nano: Engine) -> None:
    assert nano.voices == ("heart", "henry", "imogen", "oliver"), "the first is the default"
    pitches = {}
    for voice in nano.voices:
        with nano.conversation(voice=voice) as talk:
            talk.say("What is the capital of France?")
            events = list(talk.reply(greedy=True, seed=0))
        pitches[voice] = _pitch(np.concatenate([e.samples for e in events if isinstance(e, SpeechChunk)]))
    assert max(pitches["henry"], pitches["oliver"]) < 0.95 * min(pitches["heart"], pitches["imogen"]), pitches


def _pitch(samples: np.ndarray) -> float:
    """Hz, in the middle of what is voiced, of sound at 24 kHz: by the best delay of blocks of 50 ms."""
    found = []
    for block in samples[: len(samples) // 1200 * 1200].reshape(-1, 1200):
        likeness = np.correlate(block, block, "full")[1199:] / (block @ block + 1e-9)
        delay = 60 + int(np.argmax(likeness[60:343]))  # 400 to 70 Hz
        if np.sqrt(np.mean(block**2)) > 0.02 and likeness[delay] > 0.45:
            found.append(24_000 / delay)
    return float(np.median(found))


def test_streamed_speech_equals_speech_decoded_whole(nano: Engine) -> None:
    found = compare(nano, codes_of(nano, "What is the capital of France?"))
    assert found.mel_snr >= 25
    assert found.wave_snr >= 50, "a click at a chunk's border, or a vocoder that sees too little around it"


def test_it_speaks_as_well_after_a_long_conversation(nano: Engine) -> None:
    """A Talker that never met long contexts says nothing, or half a word, from the fourth answer on."""
    samples, _ = soundfile.read(ROOT / "assets" / "samples" / "question.wav", dtype="float32")
    with nano.conversation() as talk:
        seconds = []
        for turn in range(40):
            talk.hear(samples)
            aloud = turn % 13 == 0
            done = list(talk.reply(greedy=True, speech=aloud, seed=turn))[-1]
            assert isinstance(done, Done)
            if aloud:
                seconds.append(done.samples / done.sample_rate)
        assert talk.tokens > 1000
    assert min(seconds) > 0.7 * seconds[0], f"seconds of the first answer and of those some 350 tokens apart: {seconds}"
