"""Reading while listening equals reading at the end: any split of the sound, a camera beside it, pauses taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model import load
from model.conversation import Conversation
from model.engine import Engine
from model.errors import BadInputError
from model.events import ContextTrimmed, Done, SpeechChunk, TextDelta
from model.token2wav.streaming import SpeechStream
from tests.model.checkpoints import SHAPES, save_checkpoint

RATE = 16_000
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("streaming")
    save_checkpoint(SHAPES[0], folder)
    yield load(str(folder), device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """As nano: its ear hears 6 s at once, three chunks of what a camera beside it sees."""
    folder = tmp_path_factory.mktemp("patient")
    save_checkpoint(SHAPES[0], folder)
    config = json.loads((folder / "config.json").read_text())
    config["thinker_config"]["audio_config"]["n_window"] = 300
    (folder / "config.json").write_text(json.dumps(config))
    yield load(str(folder), device="cpu", precision="fp32")


def speechlike(seconds: float, seed: int = 0) -> np.ndarray:
    """Sound whose loudest moment is in its first block, so that a stream knows it from there on."""
    time = np.arange(int(seconds * RATE)) / RATE
    swell = 0.3 + 0.7 * np.abs(np.sin(np.pi * 1.3 * time))
    hiss = np.random.default_rng(seed).standard_normal(len(time)) * 0.02
    sound = 0.2 * swell * np.sin(2 * np.pi * (180 + 30 * np.sin(time)) * time) + hiss
    sound[3000:5000] *= 3.0
    return sound.astype(np.float32)


def answer(talk: Conversation, speech: bool = True) -> tuple[Done, list[torch.Tensor]]:
    """A short greedy reply and the logits it was chosen from."""
    logits: list[torch.Tensor] = []
    hook = talk._engine.thinker.lm_head.register_forward_hook(lambda _m, _i, out: logits.append(out.float().clone()))
    try:
        events = list(talk.reply(seed=0, greedy=True, speech=speech, max_text_tokens=6, max_speech_seconds=0.4))
    finally:
        hook.remove()
    done = events[-1]
    assert isinstance(done, Done)
    return done, logits


def same(a: tuple[Done, list[torch.Tensor]], b: tuple[Done, list[torch.Tensor]]) -> None:
    assert a[0].text_tokens == b[0].text_tokens
    assert a[0].speech_codes == b[0].speech_codes
    for mine, theirs in zip(a[1], b[1], strict=True):
        torch.testing.assert_close(mine, theirs, atol=TOLERANCE, rtol=0)


def pieces(samples: np.ndarray, cuts: Sequence[int]) -> list[np.ndarray]:
    edges = sorted({0, len(samples), *(cut % len(samples) for cut in cuts)})
    return [samples[a:b] for a, b in pairwise(edges)]


def state(talk: Conversation) -> list[torch.Tensor]:
    memory = talk._memory
    assert memory.talker_cache is not None
    position = torch.tensor([talk._context.position, talk._context.length])
    return [position, *memory.thinker_cache.state(), *memory.talker_cache.state()]


def identical(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return len(a) == len(b) and all(x.shape == y.shape and bool((x == y).all()) for x, y in zip(a, b, strict=True))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 10**6), max_size=9), seconds=st.sampled_from([0.3, 1.99, 2.0, 2.01, 4.003, 5.7]))
def test_any_split_of_the_sound_reads_the_same(engine: Engine, cuts: list[int], seconds: float) -> None:
    samples = speechlike(seconds)
    with engine.conversation() as whole, engine.conversation() as split:
        whole.add_audio(samples)
        for piece in pieces(samples, cuts):
            split.hear(piece)
        same(answer(whole), answer(split))


def test_finished_blocks_are_read_while_listening(engine: Engine) -> None:
    with engine.conversation() as talk:
        before = talk.tokens
        talk.hear(speechlike(1.0))
        opened = talk.tokens
        talk.hear(speechlike(3.2))
        assert opened - before <= 8, "the first second is no block yet"
        assert talk.tokens - opened >= 100, "two blocks of 50 tokens must have been read"


@pytest.mark.parametrize(("ear", "seconds"), [("engine", 5), ("patient", 5), ("patient", 11)])
def test_camera_beside_the_microphone_equals_a_film_with_its_sound(
    ear: str, seconds: int, request: pytest.FixtureRequest
) -> None:
    engine: Engine = request.getfixturevalue(ear)
    samples = speechlike(seconds)
    frames = np.random.default_rng(1).integers(0, 256, (2 * seconds, 84, 112, 3), dtype=np.uint8)
    with engine.conversation() as film, engine.conversation() as live:
        film.add_video(frames, 2.0, samples)
        for number, frame in enumerate(frames):
            live.see(frame, number / 2)
            live.hear(samples[number * 8000 : (number + 1) * 8000])
        same(answer(film), answer(live))


def test_long_blocks_of_sound_read_the_same_in_any_split(patient: Engine) -> None:
    samples = speechlike(13.1)
    with patient.conversation() as whole, patient.conversation() as split:
        whole.add_audio(samples)
        for piece in pieces(samples, [7000, 95_990, 96_010, 150_000]):
            split.hear(piece)
        same(answer(whole), answer(split))


def test_camera_alone_equals_a_silent_film(engine: Engine) -> None:
    frames = np.random.default_rng(2).integers(0, 256, (7, 84, 84, 3), dtype=np.uint8)
    with engine.conversation() as film, engine.conversation() as live:
        film.add_video(frames, 2.0)
        for number, frame in enumerate(frames):
            live.see(frame, number / 2)
        same(answer(film), answer(live))


def test_camera_that_is_switched_on_late_stands_behind_the_sound(engine: Engine) -> None:
    samples = speechlike(4.6)
    frames = np.random.default_rng(4).integers(0, 256, (4, 84, 84, 3), dtype=np.uint8)
    with engine.conversation() as apart, engine.conversation() as live:
        apart.add_audio(samples)
        apart.add_video(frames, 2.0)
        live.hear(samples[:40_000])
        for number, frame in enumerate(frames):
            live.see(frame, 2.5 + number / 2)
        live.hear(samples[40_000:])
        same(answer(apart), answer(live))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pause_at=st.integers(2000, 60_000), replied=st.booleans())
def test_a_pause_taken_back_never_happened(engine: Engine, pause_at: int, replied: bool) -> None:
    samples = speechlike(4.5)
    with engine.conversation() as plain, engine.conversation() as paused:
        for talk in (plain, paused):
            talk.say("look")
            talk.hear(samples[:pause_at])
        paused.pause()
        if replied:
            for event in paused.reply(seed=3, max_text_tokens=5, max_speech_seconds=0.3):
                if isinstance(event, TextDelta):
                    break
        else:
            list(paused.reply(seed=3, speech=False, max_text_tokens=3))
        paused.resume()
        for talk in (plain, paused):
            talk.hear(samples[pause_at:])
        assert identical(state(plain), state(paused))
        same(answer(plain), answer(paused))


def test_interrupt_cuts_history_to_what_was_heard(engine: Engine) -> None:
    with engine.conversation() as cut, engine.conversation() as short:
        cut.say("tell me")
        done = list(cut.reply(seed=0, greedy=True, max_text_tokens=8, max_speech_seconds=0.5))[-1]
        assert isinstance(done, Done) and len(done.text_tokens) == 8
        cut.interrupt(heard_seconds=done.samples / done.sample_rate / 2)
        kept = cut._last.heard_items() if cut._last else 0
        assert 0 < kept < 7
        short.say("tell me")
        list(short.reply(seed=0, greedy=True, max_text_tokens=kept + 1, max_speech_seconds=0.5))
        short.interrupt(heard_seconds=1e9)
        for talk in (cut, short):
            talk.say("and then?")
        assert [t.shape for t in state(cut)] == [t.shape for t in state(short)]
        same(answer(cut), answer(short))


def test_interrupt_ends_within_a_step(engine: Engine) -> None:
    with engine.conversation() as talk:
        talk.say("tell me")
        after = 0
        for event in talk.reply(greedy=True, max_text_tokens=60):
            if isinstance(event, TextDelta) and not after:
                talk.interrupt()
                after = 1
            elif not isinstance(event, Done):
                after += 1
        assert after <= 2
        assert isinstance(event, Done) and event.interrupted
        talk.say("go on")
        assert answer(talk)[0].text_tokens


def test_speech_begins_before_the_text_is_complete(engine: Engine) -> None:
    with engine.conversation() as talk:
        talk.say("tell me")
        kinds = [type(event) for event in talk.reply(greedy=True, max_text_tokens=120, max_speech_seconds=3)]
    first_sound = kinds.index(SpeechChunk)
    assert TextDelta in kinds[first_sound:], "text must still be coming when the first sound is there"


def test_full_context_forgets_pictures_then_exchanges(engine: Engine) -> None:
    frames = np.random.default_rng(2).integers(0, 256, (8, 112, 112, 3), dtype=np.uint8)
    seen: list[str] = []
    longest = 0
    with engine.conversation() as talk:
        for _ in range(24):
            talk.say("what is this")
            talk.add_video(np.concatenate([frames] * 4), 2.0)
            talk.say("the quick brown fox " * 20)
            for event in talk.reply(greedy=True, speech=False, max_text_tokens=4):
                if isinstance(event, ContextTrimmed):
                    seen.append(event.what)
            longest = max(longest, talk.tokens)
            assert talk._context.position <= engine.context_length + 64
    assert longest <= engine.context_length
    assert "pictures" in seen and "exchange" in seen and seen[0] == "pictures"


def test_forgetting_the_oldest_equals_never_having_heard_it(engine: Engine) -> None:
    """Keys that were moved up stand where they would have stood: only what later tokens had seen of it remains."""
    with engine.conversation() as talk:
        cache = talk._memory.thinker_cache
        talk.say("the quick brown fox")
        talk.close_turn()
        talk.say("jumps over")
        talk.close_turn()
        first = talk._context._exchanges[1].rows - talk._context._exchanges[0].rows
        layer_keys = cache._keys[0][:, :, talk._context._exchanges[1].rows : cache.length].clone()
        talk._context.capacity = talk.tokens + 10
        with torch.inference_mode():
            talk._context.make_room(20)
        begin = talk._context._exchanges[0].rows
        moved = cache._keys[0][:, :, begin : cache.length].clone()
        assert moved.shape == layer_keys.shape
    with engine.conversation() as fresh:
        fresh.say("jumps over")
        fresh.close_turn()
        cache = fresh._memory.thinker_cache
        assert first > 0
        # the first layer's keys depend on the tokens and their positions alone
        torch.testing.assert_close(moved, cache._keys[0][:, :, begin : cache.length], atol=1e-5, rtol=0)


def test_a_step_has_no_graph_break_and_one_shape_a_bucket(engine: Engine) -> None:
    """What a CUDA graph needs: nothing leaves the tensors, and a whole conversation knows one shape per bucket."""
    graphs: list[object] = []

    def count(graph: torch.fx.GraphModule, _inputs: list[torch.Tensor]) -> Callable[..., object]:
        graphs.append(graph)
        return graph.forward

    def speak(talk: Conversation, question: str) -> None:
        talk.say(question)
        list(talk.reply(seed=0, max_text_tokens=6, max_speech_seconds=0.4))

    with engine.conversation(system="you see") as talk:
        memory = talk._memory
        speak(talk, "tell me")
        steps = [*memory._thinker_steps.values(), *memory._talker_steps.values()]
        plain = [step._function for step in steps]
        torch._dynamo.reset()
        for step in steps:
            step._function = torch.compile(step._function, fullgraph=True, backend=count, dynamic=False)
        try:
            for question in ("what do you see?", "and hear?", "say it again", "and again", "and again"):
                speak(talk, question)
            assert memory.thinker_cache.visible == 256, "one bucket was meant to be enough"
        finally:
            for step, function in zip(steps, plain, strict=True):
                step._function = function
            torch._dynamo.reset()
    assert len(graphs) == 2, "one for the Thinker, one for the Talker"


def test_the_decoder_has_no_graph_break_and_one_shape_a_chunk_length(engine: Engine) -> None:
    token2wav, shapes = engine.token2wav, []
    assert token2wav is not None

    def count(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Callable[..., object]:
        shapes.append(tuple(inputs[0].shape))
        return graph.forward

    def speak(codes: int) -> None:
        stream = SpeechStream(token2wav, engine.voices_by_name[engine.default_voice], engine.settings.speech, seed=0)
        for number in range(codes):
            stream.push(number % 60)
            if number == codes // 3:
                stream.grow()
            list(stream.pull())
        stream.finish()
        assert len(list(stream.pull())) > 0

    plain = token2wav._step._function
    torch._dynamo.reset()
    token2wav._step._function = torch.compile(plain, fullgraph=True, backend=count, dynamic=False)
    try:
        with torch.inference_mode():
            speak(250)
            known = len(shapes)
            speak(311)
    finally:
        token2wav._step._function = plain
        torch._dynamo.reset()
    settings = engine.settings.speech
    assert 0 < known <= settings.left_blocks + settings.most_blocks + settings.right_blocks
    assert len(shapes) == known, "a second reply brought a new shape"


@pytest.mark.parametrize(
    "wrong",
    [np.array([0.1, np.nan] * 900, np.float32), np.zeros((2, 1600), np.float32), np.zeros(1600, np.int16)],
    ids=["not a number", "stereo", "integers"],
)
def test_wrong_sound_is_told_and_changes_nothing(engine: Engine, wrong: np.ndarray) -> None:
    with engine.conversation() as talk:
        talk.hear(speechlike(2.5))
        before = state(talk)
        with pytest.raises(BadInputError):
            talk.hear(wrong)
        assert identical(before, state(talk))
        assert answer(talk)[0].text_tokens


def test_calls_in_a_wrong_order_are_told(engine: Engine) -> None:
    frame = np.zeros((84, 84, 3), np.uint8)
    talk = engine.conversation()
    talk.see(frame, 1.0)
    with pytest.raises(BadInputError, match="order of time"):
        talk.see(frame, 0.5)
    talk.say("what?")
    running = talk.reply(speech=False, max_text_tokens=5)
    next(running)
    with pytest.raises(BadInputError, match="still running"):
        talk.say("more")
    with pytest.raises(BadInputError, match="still running"):
        next(talk.reply())
    list(running)
    with pytest.raises(BadInputError, match="no pause"):
        talk.resume()
    talk.say("and now?")
    with pytest.raises(BadInputError, match="at most"):
        next(talk.reply(max_speech_seconds=100.0))
    with pytest.raises(BadInputError, match="half a character"):
        talk.say("what \ud83d is")
    with pytest.raises(BadInputError, match="resample"):
        talk.hear(speechlike(0.5), sample_rate=48_000)
    assert list(talk.reply(speech=False, max_text_tokens=2))
    talk.close()
    with pytest.raises(BadInputError, match="over"):
        talk.hear(speechlike(0.5))


def test_failed_turn_leaves_no_trace(engine: Engine) -> None:
    with engine.conversation() as talk:
        before = state(talk)
        talk.hear(np.zeros(RATE * 3, np.float32))
        with pytest.raises(BadInputError, match="silent"):
            next(talk.reply())
        talk.say("the " * 5000)
        with pytest.raises(BadInputError, match="are left"):
            next(talk.reply())
        assert identical(before, state(talk))


def test_memory_is_used_again(engine: Engine, tmp_path: Path) -> None:
    with engine.conversation() as first:
        memory = first._memory
    with engine.conversation() as second:
        assert second._memory is memory
        second.say("hello")
        fresh = answer(second)
    with engine.conversation() as third:
        third.say("hello")
        same(fresh, answer(third))
