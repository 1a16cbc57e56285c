"""Other voices than heart's for the mouth: Kokoro's, with the codes that heart's speech of the same words would have.

    python -m training.data.voices runs/mouth/voices --seconds 150 --model kokoro.onnx --vocab vocab.json --voices DIR

The Talker speaks in codes that were learned from one voice. For the DiT to say them in another it needs that voice's
mel beside those codes, moment by moment. Both synthesisers read the same phonemes and tell when each ends, so heart's
mel is stretched piecewise to the other's times and then encoded. What is left of a delay between the two (planned times
are not those at which it sounds) is found by correlation over the first clips of a voice.

One file a voice, ``NAME.npz``: ``mel`` [frames, 80] float16, ``codes`` int16 back to back, ``ends`` (of the clips, in
codes), and for listening ``pcm`` int16 at 24 kHz. Resumable voice by voice. bm_lewis and am_puck are never spoken here.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from training.data.shards import RATE
from training.data.synthesize import FRAME, Speaker, normalise, trim
from training.data.text import is_test, sentences
from training.mouth.codec import Codec, load_codec
from training.mouth.mel import HOP, mel_of

# ours: Kokoro's. In alphabetical order: a safetensors file keeps no other, and the first is the default voice
SOURCES = {"heart": "af_heart", "henry": "am_michael", "imogen": "bf_emma", "oliver": "bm_george"}
LAGS = range(-6, 7)  # frames of 10 ms
PROBES = 6  # clips by which a voice's lag is found


@dataclass(frozen=True)
class Spoken:
    """One sentence: samples [-1, 1] at 24 kHz, and where each phoneme ends in them."""

    wave: np.ndarray
    ends: np.ndarray


class Kokoro:
    """Phonemes → samples and the phonemes' ends, in one voice."""

    def __init__(self, model: Path, vocab: Path, style: Path) -> None:
        import onnx
        import onnxruntime

        graph = onnx.load(model)
        durations = next(node for node in graph.graph.node if node.op_type == "Round")
        graph.graph.output.append(onnx.helper.make_empty_tensor_value_info(durations.output[0]))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(graph.SerializeToString(), options, ["CPUExecutionProvider"])
        self._vocab: dict[str, int] = json.loads(vocab.read_text())["vocab"]
        self._style = np.fromfile(style, np.float32).reshape(-1, 1, 256)

    def knows(self, phonemes: str) -> bool:
        return all(c in self._vocab for c in phonemes)

    def __call__(self, phonemes: str) -> Spoken:
        ids = [self._vocab[c] for c in phonemes]
        feed = {"tokens": np.array([[0, *ids, 0]], np.int64), "style": self._style[len(ids)].reshape(1, 256),
                "speed": np.ones(1, np.float32)}
        wave, durations = self._session.run(None, feed)
        return Spoken(np.asarray(wave, np.float32).ravel(), np.cumsum(durations.reshape(-1)).astype(int)[:-1] * FRAME)


def stretched(heart: Spoken, other: Spoken, lag: int = 0) -> torch.Tensor:
    """Heart's mel at the moments of the other's [frames of the other, 80]."""
    mel = mel_of(torch.from_numpy(heart.wave))
    frames = len(other.wave) // HOP
    times = (np.arange(frames) + 0.5 - lag) * HOP
    ours, theirs = [np.concatenate([[0], s.ends, [len(s.wave)]]) for s in (heart, other)]
    at = np.clip(np.interp(times, theirs, ours) / HOP - 0.5, 0, len(mel) - 1)
    low = torch.from_numpy(np.floor(at).astype(int))
    share = torch.from_numpy(at - np.floor(at)).float()[:, None]
    return mel[low] * (1 - share) + mel[(low + 1).clamp(max=len(mel) - 1)] * share


def agreement(a: torch.Tensor, b: torch.Tensor) -> float:
    """Correlation of how two mels of equal length change, all bins together, without either's mean spectrum."""
    a, b = (x - x.mean(0) for x in (a, b))
    return float((a * b).sum() / (a.norm() * b.norm() + 1e-6))


def clip(codec: Codec, heart: Spoken, other: Spoken, lag: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mel [4 n, 80], codes [n], samples [960 n]) of the other voice, trimmed as heart's clips are."""
    wave, gone = trim(other.wave)
    mel = stretched(heart, other, lag)
    first = round(gone / HOP)
    rows = np.clip(np.arange(len(wave) // HOP) + first, 0, len(mel) - 1)
    with torch.no_grad():
        codes = codec.encode(mel[rows][None])[1][0]
    wave = normalise(wave)
    return mel_of(torch.from_numpy(wave.astype(np.float32))).numpy(), codes.numpy(), wave


def speak(name: str, texts: list[str], seconds: float, heart: Speaker, codec: Codec, kokoro: Kokoro,
          out: Path) -> None:
    """Clips of one voice until there are so many seconds of them."""
    pairs: list[tuple[Spoken, Spoken]] = []
    have, began = 0.0, time.process_time()
    for number, text in enumerate(texts):
        phonemes = heart.phonemes(text)
        if not 12 <= len(phonemes) <= 80 or not kokoro.knows(phonemes):
            continue
        wave, ends = heart(phonemes, np.random.default_rng(number))
        pairs.append((Spoken(normalise(wave).astype(np.float32), ends), kokoro(phonemes)))
        have += len(pairs[-1][1].wave) / RATE
        print(f"{name}: {have:.0f} s of speech in {time.process_time() - began:.0f} CPU s", flush=True)
        if have >= seconds:
            break
    level = [Spoken(normalise(other.wave).astype(np.float32), other.ends) for _, other in pairs[:PROBES]]
    scores = {
        lag: float(np.mean([agreement(stretched(h, o, lag), mel_of(torch.from_numpy(o.wave))[:len(o.wave) // HOP])
                            for (h, _), o in zip(pairs, level)])) for lag in LAGS}
    lag = max(scores, key=scores.__getitem__)
    print(f"{name}: sounds {lag} frames later than heart would; agreement {scores[lag]:.3f}, unshifted {scores[0]:.3f}")
    mels, codes, waves = zip(*(clip(codec, h, o, lag) for h, o in pairs))
    part = out / f"{name}.part.npz"
    np.savez(part, mel=np.concatenate(mels).astype(np.float16), codes=np.concatenate(codes).astype(np.int16),
             ends=np.cumsum([len(c) for c in codes]), lag=lag,
             pcm=np.round(np.clip(np.concatenate(waves), -1, 1) * 32767).astype(np.int16))
    part.replace(out / f"{name}.npz")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"), help="where a codec may lie")
    for name in ("model", "vocab", "voices"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    heart, codec = Speaker(), load_codec(args.runs)
    texts = [t for t in sentences(40000, seed=3) if not is_test(t)]
    random.Random(3).shuffle(texts)
    for number, (name, source) in enumerate(SOURCES.items()):
        if name == "heart" or (args.out / f"{name}.npz").exists():
            continue  # hibari speaks heart's
        kokoro = Kokoro(args.model, args.vocab, args.voices / f"{source}.bin")
        speak(name, texts[number::len(SOURCES)], args.seconds, heart, codec, kokoro, args.out)


if __name__ == "__main__":
    main()
