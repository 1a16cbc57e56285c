"""Speaks the sentence list with one synthetic voice and writes shards.

    python -m training.data.synthesize runs/data --count 40000
    python -m training.data.synthesize runs/data --answers runs/thinker-sharp/answers.json

The second form speaks the sentences of the Thinker's answers to training questions: what the product says most.

Margins are fixed (40 ms before, 120 ms after, then zeros up to a whole number of 40 ms codes) and loudness is
normalised, so where speech starts and ends can be learned and one code always covers the same 960 samples.
Whole shards that are already there are skipped: run it again to go on.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np

from training.data.shards import RATE, write_shard
from training.data.text import is_test, sentences

CODE_SAMPLES = 960
FRAME = 600  # samples of one of the steps in which the voice plans its phonemes
LEAD, TAIL = 0.040, 0.120
RMS = 0.08


class Speaker:
    """The voice "heart" of hibari, which also tells when each phoneme ends."""

    def __init__(self) -> None:
        import onnx
        import onnxruntime
        from hibari import Hibari, dsp

        self._voice, self._synth = Hibari(voice="heart", threads=1), dsp.synth
        graph = onnx.load(self._voice.model_path)
        durations = next(node for node in graph.graph.node if node.op_type == "Round")
        graph.graph.output.append(onnx.helper.make_empty_tensor_value_info(durations.output[0]))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(graph.SerializeToString(), options, ["CPUExecutionProvider"])

    def phonemes(self, text: str) -> str:
        """Those of one sentence that the voice knows; '' where the text is none or several."""
        found = self._voice.phonemize(text)
        return "".join(c for c in found[0] if c in self._voice.vocab) if len(found) == 1 else ""

    def split(self, text: str) -> list[str]:
        """The sentences of a text."""
        return self._voice.split_sentences(text)

    def __call__(self, phonemes: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(samples, where each phoneme ends in them)."""
        ids = np.asarray([self._voice.ids(phonemes)], np.int64)
        *parts, durations = self._session.run(None, {"ids": ids, "speed": np.ones(1, np.float32)})
        wave = self._synth(*(part[0] for part in parts), rng)
        return wave, np.cumsum(durations.reshape(-1)).astype(int)[:-1] * FRAME


def trim(wave: np.ndarray) -> tuple[np.ndarray, int]:
    """Fixed margins around what is louder than 2 % of the loudest 10 ms, and how many samples went before; length a
    multiple of 960 samples."""
    step = RATE // 100
    frames = wave[: len(wave) // step * step].reshape(-1, step)
    energy = np.sqrt((frames**2).mean(1) + 1e-12)
    loud = np.nonzero(energy > max(energy.max() * 0.02, 1e-4))[0]
    if len(loud) == 0:
        return wave[:0], 0
    begin, end = loud[0] * step - int(LEAD * RATE), (loud[-1] + 1) * step + int(TAIL * RATE)
    wave, gone = np.pad(wave, (max(0, -begin), max(0, end - len(wave)))), begin
    begin, end = (0, end - begin) if begin < 0 else (begin, end)
    wave = wave[begin:end]
    return np.pad(wave, (0, -len(wave) % CODE_SAMPLES)), gone


def normalise(wave: np.ndarray) -> np.ndarray:
    """RMS 0.08 with peaks held below full scale."""
    wave = wave * (RMS / (np.sqrt((wave**2).mean()) + 1e-9))
    peak = float(np.abs(wave).max(initial=0.0))
    return wave * min(1.0, 0.98 / (peak + 1e-9))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=40000)
    parser.add_argument("--answers", type=Path, help="speak the answers in this file in place of the sentences")
    parser.add_argument("--shard", type=int, default=2000, help="clips in a shard")
    parser.add_argument("--first", type=int, default=0, help="number of the first shard to speak")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    voice = Speaker()
    texts, kind = sentences(args.count, args.seed), ""
    if args.answers:
        answers = json.loads(args.answers.read_text()).values()
        texts, kind = sorted({s for a in answers for s in voice.split(a) if s[-1] in ".!?"}), "answers-"
        random.Random(args.seed).shuffle(texts)
    for number, begin in enumerate(range(0, len(texts), args.shard)):
        name = f"hibari-{kind}{number:03d}"
        if number < args.first or (args.folder / f"{name}.jsonl").exists():
            continue
        started, clips, seconds = time.time(), [], 0.0
        for text in texts[begin : begin + args.shard]:
            phonemes = voice.phonemes(text)
            if len(phonemes) < 3:
                continue
            wave, ends = voice(phonemes, np.random.default_rng(begin + len(clips)))
            wave, gone = trim(wave)
            if not 8 <= len(wave) // CODE_SAMPLES <= 180:
                continue
            inside = np.clip(ends[1:] - gone, 0, len(wave)).tolist()  # the first is the silence before all
            clips.append((text, phonemes, is_test(text), normalise(wave), inside))
            seconds += len(wave) / RATE
        write_shard(args.folder, name, clips)
        print(f"{name}: {len(clips)} clips, {seconds / 60:.1f} min in {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
