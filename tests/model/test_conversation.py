"""A conversation as its users see it, on a small random model that answers in words: what each call does to the next
reply. Only the public interface is used; that reading while listening changes nothing is in test_streaming."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from model import load
from model.conversation import Conversation
from model.engine import Engine
from model.errors import BadInputError, CannotRunError
from model.events import Done, SpeechChunk, TextDelta
from model.prompt.tokenizer import read_tokenizer
from model.reply import goes_in_circles

HEAD = "thinker.lm_head.weight"
TONE = (0.3 * np.sin(np.arange(20_000) * 0.08)).astype(np.float32)  # 1.25 s at 16 kHz
PICTURE = np.random.default_rng(4).integers(0, 256, (84, 112, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def engine(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The small model made to answer in whole words, so that its replies as text are its replies as tokens; and with a
    second voice."""
    folder = shutil.copytree(tiny_model, tmp_path_factory.mktemp("conversation") / "words")
    words = add_words(folder / "tokenizer.json")
    shard = folder / json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"][HEAD]
    tensors = load_file(shard)
    others = [token for token in range(len(tensors[HEAD])) if token not in words]
    tensors[HEAD][others] = 0
    save_file(tensors, shard)
    voices = torch.load(folder / "spk_dict.pt", weights_only=True)
    first = voices["First"]
    generator = torch.Generator().manual_seed(1)
    voices["Second"] = {
        "bos_token": first["bos_token"] - 1,
        "cond": torch.randn(first["cond"].shape, generator=generator),
        "ref_mel": torch.randn(first["ref_mel"].shape, generator=generator),
    }
    torch.save(voices, folder / "spk_dict.pt")
    return load(str(folder), device="cpu", precision="fp32")


def add_words(path: Path) -> set[int]:
    """Give the tokenizer a token for a space with each letter, and return the ids of all words of one token: text made
    of them never melts together when it is tokenized again."""
    raw = json.loads(path.read_text())
    vocabulary = raw["model"]["vocab"]
    for letter in "abcdefghijklmnopqrstuvwxyz":
        if f"Ġ{letter}" not in vocabulary:
            vocabulary[f"Ġ{letter}"] = len(vocabulary)
            raw["model"]["merges"].append(["Ġ", letter])
    path.write_text(json.dumps(raw))
    tokenizer = read_tokenizer(path.parent)
    words = {text.replace("Ġ", " "): token for text, token in vocabulary.items() if text[0] == "Ġ"}
    return {token for text, token in words.items() if tokenizer.encode(text) == [token]}


def reply(talk: Conversation, text_tokens: int = 8, seconds: float = 0.4, **options: Any) -> Done:
    """A short greedy reply to its end."""
    options = {"seed": 0, "greedy": True, "max_text_tokens": text_tokens, "max_speech_seconds": seconds, **options}
    done = list(talk.reply(**options))[-1]
    assert isinstance(done, Done)
    return done


Answer = tuple[int, list[int], list[int]]


def answer(talk: Conversation) -> Answer:
    """Length of the prompt, tokens and codes of the reply: what shows whether two conversations have the same past."""
    talk.say("what do you see?")
    done = reply(talk)
    return done.prompt_tokens, done.text_tokens, done.speech_codes


def fresh(engine: Engine, *turns: tuple[str, list[Any]]) -> Answer:
    """What a new conversation answers that was told these turns."""
    with engine.conversation() as talk:
        for role, contents in turns:
            give(talk, *contents)
            talk.close_turn(role)
        return answer(talk)


def give(talk: Conversation, *contents: Any) -> None:
    for content in contents:
        if isinstance(content, str):
            talk.say(content)
        elif content.dtype == np.uint8:
            talk.add_image(content)
        else:
            talk.add_audio(content)


# one reply


def test_text_and_speech_come_interleaved(engine: Engine) -> None:
    """Each has begun before the other one ends, and what they say adds up to what Done says."""
    with engine.conversation() as talk:
        talk.say("tell me")
        *events, done = list(talk.reply(greedy=True, max_text_tokens=90, max_speech_seconds=2.5))
    assert isinstance(done, Done) and not done.interrupted
    texts = [index for index, event in enumerate(events) if isinstance(event, TextDelta)]
    chunks = [index for index, event in enumerate(events) if isinstance(event, SpeechChunk)]
    assert texts[0] < chunks[0] < texts[-1] < chunks[-1]
    assert len(texts) + len(chunks) == len(events)
    assert "".join(events[index].text for index in texts) == done.text  # type: ignore[union-attr]
    speech = [event for event in events if isinstance(event, SpeechChunk)]
    assert [chunk.start for chunk in speech] == list(np.cumsum([0, *(len(c.samples) for c in speech)])[:-1])
    assert sum(len(chunk.samples) for chunk in speech) == done.samples == 60_000
    assert all(chunk.samples.dtype == np.float32 and np.abs(chunk.samples).max() <= 1 for chunk in speech)
    times = [event.at for event in (*events, done)]  # type: ignore[union-attr]
    assert times == sorted(times)
    assert done.timings["first_text"] < done.timings["first_audio"] < done.timings["total"]


def test_a_reply_in_text_alone_is_the_same_text(engine: Engine) -> None:
    with engine.conversation() as talk:
        talk.say("tell me")
        spoken = reply(talk)
    with engine.conversation() as talk:
        talk.say("tell me")
        written = reply(talk, speech=False)
    assert written.text_tokens == spoken.text_tokens
    assert written.speech_codes == [] and written.samples == 0


def test_speech_without_a_talker_is_refused_and_text_is_not(tiny_model: Path) -> None:
    engine = load(str(tiny_model), device="cpu", precision="fp32", speech=False)
    with engine.conversation() as talk:
        talk.say("hello")
        with pytest.raises(CannotRunError, match="without its voice"):
            next(talk.reply())
        assert len(reply(talk, speech=False).text_tokens) == 8


# several turns


@pytest.mark.parametrize("contents", [["tell me"], ["look:", PICTURE, "and say"], [TONE], [TONE, PICTURE]],
                         ids=["text", "picture between texts", "sound", "sound and picture"])
def test_a_reply_given_is_as_if_it_had_been_told(engine: Engine, contents: list[Any]) -> None:
    with engine.conversation() as talk:
        give(talk, *contents)
        first = reply(talk)
        give(talk, "go on", TONE)
        second = reply(talk)
        assert engine.tokenizer.encode(first.text) == first.text_tokens, "or text would not say what was said"
        assert engine.tokenizer.encode(second.text) == second.text_tokens
        after = answer(talk)
    told = fresh(engine, ("user", contents), ("assistant", [first.text]), ("user", ["go on", TONE]),
                 ("assistant", [second.text]))
    assert after == told
    without = fresh(engine, ("user", contents), ("assistant", [first.text]))
    assert after[1:] != without[1:], "nothing depends on the past"


def test_history_by_one_call(engine: Engine) -> None:
    with engine.conversation() as talk:
        talk.add_history("user", ["look", TONE])
        talk.add_history("assistant", [" the"])
        got = answer(talk)
    assert got == fresh(engine, ("user", ["look", TONE]), ("assistant", [" the"]))


def test_the_system_message_is_part_of_the_past(engine: Engine) -> None:
    with engine.conversation(system="you are a fox") as one, engine.conversation(system="") as none:
        assert one.tokens > none.tokens == 0
        assert answer(one)[1:] != answer(none)[1:]


# interruptions


def test_interrupt_from_another_thread_ends_within_a_step(engine: Engine) -> None:
    with engine.conversation() as talk:
        talk.say("tell me")
        after = None
        for event in talk.reply(greedy=True, max_text_tokens=400, max_speech_seconds=8):
            if after is not None:
                after.append(event)
            elif isinstance(event, SpeechChunk):
                thread = threading.Thread(target=talk.interrupt)
                thread.start()
                thread.join()
                after = []
        assert after is not None and len(after) <= 2
        assert isinstance(after[-1], Done) and after[-1].interrupted and len(after[-1].text_tokens) < 100
        assert answer(talk)[1]


def test_a_reply_that_goes_in_circles_ends(engine: Engine) -> None:
    def told(repeats: int) -> list[int]:
        settings = replace(engine.settings, end_after_repeats=repeats)
        with replace(engine, settings=settings).conversation() as talk:
            talk.say("tell me")
            done = reply(talk, text_tokens=250, speech=False)
            assert not done.interrupted and answer(talk)[1]
            return done.text_tokens

    endless, ended = told(0), told(3)
    assert len(endless) == 250 and goes_in_circles(endless, 3)
    assert len(ended) < 250 and ended == endless[: len(ended)]
    assert goes_in_circles(ended, 3) and not goes_in_circles(ended[:-1], 3)


def test_what_goes_in_circles() -> None:
    assert goes_in_circles([9, *[1, 2, 3, 4] * 3], 3)
    assert not goes_in_circles([9, *[1, 2, 3, 4] * 2, 1, 2, 3], 3)
    assert not goes_in_circles([*[1, 2, 3, 4] * 3, 9], 3)
    assert not goes_in_circles([7] * 11, 3) and goes_in_circles([7] * 12, 3)  # "no, no, no" is none


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.11, 0.23])
def test_interrupt_at_any_time(engine: Engine, delay: float) -> None:
    """While the Thinker steps, the DiT solves or the vocoder works: the reply ends soon, the next one is whole."""
    with engine.conversation() as talk:
        talk.say("tell me")
        events = talk.reply(greedy=True, max_text_tokens=3000, max_speech_seconds=80)
        next(events)
        at = [0.0]

        def interrupt() -> None:
            at[0] = time.perf_counter()
            talk.interrupt(heard_seconds=0.0)

        timer = threading.Timer(delay, interrupt)
        timer.start()
        last = list(events)[-1]
        assert time.perf_counter() - at[0] < 2.0
        timer.join()
        assert isinstance(last, Done) and last.interrupted
        talk.say("go on")
        done = reply(talk)
        assert not done.interrupted and done.samples == 9600


def test_what_was_not_heard_is_forgotten(engine: Engine) -> None:
    """However much was heard: the past is the question and the first words of the answer, cut between two of them."""
    kept = []
    for share in (0.0, 0.3, 0.7, 1.0):
        with engine.conversation() as talk:
            talk.say("tell me")
            done = reply(talk)
            talk.interrupt(heard_seconds=share * done.samples / done.sample_rate)
            after = answer(talk)
        words = [engine.tokenizer.decode([token]) for token in done.text_tokens]
        pasts = [
            fresh(engine, ("user", ["tell me"]), ("assistant", ["".join(words[:count])]))
            for count in range(1, len(words) + 1)
        ]
        kept.append(next((count for count, past in enumerate(pasts, 1) if past == after), 0))
    assert kept[0] == 0 < kept[1] < kept[2] < kept[3], kept
    assert kept[3] >= len(words) - 1


def test_interrupt_with_nothing_to_interrupt_does_nothing(engine: Engine) -> None:
    with engine.conversation() as talk:
        talk.interrupt()
        talk.say("tell me")
        talk.interrupt(heard_seconds=3.0)
        assert not reply(talk).interrupted


@pytest.mark.parametrize(
    "leave",
    [lambda events: events.close(), lambda events: (next(events), events.close()), lambda events: None],
    ids=["closed before it began", "closed in the middle", "never begun"],
)
def test_a_reply_that_is_abandoned(engine: Engine, leave: Callable[[Iterator[Any]], Any]) -> None:
    with engine.conversation() as talk:
        talk.say("tell me")
        leave(talk.reply(greedy=True, max_text_tokens=30))
        talk.say("what do you see?")
        done = reply(talk)
        assert not done.interrupted and len(done.text_tokens) == 8 and done.samples == 9600
        assert answer(talk)[1]


def test_an_abandoned_loop(engine: Engine) -> None:
    with engine.conversation() as talk:
        talk.say("tell me")
        for event in talk.reply(greedy=True, max_text_tokens=200):
            if isinstance(event, SpeechChunk):
                break
        assert answer(talk)[1]


# turns that do not happen


def test_discard_forgets_what_was_given(engine: Engine) -> None:
    plain = fresh(engine, ("user", ["hello"]), ("assistant", [" the"]))
    with engine.conversation() as talk:
        talk.discard()
        talk.add_history("user", ["hello"])
        talk.add_history("assistant", [" the"])
        before = talk.tokens
        give(talk, "forget this", TONE, PICTURE)
        talk.hear(np.tile(TONE, 3))
        talk.see(PICTURE, 0.5)
        assert talk.tokens > before
        talk.discard()
        assert talk.tokens == before
        assert answer(talk) == plain


WRONG: dict[str, Callable[[Conversation], Any]] = {
    "spaces": lambda talk: talk.say(" \n"),
    "silence": lambda talk: talk.add_audio(np.zeros(16_000, np.float32)),
    "too short": lambda talk: talk.add_audio(TONE[:500]),
    "nothing heard": lambda talk: talk.add_audio(TONE[:0]),
    "stereo": lambda talk: talk.add_audio(np.stack([TONE, TONE])),
    "no pixels": lambda talk: talk.add_image(PICTURE[:0]),
    "a line": lambda talk: talk.add_image(np.zeros((1, 500, 3), np.uint8)),
    "grey": lambda talk: talk.add_image(PICTURE[:, :, 0]),
    "floats": lambda talk: talk.add_image(PICTURE / 255.0),
    "too much text": lambda talk: (talk.say("the quick brown fox " * 3000), talk.close_turn()),
    "a film whose sound is too long": lambda talk: talk.add_video(
        np.zeros((20, 56, 56, 3), np.uint8), 0.1, np.tile(TONE, 1 + 200 * 16_000 // len(TONE))
    ),
    "a strange role": lambda talk: (talk.say("hi"), talk.close_turn("narrator")),
    "an empty turn": lambda talk: talk.close_turn(),
    "a picture by the assistant": lambda talk: (talk.add_image(PICTURE), talk.close_turn("assistant")),
    "no question": lambda talk: next(talk.reply()),
    "a strange voice": lambda talk: talk.set_voice("Zoe"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_input_leaves_no_trace(engine: Engine, what: str) -> None:
    plain = fresh(engine, ("user", ["hello"]), ("assistant", [" the"]))
    with engine.conversation() as talk:
        talk.add_history("user", ["hello"])
        talk.add_history("assistant", [" the"])
        before = talk.tokens
        with pytest.raises(BadInputError) as caught:
            WRONG[what](talk)
        assert str(caught.value).endswith((".", "First, Second.")) and "\n" not in str(caught.value)
        talk.discard()
        assert talk.tokens == before
        assert answer(talk) == plain


def test_a_long_text_is_told_how_much_fits(engine: Engine) -> None:
    with engine.conversation() as talk:
        talk.say(" z" * 5000)
        with pytest.raises(BadInputError) as caught:
            reply(talk)
        sentence = str(caught.value)
        fits = int(sentence.split("only ")[1].split()[0])
        margin = 30  # the turn's header and end
        talk.say(" z" * (fits - margin))
        assert reply(talk, text_tokens=4).text_tokens


# voices


def test_voices_change_the_sound_and_not_the_text(engine: Engine) -> None:
    def speak(talk: Conversation) -> tuple[list[int], list[int], np.ndarray]:
        talk.say("tell me")
        *events, done = list(talk.reply(seed=0, greedy=True, max_text_tokens=8, max_speech_seconds=0.4))
        assert isinstance(done, Done)
        chunks = [event.samples for event in events if isinstance(event, SpeechChunk)]
        return done.text_tokens, done.speech_codes, np.concatenate(chunks)

    with engine.conversation() as first, engine.conversation(voice="second") as second:
        one, two = speak(first), speak(second)
    with engine.conversation() as talk:
        talk.set_voice("SECOND")
        changed = speak(talk)
        with pytest.raises(BadInputError, match="First, Second"):
            talk.set_voice("Zoe")
        assert talk.voice is not None and talk.voice.name == "Second"
    assert one[0] == two[0] == changed[0]
    assert not np.array_equal(one[2], two[2])
    assert two[1] == changed[1] and np.array_equal(two[2], changed[2])


def test_an_unknown_voice_opens_no_conversation(engine: Engine) -> None:
    with pytest.raises(BadInputError, match="its voices: First, Second"):
        engine.conversation(voice="Zoe")
