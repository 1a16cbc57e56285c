"""How soon a reply is heard and how fast it is made; ratios to the reference come from alternating runs of both.

Owns the measurements behind the command `bench`: every figure is a median with the smallest and largest of its runs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from model.conversation import Conversation
from model.engine import Engine
from model.events import Done, SpeechChunk, TextDelta

QUESTIONS = (
    "What is the capital of France?", "What is the opposite of hot?", "What color is the sky?",
    "How many legs does a spider have?", "What do bees make?",
)
TEXT_TOKENS, SECONDS = 28, 8.0  # of the reply that is compared: speech of 8 s says about so much
MOST_TOKENS, MOST_SECONDS = 64, 10.0  # of the model's own replies: one with random weights never ends by itself


@dataclass
class Timed:
    """Seconds from the end of the question.

    Attributes:
        late: how much later than needed the latest piece of speech came, if playing began with the first one; negative
            where every piece was in time.
    """

    first_text: float
    first_sound: float
    total: float
    speech: float
    late: float
    text_after_sound: int
    parts: dict[str, float]


def timed_reply(talk: Conversation, **options: object) -> Timed:
    """One reply to what the conversation has been given."""
    begun = time.perf_counter()
    first_text = first_sound = 0.0
    later, late = 0, -np.inf
    done: Done | None = None
    for event in talk.reply(seed=0, **options):  # type: ignore[arg-type]
        now = time.perf_counter() - begun
        if isinstance(event, TextDelta):
            first_text = first_text or now
            later += bool(first_sound)
        elif isinstance(event, SpeechChunk):
            first_sound = first_sound or now
            if event.start:
                late = max(late, now - first_sound - event.start / event.sample_rate)
        elif isinstance(event, Done):
            done = event
    total = time.perf_counter() - begun
    assert done is not None
    speech = done.samples / done.sample_rate
    return Timed(first_text, first_sound or total, total, speech, late, later, done.timings)


def endless(engine: Engine) -> Engine:
    """The same engine, whose replies do not end by themselves: for replies of a given length."""
    settings, config = engine.settings, engine.config.talker
    talker = replace(settings.talker, suppressed=(*settings.talker.suppressed, config.codec_end, config.codec_pad))
    thinker = replace(settings.thinker, suppressed=tuple(sorted(engine.end_tokens)))
    return replace(engine, settings=replace(settings, talker=talker, thinker=thinker), _free=[])


def spread(name: str, values: list[float], digits: int = 3) -> dict[str, object]:
    """{name: median, name_spread: [min, max]}"""
    low_high = [round(min(values), digits), round(max(values), digits)]
    return {name: round(float(np.median(values)), digits), f"{name}_spread": low_high}


def own_speed(engine: Engine, rounds: int) -> dict[str, object]:
    """Replies as the model gives them."""
    replies: list[Timed] = []
    for number in range(rounds + 1):
        for question in QUESTIONS:
            with engine.conversation() as talk:
                talk.say(question)
                reply = timed_reply(talk, max_text_tokens=MOST_TOKENS, max_speech_seconds=MOST_SECONDS)
            if number:  # the first round of everything is slower
                replies.append(reply)
    out: dict[str, object] = {}
    out |= spread("first_text", [r.first_text for r in replies])
    out |= spread("first_sound", [r.first_sound for r in replies])
    out |= spread("speech_seconds", [r.speech for r in replies])
    out |= spread("real_time_factor", [r.total / max(r.speech, 1e-9) for r in replies])
    out["replies_with_text_after_first_sound"] = sum(r.text_after_sound > 0 for r in replies)
    out["replies_that_starved"] = sum(r.late > 0 for r in replies)
    out["latest_piece"] = round(max(r.late for r in replies), 3)
    out["replies"] = len(replies)
    median = {key: float(np.median([r.parts.get(key, 0.0) for r in replies])) for key in replies[0].parts}
    out["parts"] = {key: round(seconds, 4) for key, seconds in median.items()}
    return out


def listening(engine: Engine, rounds: int) -> dict[str, object]:
    """End of a 30 s utterance to the first text, over the same for 3 s; and turn 20 over turn 1 to the first sound."""
    engine = endless(engine)
    rng = np.random.default_rng(0)
    noise = (0.05 * rng.standard_normal(30 * 16_000)).astype(np.float32)

    def first_text(seconds: float) -> float:
        with engine.conversation() as talk:
            for start in range(0, int(seconds * 16_000), 1600):
                talk.hear(noise[start : min(start + 1600, int(seconds * 16_000))])
            return timed_reply(talk, max_text_tokens=4, max_speech_seconds=1.0, greedy=True).first_text

    first_text(3.5)
    out = spread("listening_ratio", [first_text(30.5) / first_text(3.5) for _ in range(2 * rounds)])
    ratios = []
    for _ in range(rounds):
        with engine.conversation() as talk:
            sounds = []
            for _turn in range(20):
                talk.hear(noise[: 16_000 * 5 // 2])
                sounds.append(timed_reply(talk, max_text_tokens=12, max_speech_seconds=2.0, greedy=True).first_sound)
            ratios.append(float(np.median(sounds[-3:]) / np.median(sounds[1:4])))
    return out | spread("turn20_ratio", ratios)


def against(name: str, engine: Engine, exact: Engine, rounds: int) -> dict[str, object]:
    """The same reply of 8 s by the reference, in float32, and by us, in turns: theirs divided by ours. `exact` is the
    engine in float32."""
    from benchmarks.reference import Reference

    reference = Reference(name, engine)
    codes = int(SECONDS * engine.codes_per_second)
    kinds = {"": (engine, False), "_fp32": (exact, False), "_same_settings": (exact, True)}
    ratios: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        theirs = reference.reply(QUESTIONS[0], TEXT_TOKENS, codes)
        for kind, (ours, whole) in kinds.items():
            with endless(ours).conversation() as talk:
                talk.say(QUESTIONS[0])
                reply = timed_reply(
                    talk, greedy=True, max_text_tokens=TEXT_TOKENS, max_speech_seconds=SECONDS, whole_utterance=whole
                )
            if number:
                ratios.setdefault(f"first_sound_ratio{kind}", []).append(theirs / reply.first_sound)
                ratios.setdefault(f"reply_ratio{kind}", []).append(theirs / reply.total)
    del ratios["first_sound_ratio_same_settings"]  # there the first sound is the whole one
    out: dict[str, object] = {}
    for key, values in ratios.items():
        out |= spread(key, values, 2)
    return out


def draw(figures: dict[str, object], path: Path) -> None:
    """Where the time of a turn goes, as one bar."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    parts = figures["parts"]
    assert isinstance(parts, dict)
    marks = [("rest of the sound", parts["encode"]), ("closing tokens", parts["prefill"])]
    marks.append(("first text", parts["first_text"] - parts["encode"] - parts["prefill"]))
    marks.append(("first sound", parts["first_audio"] - parts["first_text"]))
    marks.append(("rest of the reply", parts["total"] - parts["first_audio"]))
    figure, axes = pyplot.subplots(figsize=(9, 1.9))
    left = 0.0
    for (label, seconds), colour in zip(marks, ("#9db4c0", "#5c6b73", "#f2a65a", "#d1495b", "#e8e1d9")):
        axes.barh(0, seconds, left=left, color=colour, label=f"{label} {seconds * 1000:.0f} ms")
        left += seconds
    axes.set_yticks([])
    axes.set_xlabel("seconds from the end of the question")
    axes.set_title(f"{figures['model']}, {figures['precision']}, {figures['device']}")
    axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.45), frameon=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, dpi=120, bbox_inches="tight")
    pyplot.close(figure)
