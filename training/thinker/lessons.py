"""Samples of every kind for training.thinker.together, in batches: what eye and ear give the Thinker, what is asked of
it, and what it should reply."""

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
from model.rope import AudioSpan, ImageSpan, Span, TextSpan, VideoSpan
from model.thinker.vision_encoder import VisionEncoder
from training.data.bells import bell
from training.data.questions import held_out
from training.ear.ctc import PER_SECOND
from training.ear.resume import ear_of
from training.ear.sound import collate, load_shards, log_mel, plain, varied
from training.ear.surroundings import Surroundings
from training.eye.train import CONFIG, Supply, eye_state, patches
from training.eye.views import view
from training.eye.words import Said, Words
from training.products import fast_products
from training.thinker.answers import HeldOut, everyday, pairs
from training.thinker.network import BOS, EOS, LOOK, LOOKED, NEXT, SUFFIX, Network
from training.thinker.samples import Sample, sample, with_sound
from training.thinker.seen import FILMS, FPS, SIDES, Case, about_thing, at_the_bell, case_of, film, still
from training.thinker.sharpen import balanced
from training.thinker.turns import Exchange, conversations

KINDS = {"thing": 0.2, "still": 0.06, "film": 0.07, "bell": 0.02, "typed": 0.14, "spoken": 0.13, "kept": 0.1,
         "aloud": 0.13, "turns": 0.15}
STILLS = (0.2, 0.5, 0.3)  # of one thing, several, two: counting is what is forgotten first
REQUESTS = ("Write a sentence with the word {}.", "Tell me something about {}.", "Explain {} to a child.")
LONG = ("film", "bell", "aloud", "turns")  # kinds with half as many samples in a batch


class Senses:
    """What eye and ear give the Thinker: both frozen."""

    def __init__(self, args: argparse.Namespace, network: Network, names: list[str], rnd: random.Random):
        self.args, self.network, self.rnd = args, network, rnd
        self.words = Words(network.table, network.tokenizer, names)
        self.encoder = ear_of(args.ear or args.model, args.model, network)
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
    def hear(self, sounds: list[Tensor], alone: bool = True) -> list[Tensor]:
        """[n, 576] of each sound [samples] at 16 kHz; alone: nothing is seen beside it."""
        if self.args.ear is not None and self._changed(self.args.ear):
            self.encoder = ear_of(self.args.ear, self.args.model, self.network)
        if not sounds:
            return []
        with fast_products():
            return [e.float() for e in self.encoder(*collate([log_mel(s) for s in sounds]), alone)]


class Lessons:
    """Samples of every kind, in batches of like length."""

    def __init__(self, args: argparse.Namespace, network: Network, rnd: random.Random):
        self.args, self.network, self.rnd = args, network, rnd
        self.kinds, self.films = KINDS | dict(args.kinds), FILMS | dict(args.films)
        self.supply = Supply(args.pictures, network.tokenizer, rnd) if self.kinds["thing"] else None
        self.senses = Senses(args, network, self.supply.names if self.supply else [], rnd)
        lists, held = json.loads((args.data / "questions.json").read_text()), HeldOut()
        questions, prose = lists["questions"], args.data / "prose.json"
        self.sentences = lists["sentences"] + (json.loads(prose.read_text())["sentences"] if prose.exists() else [])
        self.known = pairs([q for q in questions if q not in held])
        self.everyday = everyday()
        self.answers = json.loads(args.answers.read_text()) | self.known | self.everyday
        never = held_out()
        written = self.known | self.everyday
        self.own = [q for q in self.answers if q not in written and q not in held]
        rows = load_shards(args.data, ["kokoro*", "ear-hibari", "mixed"], never)
        self.asked = [r for r in rows if r["text"] in self.answers]
        self.said = [r for r in rows + load_shards(args.data, ["hibari-*", "prose-*"], never) if len(r["text"]) < 90]
        aloud = load_shards(args.data, ["aloud*"], never)
        self.cases: dict[str, list[tuple[str, int]]] = {}
        for row in aloud:
            if "kind" in row:
                self.cases.setdefault(row["text"], []).append((row["kind"], row["seed"]))
        self.aloud = [row for row in aloud if row["text"] in self.cases]
        if self.kinds["aloud"] and not self.aloud:
            raise SystemExit(f"No questions about pictures lie in {args.data}: make them with training.data.aloud, "
                             "or give --kinds aloud=0.")  # fmt: skip
        self.ordinary: list[Exchange] = [(r["text"], self.answers[r["text"]]) for r in self.asked]
        self.clips: dict[str, list[dict]] = {}
        for row in self.asked + aloud:
            self.clips.setdefault(row["text"], []).append(row)
        self.place = Surroundings([plain(r).numpy() for r in rnd.sample(rows, min(120, len(rows)))])
        self._queue: list[list[Sample]] = []

    def batch(self) -> tuple[str, list[Sample]]:
        """Samples of one kind."""
        if not self._queue:
            kind = self.rnd.choices(list(self.kinds), list(self.kinds.values()))[0]
            size = max(4, self.args.batch // 2) if kind in LONG else self.args.batch
            samples = sorted(getattr(self, f"_{kind}")(2 * size), key=len)
            self._kind, self._queue = kind, [samples[:size], samples[size:]]
        return self._kind, self._queue.pop()

    def _sample(self, parts: list[tuple[Tensor, Span]], *turns: tuple[str, str]) -> Sample:
        return sample(self.network, parts, turns, self.args.plain_order)

    def _shown(self) -> bool:
        return self.rnd.random() >= self.args.stand_ins

    def _voice(self, heard: Tensor) -> tuple[Tensor, Span]:
        return self.network.between(BOS, heard, EOS), AudioSpan(len(heard))

    def _asked(self, case: Case, rows: Tensor, span: Span, asked: Tensor | None,
               told: tuple[Tensor, Tensor] | None = None) -> Sample:  # fmt: skip
        """A case with its question typed, or aloud: then what is heard is to be repeated as well."""
        turns = [((case.question if asked is None else "") + SUFFIX, case.answer)]
        parts = [(rows, span)]
        if asked is not None:
            turns.append((REPEAT + SUFFIX, case.question))
            parts.append(self._voice(asked))
        return sample(self.network, parts, turns, self.args.plain_order, told)

    def picture(self, case: Case, as_words: bool = False, asked: Tensor | None = None) -> Sample:
        """A question about one picture. `asked`: what the ear says of it, where it is spoken."""
        e = self.senses.look(case.frames, case.said, not as_words and self._shown())
        span = ImageSpan(case.frames.shape[1] // 28, case.frames.shape[2] // 28)
        return self._asked(case, self.network.between(LOOK, e[0], LOOKED), span, asked)

    def film(self, case: Case, asked: Tensor | None = None) -> Sample:
        """A question about a film, with its sound where it has one. `asked` as in `picture`."""
        e = self.senses.look(case.frames, case.said, self._shown())
        flat, height, width = e.flatten(0, 1), case.frames.shape[1] // 28, case.frames.shape[2] // 28
        if case.bell is None:
            span = VideoSpan(len(e), height, width, 2 / FPS)
            rows = self.network.between(LOOK, flat, LOOKED)
            there = [(i, j) for i, cells in enumerate(case.said) for j, cell in enumerate(cells) if cell]
            places, pairs = torch.tensor([1 + i * height * width + j for i, j in there]), [i for i, _ in there]
        else:
            (heard,) = self.senses.hear([torch.from_numpy(case.sound(bell(self.rnd)))], alone=False)
            span = VideoSpan(len(e), height, width, 2 / FPS, len(heard))
            rows, places = with_sound(self.network, flat, heard, span)
            pairs = [min(int(j / PER_SECOND * FPS / 2), len(e) - 1) for j in range(len(heard))]
        told = None
        if case.told is not None:
            words = {word: self.network.ids(" " + word)[0] for word in case.told}
            told = places, torch.tensor([words[case.told[pair]] for pair in pairs])
        return self._asked(case, rows, span, asked, told)

    def beside(self, case: Case, asked: Tensor) -> Sample:
        """A question asked aloud while a picture is held into the camera. asked: what the ear says at 25 Hz."""
        e = self.senses.look(case.frames, case.said, self._shown())
        pairs = max(1, round(len(asked) / PER_SECOND * FPS / 2))
        span = VideoSpan(pairs, case.frames.shape[1] // 28, case.frames.shape[2] // 28, 2 / FPS, len(asked))
        rows, _ = with_sound(self.network, e[:1].expand(pairs, -1, -1).flatten(0, 1), asked, span)
        return self._sample([(rows, span)], (SUFFIX, case.answer), (REPEAT + SUFFIX, case.question))

    def _thing(self, number: int) -> list[Sample]:
        """Half of what there are clips of is asked aloud."""
        cases = [self._named() for _ in range(number)]
        rows = [self.rnd.choice(self.clips[case.question])
                if case.question in self.clips and self.rnd.random() < 0.5 else None for case in cases]  # fmt: skip
        heard = iter(self.senses.hear([varied(row, self.rnd, self.place) for row in rows if row is not None]))
        return [self.picture(case, self.args.things_as_words, next(heard) if row is not None else None)
                for case, row in zip(cases, rows)]  # fmt: skip

    def _named(self) -> Case:
        """A picture of a thing, and a question about what it is."""
        assert self.supply is not None
        i = self.supply.named()
        name = self.supply.rows[i].name
        height, width = self.rnd.choice([(112, 112), (112, 112), (84, 112), (84, 140)])
        frame, covered = view(self.supply.pixels[i], width, height, self.rnd)
        said: list[Said] = [{"name": name} if there else {} for there in covered]
        return Case(*about_thing(name, self.supply.names, self.rnd), frame[None], [said])

    def _still(self, number: int) -> list[Sample]:
        return [self.picture(still(self.rnd, shares=STILLS)) for _ in range(number)]

    def _film(self, number: int) -> list[Sample]:
        return [self.film(film(self.rnd, self.films, self.rnd.choice(SIDES))) for _ in range(number)]

    def _bell(self, number: int) -> list[Sample]:
        return [self.film(at_the_bell(self.rnd, self.rnd.choice((56, 84)))) for _ in range(number)]

    def _aloud(self, number: int) -> list[Sample]:
        rows = self.rnd.sample(self.aloud, number)
        cases = [case_of(*self.rnd.choice(self.cases[row["text"]])) for row in rows]
        out = []
        for case, row in zip(cases, rows):
            live = len(case.frames) == 1 and self.rnd.random() < 0.4
            (heard,) = self.senses.hear([varied(row, self.rnd, self.place)], alone=not live)
            ask = self.beside if live else self.picture if len(case.frames) == 1 else self.film
            out.append(ask(case, asked=heard))
        return out

    def _turns(self, number: int) -> list[Sample]:
        """Half of the conversations are spoken, where there are clips of what is said."""
        talks = conversations(self.rnd, self.ordinary, number)
        aloud = [[said in self.clips and i % 2 == 0 for said, _ in talk] for i, talk in enumerate(talks)]
        rows = [self.rnd.choice(self.clips[said]) for talk, spoken in zip(talks, aloud)
                for (said, _), voice in zip(talk, spoken) if voice]  # fmt: skip
        heard = iter(self.senses.hear([varied(row, self.rnd, self.place) for row in rows]))
        out = []
        for talk, spoken in zip(talks, aloud):
            parts: list[tuple[Tensor, Span]] = []
            for at, ((said, reply), voice) in enumerate(zip(talk, spoken)):
                if voice:
                    parts.append(self._voice(next(heard)))
                request = ("" if voice else said) + SUFFIX
                if at + 1 < len(talk):
                    rows_of_text = self.network.embed(self.network.ids(request + reply + NEXT))
                    parts.append((rows_of_text, TextSpan(len(rows_of_text))))
            out.append(self._sample(parts, (request, reply)))
        return out

    def _typed(self, number: int) -> list[Sample]:
        pool = self.rnd.sample(balanced(self.known, 45, self.rnd), 2 * number // 5)
        pool += self.rnd.sample(list(self.everyday), 2 * number // 5)
        pool += self.rnd.sample(self.own, number - len(pool))
        return [self._sample([], (q + SUFFIX, self.answers[q])) for q in pool]

    def _kept(self, number: int) -> list[Sample]:
        """Sentences about anything, said in reply to a request for one or to another: SmolLM2 tells how likely."""
        out = []
        for text, before in zip(*(self.rnd.sample(self.sentences, number) for _ in range(2))):
            word = max(text.strip(".?!").split(), key=len)
            request = self.rnd.choice((*(r.format(word) for r in REQUESTS), before, before))
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
            out.append(self._sample([self._voice(e)], *turns))
        return out
