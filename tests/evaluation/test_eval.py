"""The command `eval`, with a model that knows its answers, with one that knows none, and with the embedded one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import model
from app.commands import main
from evaluation import speech, suites
from evaluation.scenes import scenes
from evaluation.sounds import spoken
from evaluation.turns import Talk, talks
from model.events import Done, SpeechChunk

ROOT = Path(__file__).resolve().parents[2]


class Knowing:
    """A model in the engine's place that answers from a list: by what it was shown, told, or heard."""

    name, device, precision, voices, talker = "knowing", "cpu", "fp32", ("Ada", "Ben"), object()

    def __init__(self, answers: dict[bytes | str, str]) -> None:
        self.answers = answers

    def conversation(self, voice: str | None = None) -> Conversing:
        return Conversing(self)


class Conversing:
    def __init__(self, knowing: Knowing) -> None:
        self.knowing, self.text, self.sound, self.shown = knowing, "", np.zeros(0, np.float32), b""

    def __enter__(self) -> Conversing:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def say(self, text: str) -> None:
        self.text = text

    def hear(self, samples: np.ndarray) -> None:
        assert 0 < len(samples) <= 1600, "sound comes in pieces, as from a microphone"
        self.sound = np.concatenate([self.sound, samples])

    def add_image(self, pixels: np.ndarray) -> None:
        self.shown = pixels.tobytes()

    def add_video(self, frames: np.ndarray, fps: float, samples: np.ndarray | None) -> None:
        self.shown = frames.tobytes() + (b"" if samples is None else samples.tobytes())

    def reply(self, **options: Any) -> Iterator[Any]:
        known = self.knowing.answers
        text = (
            known.get(self.shown + self.text.encode()) or known.get(self.sound.tobytes()) or known.get(self.text) or "?"
        )
        if options.get("speech", True):
            yield SpeechChunk(spoken(text), 16_000, 0, 0.1)
        yield Done(text, 0.2, 1, [], [], 16_000, 0)


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run `eval` on a model in the engine's place; returns (exit code, what the JSON says, stdout, stderr)."""

    def run(engine: Any, *arguments: str) -> tuple[int, dict[str, Any], str, str]:
        monkeypatch.setattr(model, "load", lambda *_, **__: engine)
        file = tmp_path / "found.json"
        code = main(["eval", "--json", str(file), *arguments])
        out, err = capsys.readouterr()
        return code, json.loads(file.read_text()) if file.exists() else {}, out, err

    return run


def _value(found: dict[str, Any], suite: str, row: str) -> float:
    return next(r["value"] for r in found["suites"][suite]["rows"] if r["name"] == row)


def test_who_knows_everything_typed_but_hears_half_gets_that(evaluated: Any) -> None:
    asked = suites.Task(None, 4).some(suites.questions())  # type: ignore[arg-type]
    known: dict[bytes | str, str] = {q.question: _say(q.answers[0]) for q in suites.questions()}
    known |= {spoken(q.question).tobytes(): _say(q.answers[0]) for q in asked[::2]}
    code, found, out, _ = evaluated(Knowing(known), "--suite", "text", "--suite", "spoken", "--cases", "4")
    assert code == 0
    assert _value(found, "text", "typed") == 1
    assert _value(found, "spoken", "spoken over typed") == 0.5
    assert len(found["suites"]["text"]["answers"]) == 8
    assert "spoken over typed" in out and "95 % interval" in out and "50.0" in out


def _say(pattern: str) -> str:
    return f"It is {pattern.replace(chr(92) + 'b', '').replace('[- ]', ' ')}."


def test_naming_every_color_is_no_answer_and_other_pictures_are_noticed(evaluated: Any) -> None:
    knows = {s.frames[0].tobytes() + s.question.encode(): f"It is {s.accepted[0]}." for s in scenes("image", 4)}
    _, found, _, _ = evaluated(Knowing(knows), "--suite", "image", "--cases", "4")
    assert _value(found, "image", "color") == _value(found, "image", "place") == 1
    assert found["suites"]["image"]["rows"][1]["value"] < 1, "with another picture the answer is another one"
    babbles = {s.question: "red green blue yellow orange purple black white left right" for s in scenes("image", 4)}
    _, found, _, _ = evaluated(Knowing(babbles), "--suite", "image", "--cases", "4")
    assert _value(found, "image", "color") == 0


def test_a_question_asked_aloud_is_about_what_is_seen(evaluated: Any) -> None:
    all_scenes = [s for suite in ("image", "video") for s in scenes(suite, 2)]
    right = {s.frames.tobytes() + s.question.encode(): f"It is {s.accepted[0]}." for s in all_scenes}
    right |= {s.frames[0].tobytes() + s.question.encode(): f"It is {s.accepted[0]}." for s in all_scenes[:8]}
    _, found, _, _ = evaluated(Knowing(right), "--suite", "aloud", "--cases", "2")
    assert _value(found, "aloud", "color, typed") == _value(found, "aloud", "flashes, typed") == 1
    assert _value(found, "aloud", "color, aloud") == _value(found, "aloud", "aloud over typed") == 0
    heard = {spoken(s.question).tobytes(): f"It is {s.accepted[0]}." for s in all_scenes}
    _, found, _, _ = evaluated(Knowing(heard), "--suite", "aloud", "--cases", "2")
    assert _value(found, "aloud", "order, typed") == 0 and _value(found, "aloud", "order, aloud") >= 0.5


class Listening(Conversing):
    """Is asked for what it was told before, and says it, or else what it is known for."""

    def __init__(self, knowing: Knowing) -> None:
        super().__init__(knowing)
        self.earlier: list[str | bytes] = []

    def reply(self, **options: Any) -> Iterator[Any]:
        self.earlier.append(self.text or self.sound.tobytes())
        self.text, self.sound = "", np.zeros(0, np.float32)
        texts = [talk.answers[0] for talk in talks(12) if self._told(talk)]
        yield Done(f"It is {(texts or self.knowing.voices)[0]}.", 0.2, 1, [], [], 16_000, 0)

    def _told(self, talk: Talk) -> bool:
        told, question = ((text, spoken(text).tobytes()) for text in (talk.told, talk.question))
        return self.earlier[-1] in question and bool(set(told) & set(self.earlier))


def test_who_remembers_is_told_from_who_never_knows(evaluated: Any) -> None:
    engine = Knowing({})
    engine.voices = ("not known",)  # type: ignore[misc, assignment]
    engine.conversation = lambda voice=None: Listening(engine)  # type: ignore[method-assign]
    rows = ("told before, typed", "never told, typed", "told before, spoken", "never told, spoken")
    _, found, _, _ = evaluated(engine, "--suite", "turns", "--cases", "12")
    assert [_value(found, "turns", row) for row in rows] == [1, 0, 1, 0]
    engine.voices = ("something I do not know",)  # type: ignore[misc, assignment]
    _, found, _, _ = evaluated(engine, "--suite", "turns", "--cases", "12")
    assert [_value(found, "turns", row) for row in rows] == [1, 1, 1, 1]
    engine.conversation = lambda voice=None: Forgetting(engine)  # type: ignore[method-assign]
    _, found, _, _ = evaluated(engine, "--suite", "turns", "--cases", "12")
    assert [_value(found, "turns", row) for row in rows] == [0, 1, 0, 1]


class Forgetting(Listening):
    def _told(self, talk: Talk) -> bool:
        return False


def test_what_people_say_is_compared_word_for_word(evaluated: Any, tmp_path: Path) -> None:
    samples, rate = soundfile.read(ROOT / "assets" / "samples" / "question.wav", dtype="float32")
    soundfile.write(tmp_path / "a.wav", samples, rate)
    (tmp_path / "texts.txt").write_text("a: What is the capital of France?\nb: there is no such recording here\n")
    engine = Knowing({suites.REPEAT: "What is a capital of France"})
    code, found, _, _ = evaluated(engine, "--suite", "transcription", "--prompts", str(tmp_path))
    assert code == 0 and _value(found, "transcription", "word error rate") == pytest.approx(1 / 6)
    code, _, _, err = evaluated(engine, "--suite", "transcription", "--prompts", str(tmp_path / "nowhere"))
    assert code == 1 and "texts.txt" in err and err.count("\n") == 1


def test_speech_is_judged_in_every_voice(evaluated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "It is a short and simple answer."
    engine = Knowing({q.question: said for q in suites.questions()})
    monkeypatch.setattr(speech, "whisper", lambda name: lambda samples: "It is a short and simple dancer.")
    monkeypatch.setattr(speech, "pocketsphinx", lambda: None)
    monkeypatch.setattr(speech.voices, "installed", lambda: False)
    code, found, _, _ = evaluated(engine, "--suite", "speech", "--cases", "2")
    assert code == 0
    for voice in Knowing.voices:
        assert _value(found, "speech", f"{voice}: word errors, Whisper") == pytest.approx(1 / 7)
        assert _value(found, "speech", f"{voice}: never stops, loops or is cut") == 0


def test_a_suite_that_cannot_run_leaves_the_others_their_turn(evaluated: Any, tmp_path: Path) -> None:
    code, found, out, err = evaluated(
        Knowing({}), "--suite", "transcription", "--suite", "text", "--cases", "2", "--prompts", str(tmp_path)
    )
    assert code == 1 and list(found["suites"]) == ["text"] and "typed" in out
    assert "transcription:" in err and err.count("\n") == 1


def test_bad_input_is_told_in_one_line(evaluated: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, _, err = evaluated(Knowing({}), "--suite", "smell")
    assert code == 2 and "smell" in err and "transcription" in err and err.count("\n") == 1
    code, _, _, err = evaluated(Knowing({}), "--suite", "spoken", "--recordings", str(tmp_path / "none"))
    assert code == 2 and "none.jsonl" in err
    with pytest.raises(SystemExit) as exit:
        main(["eval", "--cases", "0"])
    assert exit.value.code == 2


def test_the_embedded_model_is_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "found.json"
    arguments = ("--suite", "text", "--suite", "noise", "--suite", "sound-and-picture", "--cases", "1")
    assert main(["eval", "--device", "cpu", *arguments, "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert found["model"] == "nano" and list(found["suites"]) == ["text", "noise", "sound-and-picture"]
    assert all(answer["answer"] for suite in found["suites"].values() for answer in suite["answers"])
    assert "with other pictures" in capsys.readouterr().out
