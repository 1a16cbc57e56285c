"""X → speech: the model's own replies in each of its voices, heard by judges that it has never met.

The questions are typed, sampled with fixed seeds, and what a judge hears is compared with the text that the model
wrote. Whisper is the judge that is asked for; PocketSphinx, which shares nothing with it, is a second opinion. A reply
whose speech takes far longer than its text can need never stopped or looped; one that is far shorter was cut. Where the
judges of evaluation.voices are installed, they say how like itself each voice is (compared with recordings of it, or
else with its reference mel made to sound), whether the voices can be told apart, and how clean they sound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import soxr

from evaluation import voices
from evaluation.results import Result, Row, mean, quotient, share
from evaluation.words import normal, word_errors
from model.errors import BadInputError, CannotRunError
from model.events import Done, SpeechChunk

if TYPE_CHECKING:
    from evaluation.suites import Task

Judge = Callable[[np.ndarray], str]  # samples at 16 kHz → words
RATE = 16_000
_LONGEST, _SHORTEST = (
    0.2,
    0.03,
)  # seconds of speech per letter, after half a second to begin with; measured speech: 0.07
_MOST_SECONDS = 20.0


def whisper(name: str) -> Judge:
    """faster-whisper by name or folder."""
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise CannotRunError("Speech needs a judge: pip install 'visavis[eval]'.") from error
    try:
        model = WhisperModel(name, device="cpu", compute_type="int8", cpu_threads=2)
    except Exception as error:  # the library raises whatever its own parts raise
        raise CannotRunError(
            f"The judge Whisper {name} could not be loaded ({type(error).__name__}); name a folder of a "
            "CTranslate2 model with --whisper."
        ) from error

    def judge(samples: np.ndarray) -> str:
        parts, _ = model.transcribe(samples, language="en", beam_size=1, condition_on_previous_text=False)
        return " ".join(part.text for part in parts)

    return judge


def pocketsphinx() -> Judge | None:
    """The second judge, if it is installed."""
    try:
        from pocketsphinx import Decoder
    except ImportError:
        return None
    decoder = Decoder(samprate=RATE, loglevel="FATAL")

    def judge(samples: np.ndarray) -> str:
        decoder.start_utt()
        decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return found.hypstr if found else ""

    return judge


def measured(task: Task) -> Result:
    """Word error rates and replies that never stop or are cut, voice by voice."""
    if task.engine.talker is None:
        raise BadInputError(f"{task.engine.name} has no voice.")
    judges = {"Whisper": whisper(task.whisper), "PocketSphinx": pocketsphinx()}
    rows: list[Row] = []
    answers: list[dict[str, Any]] = []
    own = voices.recordings(task.engine, task.voices) if voices.installed() else {}
    sounds: dict[str, list[np.ndarray]] = {}
    for voice in task.engine.voices:
        replies = [_reply(task, voice, question, number) for number, question in enumerate(_questions(task))]
        for name, judge in judges.items():
            if judge is None:
                continue
            counts = []
            for answer, samples in replies:
                answer[name] = judge(samples)
                counts.append(word_errors(answer["answer"], answer[name]))
            rows.append(quotient(f"{voice}: word errors, {name}", [c[0] for c in counts], [c[1] for c in counts]))
        rows.append(share(f"{voice}: never stops, loops or is cut", [answer["bad_length"] for answer, _ in replies]))
        answers += [answer for answer, _ in replies]
        sounds[voice] = [samples for _, samples in replies if len(samples) > RATE // 10]
    notes = []
    if judges["PocketSphinx"] is None:
        notes.append("PocketSphinx is not installed (pip install 'visavis[eval]'): one judge of words only.")
    if own:
        rows += likeness(sounds, own)
    else:
        notes.append(f"No judge of likeness and sound is installed ({voices.INSTALL}).")
    return Result(rows, answers, " ".join(notes))


def likeness(sounds: dict[str, list[np.ndarray]], own: dict[str, list[np.ndarray]]) -> list[Row]:
    """Utterances and recordings at 16 kHz by voice → similarity, voices told apart, mean opinion scores."""
    encoder, opinion = voices.SpeakerEncoder(), voices.DNSMOS()
    centres = {name: voices.unit(np.mean([encoder.embed(x) for x in waves], axis=0)) for name, waves in own.items()}
    rows: list[Row] = []
    right: list[bool] = []
    for name, waves in sounds.items():
        near = [{other: float(encoder.embed(wave) @ centre) for other, centre in centres.items()} for wave in waves]
        rows.append(mean(f"{name}: likeness to its own voice", [each[name] for each in near]))
        right += [max(each, key=each.__getitem__) == name for each in near]
        scores = [opinion(wave) for wave in waves]
        rows.append(mean(f"{name}: DNSMOS, overall", [overall for overall, _ in scores]))
        rows.append(mean(f"{name}: DNSMOS, P.808", [p808 for _, p808 in scores]))
    return [*rows, share("voices told apart", right, chance=1 / len(centres))]


def _questions(task: Task) -> list[str]:
    from evaluation.suites import questions

    return [q.question for q in task.some(questions())]


def _reply(task: Task, voice: str, question: str, seed: int) -> tuple[dict[str, Any], np.ndarray]:
    sound: list[np.ndarray] = []
    with task.engine.conversation(voice=voice) as talk:
        talk.say(question)
        for event in talk.reply(seed=seed, max_text_tokens=40, max_speech_seconds=_MOST_SECONDS):
            if isinstance(event, SpeechChunk):
                sound.append(event.samples)
    assert isinstance(event, Done)
    samples = np.concatenate(sound) if sound else np.zeros(0, np.float32)
    seconds, letters = len(samples) / event.sample_rate, len(normal(event.text))
    task.count()
    answer = {
        "kind": "speech", "voice": voice, "question": question, "answer": event.text.strip(), "seconds": seconds,
        "bad_length": not _SHORTEST * letters <= seconds <= 0.5 + _LONGEST * letters,
    }  # fmt: skip
    return answer, np.asarray(soxr.resample(samples, event.sample_rate, RATE), dtype=np.float32)
