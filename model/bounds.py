"""How much is worked on at a time, so that memory does not grow with the length of what is read, and said at most."""

from __future__ import annotations

PREFILL = 512  # tokens that the decoders read together
PATCHES = 4096  # of pictures that the eye looks at together; never less than one pair of frames
MEL_FRAMES = 3000  # 30 s that the ear hears together, in whole blocks
WEIGHTS_AT_ONCE = 1 << 23  # of a quantized layer that are made wide together
MOST_SPEECH_SECONDS = 82.0  # of one reply; the Talker was trained for no more
REMEMBERED = 1536  # tokens of past exchanges on a processor; with more of them every answer comes later
REMEMBERED_EXCHANGES = 8  # that stay however long they are: a film, a text and what was asked about them
