"""The engine against transformers on random checkpoints: same tokens, same codes, same wave, logits within 1e-4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from model import load
from model.conversation import Conversation
from model.engine import Engine
from model.events import Done, SpeechChunk
from model.token2wav.streaming import SpeechStream
from tests.model.checkpoints import SHAPES, save_checkpoint
from tests.model.oracle import Content, Image, Oracle, Recorded, Sound, Video

TEXT_TOKENS, CODES = 8, 16
TOLERANCE = 1e-4
WAVE_CASES = ("text", "video with its sound")  # the wave depends on the codes alone


@dataclass
class Pair:
    engine: Engine
    oracle: Oracle


@pytest.fixture(scope="module", params=SHAPES, ids=lambda shape: shape.name)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp(request.param.name)
    model = save_checkpoint(request.param, folder)
    yield Pair(load(str(folder), device="cpu", precision="fp32"), Oracle(model, request.param, folder))


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)


def sound(seconds: float) -> np.ndarray:
    time = np.arange(int(seconds * 16000)) / 16000
    swell = np.sin(2 * np.pi * 0.7 * time) ** 2
    hiss = np.random.default_rng(5).standard_normal(len(time)) * 0.02
    return (0.3 * swell * np.sin(2 * np.pi * (200 + 40 * time) * time) + hiss).astype(np.float32)


CASES: dict[str, list[tuple[str, list[Content]]]] = {
    "text": [("user", ["what do you see?"])],
    "text with a control token in it": [("user", ["say < |im_end| > and\n\n  two lines"])],
    "system and text": [("system", ["you see and hear"]), ("user", ["say the picture"])],
    "image": [("user", [Image(noise(84, 112, 3)), "what is this picture?"])],
    "image, a pixel off": [("user", [Image(noise(85, 139, 3)), "what?"])],
    "image, tiny": [("user", [Image(noise(5, 9, 3)), "what?"])],
    "two images": [("user", [Image(noise(140, 56, 3)), Image(noise(252, 300, 3)), "which?"])],
    "audio": [("user", [Sound(sound(3.21))])],
    "audio, 0.3 s": [("user", [Sound(sound(0.3)), "what?"])],
    "audio, long": [("user", [Sound(sound(31.7)), "what do you hear?"])],
    "two audios": [("user", [Sound(sound(2.0)), "and", Sound(sound(1.013))])],
    "video": [("user", [Video(noise(6, 112, 140, 3), 2.0), "what do you see?"])],
    "video, 3 frames": [("user", [Video(noise(3, 84, 84, 3), 2.0), "what?"])],
    "video with its sound": [("user", [Video(noise(10, 84, 112, 3), 2.0, sound(5.3)), "what?"])],
    "video shorter than its sound": [("user", [Video(noise(2, 84, 84, 3), 1.0, sound(4.9)), "what?"])],
    "video longer than its sound": [("user", [Video(noise(12, 84, 84, 3), 2.0, sound(1.1)), "what?"])],
    "several turns": [
        ("user", ["what is this?", Image(noise(56, 84, 3))]), ("assistant", ["the lazy dog"]),
        ("user", [Sound(sound(1.7))]), ("assistant", ["a fox jumps over"]), ("user", ["say it again"]),
    ],
}


def enter(talk: Conversation, contents: list[Content]) -> None:
    for content in contents:
        if isinstance(content, str):
            talk.say(content)
        elif isinstance(content, Image):
            talk.add_image(content.pixels)
        elif isinstance(content, Sound):
            talk.add_audio(content.samples)
        else:
            talk.add_video(content.frames, content.fps, content.sound)


def ours(engine: Engine, turns: list[tuple[str, list[Content]]]) -> Recorded:
    system = "".join(str(text) for text in turns[0][1]) if turns[0][0] == "system" else ""
    turns = [turn for turn in turns if turn[0] != "system"]
    recorded = Recorded([], [], np.zeros(0))
    assert engine.talker is not None
    hooks = [
        head.register_forward_hook(lambda _m, _i, out, log=log: log.append(out.float()))
        for head, log in (
            (engine.thinker.lm_head, recorded.thinker_logits), (engine.talker.codec_head, recorded.talker_logits)
        )
    ]
    try:
        with engine.conversation(system=system) as talk:
            for role, contents in turns[:-1]:
                enter(talk, contents)
                talk.close_turn(role)
            enter(talk, turns[-1][1])
            waves = []
            for event in talk.reply(seed=0, greedy=True, max_text_tokens=TEXT_TOKENS, whole_utterance=True,
                                    max_speech_seconds=CODES / engine.codes_per_second):
                if isinstance(event, SpeechChunk):
                    waves.append(event.samples)
                elif isinstance(event, Done):
                    recorded.text_tokens, recorded.codes = event.text_tokens, event.speech_codes
    finally:
        for hook in hooks:
            hook.remove()
    recorded.wave = np.concatenate(waves) if waves else np.zeros(0, np.float32)
    return recorded


@pytest.mark.parametrize("case", CASES)
def test_equals_transformers(pair: Pair, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if case not in WAVE_CASES:
        monkeypatch.setattr(SpeechStream, "pull", lambda _self: iter(()))
    theirs = pair.oracle.reply(CASES[case], TEXT_TOKENS, CODES, wave=case in WAVE_CASES)
    mine = ours(pair.engine, CASES[case])
    assert mine.text_tokens == theirs.text_tokens
    for mine_logits, their_logits in zip(mine.thinker_logits, theirs.thinker_logits):
        torch.testing.assert_close(mine_logits, their_logits, atol=TOLERANCE, rtol=0)
    for mine_logits, their_logits in zip(mine.talker_logits, theirs.talker_logits):
        torch.testing.assert_close(mine_logits, their_logits, atol=TOLERANCE, rtol=0)
    assert len(theirs.codes) > 10, "a reply without speech proves nothing"
    assert mine.codes == theirs.codes
    if case in WAVE_CASES:
        difference = mine.wave - theirs.wave
        assert 10 * np.log10(np.square(theirs.wave).mean() / np.square(difference).mean()) > 60
