"""From probabilities to turns: what is passed on, what is kept, when the loudspeaker waits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.call.ears import Ears, Framer, Told, TurnChange
from app.call.turn import Event, State, TurnRules
from app.call.vad import FRAME, FRAME_SECONDS

VOICE, SILENCE = 0.9, 0.05
STARTED, PAUSED, WENT_ON, ENDED = TurnChange


class Loudspeaker:
    def __init__(self) -> None:
        self.playing = self.held = False
        self.holds = 0

    def hold(self) -> None:
        self.held, self.holds = True, self.holds + 1

    def carry_on(self) -> None:
        self.held = False


class Call:
    """Ears whose voice detector is told what it hears; each frame carries its own number."""

    def __init__(self, complete: float = 0.9, rules: TurnRules | None = None) -> None:
        self.loudspeaker = Loudspeaker()
        self.complete = complete
        self.judged = np.zeros(0)
        self.rules = rules or TurnRules()
        self.ears = Ears(self.rules, self.loudspeaker, self, self._judge)
        self.frames = 0
        self.told: list[Told] = []
        self._probability = 0.0

    def probability(self, frame: np.ndarray) -> float:
        return self._probability

    def reset(self) -> None:
        pass

    def _judge(self, samples: np.ndarray) -> float:
        self.judged = samples
        return self.complete

    def hear(self, probability: float, seconds: float, deaf: bool = False) -> list[TurnChange]:
        """What changes meanwhile."""
        before = len(self.told)
        for _ in range(round(seconds / FRAME_SECONDS)):
            self._probability = probability
            self.ears.sounding = self.loudspeaker.playing
            self.told += self.ears.hear(np.full(FRAME, self.frames, np.float32), deaf)
            self.frames += 1
        return [told.change for told in self.told[before:] if told.change is not None]

    def answer(self, seconds: float = 1.0) -> None:
        """An answer plays."""
        self.loudspeaker.playing, self.ears.expected = True, False
        self.hear(SILENCE, seconds)

    def passed_on(self) -> list[int]:
        """Numbers of the frames that the turn was given."""
        pieces = [told.samples[::FRAME] for told in self.told if told.samples is not None]
        return [int(n) for n in np.concatenate(pieces)] if pieces else []


def test_turn_begins_with_the_third_voiced_frame_and_has_what_was_before_it() -> None:
    call = Call()
    call.hear(SILENCE, 2.0)
    assert call.hear(VOICE, 2 * FRAME_SECONDS) == [] and call.hear(VOICE, FRAME_SECONDS) == [STARTED]
    first = call.passed_on()[0]
    spoken_from = call.frames - 3
    assert 0.25 < (spoken_from - first) * FRAME_SECONDS < 0.35
    call.hear(VOICE, 1.0)
    assert call.passed_on() == list(range(first, call.frames)), "each frame once, in order"


def test_click_begins_nothing() -> None:
    call = Call()
    for _ in range(20):
        assert call.hear(VOICE, 2 * FRAME_SECONDS) == [] and call.hear(SILENCE, 0.1) == []


def test_trailing_off_is_still_speaking() -> None:
    call = Call()
    call.hear(VOICE, 0.5)
    assert call.hear(0.4, 3.0) == []  # not enough to begin, enough to go on


def test_complete_turn_is_answered_behind_closed_doors_and_then_ends() -> None:
    call = Call(complete=0.9)
    call.hear(VOICE, 1.0)
    assert call.hear(SILENCE, 0.25) == [PAUSED]
    paused = call.told[-1] if call.told[-1].change else next(t for t in reversed(call.told) if t.change)
    assert paused.silence == pytest.approx(call.rules.breath, abs=FRAME_SECONDS)
    assert call.hear(SILENCE, 0.3) == [ENDED]
    ended = next(t for t in reversed(call.told) if t.change)
    assert ended.silence == pytest.approx(call.rules.end_silence, abs=2 * FRAME_SECONDS)


def test_end_is_judged_by_the_whole_turn_and_its_pause() -> None:
    call = Call()
    call.hear(VOICE, 3.0)
    call.hear(SILENCE, 0.25)
    heard = call.judged[::FRAME]
    assert len(heard) * FRAME_SECONDS == pytest.approx(3.2, abs=0.1)
    assert list(heard) == list(range(int(heard[0]), int(heard[0]) + len(heard)))


def test_who_goes_on_is_heard_whole() -> None:
    call = Call(complete=0.9)
    call.hear(VOICE, 1.0)
    assert call.hear(SILENCE, 0.25) == [PAUSED]
    assert call.hear(VOICE, 0.3) == [WENT_ON]
    passed = call.passed_on()
    assert passed == list(range(passed[0], call.frames)), "the pause is part of what was said"


def test_incomplete_turn_waits_for_the_slow_speaker_and_not_for_ever() -> None:
    call = Call(complete=0.1)
    call.hear(VOICE, 1.0)
    for _ in range(3):
        assert call.hear(SILENCE, 1.2) == [PAUSED] and call.hear(VOICE, 0.5) == [WENT_ON]
    assert call.hear(SILENCE, 1.5) == [PAUSED, ENDED]


def test_breath_between_two_words_is_taken_back_whole() -> None:
    call = Call()
    call.hear(VOICE, 1.0)
    assert call.hear(SILENCE, 0.15) == [PAUSED] and not len(call.judged), "it is not asked yet whether it is complete"
    assert call.hear(VOICE, 0.3) == [WENT_ON]
    passed = call.passed_on()
    assert passed == list(range(passed[0], call.frames))


def test_voice_over_the_answer_holds_it_at_once_and_interrupts_if_it_lasts() -> None:
    call = Call()
    call.answer(2.0)
    call.ears.disturb()
    assert call.loudspeaker.held, "silent before it is known what it was"
    assert call.hear(VOICE, 0.85) == [STARTED]
    begun = call.passed_on()[0] * FRAME_SECONDS
    assert 2.0 - 0.45 < begun < 2.0, "what was said over the answer is not lost"


def test_noise_holds_the_answer_before_it_is_known_what_it_is() -> None:
    call = Call()
    call.answer(2.0)
    call.ears.disturb()
    assert call.loudspeaker.held
    assert call.hear(VOICE, 0.5) == [] and call.hear(VOICE, 0.35) == [STARTED], "a voice, and it lasts"


def test_noise_that_is_no_voice_makes_the_answer_wait_for_a_moment() -> None:
    call = Call()
    call.answer(2.0)
    call.ears.disturb()
    assert call.hear(SILENCE, 0.3) == [] and call.loudspeaker.held
    assert call.hear(SILENCE, 0.3) == [] and not call.loudspeaker.held
    assert call.ears.machine.state is State.ANSWERING and call.passed_on() == []


def test_noise_holds_nothing_where_nobody_is_listened_to() -> None:
    call = Call()
    call.answer(1.0)
    call.hear(SILENCE, 0.1, deaf=True)
    call.ears.disturb()
    assert not call.loudspeaker.held


def test_pieces_are_cut_into_frames_with_interruptions_at_their_place() -> None:
    framer = Framer()
    found = [*framer.push(np.arange(700, dtype=np.float32), [480]), *framer.push(np.arange(700, 1100), [20])]
    assert [frame is None for frame in found] == [True, False, True, False]
    frames = [frame for frame in found if frame is not None]
    assert np.array_equal(np.concatenate(frames), np.arange(1024))


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.5])
def test_mhm_and_cough_only_make_it_wait(seconds: float) -> None:
    call = Call()
    call.answer(2.0)
    call.ears.disturb()
    assert call.hear(VOICE, seconds) == [] and call.loudspeaker.held
    assert call.hear(SILENCE, 0.4) == [] and not call.loudspeaker.held
    assert call.hear(SILENCE, 3.0) == [] and call.passed_on() == []
    assert call.ears.machine.state is State.ANSWERING


def test_stop_said_twice_stops() -> None:
    call = Call()
    call.answer(2.0)
    call.ears.disturb()
    call.hear(VOICE, 0.4)
    call.hear(SILENCE, 0.8)
    assert not call.loudspeaker.held
    call.ears.disturb()
    assert call.hear(VOICE, 0.4) == [STARTED]


def test_voice_that_no_noise_announces_holds_the_answer_once_it_lasts() -> None:
    call = Call()
    call.answer(2.0)
    assert call.hear(VOICE, 0.5) == [] and not call.loudspeaker.held, "it may be the answer's own, a little of it"
    assert call.hear(VOICE, 0.15) == [] and call.loudspeaker.held
    assert call.hear(VOICE, 0.2) == [STARTED]


def test_voice_that_begins_in_the_last_moment_of_an_answer_is_heard_whole() -> None:
    call = Call()
    call.answer(2.0)
    assert call.hear(VOICE, 0.45) == []
    call.loudspeaker.playing = False
    assert call.hear(VOICE, 0.5) == [STARTED]
    assert 2.0 - 0.45 < call.passed_on()[0] * FRAME_SECONDS < 2.0


def test_what_was_left_of_the_answer_itself_begins_no_turn() -> None:
    call = Call()
    call.answer(2.0)
    call.hear(VOICE, 0.25)
    call.loudspeaker.playing = False
    assert call.hear(SILENCE, 3.0) == [] and call.passed_on() == []
    assert call.ears.machine.state is State.LISTENING


def test_noise_as_the_answer_ends_begins_no_turn() -> None:
    call = Call()
    call.answer(2.0)
    call.ears.disturb()
    call.loudspeaker.playing = False  # there was nothing left that could have been held
    assert call.hear(SILENCE, 3.0) == [] and call.passed_on() == []
    assert call.ears.machine.state is State.LISTENING and not call.loudspeaker.held


def test_echo_that_lasts_is_no_turn_until_it_has_died_away() -> None:
    """A canceller that has not learned the room yet lets the answer through; what is held is heard a little longer."""
    call = Call()
    call.answer(2.0)
    call.ears.echoing = True
    assert call.hear(VOICE, 0.65) == [] and call.loudspeaker.held
    assert call.hear(VOICE, 0.25) == [], "that was still on its way through the room"
    call.ears.echoing = False
    assert call.hear(SILENCE, 0.4) == [] and not call.loudspeaker.held
    call.ears.echoing = True
    assert call.hear(SILENCE, 2.6) == [] and call.hear(VOICE, 0.85) == []
    call.ears.echoing = False
    assert call.hear(VOICE, 0.1) == [STARTED], "who goes on speaking is heard"


def test_second_thought_as_the_answer_begins_belongs_to_the_turn() -> None:
    call = Call()
    call.hear(VOICE, 1.0)
    assert call.hear(SILENCE, 0.5) == [PAUSED, ENDED]
    call.loudspeaker.playing = True
    call.hear(SILENCE, 0.2)
    call.ears.disturb()
    assert call.hear(VOICE, 0.85) == [WENT_ON]
    passed = call.passed_on()
    assert passed == list(range(passed[0], call.frames))


def test_deaf_ears_hear_nothing_and_complete_what_was_being_said() -> None:
    call = Call()
    call.hear(VOICE, 1.0)
    assert call.hear(VOICE, 1.0, deaf=True) == [ENDED]
    call.ears.expected = False
    assert call.hear(VOICE, 1.0, deaf=True) == []
    assert call.hear(VOICE, 0.2) == [STARTED]


def test_answer_that_is_held_when_ears_close_goes_on() -> None:
    call = Call()
    call.answer(1.0)
    call.ears.disturb()
    call.hear(VOICE, 0.2)
    assert call.loudspeaker.held
    call.ears.tell(Event.DROP)
    assert not call.loudspeaker.held


def test_turn_ended_by_hand_needs_a_silence_before_the_next() -> None:
    call = Call()
    call.hear(VOICE, 0.5)
    assert [told.change for told in call.ears.tell(Event.END)] == [ENDED]
    call.answer(0.0)
    assert call.hear(VOICE, 2.0) == []
    assert call.hear(SILENCE, 0.4) == [] and call.hear(VOICE, 0.5) == []  # the breath between two words
    call.loudspeaker.playing = False
    assert call.hear(SILENCE, 0.7) == []
    assert call.hear(VOICE, 0.2) == [STARTED]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["voice", "silence", "mumble", "noise", "answer", "silent", "deaf", "end", "drop"]),
            st.floats(0.03, 2.0),
        ),
        max_size=20,
    ),
    st.floats(0, 1),
)
def test_whatever_is_heard_no_frame_is_told_twice_and_changes_alternate(
    heard: list[tuple[str, float]], complete: float
) -> None:
    call = Call(complete)
    open_turn = False
    for what, seconds in heard:
        before = len(call.told)
        match what:
            case "answer":
                call.loudspeaker.playing = True
            case "silent":
                call.loudspeaker.playing = call.ears.expected = False
            case "end" | "drop":
                dropped = what == "drop" and call.ears.in_turn
                call.told += call.ears.tell(Event.END if what == "end" else Event.DROP)
                open_turn = open_turn and not dropped
            case "noise":
                call.ears.disturb()
            case _:
                level = {"voice": VOICE, "mumble": 0.4}.get(what, SILENCE)
                call.hear(level, seconds, deaf=what == "deaf")
        for told in call.told[before:]:
            match told.change:
                case TurnChange.STARTED | TurnChange.WENT_ON:
                    assert not (open_turn and told.change is STARTED)
                    open_turn = True
                    call.loudspeaker.playing = call.loudspeaker.held = False  # who is told of it stops the answer
                case TurnChange.ENDED:
                    assert open_turn
                    open_turn = False
                case None:
                    assert open_turn, "sound without a turn"
    passed = call.passed_on()
    assert passed == sorted(set(passed)), "each frame at most once, in order"
    assert call.loudspeaker.held == (call.ears.machine.state in (State.HELD, State.HELD_EARLY, State.INSISTING))
