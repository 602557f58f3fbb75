"""Train the pose-text guide (`personify.motion.priors.pose_text`) on described poses.

    python tools/train_pose_text.py DATA --checkpoint pose_text.pt

Static poses with all their descriptions, frames from the middle of recordings, and frames of the shipped motions under
everything people call them. The report is the rank of a pose among all static ones for half of its own description.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from mocap import CREDIT, Clip, read_clips
from prior_training import arguments, fit
from torch import Tensor
from torch.nn import functional

from personify.body.rotations import axis_angle_to_matrix
from personify.motion.catalogue import ENTRIES, Ask
from personify.motion.priors.pose_text import PoseText
from personify.motion.priors.weights import save_prior

BATCH = 160
SHARES = (0.5, 0.15, 0.35)  # of a batch: static poses, recordings, shipped motions
OPENINGS = (
    "",
    "",
    "",
    "a person ",
    "someone ",
    "a man ",
    "a woman ",
    "a person is ",
    "a rendered 3d man is ",
    "please ",
)
OTHER_SIDE = {"left": "right", "right": "left"}
NOISE = 0.06  # radians on every joint


@dataclass(frozen=True)
class Described:
    """A stretch of poses that one text describes.

    Attributes:
        rotations: [F, 22, 3].
        phrases: descriptions, any of which fits.
        weight: how often it is drawn.
    """

    rotations: Tensor
    phrases: tuple[str, ...]
    weight: float = 1.0


def described_clip(clip: Clip) -> Described:
    """A recording or a static pose; the beginning and end of a recording are on the way to something else."""
    edge = len(clip.rotations) // 4
    phrases = tuple(part.strip() for part in re.split(r",| - ", clip.text) if part.strip())
    return Described(clip.rotations[edge : len(clip.rotations) - edge], phrases, clip.weight)


def described_entries() -> list[Described]:
    """The shipped motions under all their names; sided ones also mirrored, with the side said."""
    result = []
    for entry in ENTRIES:
        motion = entry.make(Ask())
        for image, side in (
            (motion, entry.side),
            (motion.mirrored(), {"left": "right", "right": "left"}.get(entry.side)),
        ):
            edge = 0 if motion.loop else motion.num_frames // 4
            frames = torch.from_numpy(image.rotations[edge : motion.num_frames - edge, :22])
            phrases = tuple(_sided(phrase, side) for phrase in entry.phrases.split(", "))
            result.append(Described(frames, phrases))
    return result


def _sided(phrase: str, side: str | None) -> str:
    if side is None:
        return phrase
    named = phrase.replace(OTHER_SIDE[side], side)
    return named if side in named else f"{phrase} with the {side} hand"


def said(phrases: tuple[str, ...], generator: torch.Generator) -> str:
    """One to three of the phrases in any order, behind an opening."""
    count = int(torch.randint(1, min(3, len(phrases)) + 1, (1,), generator=generator))
    chosen = [_inflected(phrases[k], generator) for k in torch.randperm(len(phrases), generator=generator)[:count]]
    return OPENINGS[int(torch.randint(len(OPENINGS), (1,), generator=generator))] + ", ".join(chosen)


def _inflected(phrase: str, generator: torch.Generator) -> str:
    """Sometimes "kicks" or "kicking" for "kick", and sometimes one word less."""
    words, chance = phrase.split(), float(torch.rand(1, generator=generator))
    verb = words[0]
    if chance < 0.45 and verb.isalpha() and not verb.endswith(("ing", "s")):
        words[0] = present_participle(verb) if chance < 0.35 else f"{verb}s"
    elif chance > 0.85 and len(words) > 2:
        del words[int(torch.randint(len(words), (1,), generator=generator))]
    return " ".join(words)


def present_participle(verb: str) -> str:
    """Of a regular verb: "waving", "running", "kicking"."""
    if verb.endswith("e") and not verb.endswith("ee"):
        return f"{verb[:-1]}ing"
    short = re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb)
    return f"{verb}{verb[-1] if short else ''}ing"


class Sources:
    """Static poses, recordings and shipped motions, drawn in fixed shares."""

    def __init__(self, *kinds: list[Described]) -> None:
        self.kinds = kinds
        self.weights = [torch.tensor([item.weight for item in kind]) for kind in kinds]

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, list[str], Tensor]:
        """Poses [B, 22, 3], a text for each, and the number [B] of what each belongs to."""
        poses, texts, owners = [], [], []
        for k, (kind, weights, share) in enumerate(zip(self.kinds, self.weights, SHARES, strict=True)):
            chosen = torch.multinomial(weights, round(count * share), replacement=True, generator=generator)
            for index in chosen.tolist():
                item = kind[index]
                poses.append(item.rotations[int(torch.randint(len(item.rotations), (1,), generator=generator))])
                texts.append(said(item.phrases, generator))
                owners.append(k * 10_000 + index)
        noise = NOISE * torch.randn(len(poses), 22, 3, generator=generator)
        return torch.stack(poses) + noise, texts, torch.tensor(owners)


def main() -> None:
    options = arguments(__doc__, 1600, "pose_text.safetensors").parse_args()
    static = [described_clip(clip) for clip in read_clips(options.data / "poses.npz")]
    clips = read_clips(options.data / "clips_30fps.npz")
    recordings = [described_clip(image) for clip in clips for image in (clip, clip.mirrored()) if len(clip.text) > 3]
    sources = Sources(static, recordings, described_entries())
    torch.manual_seed(options.seed)
    model = PoseText()

    def loss(step: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        poses, texts, owners = sources.draw(BATCH, generator)
        scale = model.log_scale.clamp(max=4.0).exp()
        logits = scale * model.poses(axis_angle_to_matrix(poses)) @ model.encode_text(texts).T
        same = (owners[:, None] == owners).float()
        target = same / same.sum(1, keepdim=True)
        value = 0.5 * (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target))
        right = same.gather(1, logits.argmax(1, keepdim=True)).mean()
        return value, {"loss": value, "right": right, "scale": scale}

    def ranks() -> str:
        half = [", ".join(item.phrases[::2]) for item in static]
        with torch.no_grad():
            poses = model.poses(axis_angle_to_matrix(torch.cat([item.rotations for item in static])))
            scores = model.encode_text(half) @ poses.T
        place = (scores > scores.diagonal()[:, None]).sum(1)
        first, fifth = (100 * float((place < k).float().mean()) for k in (1, 5))
        return f"pose of its own description first {first:.0f} %, among five {fifth:.0f} %"

    fit(model, loss, options, ranks, every=250)
    about = {"seed": str(options.seed), "steps": str(options.steps), "credit": CREDIT}
    save_prior(model, options.out, {}, report=ranks(), **about)
    print(ranks())


if __name__ == "__main__":
    main()
