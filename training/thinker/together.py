"""Everything together: the shipped Thinker learns to answer about what the eye says, and keeps what it could.

Pictures of things, drawn scenes, films and films with a bell; typed questions; spoken questions through the shipped
ear or another, which stays as it is; and sentences that it is to find as likely as SmolLM2 did ("kept"). What is
learned goes into the factors that the model is stored with (training.thinker.factors).

    python -m training.thinker.together --model assets/nano --data runs/data --pictures runs/eye/pictures \
        --eye runs/eye/eye.pt --out runs/thinker-together.pt --minutes 60

--eye may be a model's folder too. --ear is a checkpoint of training.ear.stage_a; both are read again when they change.
Without --eye, or for the share of --stand-ins, the words themselves take the place of the eye's output, blurred, so
that this can begin while the eye is still trained. --pictures is for the kind `thing` alone. `--plain-order` gives
pictures and sound of a film the positions of text, to show what the time-aligned ones are worth. Writes a checkpoint
every three minutes and goes on from it. With torchrun several processes train together (training.side_by_side).
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from evaluation.hearing import REPEAT
from model.checkpoint.weights import read_tensors
from model.rope import AudioSpan, ImageSpan, Span, VideoSpan
from model.thinker.vision_encoder import VisionEncoder
from training.data.bells import bell
from training.data.questions import held_out
from training.ear.encoder import encoder_of
from training.ear.resume import ear_state
from training.ear.sound import collate, load_shards, log_mel, plain, varied
from training.ear.surroundings import Surroundings
from training.eye.train import CONFIG, Supply, eye_state, patches
from training.eye.views import view
from training.eye.words import Said, Words
from training.products import fast_products
from training.side_by_side import average, join
from training.thinker.answers import HeldOut, everyday, pairs
from training.thinker.factors import stored
from training.thinker.network import BOS, EOS, LOOK, LOOKED, SUFFIX, Network
from training.thinker.samples import PER_SECOND, Sample, drift_of, loss_of, sample, with_sound
from training.thinker.seen import FILMS, FPS, Case, about_thing, at_the_bell, film, still
from training.thinker.sharpen import balanced
from training.wall_clock import train

KINDS = {"thing": 0.2, "still": 0.36, "film": 0.24, "bell": 0.0, "typed": 0.07, "spoken": 0.13, "kept": 0.0}
SIDES = (56, 84, 84)  # of films, in pixels


class Senses:
    """What eye and ear give the Thinker: both frozen."""

    def __init__(self, args: argparse.Namespace, network: Network, names: list[str], rnd: random.Random):
        self.args, self.network, self.rnd = args, network, rnd
        self.words = Words(network.table, network.tokenizer, names)
        self.encoder = encoder_of(ear_state(read_tensors(args.model, "thinker.audio_tower.")))
        self.eye = VisionEncoder(CONFIG).eval()
        self._read_at: dict[Path, float] = {}
        if args.eye is not None and args.eye.is_dir():
            self.eye.load_state_dict(eye_state(read_tensors(args.eye, "thinker.visual.")))

    @torch.no_grad()
    def look(self, frames: np.ndarray, said: list[list[Said]], shown: bool) -> Tensor:
        """[pairs, merged patches, 576] of frames [T, H, W, 3]: by the eye, or (`shown` is false) as it should say it,
        blurred."""
        if shown and self.args.eye is not None:
            if not self.args.eye.is_dir() and self._changed(self.args.eye):
                self.eye.load_state_dict(torch.load(self.args.eye, weights_only=False)["eye"])
            together = 1 if len(frames) == 1 else 2
            frames = np.concatenate([frames, frames[-1:]]) if len(frames) % together else frames
            pairs = np.stack([frames[::together], frames[together - 1 :: together]], 1)
            return self.eye(*patches(pairs)).unflatten(0, (len(pairs), -1))
        e = self.words.targets(said)
        return e + torch.randn_like(e) * self.rnd.uniform(0.1, 0.45) * (self.words.size / e.shape[-1]) ** 0.5

    def _changed(self, checkpoint: Path) -> bool:
        """Whether it is to be read: eye and ear may still be in training."""
        changed = checkpoint.stat().st_mtime
        new = changed > self._read_at.get(checkpoint, 0.0)
        self._read_at[checkpoint] = changed
        return new

    @torch.no_grad()
    def hear(self, sounds: list[Tensor]) -> list[Tensor]:
        """[n, 576] of each sound [samples] at 16 kHz."""
        if self.args.ear is not None and self._changed(self.args.ear):
            self.encoder = encoder_of(torch.load(self.args.ear, weights_only=False)["encoder"])
        with fast_products():
            e, numbers = self.encoder(*collate([log_mel(s) for s in sounds]))
        e = e.float()
        return [row[:n] for row, n in zip(e, numbers)]


class Lessons:
    """Samples of every kind, in batches of like length."""

    def __init__(self, args: argparse.Namespace, network: Network, rnd: random.Random):
        self.args, self.network, self.rnd = args, network, rnd
        self.kinds, self.films = KINDS | dict(args.kinds), FILMS | dict(args.films)
        self.supply = Supply(args.pictures, network.tokenizer, rnd) if self.kinds["thing"] else None
        self.senses = Senses(args, network, self.supply.names if self.supply else [], rnd)
        lists, held = json.loads((args.data / "questions.json").read_text()), HeldOut()
        questions, self.sentences = lists["questions"], lists["sentences"]
        self.known = pairs([q for q in questions if q not in held])
        self.everyday = everyday()
        self.answers = json.loads(args.answers.read_text()) | self.known | self.everyday
        never = held_out()
        written = self.known | self.everyday
        self.own = [q for q in self.answers if q not in written and q not in held]
        rows = load_shards(args.data, ["kokoro*", "ear-hibari", "mixed"], never)
        self.asked = [r for r in rows if r["text"] in self.answers]
        self.said = [r for r in rows + load_shards(args.data, ["hibari-*"], never) if len(r["text"]) < 90]
        self.place = Surroundings([plain(r).numpy() for r in rnd.sample(rows, min(120, len(rows)))])
        self._queue: list[list[Sample]] = []

    def batch(self) -> tuple[str, list[Sample]]:
        """Samples of one kind."""
        if not self._queue:
            kind = self.rnd.choices(list(self.kinds), list(self.kinds.values()))[0]
            size = max(4, self.args.batch // 2) if kind in ("film", "bell") else self.args.batch
            samples = sorted(getattr(self, f"_{kind}")(2 * size), key=len)
            self._kind, self._queue = kind, [samples[:size], samples[size:]]
        return self._kind, self._queue.pop()

    def _sample(self, parts: list[tuple[Tensor, Span]], *turns: tuple[str, str]) -> Sample:
        return sample(self.network, parts, turns, self.args.plain_order)

    def _shown(self) -> bool:
        return self.rnd.random() >= self.args.stand_ins

    def picture(self, case: Case, as_words: bool = False) -> Sample:
        """A question about one picture."""
        e = self.senses.look(case.frames, case.said, not as_words and self._shown())
        span = ImageSpan(case.frames.shape[1] // 28, case.frames.shape[2] // 28)
        return self._sample([(self.network.between(LOOK, e[0], LOOKED), span)], (case.question + SUFFIX, case.answer))

    def film(self, case: Case) -> Sample:
        """A question about a film, with its sound where it has one."""
        e = self.senses.look(case.frames, case.said, self._shown())
        flat, height, width = e.flatten(0, 1), case.frames.shape[1] // 28, case.frames.shape[2] // 28
        if case.bell is None:
            span = VideoSpan(len(e), height, width, 2 / FPS)
            rows = self.network.between(LOOK, flat, LOOKED)
            there = [(i, j) for i, cells in enumerate(case.said) for j, cell in enumerate(cells) if cell]
            places, pairs = torch.tensor([1 + i * height * width + j for i, j in there]), [i for i, _ in there]
        else:
            sound = np.zeros(int(len(case.frames) / FPS * 16000), np.float32)
            ring = bell(self.rnd)[: len(sound) - int(case.bell * 16000)]
            sound[int(case.bell * 16000) :][: len(ring)] = ring
            (heard,) = self.senses.hear([torch.from_numpy(sound)])
            span = VideoSpan(len(e), height, width, 2 / FPS, len(heard))
            rows, places = with_sound(self.network, flat, heard, span)
            pairs = [min(int(j / PER_SECOND * FPS / 2), len(e) - 1) for j in range(len(heard))]
        told = None
        if case.told is not None:
            words = {word: self.network.ids(" " + word)[0] for word in case.told}
            told = places, torch.tensor([words[case.told[pair]] for pair in pairs])
        turns = [(case.question + SUFFIX, case.answer)]
        return sample(self.network, [(rows, span)], turns, self.args.plain_order, told)

    def _thing(self, number: int) -> list[Sample]:
        assert self.supply is not None
        out = []
        for _ in range(number):
            i = self.supply.named()
            name = self.supply.rows[i].name
            height, width = self.rnd.choice([(112, 112), (112, 112), (84, 112), (84, 140)])
            frame, covered = view(self.supply.pixels[i], width, height, self.rnd)
            said: list[Said] = [{"name": name} if there else {} for there in covered]
            asked, tell = about_thing(name, self.supply.names, self.rnd)
            out.append(self.picture(Case(asked, tell, frame[None], [said]), self.args.things_as_words))
        return out

    def _still(self, number: int) -> list[Sample]:
        return [self.picture(still(self.rnd)) for _ in range(number)]

    def _film(self, number: int) -> list[Sample]:
        return [self.film(film(self.rnd, self.films, self.rnd.choice(SIDES))) for _ in range(number)]

    def _bell(self, number: int) -> list[Sample]:
        return [self.film(at_the_bell(self.rnd, self.rnd.choice((56, 84)))) for _ in range(number)]

    def _typed(self, number: int) -> list[Sample]:
        pool = self.rnd.sample(balanced(self.known, 45, self.rnd), number // 2)
        pool += self.rnd.sample(list(self.everyday), number // 4)
        pool += self.rnd.sample(self.own, number - len(pool))
        return [self._sample([], (q + SUFFIX, self.answers[q])) for q in pool]

    def _kept(self, number: int) -> list[Sample]:
        """Sentences about anything, said in reply to a request for one or to another: SmolLM2 tells how likely."""
        out = []
        for text, before in zip(*(self.rnd.sample(self.sentences, number) for _ in range(2))):
            word = max(text.strip(".?!").split(), key=len)
            request = self.rnd.choice((f"Write a sentence with the word {word}.", before))
            out.append(self._sample([], (request + SUFFIX, text)))
        return out

    def _spoken(self, number: int) -> list[Sample]:
        """Questions, to be answered and to be repeated, and a share of sentences that can only be repeated, every
        second of them two in a row: people say longer things than questions."""
        again = round(number * self.args.repeated)
        heard = [([row], True) for row in self.rnd.sample(self.asked, number - again)]
        heard += [(self.rnd.sample(self.said, self.rnd.choice((1, 2))), False) for _ in range(again)]
        sounds = [torch.cat([varied(r, self.rnd, self.place) for r in rows]) for rows, _ in heard]
        out = []
        for (rows, to_answer), e in zip(heard, self.senses.hear(sounds)):
            text = " ".join(row["text"] for row in rows)
            turns = [(REPEAT + SUFFIX, text)]
            if to_answer:
                turns.append((SUFFIX, self.answers[text]))
            out.append(self._sample([(self.network.between(BOS, e, EOS), AudioSpan(len(e)))], *turns))
        return out


class Trainer:
    """The Thinker's factors, and one optimiser over them."""

    def __init__(self, args: argparse.Namespace, rank: int):
        self.args = args
        state, factors = stored(args.model)
        self.network = Network(args.model, state=state)
        self.step, self.spent = 0, 0.0
        saved = torch.load(args.out, weights_only=False) if args.out.exists() else None
        if saved is not None:
            factors, self.step, self.spent = saved["factors"], saved["step"], saved["spent"]
        self.network.factors = {k: [(a.requires_grad_(), b.requires_grad_()) for a, b in v] for k, v in factors.items()}
        self.weights = [w for group in self.network.factors.values() for pair in group for w in pair]
        self.optimizer = torch.optim.AdamW(self.weights, args.rate, (0.9, 0.98), weight_decay=0.0)
        if saved is not None:
            self.optimizer.load_state_dict(saved["optimizer"])
        self.lessons = Lessons(args, self.network, random.Random(11 + 2 * self.step + rank))

    def save(self, spent: float) -> None:
        """Everything to go on and to export."""
        assert self.network.factors is not None
        factors = {k: [(a.detach(), b.detach()) for a, b in v] for k, v in self.network.factors.items()}
        torch.save(dict(factors=factors, optimizer=self.optimizer.state_dict(), step=self.step, spent=spent),
                   self.args.out.with_suffix(".tmp"))  # fmt: skip
        self.args.out.with_suffix(".tmp").replace(self.args.out)

    def train_step(self, share: float) -> dict[str, float]:
        """One step; share: how much of the time is over."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.args.rate * min(1.0, (self.step + 1) / 20) * min(1.0, max(0.02, 2 * (1 - share)))
        kind, samples = self.lessons.batch()
        loss = (drift_of if kind == "kept" else loss_of)(self.network, samples)
        self.optimizer.zero_grad()
        loss.backward()
        average([w.grad for w in self.weights if w.grad is not None])
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.step += 1
        return {kind: loss.item()}


def kind_and_share(text: str) -> tuple[str, float]:
    """ "typed=0.3" as the kind (of lessons or of films) and its share."""
    kind, _, share = text.partition("=")
    if kind not in KINDS | FILMS:
        raise argparse.ArgumentTypeError(f"There is no kind {kind!r}; there are {', '.join(KINDS | FILMS)}.")
    return kind, float(share)


def main() -> None:
    """Train for so many minutes of wall time; rates rise in 20 steps and fall linearly over the second half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/nano"))
    for name in ("data", "answers", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, help="things to name")
    parser.add_argument("--eye", type=Path)
    parser.add_argument("--ear", type=Path)
    parser.add_argument("--stand-ins", type=float, default=0.2, help="share of pictures given as words")
    parser.add_argument("--repeated", type=float, default=1 / 3, help="share of the spoken that is no question")
    parser.add_argument("--things-as-words", action="store_true", help="the eye has seen drawn scenes alone")
    parser.add_argument("--kinds", nargs="*", type=kind_and_share, default=[], help="other shares: typed=0.3 film=0.1")
    parser.add_argument("--films", nargs="*", type=kind_and_share, default=[], help="the same for films: change=0.6")
    parser.add_argument("--plain-order", action="store_true")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.pictures is None and (KINDS | dict(args.kinds))["thing"]:
        parser.error("Without --pictures there is nothing to name: give --kinds thing=0.")
    rank = join()
    torch.set_num_threads(args.threads)
    torch.manual_seed(rank)
    train(Trainer(args, rank), args.minutes, log_every=20)


if __name__ == "__main__":
    main()
