"""How DiT and vocoder sound, voice by voice, on recordings that are held out: without the Talker, and with it.

    python -m training.mouth.sounding --whisper FOLDER [--dit dit.pt] [--vocoder bigvgan.pt] [--talker talker.pt]

Each held-out clip's codes (or those that the Talker says of its text) go through the DiT and the vocoder. Judged are
the words (Whisper), how like the voice's own held-out recordings it is (Resemblyzer) and how clean (DNSMOS), the judges
of evaluation.speech. Files are names in RUNS, so that states can be compared. ``--keep FOLDER`` writes the recordings,
for ``eval --suite speech --voices FOLDER``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from tokenizers import Tokenizer

from evaluation.speech import whisper
from evaluation.voices import DNSMOS, RATE, SpeakerEncoder, unit
from evaluation.words import word_errors
from model.token2wav.bigvgan import BigVGAN
from training.data import shards
from training.data.voices import SOURCES
from training.mouth import dit, vocoder
from training.mouth.codec import load_codes
from training.mouth.mel import FRAMES_A_CODE, HOP, Corpus
from training.mouth.talker import TrainedTalker


def load(net: torch.nn.Module, path: Path) -> None:
    """The weights of a training checkpoint; what only training needs may be missing from it."""
    net.load_state_dict(torch.load(path, weights_only=False)["net"], strict=False)
    net.eval()


def at_16_khz(samples: np.ndarray) -> np.ndarray:
    """What the judges hear of samples at 24 kHz."""
    return np.asarray(soxr.resample(samples, shards.RATE, RATE), dtype=np.float32)


Clip = tuple[str, torch.Tensor, np.ndarray]  # text, codes [n], samples at 24 kHz


def held_out(name: str, corpus: Corpus, codes: list[np.ndarray], folder: Path, count: int) -> Iterator[Clip]:
    """Clips of the voice that nothing has learned from, heart's of four words and more, first those of answers; the
    texts of the other voices are not kept ('')."""
    if name == "heart":
        chosen = [i for i in corpus.test if len(corpus.clips[i].text.split()) >= 4]
        chosen.sort(key=lambda i: "answers" not in corpus.clips[i].path.name)
        for i in chosen[:count]:
            yield corpus.clips[i].text, torch.from_numpy(codes[i]), corpus.clips[i].pcm()
        return
    file = np.load(folder / f"{name}.npz")
    ends = file["ends"].tolist()
    for begin, end in list(pairwise(ends))[len(ends) * 9 // 10 - 1:][:count]:
        size = HOP * FRAMES_A_CODE
        yield "", torch.from_numpy(file["codes"][begin:end]).long(), file["pcm"][begin * size:end * size] / 32768.0


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--whisper", required=True, help="folder of a CTranslate2 Whisper")
    parser.add_argument("--dit", default="dit.pt")
    parser.add_argument("--vocoder", default="bigvgan.pt")
    parser.add_argument("--talker", help="say the clips' texts by this Talker, in every voice")
    parser.add_argument("--count", type=int, default=24, help="clips of a voice")
    parser.add_argument("--keep", type=Path, help="write the recordings here")
    parser.add_argument("--points", type=int, default=4)
    parser.add_argument("--guidance", type=float, default=0.5)
    parser.add_argument("--temperature", type=float, default=0.6)
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    parser.add_argument("--tokenizer", type=Path, default=Path("runs/thinker/tokenizer.json"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    corpus, codes = Corpus(args.data, args.runs / "mels"), load_codes(args.runs)
    flow, wave = dit.DiT(dit.SIZES), BigVGAN(vocoder.SIZES)
    load(flow, args.runs / args.dit)
    load(wave, args.runs / args.vocoder)
    judge, encoder, opinion = whisper(args.whisper), SpeakerEncoder(), DNSMOS()
    references = {"heart": dit.heart_reference(corpus)}
    references |= {voice.name: voice.reference() for voice in dit.other_voices(args.runs / "voices")}
    texts = list(held_out("heart", corpus, codes, args.runs, args.count))
    if args.talker:
        tokenizer = Tokenizer.from_file(str(args.tokenizer))
        talker = TrainedTalker(tokenizer, args.runs)
        load(talker, args.runs / args.talker)
        said = talker.speak([tokenizer.encode(text).ids for text, _, _ in texts], args.temperature, 20)
    for number, name in enumerate(SOURCES):
        if name not in references:
            continue
        clips = list(held_out(name, corpus, codes, args.runs / "voices", args.count))
        for index, (_, _, samples) in enumerate(clips if args.keep else []):
            (args.keep / name).mkdir(parents=True, exist_ok=True)
            soundfile.write(args.keep / name / f"{index:02}.wav", samples, shards.RATE)
        own = [encoder.embed(at_16_khz(samples)) for _, _, samples in clips]
        centre = unit(np.mean(own, axis=0))
        if args.talker:
            clips = [(text, torch.tensor(row or [0]), samples) for (text, _, samples), row in zip(texts, said)]
        wrong = words = 0
        like, clean = [], []
        for text, row, _ in clips:
            mel = dit.sample(flow, row[None], references[name], args.points, args.guidance,
                             speaker=dit.speaker_vector(number))
            made = at_16_khz(wave(mel.transpose(1, 2))[0].numpy())
            like.append(float(encoder.embed(made) @ centre))
            clean.append(opinion(made))
            if text:
                errors, of = word_errors(text, judge(made))
                wrong, words = wrong + errors, words + of
        overall, p808 = np.mean(clean, axis=0)
        misheard = f"misheard {wrong / words:.3f} of {words} words, " if words else ""
        print(f"{name}: {misheard}likeness {np.mean(like):.3f} (recordings {np.mean([o @ centre for o in own]):.3f}), "
              f"DNSMOS {overall:.2f}, P.808 {p808:.2f}", flush=True)


if __name__ == "__main__":
    main()
