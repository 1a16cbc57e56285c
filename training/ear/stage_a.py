"""Stage A: the ear alone. Whisper's encoder is trained with CTC onto the frozen token embeddings of the Thinker.

    python -m training.ear.stage_a --thinker runs/thinker --whisper WHISPER/model.bin --data runs/data \
        --out runs/ear/stage_a.pt --minutes 40

With `--ear runs/ear/shipped.pt` (training.ear.resume) in place of `--whisper` it goes on from the shipped ear.
`--more-layers 3` puts layers on top, and the stream below them learns to spell (training.ear.letters). It writes a
checkpoint every three minutes and goes on from it when started again.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import torch
from safetensors import safe_open
from tokenizers import Tokenizer

from evaluation.words import word_errors
from training.data.clips import read_clips
from training.data.questions import held_out, normal
from training.ear.ctc import TokenTargets
from training.ear.encoder import Encoder, deeper, encoder_of, load_whisper
from training.ear.letters import Letters
from training.ear.sound import batches, collate, load_shards, log_mel, mask, plain, varied
from training.ear.surroundings import Surroundings, microphone
from training.products import fast_products

# Share of the clips heard in training. Natural voices are few but teach what unheard voices have in common; questions
# are what the product hears; the many sentences of hibari-* bring rare words.
SHARES = {"kokoro*": 0.2, "piper": 0.08, "ear-hibari": 0.19, "mixed": 0.15, "hibari-*": 0.35, "bells": 0.03}


@torch.no_grad()
def errors(encoder: Encoder, targets: TokenTargets, rows: list[dict]) -> tuple[dict[str, float], list[str]]:
    """Word error rate over each voice's clips, and the texts read."""
    wrong: dict[str, int] = {}
    total: dict[str, int] = {}
    heard: list[str] = []
    for i in range(0, len(rows), 16):
        with fast_products():
            e, n = encoder(*collate([log_mel(plain(r)) for r in rows[i: i + 16]]))
        heard += targets.read(e.float(), n)
    for row, text in zip(rows, heard):
        w, t = word_errors(row["text"], text)
        wrong[row["voice"]] = wrong.get(row["voice"], 0) + w
        total[row["voice"]] = total.get(row["voice"], 0) + t
    return {voice: wrong[voice] / total[voice] for voice in wrong}, heard


def by_voice(rates: dict[str, float]) -> str:
    """Word error rates by voice, for the log."""
    return " ".join(f"{voice} {rate:.3f}" for voice, rate in rates.items())


def drawn(groups: dict[str, list[dict]], number: int, rnd: random.Random) -> list[dict]:
    """About `number` clips in the proportions of SHARES, without repeats inside a shard's share."""
    return [r for name, rows in groups.items() for r in rnd.sample(rows, min(len(rows), int(number * SHARES[name])))]


def main() -> None:
    """Train for so many minutes of wall time; rates rise in 40 steps and fall linearly over the second half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("thinker", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--whisper", type=Path, help="begin with this encoder")
    parser.add_argument("--ear", type=Path, help="begin with this checkpoint")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seconds", type=float, default=60, help="audio in a step")
    parser.add_argument("--still", type=int, default=0, help="first layers that stay as they are, with what is below")
    parser.add_argument("--more-layers", type=int, default=0, help="new ones on top, at four times the rate")
    parser.add_argument("--spell-at", type=int, help="how many layers are below the letters (default: the old ones)")
    parser.add_argument("--spelling", type=float, default=1.0, help="weight of the letters' loss")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-4)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    tokenizer = Tokenizer.from_file(str(args.thinker / "tokenizer.json"))
    with safe_open(args.thinker / "thinker.safetensors", "pt") as file:
        table = file.get_tensor("thinker.model.embed_tokens.weight")
    lists = json.loads((args.data / "questions.json").read_text())
    never = held_out() | {normal(t) for t in lists["dev"]}
    groups_of_rows = {name: load_shards(args.data, [name], never) for name in SHARES}
    rows = [r for group in groups_of_rows.values() for r in group]
    texts = {r["text"] for r in rows} | set(lists["questions"]) | set(lists["sentences"])
    targets = TokenTargets(table, tokenizer, sorted(texts))
    development = read_clips(args.data / "dev-kokoro")
    print(f"{len(rows)} clips, {sum(r['samples'] / r['rate'] for r in rows) / 3600:.1f} h, {len(targets.ids)} tokens")
    rnd = random.Random(5)
    place = Surroundings([plain(r).numpy() for r in rnd.sample(rows, min(120, len(rows)))])
    if args.ear:
        state = torch.load(args.ear, weights_only=False)
        encoder = encoder_of(state["encoder"])
        targets.blank.data.copy_(state["blank"])
    else:
        encoder = load_whisper(args.whisper)
        with torch.no_grad():  # start at the blank, so that silence is right from the first step
            encoder.proj.weight.mul_(0.1)
            encoder.proj.bias.copy_(targets.table[0])
    low = len(encoder.layers)
    encoder, letters = deeper(encoder, args.more_layers), Letters(encoder.proj.in_features)
    head = [*encoder.proj.parameters(), targets.blank]
    for part in (encoder.conv1, encoder.conv2, *encoder.layers[: args.still]) if args.still else ():
        part.requires_grad_(False)
    new = [p for layer in encoder.layers[low:] for p in layer.parameters()]
    fresh = set(map(id, new))
    body = [p for n, p in encoder.named_parameters()
            if p.requires_grad and not n.startswith("proj.") and id(p) not in fresh]
    groups = [dict(params=body, lr=args.rate, base=args.rate), dict(params=head, lr=args.rate, base=5 * args.rate),
              dict(params=[*new, *letters.parameters()], lr=args.rate, base=4 * args.rate)]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)
    step, spent = 0, 0.0
    if args.out.exists():
        state = torch.load(args.out, weights_only=False)
        encoder.load_state_dict(state["encoder"])
        letters.load_state_dict(state["letters"])
        targets.blank.data.copy_(state["blank"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["spent"]
    rnd = random.Random(step)
    begun = saved = time.time() - spent
    queue: list[list[dict]] = []
    losses: list[float] = []
    spellings: list[float] = [0.0]
    clips = 0

    def save() -> None:
        state = dict(encoder=encoder.state_dict(), blank=targets.blank.data, letters=letters.state_dict(),
                     optimizer=optimizer.state_dict(), step=step, spent=time.time() - begun)
        torch.save(state, args.out.with_suffix(".tmp"))
        args.out.with_suffix(".tmp").replace(args.out)

    while (share := (time.time() - begun) / 60 / args.minutes) < 1:
        if not queue:  # read again what may have grown meanwhile
            groups_of_rows = {name: load_shards(args.data, [name], never) for name in SHARES}
            queue = list(batches(drawn(groups_of_rows, 2000, rnd), args.seconds, rnd))
        batch = queue.pop()
        factor = min(1.0, (step + 1) / 40) * min(1.0, max(0.02, 2 * (1 - share)))
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * factor
        mel, lengths = collate([mask(microphone(log_mel(varied(r, rnd, place)), rnd), rnd) for r in batch])
        with fast_products():
            e, middle = encoder.with_middle(mel, lengths, args.spell_at or low)
        texts = [r["text"] for r in batch]
        loss = targets.loss(e.float(), lengths // 4, texts, rnd)
        if args.more_layers:
            spelling = letters.loss(middle.float(), lengths // 2, texts)
            loss, spellings = loss + args.spelling * spelling, [*spellings[-19:], spelling.item()]
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*body, *head, *new, *letters.parameters()], 1.0)
        optimizer.step()
        step, clips = step + 1, clips + len(batch)
        losses.append(loss.item())
        if step % 20 == 0:
            recent, spelled = sum(losses[-20:]) / 20, sum(spellings) / len(spellings)
            minutes = (time.time() - begun) / 60
            print(f"{step} loss {recent:.3f}, spelling {spelled:.3f}, clips {clips}, minutes {minutes:.2f}", flush=True)
        if time.time() - saved > 180:
            save()
            saved = time.time()
            wer, heard = errors(encoder, targets, development)
            print(f"   development WER {by_voice(wer)}  {heard[:4]}", flush=True)
    save()
    wer, heard = errors(encoder, targets, development)
    print(f"end: development WER {by_voice(wer)}, step {step}, {(time.time() - begun) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
