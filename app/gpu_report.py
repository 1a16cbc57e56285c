"""`doctor --gpu-report`: what a card does with a model, measured on the machine that has it, as one JSON and one page.

Parity with the processor, memory against the plan, first sound, real-time factor and steps a second. It takes less than
five minutes on any machine: answers are cut off when their time is over, rounds are left out, and the page says so.
Nothing private is written: no names of people, machines or folders, only the card, versions and numbers. With
`--device cpu` the processor stands in for the card, so that the code runs everywhere; the page says so and claims
nothing of a card.
"""

from __future__ import annotations

import html
import json
import platform
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from model.engine import Engine
    from model.events import Done

QUESTION = "Why is the sky blue?"
_GIB = 1 << 30
_SAME = 200.0  # decibels
_WHOLE = 240.0  # seconds for everything; what cannot be cut off, loading above all, has the rest of the five minutes
_PARITY = 60.0  # seconds at most for each of the two answers that are compared


@dataclass(frozen=True)
class Effort:
    """How much is asked of the model: answers that are long enough to be measured, and shorter on a processor."""

    rounds: int
    text_tokens: int
    speech_seconds: float
    compared_tokens: int
    compared_seconds: float


_ON_CARD = Effort(rounds=3, text_tokens=48, speech_seconds=8.0, compared_tokens=16, compared_seconds=2.0)
_ON_PROCESSOR = Effort(rounds=2, text_tokens=24, speech_seconds=3.0, compared_tokens=8, compared_seconds=0.6)


@dataclass
class Report:
    """Everything that is told; seconds, GiB, steps a second. None and empty lists: not measured, see `left_out`."""

    card: str
    measured_a_card: bool
    torch: str
    driver: str
    model: str
    precision: str
    same_tokens: bool | None = None
    same_codes: bool | None = None
    wave_snr_db: float | None = None
    planned_gib: float = 0.0
    used_gib: float = 0.0
    load_seconds: float = 0.0
    codes_per_second: float = 50.0
    first_text: list[float] = field(default_factory=list)
    first_sound: list[float] = field(default_factory=list)
    real_time_factor: list[float] = field(default_factory=list)
    thinker_steps: list[float] = field(default_factory=list)
    talker_steps: list[float] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Answer:
    """One answer, or as much of it as there was time for (`done.interrupted`); samples at the engine's rate."""

    done: Done
    samples: np.ndarray


def write(folder: Path, model: str, device: str, tell: Callable[[str], None] = lambda line: None) -> tuple[Path, Path]:
    """Measure, and write gpu-report.json and gpu-report.html into `folder`."""
    report = measure(model, device, tell)
    folder.mkdir(parents=True, exist_ok=True)
    data, page = folder / "gpu-report.json", folder / "gpu-report.html"
    data.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    page.write_text(as_html(report), encoding="utf-8")
    return data, page


def measure(
    model: str, device: str, tell: Callable[[str], None] = lambda line: None, budget: float = _WHOLE
) -> Report:
    """Load and ask a few times, within `budget` seconds and what it takes to load. `tell` hears what is done next."""
    import torch

    from model import load
    from model.checkpoint.load import find_device, release_memory

    begun = time.perf_counter()
    end = begun + budget
    chosen = find_device(device)
    on_card = chosen.type == "cuda"
    effort = _ON_CARD if on_card else _ON_PROCESSOR
    name = torch.cuda.get_device_name(chosen) if on_card else f"processor ({platform.machine()})"
    driver = str(torch.version.cuda) if on_card else ""
    report = Report(name, on_card, torch.__version__, driver, "", "")

    tell("comparing nano's answer with the processor's")
    engine = load("nano", device="cpu", precision="fp32")
    there = _compared(engine, effort, end)
    if on_card:
        engine = load("nano", device=str(chosen), precision="fp32")
    compare(there, _compared(engine, effort, end), report)
    del engine

    release_memory(chosen)
    if on_card:
        torch.cuda.reset_peak_memory_stats(chosen)
    tell(f"loading {model}")
    loading = time.perf_counter()
    engine = load(model, device=device)
    report.load_seconds = time.perf_counter() - loading
    report.model, report.precision = model if model in ("nano", "3b", "7b") else "a folder", engine.precision
    report.codes_per_second = engine.codes_per_second
    for number in range(effort.rounds):
        tell(f"measuring its answers, round {number + 1} of {effort.rounds}")
        if time.perf_counter() >= end or not _speed(engine, effort, report, end):
            report.left_out.append(f"round {number + 1} of {effort.rounds} was not finished: the time was over")
            break
    assert engine.plan is not None
    report.planned_gib = (engine.plan.peak - engine.plan.fixed) / _GIB
    report.used_gib = (torch.cuda.max_memory_allocated(chosen) if on_card else _used(engine)) / _GIB
    report.seconds = time.perf_counter() - begun
    return report


def answer(engine: Engine, end: float, **options: Any) -> Answer:
    """An answer to the question, cut off at the time `end` (of `time.perf_counter`)."""
    from model.events import Done, SpeechChunk

    sound, done = [np.zeros(0, np.float32)], None
    with engine.conversation() as talk:
        talk.say(QUESTION)
        timer = threading.Timer(max(0.0, end - time.perf_counter()), talk.interrupt)
        timer.start()
        try:
            for event in talk.reply(**options):
                if time.perf_counter() >= end:  # the timer may have come before there was anything to stop
                    talk.interrupt()
                if isinstance(event, SpeechChunk):
                    sound.append(event.samples)
                elif isinstance(event, Done):
                    done = event
        finally:
            timer.cancel()
    assert done is not None
    return Answer(done, np.concatenate(sound))


def _compared(engine: Engine, effort: Effort, end: float) -> Answer:
    """One greedy answer, decoded whole as the reference does."""
    return answer(
        engine, min(end, time.perf_counter() + _PARITY), seed=0, greedy=True, whole_utterance=True,
        max_text_tokens=effort.compared_tokens, max_speech_seconds=effort.compared_seconds,
    )  # fmt: skip


def compare(there: Answer, here: Answer, report: Report) -> None:
    """As far as both answers go."""
    cut = there.done.interrupted or here.done.interrupted

    def same(ours: list[int], theirs: list[int]) -> bool | None:
        both = min(len(ours), len(theirs)) if cut else max(len(ours), len(theirs))
        return ours[:both] == theirs[:both] if both else None

    report.same_tokens = same(there.done.text_tokens, here.done.text_tokens)
    report.same_codes = same(there.done.speech_codes, here.done.speech_codes)
    if there.samples.size and here.samples.size:
        report.wave_snr_db = _snr(there.samples, here.samples)
    if cut:
        codes = min(len(there.done.speech_codes), len(here.done.speech_codes))
        report.left_out.append(f"only {codes} speech codes were compared, and no waveform: the time was over")


def _speed(engine: Engine, effort: Effort, report: Report, end: float) -> bool:
    """One round: an answer without speech, and one with it where the model speaks. False where there was no time."""
    for speech in (False, True) if engine.talker is not None else (False,):
        most = {"max_text_tokens": effort.text_tokens, "max_speech_seconds": effort.speech_seconds}
        done = answer(engine, end, seed=1, speech=speech, **most).done
        if done.interrupted:
            return False
        after_prompt = done.timings["total"] - done.timings["encode"] - done.timings["prefill"]
        if not speech:
            report.first_text.append(done.timings.get("first_text", 0.0))
            report.thinker_steps.append(len(done.text_tokens) / max(after_prompt, 1e-9))
        elif done.samples:
            report.first_sound.append(done.timings["first_audio"])
            report.real_time_factor.append(done.timings["total"] * done.sample_rate / done.samples)
            report.talker_steps.append(len(done.speech_codes) / max(after_prompt, 1e-9))
    return True


def _used(engine: Engine) -> int:
    """On a processor nobody counts: what the parts and one conversation's caches take."""
    parts = [part for part in (engine.thinker, engine.talker, engine.token2wav) if part is not None]
    every = [tensor for part in parts for tensor in (*part.parameters(), *part.buffers())]
    held = {tensor.untyped_storage().data_ptr(): tensor.nbytes for tensor in every}
    return sum(held.values()) + (sum(engine.plan.cache.values()) if engine.plan else 0)


def _snr(expected: np.ndarray, found: np.ndarray) -> float:
    """Decibels; 0 where they are not even of one length, _SAME where they are the same."""
    if expected.shape != found.shape or not expected.size:
        return 0.0
    noise = float(np.square(expected - found).sum())
    return _SAME if noise == 0 else min(_SAME, 10 * float(np.log10(np.square(expected).sum() / noise)))


# the page


def as_html(report: Report) -> str:
    """One page with its pictures inside; no script, nothing fetched."""
    heading = "Measured on a graphics card" if report.measured_a_card else "No graphics card was measured"
    note = (
        ""
        if report.measured_a_card
        else "<p><b>The processor stood in for the card. These figures say that the measurement works, and nothing "
        "about any card.</b> Memory is that of weights and caches, without work in progress.</p>"
    )
    facts = [
        ("device", report.card), ("PyTorch", report.torch), ("CUDA", report.driver or "none"),
        ("model", f"{report.model} in {report.precision}"), ("loaded in", f"{report.load_seconds:.1f} s"),
        ("same text as on the processor", _yes(report.same_tokens)), ("same speech codes", _yes(report.same_codes)),
        ("same waveform", _decibels(report.wave_snr_db)),
        ("measured in", f"{report.seconds:.0f} s"),
    ]  # fmt: skip
    rows = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in facts)
    left_out = "".join(f"<p>Left out: {html.escape(line)}.</p>" for line in report.left_out)
    pictures = [
        _bars("Memory, GiB", [("planned", report.planned_gib), ("used", report.used_gib)]),
        _bars("Seconds until", [
            ("first text", _middle(report.first_text)), ("first sound", _middle(report.first_sound)),
        ]),
        _bars(f"Steps a second (speech needs {report.codes_per_second:.0f})", [
            ("Thinker alone", _middle(report.thinker_steps)), ("Talker, with all else", _middle(report.talker_steps)),
        ]),
        _bars("Real-time factor (below 1 keeps up)", [("answer", _middle(report.real_time_factor)), ("limit", 1.0)]),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Vis-à-vis on this card</title>'
        "<style>body{font:16px system-ui;max-width:46em;margin:2em auto;padding:0 1em}th{text-align:left;"
        "padding-right:2em;font-weight:500}svg{width:100%;height:auto;margin:1em 0}</style>"
        f"<h1>{heading}</h1>{note}<table>{rows}</table>{left_out}{''.join(pictures)}</html>\n"
    )


def _yes(same: bool | None) -> str:
    return "not compared" if same is None else "yes" if same else "no"


def _decibels(snr: float | None) -> str:
    if snr is None:
        return "not compared"
    return "yes, to the last bit" if snr >= _SAME else f"but for noise {snr:.0f} dB below it"


def _middle(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


def _bars(title: str, values: list[tuple[str, float | None]]) -> str:
    """An SVG of horizontal bars with their numbers."""
    longest = max([value or 0.0 for _, value in values] + [1e-9])
    rows: list[str] = []
    for index, (name, value) in enumerate(values):
        y = 34 + 30 * index
        if value is None:
            rows.append(f'<text x="0" y="{y + 15}" font-size="14">{html.escape(name)}: not measured</text>')
            continue
        rows.append(
            f'<text x="0" y="{y + 15}" font-size="14">{html.escape(name)}</text>'
            f'<rect x="170" y="{y}" width="{380 * value / longest:.1f}" height="20" fill="#3b6ea5"/>'
            f'<text x="{178 + 380 * value / longest:.1f}" y="{y + 15}" font-size="14">{value:.2f}</text>'
        )
    height = 40 + 30 * len(values)
    return (
        f'<svg viewBox="0 0 640 {height}" role="img" aria-label="{html.escape(title)}">'
        f'<text x="0" y="18" font-size="16" font-weight="600">{html.escape(title)}</text>{"".join(rows)}</svg>'
    )
