"""Whose voice is it, and how clean does it sound? Two judges of speech that need no text.

Resemblyzer's speaker encoder gives each utterance a vector, near its own voice, far from others. Microsoft's DNSMOS
gives a mean opinion score. Both are used by their weights alone; the packages' own dependencies are not needed:

    pip install --no-deps resemblyzer==0.1.4 speechmos==0.0.1.1
    python -m evaluation.voices --model nano --whisper FOLDER --sources runs/mouth/voices --count 30

The command speaks the model's own answers to the held-out questions in every voice. A voice is compared with the
recordings it was made from (``--sources``), else with its own reference mel through the model's vocoder.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime
import soxr
import torch
from torch import nn

from evaluation.speaking import PocketSphinx, Whisper
from model import load
from model.engine import Engine
from model.events import Done, SpeechChunk
from training.mouth.measure import distance, words
from training.mouth.mel import filter_bank

RATE = 16_000
INSTALL = "pip install --no-deps resemblyzer==0.1.4 speechmos==0.0.1.1"
LONGEST, SHORTEST = 0.2, 0.03  # seconds of speech a letter, after half a second; measured speech has 0.07
MOST_SECONDS = 20.0
QUESTIONS = Path(__file__).with_name("questions.json")


def package_file(package: str, name: str) -> Path:
    """A file of an installed package, which is not imported."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"The judge {package} is not installed: {INSTALL}")
    return Path(found.submodule_search_locations[0]) / name


def spectrogram(samples: np.ndarray, n_fft: int, bins: int) -> np.ndarray:
    """16 kHz → power mel [frames of 10 ms, bins] as librosa computes it (centred, Hann, Slaney's triangles)."""
    window = torch.hann_window(n_fft)
    wave = torch.from_numpy(np.asarray(samples, np.float32))
    spectrum = torch.stft(wave, n_fft, RATE // 100, n_fft, window, pad_mode="constant", return_complex=True)
    return (spectrum.abs().square().T @ filter_bank(bins, n_fft, RATE, RATE / 2)).numpy()


class SpeakerEncoder(nn.Module):
    """Resemblyzer's: three LSTM layers over 1.6 s, a vector of length one."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.linear = nn.LSTM(40, 256, 3, batch_first=True), nn.Linear(256, 256)
        state = torch.load(package_file("resemblyzer", "pretrained.pt"), map_location="cpu", weights_only=True)
        self.load_state_dict(state["model_state"], strict=False)

    @torch.inference_mode()
    def embed(self, samples: np.ndarray) -> np.ndarray:
        """[samples at 16 kHz] → [256]; shorter than 1.6 s is repeated."""
        level = np.sqrt(np.mean(samples**2)) + 1e-9
        samples = samples * max(1.0, 10 ** (-30 / 20) / level)
        mel = spectrogram(np.resize(samples, max(len(samples), int(1.61 * RATE))), 400, 40)
        starts = range(0, len(mel) - 160 + 1, 77)
        _, (hidden, _) = self.lstm(torch.from_numpy(np.stack([mel[i:i + 160] for i in starts])))
        vectors = torch.relu(self.linear(hidden[-1]))
        return unit((vectors / vectors.norm(dim=1, keepdim=True)).mean(0).numpy())


def unit(vector: np.ndarray) -> np.ndarray:
    """The same direction with length one."""
    return vector / (np.linalg.norm(vector) + 1e-9)


class DNSMOS:
    """Samples at 16 kHz → (overall, by P.808), each from 1 to 5."""

    SECONDS = 9.01
    CURVE = np.poly1d([-0.06766283, 1.11546468, 0.04602535])  # of the overall score, as published

    @cached_property
    def _sessions(self) -> tuple[onnxruntime.InferenceSession, ...]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return tuple(
            onnxruntime.InferenceSession(str(package_file("speechmos", f"dnsmos_models/{name}.onnx")), options)
            for name in ("sig_bak_ovr", "model_v8"))

    def __call__(self, samples: np.ndarray) -> tuple[float, float]:
        overall, p808 = self._sessions
        samples = np.resize(np.clip(samples, -1, 1), int(self.SECONDS * RATE)).astype(np.float32)
        power = spectrogram(samples[:-160], 321, 120)
        level = 10 * np.log10(np.maximum(power, 1e-10))
        level = np.maximum(level - level.max(), -80.0)
        told = overall.run(None, {"input_1": samples[None]})[0][0]
        return float(self.CURVE(told[2])), float(p808.run(None, {"input_1": ((level + 40) / 40)[None]})[0][0][0])


@dataclass(frozen=True)
class Utterance:
    """What was to be said, and the samples at 16 kHz."""

    text: str
    samples: np.ndarray

    @property
    def bad_length(self) -> bool:
        """Far longer than its text can need (it looped or never stopped), or far shorter (it was cut)."""
        seconds, letters = len(self.samples) / RATE, len("".join(words(self.text)))
        return not SHORTEST * letters <= seconds <= 0.5 + LONGEST * letters


@dataclass(frozen=True)
class Voice:
    """Figures of one voice; intervals are 95 %, from 1000 samples of the utterances."""

    name: str
    utterances: int
    word_errors: dict[str, tuple[float, float, float]]  # by judge: rate, low, high
    similarity: float  # mean cosine to its own voice
    told_apart: float  # share of utterances that are nearer to it than to any other
    bad_lengths: int
    dnsmos: tuple[float, float]  # overall, P.808


def error_rate(wrong: Sequence[int], said: Sequence[int]) -> tuple[float, float, float]:
    """Errors over words, with the interval."""
    above, below = np.asarray(wrong), np.asarray(said)
    drawn = np.random.default_rng(0).integers(0, len(above), (1000, len(above)))
    rates = above[drawn].sum(1) / np.maximum(below[drawn].sum(1), 1)
    low, high = np.percentile(rates, (2.5, 97.5))
    return float(above.sum() / max(1, below.sum())), float(low), float(high)


def likenesses(spoken: dict[str, list[np.ndarray]],
               own: dict[str, np.ndarray]) -> dict[str, tuple[float, float]]:
    """Vectors of utterances and of the voices themselves, by voice → (mean cosine to its own, share told apart)."""
    names = list(own)
    table = np.stack([own[name] for name in names])
    out = {}
    for name, vectors in spoken.items():
        near = np.stack(vectors) @ table.T
        mine = names.index(name)
        out[name] = float(near[:, mine].mean()), float((near.argmax(1) == mine).mean())
    return out


def run(spoken: dict[str, list[Utterance]], own: dict[str, list[np.ndarray]],
        judges: dict[str, Callable[[np.ndarray], str]]) -> list[Voice]:
    """Judge what each voice said. ``own``: samples at 16 kHz of the voices themselves; ``judges``: samples at 16 kHz to
    words, by name."""
    encoder, opinion = SpeakerEncoder(), DNSMOS()
    centres = {name: unit(np.mean([encoder.embed(x) for x in waves], axis=0)) for name, waves in own.items()}
    alike = likenesses({name: [encoder.embed(u.samples) for u in some] for name, some in spoken.items()}, centres)
    out = []
    for name, some in spoken.items():
        rates = {}
        for judge, hear in judges.items():
            pairs = [(words(u.text), words(hear(u.samples))) for u in some]
            rates[judge] = error_rate([min(distance(a, b), 2 * len(a)) for a, b in pairs], [len(a) for a, _ in pairs])
        scores = np.mean([opinion(u.samples) for u in some], axis=0)
        out.append(Voice(name, len(some), rates, *alike[name], sum(u.bad_length for u in some),
                         (float(scores[0]), float(scores[1]))))
    return out


def replies(engine: Engine, voice: str, questions: list[str]) -> list[Utterance]:
    """The model's answers in one voice; those without a word are left out."""
    out = []
    for seed, question in enumerate(questions):
        sound: list[np.ndarray] = []
        with engine.conversation(voice=voice) as talk:
            talk.say(question)
            for event in talk.reply(seed=seed, max_text_tokens=40, max_speech_seconds=MOST_SECONDS):
                if isinstance(event, SpeechChunk):
                    sound.append(event.samples)
        assert isinstance(event, Done)
        if words(event.text):
            wave = np.concatenate(sound) if sound else np.zeros(RATE // 10, np.float32)
            out.append(Utterance(event.text.strip(), soxr.resample(wave, event.sample_rate, RATE).astype(np.float32)))
    return out


def recordings(engine: Engine, sources: Path | None) -> dict[str, list[np.ndarray]]:
    """Samples at 16 kHz of each voice: held-out clips of training.data.voices, else its reference mel made to sound."""
    out: dict[str, list[np.ndarray]] = {}
    for name, voice in engine.voices_by_name.items():
        file = sources / f"{name}.npz" if sources else None
        if file is not None and file.exists():
            held = np.load(file)
            ends = held["ends"] * 960
            clips = np.split(held["pcm"].astype(np.float32) / 32768, ends[:-1])
            out[name] = [soxr.resample(clip, 24_000, RATE) for clip in clips[len(clips) * 9 // 10:]]
        else:
            assert engine.token2wav is not None
            with torch.inference_mode():
                wave = engine.token2wav.wave(voice.ref_mel.to(engine.token2wav.code2wav_dit_model.proj_out.weight))
            out[name] = [soxr.resample(wave.float().cpu().numpy(), 24_000, RATE)]
    return out


def main() -> None:
    """Speak, judge, print a line a voice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--whisper", type=Path, required=True)
    parser.add_argument("--sources", type=Path, help="folder of training.data.voices")
    parser.add_argument("--count", type=int, help="questions a voice; all where none is given")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    engine = load(args.model, device="cpu", precision="auto")
    questions = [q["question"] for q in json.loads(QUESTIONS.read_text())][:args.count]
    spoken = {name: replies(engine, name, questions) for name in engine.voices}
    whisper, sphinx = Whisper(args.whisper), PocketSphinx()
    found = run(spoken, recordings(engine, args.sources), {"whisper": whisper.at_16k, "pocketsphinx": sphinx.at_16k})
    for voice in found:
        print(json.dumps(asdict(voice)))
    if args.json:
        args.json.write_text(json.dumps([asdict(voice) for voice in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
