"""How often the Talker does not come to an end, goes on and on, or breaks off.

    python -m training.mouth.endings --count 1000

Sentences that it was not trained on, sampled as shipped. It never stops when no end comes within 16 s; it is too long,
or cut, when its time is far from what so many letters take in the voice's recordings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tokenizers import Tokenizer

from evaluation.results import Result, share, table
from training.data.text import is_test, sentences
from training.mouth import talker
from training.mouth.mel import Corpus

CODES_A_SECOND = 25
MOST = 16  # seconds
BATCH = 50
TEMPERATURE, TOP_K, TOP_P = 0.6, 20, 0.8


def unheard(corpus: Corpus, count: int) -> list[str]:
    """Sentences of the voice's list that are in no clip of the training."""
    known = {corpus.clips[i].text for i in corpus.train}
    held = [corpus.clips[i].text for i in corpus.test]
    more = [text for text in sentences(60000) if is_test(text) or text not in known]
    return list(dict.fromkeys(held + more))[:count]


def main() -> None:
    """Print how many of each kind there are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    parser.add_argument("--tokenizer", type=Path, default=Path("runs/thinker/tokenizer.json"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    net = talker.load_talker(args.runs, tokenizer)
    texts = sorted(unheard(Corpus(args.data, args.runs / "mels"), args.count), key=len)
    seconds = []
    for begin in range(0, len(texts), BATCH):
        replies = [tokenizer.encode(text).ids for text in texts[begin : begin + BATCH]]
        spoken = net.speak(replies, TEMPERATURE, TOP_K, TOP_P, MOST * CODES_A_SECOND, seed=begin)
        seconds += [len(codes) / CODES_A_SECOND for codes in spoken]
    lengths = list(zip(seconds, map(len, texts)))
    rows = [
        share("never stopped", [s >= MOST for s, _ in lengths]),
        share("too long", [s > 0.5 + 0.2 * letters for s, letters in lengths]),
        share("cut", [s < 0.03 * letters for s, letters in lengths]),
    ]
    print(table("endings", Result(rows)))


if __name__ == "__main__":
    main()
