"""Word error rates link by link, judged by Whisper: where does speech stop being understood?

    python -m training.mouth.measure --whisper FOLDER --links original vocoder codec dit talker

original: the recording; vocoder: its mel through BigVGAN; codec: its codes through the codec's own decoder; dit: its
codes through the DiT; talker: the whole chain from text. WAV files go to runs/mouth/wav/LINK.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

import numpy as np
import soundfile
import torch
from tokenizers import Tokenizer

from model.token2wav.ode import Solver
from training.data.shards import RATE
from training.data.text import number_words
from training.mouth import codec, dit, talker, vocoder
from training.mouth.mel import Corpus

LINKS = ("original", "vocoder", "codec", "dit", "talker")


def words(text: str) -> list[str]:
    """Lower case, digits spelled out, no punctuation."""
    text = re.sub(r"\d+", lambda m: f" {number_words(int(m[0]))} " if len(m[0]) < 7 else m[0], text.lower())
    return re.sub(r"[^a-z' ]+", " ", text.replace("-", " ").replace("’", "'")).replace("'", "").split()


def distance(a: list, b: list) -> int:
    """Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        last, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            last, row[j + 1] = row[j + 1], min(row[j + 1] + 1, row[j] + 1, last + (x != y))
    return row[-1]


class Mouth:
    """The trained parts, each loaded when it is first needed."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.runs = args, args.runs
        self.corpus = Corpus(args.data, args.runs / "mels")
        self.voice = vocoder.load_bigvgan(self.runs) if (self.runs / "bigvgan.pt").exists() else None
        if self.voice and args.unfiltered:
            self.voice.anti_aliasing(False)

    def wave(self, mel: torch.Tensor) -> np.ndarray:
        """Mel [frames, 80] → samples."""
        return self.voice(mel.T[None])[0].numpy()

    def from_codes(self, codes: list[list[int]]) -> list[np.ndarray]:
        net, reference = dit.load_dit(self.runs), dit.heart_reference(self.corpus)
        return [self.wave(dit.sample(net, torch.tensor([row]), reference, self.args.points, self.args.guidance,
                                     Solver(self.args.solver))[0]) for row in codes]

    def spoken(self, texts: list[str]) -> list[list[int]]:
        tokenizer = Tokenizer.from_file(str(self.args.tokenizer))
        net = talker.load_talker(self.runs, tokenizer)
        codes = net.speak([tokenizer.encode(text).ids for text in texts], self.args.temperature)
        return [row or [0] for row in codes]

    def link(self, name: str, chosen: list[int]) -> list[np.ndarray]:
        if name == "original":
            return [self.corpus.clips[i].pcm() for i in chosen]
        if name == "vocoder":
            return [self.wave(self.corpus.mel(i)) for i in chosen]
        if name == "talker":
            codes = self.spoken([self.corpus.clips[i].text for i in chosen])
            true = sum(self.corpus.clips[i].samples // 960 for i in chosen)
            print(f"talker: {sum(map(len, codes))} codes, the recordings have {true}")
            return self.from_codes(codes)
        net = codec.load_codec(self.runs)
        codes = [net.encode(self.corpus.mel(i)[None])[1][0] for i in chosen]
        if name == "codec":
            return [self.wave(net.decode(row[None])[0]) for row in codes]
        return self.from_codes([row.tolist() for row in codes])


@torch.no_grad()
def measure(args: argparse.Namespace) -> None:
    from faster_whisper import WhisperModel

    mouth = Mouth(args)
    clips = mouth.corpus.clips
    chosen = [i for i in mouth.corpus.test
              if len(words(clips[i].text)) >= 4 and clips[i].path.name.startswith(args.shards)][:args.count]
    texts = [clips[i].text for i in chosen]
    judge = WhisperModel(str(args.whisper), device="cpu", compute_type="int8", cpu_threads=1)
    for name in args.links:
        began = time.process_time()
        waves = mouth.link(name, chosen)
        spent = time.process_time() - began
        folder = args.runs / "wav" / name
        folder.mkdir(parents=True, exist_ok=True)
        wrong = total = letters = wrong_letters = 0
        lines = []
        for number, (text, wave) in enumerate(zip(texts, waves)):
            soundfile.write(folder / f"{number:02d}.wav", wave, RATE)
            path = str(folder / f"{number:02d}.wav")
            heard = " ".join(s.text for s in judge.transcribe(path, language="en", beam_size=1)[0])
            said, got = words(text), words(heard)
            errors = distance(said, got)
            wrong, total = wrong + min(errors, 2 * len(said)), total + len(said)
            wrong_letters += distance(list(" ".join(said)), list(" ".join(got)))
            letters += len(" ".join(said))
            lines.append(f"{number:02d} {errors}/{len(said)} | {text} | {heard.strip()}")
        (folder / "heard.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        seconds = sum(map(len, waves)) / RATE
        print(f"{name}: WER {wrong / total:.3f} CER {wrong_letters / letters:.3f} over {total} words; "
              f"{spent / seconds:.2f} CPU s per second of speech", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--whisper", type=Path, required=True, help="folder of a CTranslate2 Whisper")
    parser.add_argument("--links", nargs="+", default=LINKS, choices=LINKS)
    parser.add_argument("--shards", default="", help='how their names begin: "hibari-answers" for what the model says')
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--points", type=int, default=9, help="times of the solver, steps + 1")
    parser.add_argument("--solver", default="euler", choices=[s.value for s in Solver])
    parser.add_argument("--guidance", type=float, default=0.5)
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--unfiltered", action="store_true", help="vocoder without anti-aliasing")
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    parser.add_argument("--tokenizer", type=Path, default=Path("runs/thinker/tokenizer.json"))
    torch.set_num_threads(1)
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
