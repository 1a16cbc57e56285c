"""What counts as another picture."""

from __future__ import annotations

import numpy as np

from app.capture.change import ChangeDetector

RNG = np.random.default_rng(0)
SCENE = np.clip(RNG.normal(120, 40, (27, 36, 3)), 0, 255).repeat(10, 0).repeat(10, 1)


def seen(scene: np.ndarray) -> np.ndarray:
    """By a camera, with its noise."""
    return np.clip(scene + RNG.normal(0, 4, scene.shape), 0, 255).astype(np.uint8)


def test_first_picture_is_new_and_the_noise_of_a_camera_is_not() -> None:
    detector = ChangeDetector()
    assert detector.changed(seen(SCENE))
    assert not any(detector.changed(seen(SCENE)) for _ in range(20))


def test_hand_is_new_and_so_is_its_absence() -> None:
    detector = ChangeDetector()
    hand = SCENE.copy()
    hand[100:160, 100:160] = 220
    assert [detector.changed(seen(s)) for s in (SCENE, hand, hand, SCENE, SCENE)] == [True, True, False, True, False]


def test_slow_dusk_is_noticed_in_the_end() -> None:
    detector = ChangeDetector()
    changes = [detector.changed(seen(SCENE * (1 - 0.004 * n))) for n in range(60)]
    assert 3 <= sum(changes) <= 12


def test_another_size_is_compared_all_the_same() -> None:
    detector = ChangeDetector()
    assert detector.changed(seen(SCENE))
    assert not detector.changed(seen(SCENE)[::2, ::2])
