"""Plans: what the real configs need, what fits where, and what helps where it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.checkpoint.load import official_names
from model.config import OmniConfig, parse_config
from model.official import official_config
from model.placement import PRECISIONS, placements
from model.plan import GIB, Film, card_budget, choose, make_plan
from model.sizes import weights

NANO = Path(__file__).resolve().parents[2] / "assets" / "nano" / "config.json"


def config_of(name: str) -> OmniConfig:
    if name == "nano":
        return parse_config(json.loads(NANO.read_text(encoding="utf-8")))
    found = official_config(name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["nano", "3b", "7b"])
def test_sizes_are_those_of_the_modules(name: str) -> None:
    counted = {weight.name: weight.shape for weight in weights(config_of(name))}
    assert counted == official_names(config_of(name))


def test_published_numbers_of_parameters() -> None:
    def billions(name: str) -> float:
        return sum(weight.count for weight in weights(config_of(name))) / 1e9

    assert billions("7b") == pytest.approx(10.73, abs=0.01)
    assert billions("3b") == pytest.approx(5.54, abs=0.01)


def gib(name: str, card: float, context: int, film: Film, precision: str = "nf4") -> float:
    """Peak of the plan that is chosen; it must fit."""
    plan = choose(config_of(name), precision, True, context, film, budget=card_budget(card))
    assert plan.fits and not plan.advice
    return plan.peak / GIB


def test_a_minute_of_film_with_the_7b_fits_a_12_gib_card_and_ten_minutes_do_too() -> None:
    minute = gib("7b", 12, 16384, Film(60))
    assert minute <= 10.5
    assert gib("7b", 12, 16384, Film(600)) == pytest.approx(minute, rel=0.1)


def test_the_3b_fits_an_8_gib_card() -> None:
    assert gib("3b", 8, 16384, Film(60)) <= 6.5


def test_the_whole_context_and_unscaled_480p_fit_a_16_gib_card() -> None:
    film = Film(60, 640, 480)
    assert film.patches(config_of("7b")) == 4 * 391  # what a pair of such frames costs unscaled
    assert gib("7b", 16, 32768, film) <= 14


def test_tokens_of_a_film() -> None:
    assert Film(60).tokens(config_of("7b")) == 60 * (192 + 25)
    assert Film(60, sound=False).tokens(config_of("7b")) == 60 * 192


def test_what_does_not_fit_comes_with_advice_that_does() -> None:
    plan = choose(config_of("7b"), "bf16", True, 16384, budget=card_budget(12))
    assert not plan.fits
    assert plan.advice[0].startswith("--precision nf4")
    small = choose(config_of("7b"), "nf4", True, 32768, budget=card_budget(10))
    assert not small.fits and any(line.startswith("--context") for line in small.advice)
    hopeless = choose(config_of("7b"), "nf4", True, budget=card_budget(4))
    assert hopeless.advice == ("a smaller model, or a card with more memory",)


def test_automatic_is_exact_where_there_is_room_and_small_where_there_is_not() -> None:
    def chosen(card: float) -> str:
        return choose(config_of("7b"), "auto", True, 16384, budget=card_budget(card)).precision

    assert chosen(32) == "bf16"
    assert chosen(12) == "nf4"


def test_more_context_more_precision_and_speech_never_need_less() -> None:
    config = config_of("3b")
    for precision in PRECISIONS:
        for placement in placements(precision, True):
            plans = [make_plan(config, placement, True, context) for context in (4096, 16384, 32768)]
            peaks = [plan.peak for plan in plans]
            assert peaks == sorted(peaks)
            assert make_plan(config, placement, True, 16384, speech=False).peak < plans[1].peak
    by_precision = [
        make_plan(config, placements(name, True)[0], True, 8192).peak for name in ("nf4", "int8", "bf16", "fp32")
    ]
    assert by_precision == sorted(by_precision)


def test_each_next_placement_is_smaller() -> None:
    for precision in PRECISIONS:
        for on_card in (True, False):
            peaks = [
                make_plan(config_of("7b"), placement, on_card).peak for placement in placements(precision, on_card)
            ]
            assert peaks == sorted(peaks, reverse=True)
