"""The suites of the command `eval`: what is asked of a model, and what is counted.

X → text: typed questions; the same questions spoken by voices that no training of nano has heard, plain, in a café and
in a room; what people said, word for word; drawn pictures, things to name, films, and films with a bell; pictures and
films with the question spoken; conversations of several turns. X → speech:
the model's own replies, heard by judges (evaluation.speech). Every suite uses the product's engine alone, so it runs on
any model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.hearing import QUESTIONS, REPEAT
from evaluation.results import Result, Row, quotient, share
from evaluation.scenes import FPS, Scene, scenes
from evaluation.sounds import clips, in_room, prompts, spoken, with_cafe
from evaluation.things import things
from evaluation.turns import UNKNOWN, talks
from evaluation.words import right, word_errors
from model.conversation import Conversation
from model.engine import Engine
from model.errors import BadInputError
from model.events import Done

QUESTION_FILES = (QUESTIONS, QUESTIONS.with_name("everyday.json"))
CAFE_DECIBELS = 10.0
_PIECE = 1600  # samples: sound comes in tenths of a second, as from a microphone
_ANSWER_TOKENS = 40


@dataclass(frozen=True)
class Question:
    """A question, and beginnings of words (or patterns) of which a right answer holds one."""

    question: str
    answers: list[str]


@dataclass
class Task:
    """One run of a suite.

    Attributes:
        cases: of each kind of question at most so many, evenly over all there are; None for all.
        recordings: a shard of recorded questions in place of the built-in voice (evaluation.sounds.clips).
        prompts: a folder of human recordings in place of Asterisk's prompts.
        whisper: the judge of speech, a name or a folder that faster-whisper takes.
        voices: recordings of the model's voices, a folder each, in place of their references (evaluation.voices).
        told: called after every answer with how many there are so far, for a line of progress.
    """

    engine: Engine
    cases: int | None = None
    recordings: Path | None = None
    prompts: Path | None = None
    whisper: str = "base"
    voices: Path | None = None
    told: Callable[[int], None] = lambda count: None
    _answered: int = 0

    def some(self, items: Sequence[Any]) -> list[Any]:
        """At most `cases` of the items, evenly over all of them."""
        if self.cases is None or self.cases >= len(items):
            return list(items)
        return [items[i * len(items) // self.cases] for i in range(self.cases)]

    def ask(self, text: str | None = None, sound: np.ndarray | None = None, scene: Scene | None = None,
            most: int = _ANSWER_TOKENS) -> str:  # fmt: skip
        """The greedy answer, in a conversation of its own: what is seen comes first, then what is heard, then text."""
        with self.engine.conversation() as talk:
            if scene is not None and len(scene.frames) == 1:
                talk.add_image(scene.frames[0])
            elif scene is not None:
                talk.add_video(scene.frames, float(FPS), scene.samples)
            return self._turn(talk, text, sound, most)

    def converse(self, turns: Sequence[str | np.ndarray]) -> str:
        """The greedy answer to the last of several turns, each a text or a sound."""
        with self.engine.conversation() as talk:
            for turn in turns:
                said = {"text": turn} if isinstance(turn, str) else {"sound": turn}
                answer = self._turn(talk, **said)
        return answer

    def _turn(self, talk: Conversation, text: str | None = None, sound: np.ndarray | None = None,
              most: int = _ANSWER_TOKENS) -> str:  # fmt: skip
        if sound is not None:
            for start in range(0, len(sound), _PIECE):
                talk.hear(sound[start : start + _PIECE])
        if text is not None:
            talk.say(text)
        done = list(talk.reply(greedy=True, speech=False, max_text_tokens=most))[-1]
        assert isinstance(done, Done)
        self.count()
        return done.text.strip()

    def count(self) -> None:
        """One more answer is there."""
        self._answered += 1
        self.told(self._answered)


def questions() -> list[Question]:
    """All held-out questions: 138 of nano's own kinds, and more that are nothing like its training."""
    return [Question(**entry) for file in QUESTION_FILES for entry in json.loads(file.read_text(encoding="utf-8"))]


def text(task: Task) -> Result:
    """Typed questions."""
    rows: list[Row] = []
    answers: list[dict[str, Any]] = []
    for file in QUESTION_FILES:
        asked = task.some([Question(**entry) for entry in json.loads(file.read_text(encoding="utf-8"))])
        found = [_judged(q, task.ask(q.question), file.stem) for q in asked]
        rows.append(share(f"{file.stem}, typed", [a["right"] for a in found]))
        answers += found
    return Result([*rows, share("typed", [a["right"] for a in answers])], answers)


def spoken_questions(task: Task, around: Callable[[np.ndarray, int], np.ndarray] | None = None,
                     what: str = "spoken") -> Result:  # fmt: skip
    """The same questions typed and spoken: each one's share, and the spoken accuracy over the typed one.

    around: changes a sound, given the number of its case."""
    voices = _voices(task)
    rows: list[Row] = []
    answers: list[dict[str, Any]] = []
    typed: dict[str, bool] = {}
    both: tuple[list[float], list[float]] = ([], [])
    for voice, say in voices.items():
        asked = task.some([q for q in questions() if say(q.question) is not None])
        heard, read = [], []
        for number, q in enumerate(asked):
            if q.question not in typed:
                judged = _judged(q, task.ask(q.question), "typed")
                typed[q.question] = judged["right"]
                answers.append(judged)
            sound = say(q.question)
            assert sound is not None
            judged = _judged(q, task.ask(sound=sound if around is None else around(sound, number)), f"{what}, {voice}")
            heard.append(judged["right"])
            read.append(typed[q.question])
            answers.append(judged)
        rows.append(share(f"{what}, {voice}", heard))
        rows.append(share("  of those right when typed", [h for h, r in zip(heard, read) if r]))
        both[0].extend(map(float, heard))
        both[1].extend(map(float, read))
    rows.insert(0, share("typed", list(typed.values())))
    return Result([*rows, quotient(f"{what} over typed", *both)], answers)


def noisy_questions(task: Task) -> Result:
    """Spoken questions with a café 10 dB below the voice, and across a room."""
    parts = {
        "in a café": lambda sound, number: with_cafe(sound, CAFE_DECIBELS, number),
        "in a room": in_room,
    }
    rows: list[Row] = []
    answers: list[dict[str, Any]] = []
    for what, around in parts.items():
        result = spoken_questions(task, around, what)
        rows += result.rows if not rows else result.rows[1:]  # the typed row is the same
        answers += result.answers
    return Result(rows, answers)


def transcription(task: Task) -> Result:
    """What people say in recordings, written down by the model itself."""
    answers = []
    for prompt in task.some(prompts(task.prompts)):
        written = task.ask(REPEAT, prompt.samples, most=80)
        edits, words = word_errors(prompt.text, written)
        answers.append(
            {"kind": "transcription", "said": prompt.text, "written": written, "edits": edits, "words": words}
        )
    rows = [quotient("word error rate", [a["edits"] for a in answers], [a["words"] for a in answers])]
    return Result([*rows, share("without an error", [a["edits"] == 0 for a in answers])], answers)


def seen(suite: str, task: Task) -> Result:
    """Drawn scenes; and the same questions and right answers with another case's picture, which shows how far the
    answers depend on what is seen at all."""
    all_scenes = things(task.cases or 200) if suite == "things" else scenes(suite, task.cases or 50)
    answers = [_seen(scene, task.ask(scene.question, scene=scene)) for scene in all_scenes]
    rows = []
    for kind in dict.fromkeys(scene.kind for scene in all_scenes):
        mine = [s for s in all_scenes if s.kind == kind]
        rows.append(share(kind, [a["right"] for a in answers if a["kind"] == kind], mine[0].chance))
        others = [mine[(i + 1 + len(mine) // 2) % len(mine)] for i in range(len(mine))]
        blind = [_seen(scene, task.ask(scene.question, scene=other)) for scene, other in zip(mine, others)]
        rows.append(share("  with other pictures", [a["right"] for a in blind], mine[0].chance))
    return Result(rows, answers)


def asked_aloud(task: Task) -> Result:
    """The questions about drawn pictures and films, typed and spoken."""
    rows: list[Row] = []
    answers: list[dict[str, Any]] = []
    both: tuple[list[float], list[float]] = ([], [])
    all_scenes = [scene for suite in ("image", "video") for scene in scenes(suite, task.cases or 50)]
    for kind in dict.fromkeys(scene.kind for scene in all_scenes):
        mine = [s for s in all_scenes if s.kind == kind]
        typed = [_seen(s, task.ask(s.question, scene=s)) for s in mine]
        heard = [_seen(s, task.ask(sound=spoken(s.question), scene=s)) for s in mine]
        rows += [share(f"{kind}, {how}", [a["right"] for a in found], mine[0].chance)
                 for how, found in (("typed", typed), ("aloud", heard))]  # fmt: skip
        for found, into in zip((heard, typed), both):
            into.extend(float(a["right"]) for a in found)
        answers += typed + [a | {"kind": f"{kind}, aloud"} for a in heard]
    return Result([*rows, quotient("aloud over typed", *both)], answers)


def several_turns(task: Task) -> Result:
    """What was told and is asked for later, and the same questions where it never was: typed, and all of it spoken."""
    rows: list[Row] = []
    answers: list[dict[str, Any]] = []
    for how in ("typed", "spoken"):
        for what, told in (("told before", True), ("never told", False)):
            found: list[dict[str, Any]] = []
            for talk in talks(task.cases or 36):
                turns = talk.turns(told)
                answer = task.converse(turns if how == "typed" else [spoken(turn) for turn in turns])
                good = right(answer, talk.answers if told else UNKNOWN)
                found.append({"kind": f"{what}, {how}", "turns": turns, "answer": answer, "right": good})
            rows.append(share(f"{what}, {how}", [a["right"] for a in found]))
            answers += found
    return Result(rows, answers)


def speech(task: Task) -> Result:
    """The model's own replies, heard by judges."""
    from evaluation.speech import measured

    return measured(task)


SUITES: dict[str, tuple[str, Callable[[Task], Result]]] = {
    "text": ("typed questions", text),
    "spoken": ("the same questions, spoken", spoken_questions),
    "noise": ("spoken in a café and in a room", noisy_questions),
    "transcription": ("what people say, word for word", transcription),
    "image": ("drawn pictures: color, shape, count, place", partial(seen, "image")),
    "things": ("200 common things, drawn in a style of their own, to be named", partial(seen, "things")),
    "video": ("drawn films: direction, order, change, flashes", partial(seen, "video")),
    "sound-and-picture": ("what was seen when the bell rang", partial(seen, "sound and picture")),
    "aloud": ("drawn pictures and films, with the question spoken", asked_aloud),
    "turns": ("what was told before, and what never was", several_turns),
    "speech": ("its own speech, heard by judges, voice by voice", speech),
}


def chosen(names: Sequence[str]) -> Iterator[tuple[str, Callable[[Task], Result]]]:
    """Suites by name; all of them for none."""
    for name in names or SUITES:
        if name not in SUITES:
            raise BadInputError(f"There is no suite {name!r}; there are {', '.join(SUITES)}.")
        yield name, SUITES[name][1]


def _voices(task: Task) -> dict[str, Callable[[str], np.ndarray | None]]:
    """Who speaks: a name, and a function from a question to its sound, or None where it was not recorded."""
    if task.recordings is None:
        return {"pico en-GB": spoken}
    return {voice: texts.get for voice, texts in clips(task.recordings).items()}


def _judged(question: Question, answer: str, kind: str) -> dict[str, Any]:
    return {"kind": kind, "question": question.question, "answer": answer, "right": right(answer, question.answers)}


def _seen(scene: Scene, answer: str) -> dict[str, Any]:
    good = right(answer, scene.accepted) and not right(answer, scene.refused)
    return {
        "kind": scene.kind,
        "question": scene.question,
        "answer": answer,
        "right": good,
        "wanted": scene.accepted[0],
    }
