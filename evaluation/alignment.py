"""What time-aligned positions are worth: which color was there when the bell rang, and the same without them.

    python -m evaluation.alignment --aligned runs/aligned.pt --plain runs/plain.pt --ear runs/ear/frozen.pt

Both are checkpoints of training.thinker.together, from the same beginning and with the same lessons and steps, one of
them with --plain-order: pictures and sound of a film numbered one after the other, as text is. The films are those of
the suite "sound-and-picture" (chance: one in three), which no training has seen. The suite itself runs in the engine;
here the training's own network reads them, since no engine can be told to number them otherwise.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from evaluation.results import Result, share, table
from evaluation.scenes import FPS, Scene, scenes
from evaluation.words import right
from model.checkpoint.weights import read_tensors
from model.rope import VideoSpan
from model.thinker.vision_encoder import VisionEncoder
from training.ear.resume import Ear, ear_of
from training.ear.sound import collate, log_mel
from training.eye.train import CONFIG, eye_state, patches
from training.thinker.factors import factors_of, stored
from training.thinker.network import SUFFIX, Network
from training.thinker.samples import sample, with_sound

SIDE = 84  # of its films in nano's eye, in pixels


@torch.no_grad()
def answer(network: Network, eye: VisionEncoder, ear: Ear, scene: Scene, plain_order: bool) -> str:
    """What the network says of a film with sound."""
    assert scene.samples is not None
    frames = [Image.fromarray(f).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for f in scene.frames]
    pairs = np.stack(frames).reshape(-1, 2, SIDE, SIDE, 3)
    seen = eye(*patches(pairs))
    (heard,) = ear(*collate([log_mel(torch.from_numpy(scene.samples))]), alone=False)
    film = VideoSpan(len(pairs), SIDE // 28, SIDE // 28, 2 / FPS, len(heard))
    rows, _ = with_sound(network, seen, heard, film)
    asked = sample(network, [(rows, film)], [(scene.question + SUFFIX, "")], plain_order)
    prompt = torch.cat([asked.shared, network.embed(asked.asked[0])])
    places = asked.positions()[:, : len(prompt)]
    (said,) = network.generate([prompt], network.prefix(), places=[places])
    return network.tokenizer.decode(said).strip()


def main() -> None:
    """Both, with 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/nano"))
    parser.add_argument("--aligned", type=Path, help="checkpoint with time-aligned positions; else the model's own")
    parser.add_argument("--plain", type=Path, help="checkpoint of --plain-order")
    parser.add_argument("--ear", type=Path, help="checkpoint of training.ear")
    parser.add_argument("--number", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    network = Network(args.model, state=stored(args.model)[0])
    eye = VisionEncoder(CONFIG).eval()
    eye.load_state_dict(eye_state(read_tensors(args.model, "thinker.visual.")))
    ear = ear_of(args.ear or args.model, args.model, network)
    films, result = scenes("sound and picture", args.number), Result([])
    for name, checkpoint, plain in (("time-aligned", args.aligned, False), ("plain order", args.plain, True)):
        if plain and checkpoint is None:
            continue
        network.factors = factors_of(checkpoint or args.model)
        said = [answer(network, eye, ear, film, plain) for film in films]
        good = [right(s, f.accepted) and not right(s, f.refused) for s, f in zip(said, films)]
        result.rows.append(share(name, good, chance=1 / 3))
        result.answers += [{"order": name, "question": f.question, "answer": s} for f, s in zip(films, said)]
    print(table("sound and picture", result))
    if args.json:
        args.json.write_text(json.dumps(result.as_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
