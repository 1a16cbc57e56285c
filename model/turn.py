"""One turn while it comes in: everything is encoded and read into the context at once, as far as it is complete.

What is left for the end of a turn is a part of a block of sound (of 2 s, nano's of 6) and the closing tokens. Text
waits until something else or the end follows, because neighbouring text is tokenized together. A camera beside a
microphone alternates with it in chunks of 2 s, pictures first, as in a video with its sound (paper §2.2; anatomy §1.7).
"""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from model.context import Context, line
from model.errors import BadInputError
from model.film import watch
from model.given import check_audible
from model.lanes import to_device
from model.prompt.mel import MelStream
from model.prompt.pieces import (
    AudioPiece,
    EncodedPiece,
    Piece,
    TextPiece,
    VideoPiece,
    encode_piece,
    hear,
    piece_length,
)
from model.rope import grid_positions
from model.thinker.vision_encoder import PatchGrid

if TYPE_CHECKING:
    from model.engine import Engine


class Turn:
    """A turn of `role`; it begins where the context stands. Raises BadInputError for what cannot be read.

    Attributes:
        empty: whether nothing has been given yet.
        begun: where in the context it began.
    """

    def __init__(self, engine: Engine, context: Context, role: str = "user") -> None:
        self._engine, self._context = engine, context
        self.begun = context.mark()
        self._header = engine.tokenizer.turn_start
        self._role = role
        self._text = ""
        self._opened = False  # whether the header has been read
        self._senses: LiveSenses | None = None
        self._unread: list[EncodedPiece] = []  # what the senses have left, where the end is read with it
        self.empty = True

    def copy(self) -> Turn:
        """The same state over the same context; for going back to it."""
        twin = copy.copy(self)
        twin._unread = list(self._unread)
        twin._senses = self._senses.copy() if self._senses is not None else None
        return twin

    def say(self, text: str) -> None:
        """Typed text."""
        self._end_senses()
        self._text += text
        self.empty = False

    def add(self, piece: Piece) -> None:
        """A whole clip, picture or film."""
        self._end_senses()
        self._read_text()
        self.empty = False
        if isinstance(piece, VideoPiece):
            watch(self._engine, self._context, piece)
            return
        if isinstance(piece, AudioPiece) and self._engine.config.thinker.audio.letters:
            piece = hear(self._engine.thinker, piece)  # it takes less room than its time: how much is only known now
        self._context.make_room(piece_length(piece, self._engine.config.thinker.vision.spatial_merge_size) + 1)
        encoded = encode_piece(self._engine.thinker, piece, self._context.position)
        if encoded.forgettable:
            self._context.read_pictures(encoded, encoded.next_position - self._context.position)
        else:
            self._context.read([encoded])

    def hear(self, samples: np.ndarray) -> None:
        """Sound that goes on from call to call: float32 mono 16 kHz."""
        self._listen().hear(samples)
        self.empty = False

    def see(self, frame: np.ndarray, at: float) -> None:
        """A camera frame uint8 [H, W, 3], `at` seconds since the turn began, later than the one before."""
        self._listen().see(frame, at)
        self.empty = False

    def close(self, role: str) -> None:
        """The turn is over and needs no answer; it was `role`'s, which may only be told now if it holds text alone."""
        if role != self._role and self._opened:
            raise BadInputError(f"An earlier turn of the {role} can hold text only.")
        self._role = role
        self._end_senses()
        self._read_text()

    def end_senses(self) -> float:
        """Nothing more is heard or seen; the seconds it took to encode the rest of it, which `finish` reads."""
        begun = time.perf_counter()
        if self._senses is not None:
            self._unread = self._senses.finish()
            self._senses = None
        return time.perf_counter() - begun

    def finish(self, closing: list[int]) -> Tensor:
        """The turn is over; read `closing` behind it. Hidden states [S, hidden] of the end."""
        self.end_senses()
        unread, self._unread = self._unread, []
        ids = [*self._take_text(), *closing]
        self._context.make_room(rows_of(unread) + len(ids) + 1)
        start = unread[-1].next_position if unread else self._context.position
        return self._context.read([*unread, encode_piece(self._engine.thinker, TextPiece(ids), start)])

    def _listen(self) -> LiveSenses:
        if self._senses is None:
            self._read_text()
            self._senses = LiveSenses(self._engine, self._context)
        return self._senses

    def _end_senses(self) -> None:
        self.end_senses()
        if self._unread:
            self._context.read(self._unread)
            self._unread = []

    def _take_text(self) -> list[int]:
        """Ids of the header, once, and of the text that waits."""
        tokenizer = self._engine.tokenizer
        text, self._text = self._text, ""
        if self._opened:
            return tokenizer.encode(text) if text else []
        self._opened = True
        return [self._header, *tokenizer.encode(f"{self._role}\n{text}")]

    def _read_text(self) -> None:
        if ids := self._take_text():
            self._context.make_room(len(ids) + 1)
            self._context.read([encode_piece(self._engine.thinker, TextPiece(ids), self._context.position)])


class LiveSenses:
    """Microphone and camera of a turn. Whether both are there is seen in the first block of sound; what begins later
    than that stands behind the other one."""

    def __init__(self, engine: Engine, context: Context) -> None:
        self._engine, self._context = engine, context
        config = engine.config.thinker
        self._tokens, self._per_second = config.tokens, config.position_id_per_seconds
        self._chunk = config.seconds_per_chunk
        self._block = 2 * config.audio.n_window  # mel frames
        self._merge = config.vision.spatial_merge_size
        self._mel: MelStream | None = None
        self._grid: PatchGrid | None = None
        self._single: tuple[float, np.ndarray] | None = None  # a frame that waits for its second
        self._pairs: list[tuple[float, Tensor]] = []  # (time, embeddings [S, hidden]) not read yet
        self._last_at = -1.0
        self._open: str = ""  # "", "sound", "pictures" or "both"
        self._base = 0  # position of time zero
        self._zero = 0.0  # when that is, in seconds of the turn: its beginning, or that of a film without sound
        self._after = 0  # position behind the last chunk
        self._unread: list[EncodedPiece] = []  # of this chunk
        self._heard = 0  # sound tokens read

    def copy(self) -> LiveSenses:
        twin = copy.copy(self)
        twin._mel = self._mel.copy() if self._mel is not None else None
        twin._pairs, twin._unread = list(self._pairs), list(self._unread)
        return twin

    def hear(self, samples: np.ndarray) -> None:
        if self._mel is None:
            self._mel = MelStream(self._engine.mel_front_end)
            if self._open == "pictures":
                self._close()
                self._read()
        self._mel.push(samples)
        while (block := self._mel.take(self._block)) is not None:
            self._read_chunk(block)
            self._read()

    def see(self, frame: np.ndarray, at: float) -> None:
        if at <= self._last_at:
            raise BadInputError(f"Camera frames must come in order of time; {at:.2f} s follows {self._last_at:.2f} s.")
        self._last_at = at
        if self._single is None:
            self._single = at, frame
            return
        first_at, first = self._single
        self._single = None
        self._encode_pair(first_at, first, frame)
        if self._mel is None and at >= self._chunk:  # nobody speaks: pictures alone
            self._read_chunk(None)
            self._read()

    def finish(self) -> list[EncodedPiece]:
        """The turn is over: what is left of it and not read yet."""
        if self._single is not None:
            at, frame = self._single
            self._encode_pair(at, frame, frame)
            self._single = None
        rest = None
        if self._mel is not None:
            check_audible(self._mel.samples, self._mel.peak)
            rest = self._mel.finish()
        if rest is not None or self._pairs:
            self._read_chunk(rest, last=True)
        self._close()
        unread, self._unread = self._unread, []
        return unread

    def _put(self, piece: EncodedPiece) -> None:
        self._context.make_room(rows_of(self._unread) + len(piece.embeds) + 3)
        self._unread.append(piece)

    def _read(self) -> None:
        if self._unread:
            self._context.read(self._unread)
            self._unread = []

    def _encode_pair(self, at: float, first: np.ndarray, second: np.ndarray) -> None:
        patches, self._grid = self._engine.patch_front_end.pair(first, second, self._grid)
        seen = self._engine.thinker.visual(to_device(patches, self._context.device), self._grid)
        self._pairs.append((at, seen))

    def _read_chunk(self, mel: Tensor | None, last: bool = False) -> None:
        """A block of sound in chunks of 2 s, each behind the pictures of its time; without sound, the pictures."""
        if not self._open:
            self._open_markers(mel is not None)
        heard = self._encode_sound(mel)
        chunks = [None] if heard is None else list(heard.split(self._chunk * self._per_second))
        for number, chunk in enumerate(chunks, 1):
            self._read_pictures_until(chunk, everything=last and number == len(chunks))
            if chunk is not None and len(chunk):
                positions = line(self._base + self._heard, len(chunk), self._context.device)
                self._heard += len(chunk)
                self._after = self._base + self._heard
                self._put(EncodedPiece(chunk, torch.zeros_like(chunk), positions, self._after))

    def _read_pictures_until(self, chunk: Tensor | None, everything: bool) -> None:
        """The pictures that were seen before a chunk of sound was over."""
        end = (self._heard + (0 if chunk is None else len(chunk))) / self._per_second
        alone = self._open == "pictures" or everything
        ready = [p for p in self._pairs if alone or p[0] < end] if self._open != "sound" else []
        self._pairs = [p for p in self._pairs if not any(p is r for r in ready)]
        for at, seen in ready:
            self._read_pair(at, seen)

    def _encode_sound(self, mel: Tensor | None) -> Tensor | None:
        if mel is None:
            return None
        tower = self._engine.thinker.audio_tower
        weight = self._engine.thinker.model.norm.weight
        mel = mel.to(self._context.device, tower.conv1.weight.dtype)
        heard: Tensor = tower(mel, alone=self._open == "sound").to(weight.dtype)
        return heard

    def _read_pair(self, at: float, seen: Tensor) -> None:
        assert self._grid is not None
        self._read()  # what may be forgotten begins behind it
        seen = seen.to(self._engine.thinker.model.norm.weight.dtype)
        self._context.make_room(len(seen) + 3)
        rows, columns = self._grid.rows // self._merge, self._grid.columns // self._merge
        time = int(torch.tensor(at - self._zero).float() * self._per_second)
        positions = grid_positions([time], rows, columns)
        positions = (positions + self._base).to(self._context.device)
        self._after = int(positions.max()) + 1
        piece = EncodedPiece(seen, torch.zeros_like(seen), positions, self._after)
        self._context.read_pictures(piece, 0)  # time goes on at its own pace, seen or not

    def _open_markers(self, sound: bool) -> None:
        both = sound and bool(self._pairs)
        self._open = "both" if both else "sound" if sound else "pictures"
        self._zero = self._pairs[0][0] if self._open == "pictures" else 0.0
        ids = self._markers("start")
        self._context.make_room(len(ids) + 3)
        start = self._context.position
        self._put_markers(ids, start)
        self._base = self._after = start + 1

    def _close(self) -> None:
        if not self._open:
            return
        self._put_markers(self._markers("end"), self._after)
        pictures_left, self._open = self._pairs, ""
        if pictures_left:  # a camera that was switched on later than the microphone
            self._mel, self._heard = None, 0
            self._read()
            self._read_chunk(None, last=True)
            self._close()

    def _markers(self, side: str) -> list[int]:
        t = self._tokens
        outer, inner = (t.vision_start, t.audio_start) if side == "start" else (t.vision_end, t.audio_end)
        ids = {"both": [outer, inner], "sound": [inner], "pictures": [outer]}[self._open]
        return ids if side == "start" else ids[::-1]

    def _put_markers(self, ids: list[int], position: int) -> None:
        """Markers that open or close together share one position."""
        embeds = self._engine.thinker.embed(torch.tensor(ids, device=self._context.device))
        positions = torch.full((3, len(ids)), position, device=self._context.device)
        self._put(EncodedPiece(embeds, embeds, positions, position + 1))


def rows_of(pieces: list[EncodedPiece]) -> int:
    """How many tokens these are."""
    return sum(len(piece.embeds) for piece in pieces)
