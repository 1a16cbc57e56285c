"""How much memory a conversation with a model needs, before anything is loaded: arithmetic on its config, no torch.

Counts what the engine does: weights as `model.placement` keeps them, caches of their full length from the start, and
the largest of what a piece of work holds at a time. Work comes in pieces of bounded size (`model.bounds`), so a film's
length changes nothing. Tested against what allocators count while such a conversation runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import ceil

from model.activations import activations
from model.config import DecoderConfig, OmniConfig
from model.placement import (
    BF16,
    FP32,
    INT8,
    INT8_COPIED,
    INT8_COPIED_WIDE,
    NF4,
    Placement,
    placements,
    stored_bytes,
)
from model.prompt.picture_size import fit
from model.sizes import weights

GIB = 1 << 30
_CARD_FIXED = int(0.55 * GIB)  # CUDA's context, libraries' workspaces, captured graphs
_HOST_BESIDE_CARD = int(1.2 * GIB)  # torch's and CUDA's libraries in the host's memory
_HOST_FIXED = int(0.45 * GIB)
_HEADROOM = 0.1  # of what there is, left alone: this is a prediction
DESKTOP = int(0.55 * GIB)  # what a desktop takes of a card of which nothing is known but its size
_MOST_CODES = 82 * 50 + 2
_BUCKET = 256  # rows of a cache
_VIDEO_PIXELS = (128 * 28 * 28, 768 * 28 * 28)
_TOKENS_BESIDE = 64  # of a prompt: system, roles, markers
_SOUND_TOKENS = 25  # a second
_BANDWIDTHS = ((8.5, 272.0), (12.5, 360.0), (16.5, 288.0), (24.5, 936.0), (33.0, 1792.0))  # card's GiB, GB/s
_LEAST_CONTEXT = 2048  # tokens
_REACH = 0.6  # of a card's bandwidth is what decoding gets
_MOST_STEPS = 400.0  # a second; what launching takes even when it is captured

PARTS = {
    "decoder": ("thinker.model.layers.", "thinker.model.norm."),
    "embedding": ("thinker.model.embed_tokens.",),
    "head": ("thinker.lm_head.",),
    "ear": ("thinker.audio_tower.",),
    "eye": ("thinker.visual.",),
    "talker": ("talker.",),
    "dit": ("token2wav.code2wav_dit_model.",),
    "vocoder": ("token2wav.code2wav_bigvgan_model.",),
}


@dataclass(frozen=True)
class Film:
    """What is watched: width × height pixels, `fps` frames a second."""

    seconds: float
    width: int = 448
    height: int = 336
    fps: float = 2.0
    sound: bool = True

    def patches(self, config: OmniConfig) -> int:
        """Of a pair of frames, as the eye sees them."""
        vision = config.thinker.vision
        factor = vision.patch_size * vision.spatial_merge_size
        rows, columns = fit(self.height, self.width, *_VIDEO_PIXELS, factor)
        return rows * columns // vision.patch_size**2

    def tokens(self, config: OmniConfig) -> int:
        """Of pictures and sound, all of it."""
        pairs = ceil(self.seconds * self.fps / config.thinker.vision.temporal_patch_size)
        pictures = pairs * self.patches(config) // config.thinker.vision.spatial_merge_size**2
        return pictures + int(self.seconds * _SOUND_TOKENS * self.sound)


@dataclass(frozen=True)
class Speed:
    """Steps a second: Thinker alone, Talker alone, both in turns as while a reply's text is written."""

    thinker: float
    talker: float
    together: float
    codes: float  # that a second of speech needs

    @property
    def real_time(self) -> bool:
        """Whether speech keeps up while its text is still being written."""
        return self.together >= self.codes


@dataclass(frozen=True)
class Plan:
    """Bytes. On a processor everything is in the host's memory, and `host` says the same as `peak`.

    Attributes:
        weights: by part, on the device.
        activations: the most that each kind of work holds at a time.
        budget: what there is; None where nobody said.
    """

    precision: str
    placement: Placement
    context: int
    on_card: bool
    weights: dict[str, int]
    host_weights: int
    cache: dict[str, int]
    activations: dict[str, int]
    fixed: int
    host: int
    budget: int | None = None
    speed: Speed | None = None
    advice: tuple[str, ...] = field(default=())

    @property
    def working(self) -> int:
        """What is held while working: on a card three queues of work each keep their most, elsewhere there is one."""
        queues = [max((self.activations.get(name, 0) for name in names), default=0) for names in _QUEUES]
        return sum(queues) if self.on_card else max(self.activations.values())

    @property
    def peak(self) -> int:
        """The most at any time, on the device."""
        return sum(self.weights.values()) + sum(self.cache.values()) + self.working + self.fixed

    @property
    def fits(self) -> bool:
        """Into the budget, with a little left; True where there is none."""
        return self.budget is None or self.peak <= self.budget * (1 - _HEADROOM)


_QUEUES = (("prefill", "head", "forget", "talker"), ("eye", "ear"), ("dit", "vocoder"))


def make_plan(
    config: OmniConfig,
    placement: Placement,
    on_card: bool,
    context: int | None = None,
    film: Film | None = None,
    speech: bool = True,
    budget: int | None = None,
    bandwidth: float | None = None,
) -> Plan:
    """The plan of one way to keep a model; `budget` in bytes, `bandwidth` in bytes a second."""
    text, talker = config.thinker.text, config.talker.decoder
    context = min(context or text.max_position_embeddings, text.max_position_embeddings)
    speech = speech and config.enable_audio_output
    floats = 4 if placement.floats == FP32 else 2
    sizes, host_weights = _weights(config, placement, speech)
    rows = _in_buckets(context)
    cache = {"thinker": _per_token(text) * rows * floats}
    if speech:
        cache["talker"] = _per_token(talker) * _in_buckets(rows + _MOST_CODES) * floats
    patches = None if film is None else film.patches(config)
    work = activations(config, placement, on_card, context, rows, patches, speech)
    fixed = _CARD_FIXED if on_card else _HOST_FIXED
    plan = Plan(
        placement.precision, placement, context, on_card, sizes, host_weights, cache, work, fixed, 0, budget,
        _speed(config, placement, context, floats, bandwidth, speech),
    )
    frames = 0 if film is None else int(film.seconds * film.fps) * film.width * film.height * 3
    host = host_weights + _HOST_BESIDE_CARD + frames if on_card else plan.peak + frames
    return replace(plan, host=host)


def choose(
    config: OmniConfig,
    precision: str,
    on_card: bool,
    context: int | None = None,
    film: Film | None = None,
    speech: bool = True,
    budget: int | None = None,
    bandwidth: float | None = None,
    bfloat16: bool = True,
) -> Plan:
    """The roomiest plan of a precision that fits, else its smallest, with advice; "auto" tries the precisions from the
    most exact that is sensible there."""
    order = [precision] if precision != "auto" else automatic(on_card)
    best: Plan | None = None
    for name in order:
        for placement in placements(name, on_card, bfloat16):
            plan = make_plan(config, placement, on_card, context, film, speech, budget, bandwidth)
            if plan.fits:
                return plan
            best = plan if best is None or plan.peak <= best.peak else best
    assert best is not None
    return replace(best, advice=_advice(config, best, precision, context, film, speech, bfloat16))


def plans(
    config: OmniConfig, precision: str, on_card: bool, speech: bool, budget: int | None, bfloat16: bool
) -> Iterator[Plan]:
    """Ways to load a model, each next one in less memory: first by how it is kept, then by how much it remembers."""
    names = [precision] if precision != "auto" else automatic(on_card)
    for name in names:
        for placement in placements(name, on_card, bfloat16):
            last = make_plan(config, placement, on_card, None, None, speech, budget)
            yield last
    while (shorter := last.context // 2) >= _LEAST_CONTEXT:
        last = make_plan(config, last.placement, on_card, shorter, None, speech, budget)
        yield last


def automatic(on_card: bool) -> list[str]:
    """Precisions that "auto" tries, in order."""
    if on_card:
        return [BF16, NF4]  # 8 bits are slower there than either: each step makes them wide again
    return [INT8, NF4]


def card_budget(gib: float) -> int:
    """Bytes of a card of which nothing is known but its size: a desktop has its share."""
    return max(0, int(gib * GIB) - DESKTOP)


def card_bandwidth(gib: float) -> float:
    """Bytes a second of the slowest current card of that size."""
    return next((speed for size, speed in _BANDWIDTHS if gib <= size), _BANDWIDTHS[-1][1]) * 1e9


# weights


@lru_cache(maxsize=64)
def _weights(config: OmniConfig, placement: Placement, speech: bool) -> tuple[dict[str, int], int]:
    """By part on the device, and what stays on the host."""
    parts = dict.fromkeys(PARTS if speech else list(PARTS)[:5], 0)
    host = 0
    for weight in weights(config, speech):
        kind = placement.float_kind(weight.name)
        if weight.linear:
            kind = placement.kind(weight.joins, (weight.shape[0], weight.shape[1]))
        size = stored_bytes(kind, weight.shape)
        if placement.on_host(weight.name):
            host += size
        else:
            parts[_part(weight.name)] += size
    text = config.thinker.text
    if text.tie_word_embeddings:
        shape = (text.vocab_size, text.hidden_size)
        kind = placement.kind("thinker.lm_head.weight", shape)
        shared = kind == placement.floats and not placement.embedding_on_host
        parts["head"] += 0 if shared else stored_bytes(kind, shape)
    return parts, host


def _part(name: str) -> str:
    return next(part for part, prefixes in PARTS.items() if name.startswith(prefixes))


# caches


def _per_token(config: DecoderConfig) -> int:
    """Numbers that a token leaves in a cache."""
    return 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim


def _in_buckets(tokens: int) -> int:
    return -(-tokens // _BUCKET) * _BUCKET


# speed


def _speed(
    config: OmniConfig, placement: Placement, context: int, floats: int, bandwidth: float | None, speech: bool
) -> Speed | None:
    """Decoding reads every weight and half a full cache once a step."""
    if bandwidth is None:
        return None
    parts, _ = _weights(config, placement, speech)
    # a copy is not read for one token; without one, the weights are made wide: written and read
    times = {INT8_COPIED: 1 / 3, INT8_COPIED_WIDE: 1 / 5, INT8: 5.0}
    thinker = (parts["decoder"] + parts["head"]) * times.get(placement.decoder, 1.0)
    thinker += _per_token(config.thinker.text) * context / 2 * floats
    talker: float = parts.get("talker", 0) - config.talker.decoder.vocab_size * config.talker.embedding_size * floats
    talker = talker * times.get(placement.talker, 1.0) + _per_token(config.talker.decoder) * context / 2 * floats
    talker = talker if speech else 0.0

    def steps(size: float) -> float:
        return min(_MOST_STEPS, bandwidth * _REACH / size) if size else 0.0

    rate = 24000 / config.token2wav.dit.repeats
    for up in config.token2wav.bigvgan.upsample_rates:
        rate /= up
    return Speed(steps(thinker), steps(talker), steps(thinker + talker), rate)


# advice


def _advice(
    config: OmniConfig, plan: Plan, precision: str, context: int | None, film: Film | None, speech: bool, bfloat16: bool
) -> tuple[str, ...]:
    """What would make it fit, each tried; nothing that does not."""

    def fits(**change: object) -> Plan | None:
        told: dict[str, object] = {"precision": precision, "context": context, "speech": speech, **change}
        name = str(told["precision"])
        for placement in placements(name, plan.on_card, bfloat16):
            tried = make_plan(
                config, placement, plan.on_card, told["context"], film, bool(told["speech"]), plan.budget  # type: ignore[arg-type]
            )
            if tried.fits:
                return tried
        return None

    smallest = precision if precision != "auto" else plan.precision
    found = []
    for name in _smaller(smallest):
        if other := fits(precision=name):
            found.append(f"--precision {name} needs {other.peak / GIB:.1f} GiB")
            break
    length = plan.context // 2
    while length >= _LEAST_CONTEXT:
        if other := fits(precision=smallest, context=length):
            found.append(f"--context {length} needs {other.peak / GIB:.1f} GiB")
            break
        length //= 2
    if speech and (other := fits(precision=smallest, speech=False)):
        found.append(f"--no-speech needs {other.peak / GIB:.1f} GiB")
    return tuple(found) or ("a smaller model, or a card with more memory",)


def _smaller(precision: str) -> Sequence[str]:
    order = ("fp32", "bf16", "int8", "nf4")
    return order[order.index(precision) + 1 :] if precision in order else ()
