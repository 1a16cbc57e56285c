"""What steers the training of ear and Thinker: clips of the two development voices (training.data.kokoro dev), which no
training hears and no figure that is published rests on.

    python -m training.thinker.development --data runs/data --factors runs/eye/together.pt --ear runs/ear/spelling.pt

With --around each question again, in noise 10 dB below it and in a room, of a seed that no training has.
Without --factors or --ear those of the model are taken. Prints, for each voice, how much the answers to its questions
are those to the same typed (words in common over words in either), and the word error rate of what the Thinker writes
when asked to repeat any of its sentences; the latter of people's recordings too (--people, see training.ear.heard).
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import torch

from evaluation.hearing import REPEAT
from evaluation.words import spelled, word_errors
from training.data.clips import read_clips
from training.ear.heard import people
from training.ear.resume import Ear, ear_of
from training.ear.sound import RATE, collate, load_shards, log_mel, plain
from training.ear.surroundings import Surroundings
from training.thinker.factors import stored
from training.thinker.network import BOS, EOS, SUFFIX, Network


def in_common(one: str, other: str) -> float:
    """Words in both texts over words in either, 0 to 1."""
    a, b = set(spelled(one).split()), set(spelled(other).split())
    return len(a & b) / max(1, len(a | b))


def heard(network: Network, encoder: Ear, rows: list[dict], request: str = "") -> list[torch.Tensor]:
    """Prompts of the clips, each with its markers, a typed request and what ends a turn."""
    suffix = network.embed(network.ids(request + SUFFIX))
    prompts: list[torch.Tensor] = []
    for start in range(0, len(rows), 16):
        said = encoder(*collate([log_mel(plain(r)) for r in rows[start : start + 16]]), alone=True)
        prompts += [torch.cat([network.between(BOS, e, EOS), suffix]) for e in said]
    return prompts


def around(rows: list[dict], others: list[dict]) -> list[dict]:
    """Clips in noise (two times of three the murmur of `others`) and in rooms, as clips of voices of their own."""
    rnd = random.Random(99)
    place = Surroundings([plain(r).numpy() for r in rnd.sample(others, min(150, len(others)))], seed=4711)
    out = []
    for row in rows:
        audio = plain(row).numpy()
        for name, heard in (("noise", place.in_noise(audio, 10, rnd)), ("room", place.in_a_room(audio, rnd))):
            pcm = (heard * (0.7 / np.abs(heard).max()) * 32767).astype("<i2")
            out.append(row | dict(voice=f"{row['voice']} ({name})", pcm=pcm, rate=RATE))
    return out


@torch.no_grad()
def main() -> None:
    """Answer, repeat, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/nano"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--factors", type=Path, help="a checkpoint of training.thinker.together")
    parser.add_argument("--ear", type=Path, help="a checkpoint of training.ear")
    parser.add_argument("--people", type=Path, nargs="*", default=[], help="folders of recordings")
    parser.add_argument("--clips", nargs="*", default=["dev-kokoro"], help="names of shards")
    parser.add_argument("--around", action="store_true", help="questions in noise and rooms too")
    parser.add_argument("--show", type=int, default=4, help="answers printed")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    state, factors = stored(args.model)
    network = Network(args.model, state=state)
    network.factors = torch.load(args.factors, weights_only=False)["factors"] if args.factors else factors
    encoder = ear_of(args.ear or args.model, args.model, network)
    rows = [row for name in args.clips for row in read_clips(args.data / name)]
    if args.around:
        questions = [row for row in rows if row["text"].endswith("?")]
        rows += around(questions, load_shards(args.data, ["kokoro", "ear-hibari"], set()))
    rows += [row for folder in args.people for row in people(folder)]
    for voice in dict.fromkeys(r["voice"] for r in rows):
        own = [r for r in rows if r["voice"] == voice]
        asked = [r for r in own if r["text"].endswith("?")]
        typed = network.answers([network.typed(r["text"]) for r in asked])
        spoken = network.answers(heard(network, encoder, asked))
        written = network.answers(heard(network, encoder, own, REPEAT))
        agree = sum(map(in_common, typed, spoken)) / max(1, len(asked))
        errors = [word_errors(r["text"], w) for r, w in zip(own, written)]
        rate = sum(e for e, _ in errors) / sum(n for _, n in errors)
        print(f"{voice}: {len(asked)} answers {agree:.3f} as typed, {len(own)} repeated with a word error rate of "
              f"{rate:.3f}", flush=True)  # fmt: skip
        for row, a, b in list(zip(asked, typed, spoken))[: args.show]:
            print(f"   {row['text']} -> {a!r}, spoken {b!r}")
        for row, text in list(zip(own, written))[: args.show]:
            print(f"   {row['text']} repeated as {text!r}")


if __name__ == "__main__":
    main()
