"""What the ear alone hears, before any Thinker, as shares of wrong letters and words: of clips by voice, of people's
recordings.

    python -m training.ear.heard --model assets/nano --data runs/data --clips dev-kokoro dev-prose --people FOLDER \
        --ears runs/ear/shipped.pt runs/ear/spelling.pt

`--model` has the words. A folder of people's recordings has a texts.txt, "NAME: what is said" for each file
(evaluation.sounds.prompts); without one, Asterisk's prompts are taken, which are for evaluation alone: nothing may be
chosen by them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from evaluation.sounds import RATE, prompts
from evaluation.words import edits, spelled, word_errors
from model.thinker.lexicon import Lexicon, read_words
from training.data.clips import read_clips
from training.ear.encoder import BLOCK, Encoder, encoder_of
from training.ear.letters import Letters
from training.ear.sound import collate, log_mel, plain
from training.products import fast_products


def people(folder: Path | None, most: int = 30) -> list[dict]:
    """Their recordings as clips, evenly over all there are."""
    said = prompts(folder, least_words=5 if folder is None else 1)
    some = [said[i * len(said) // most] for i in range(most)] if most < len(said) else said
    name = folder.name if folder else "asterisk"
    return [dict(text=r.text, pcm=(r.samples * 32767).astype("<i2"), rate=RATE, voice=name) for r in some]


@torch.no_grad()
def heard(encoder: Encoder, letters: Letters, lexicon: Lexicon, rows: list[dict]) -> list[tuple[str, str]]:
    """(letters, words) of each clip."""
    out = []
    for row in rows:
        mel, lengths = collate([log_mel(plain(row))])
        with fast_products():
            _, middle = encoder.with_middle(mel, lengths, len(encoder.layers))
        stream = middle.float()[:, : int(lengths[0]) // 2]
        (spelling,) = letters.read(stream, lengths // 2)
        blocks = letters(stream)[0].split(BLOCK // 2)
        words = [word for block in blocks for word in lexicon.read(block.numpy())]
        out.append((spelling, " ".join(lexicon.words[word.words[0]] for word in words)))
    return out


def rates(rows: list[dict], said: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Of each voice the shares of wrong letters and of wrong words."""
    counts: dict[str, list[int]] = {}
    for row, (letters, words) in zip(rows, said, strict=True):
        right = spelled(row["text"])
        wrong, number = word_errors(row["text"], words)
        new = edits(list(right), list(letters)), len(right), wrong, number
        counts[row["voice"]] = [a + b for a, b in zip(counts.get(row["voice"], [0] * 4), new)]
    return {voice: (letters / all_letters, words / all_words)
            for voice, (letters, all_letters, words, all_words) in counts.items()}  # fmt: skip


def told(shares: dict[str, tuple[float, float]]) -> str:
    """`rates` for the log."""
    return "  ".join(f"{voice} {letters:.3f} {words:.3f}" for voice, (letters, words) in shares.items())


def main() -> None:
    """One line an ear."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/nano"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--ears", type=Path, nargs="+", required=True, help="checkpoints of training.ear.spelling")
    parser.add_argument("--clips", nargs="*", default=[], help="names of shards")
    parser.add_argument("--people", type=Path, nargs="*", help="folders of recordings; Asterisk's where none is given")
    parser.add_argument("--most", type=int, default=30, help="recordings of a folder")
    args = parser.parse_args()
    torch.set_num_threads(1)
    lexicon = Lexicon(read_words(args.model))
    rows = [row | dict(voice=f"{name}:{row['voice']}") for name in args.clips for row in read_clips(args.data / name)]
    if args.people is not None:
        rows += [row for folder in args.people or [None] for row in people(folder, args.most)]
    for path in args.ears:
        state = torch.load(path, weights_only=False)
        encoder = encoder_of(state["encoder"])
        letters = Letters(encoder.proj.in_features)
        letters.load_state_dict(state["letters"])
        shares = rates(rows, heard(encoder, letters, lexicon, rows))
        print(f"{path.name}: letters and words wrong: {told(shares)}", flush=True)


if __name__ == "__main__":
    main()
