"""Train the shipped image-text model on people from ``tools/perception_data.py``; the judge has its own tool.

    python tools/train_perception.py DATA --out model.safetensors --minutes 40
    python tools/train_perception.py DATA --out model.safetensors --minutes 20 --attack 2.5 --wrecked 0.12
    python tools/train_perception.py DATA --out model.safetensors --minutes 8 --text-only

Runs in chunks: ``OUT.resume`` keeps model, optimiser and step, and the next call goes on from there. The learning rate
falls to zero at the end of every chunk (warm restarts), so the saved weights are always good to use.

Losses (reference: CLIP, Radford et al. 2021): symmetric InfoNCE in which a picture that also fits another caption of
the batch is no negative for it; captions with swapped colours as hard negatives; linear attribute heads on both
embeddings; optionally one-step L2 attacks on the picture (Tsipras et al. 2019) and wrecked textures as pictures that
fit no caption.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import random
import re
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from judge_texts import mistyped
from perception_data import ANYTHING, TASTEFUL
from torch import Tensor
from torch.nn import functional

from personify.files import atomic_path
from personify.perception.labels import FIELDS, visible
from personify.perception.portraits import REGIONS, View, caption_view, part_prompt
from personify.perception.towers import SmallImageText, key
from personify.wardrobe.caption import article, caption
from personify.wardrobe.looks import find_look
from personify.wardrobe.outfit import Outfit

AZIMUTH = {"front": 0.0, "side": math.pi / 2, "back": math.pi}
TEXT_BATCH = 512
FIELD_INDEX = {name: k for k, name in enumerate(FIELDS)}


@dataclass
class People:
    """All shards: pictures stay memory-mapped per shard, the rest is in memory."""

    images: np.ndarray  # [N, S, S, 4] uint8
    labels: Tensor  # [N, F] int64
    visible: Tensor  # [N, F] bool, what the view can show
    views: list[View]
    person: np.ndarray  # [N] index into outfits
    outfits: list[Outfit]
    looks: list[str]  # name of each person's look, or empty


def load(folder: Path) -> People:
    """Read all shards of a folder."""
    paths = sorted(folder.glob("people-*.npz"))
    if not paths:
        raise SystemExit(f"{folder}: no shards; make them with tools/perception_data.py")
    shards = [np.load(path) for path in paths]
    names = np.concatenate([shard["views"] for shard in shards])
    outfits = [Outfit.from_dict(json.loads(text)) for shard in shards for text in shard["outfits"]]
    shown = {name: [visible(f, *name.split()) for f in FIELDS] for name in np.unique(names)}
    views = {name: View(name.split()[0], AZIMUTH[name.split()[1]]) for name in np.unique(names)}
    per_person = len(names) // len(outfits)
    return People(
        images=np.concatenate([shard["images"] for shard in shards]),
        labels=torch.from_numpy(np.concatenate([shard["labels"] for shard in shards]).astype(np.int64)),
        visible=torch.tensor([shown[name] for name in names]),
        views=[views[name] for name in names],
        person=np.arange(len(names)) // per_person,
        outfits=outfits,
        looks=["" if name in (ANYTHING, TASTEFUL) else str(name) for shard in shards for name in shard["origins"]],
    )


def background(count: int, size: int) -> Tensor:  # [N, 3, S, S]
    """Grey, vertical gradients or blurred colour noise."""
    top, bottom = torch.rand(2, count, 3, 1, 1)
    ramp = torch.linspace(0, 1, size).view(1, 1, size, 1)
    noise = functional.interpolate(torch.rand(count, 3, 7, 7), size=size, mode="bilinear")
    gray = (0.3 + 0.7 * torch.rand(count, 1, 1, 1)).expand(count, 3, size, size)
    kind = torch.rand(count, 1, 1, 1)
    return torch.where(kind < 0.45, gray, torch.where(kind < 0.75, top * (1 - ramp) + bottom * ramp, noise))


def wreck(images: Tensor) -> Tensor:  # [N, 4, S, S] -> [N, 4, S, S]
    """Replace or stain the texture inside the silhouette with noise of several scales: no caption fits."""
    count, size = len(images), images.shape[-1]
    noise = torch.zeros(count, 3, size, size)
    for scale in (4, 9, 20, 56):
        coarse = torch.randn(count, 3, scale, scale)
        noise += functional.interpolate(coarse, size=size, mode="bilinear") * torch.rand(count, 1, 1, 1)
    noise = torch.sigmoid(noise * torch.empty(count, 1, 1, 1).uniform_(0.7, 2.5) + torch.randn(count, 3, 1, 1))
    rgb, alpha = images[:, :3], images[:, 3:]
    light = (rgb.mean(1, keepdim=True) / (rgb.mean(1, keepdim=True).amax((2, 3), keepdim=True) + 1e-3)).clamp(0, 1)
    stained = torch.empty(count, 1, 1, 1).uniform_(0.35, 0.8)
    fresh = torch.rand(count, 1, 1, 1) < 0.6
    rgb = torch.where(fresh, noise * (0.5 + 0.5 * light), (1 - stained) * rgb + stained * noise)
    return torch.cat([rgb, alpha], 1)


def placement(count: int, size: int) -> Tensor:  # [N, S, S, 2]
    """Sampling grids of random flips, turns up to 9 degrees, scales and shifts."""
    angle, scale = 0.16 * (2 * torch.rand(count) - 1), torch.empty(count).uniform_(0.85, 1.12)
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    rows = torch.stack([flip * angle.cos(), -angle.sin(), flip * angle.sin(), angle.cos()], -1).view(-1, 2, 2)
    shift = 0.125 * (2 * torch.rand(count, 2, 1) - 1)
    return functional.affine_grid(torch.cat([rows / scale.view(-1, 1, 1), shift], -1), [count, 4, size, size], False)


def hide(x: Tensor) -> None:
    """Paint a grey box into a third of the pictures, so that no single detail tells who somebody is."""
    size = x.shape[-1]
    for k in np.nonzero(np.asarray(torch.rand(len(x)) < 0.33))[0]:
        height, width = torch.randint(size // 10, size // 4, (2,)).tolist()
        top, left = torch.randint(0, size - height, ()), torch.randint(0, size - width, ())
        x[k, :, top : top + height, left : left + width] = torch.rand(())


def compose(rgba: Tensor, augment: bool) -> Tensor:  # [N, 4, S, S] in [0, 1] -> [N, 3, S, S]
    """Pictures over backgrounds; moved, turned, partly hidden, and in other light, blur and noise when training."""
    count, _, size, _ = rgba.shape
    if not augment:
        return rgba[:, :3] * rgba[:, 3:] + 0.88 * (1 - rgba[:, 3:])
    x = functional.grid_sample(rgba, placement(count, size), align_corners=False)
    x = x[:, :3] * x[:, 3:] + background(count, size) * (1 - x[:, 3:])
    hide(x)
    x = x * torch.empty(count, 1, 1, 1).uniform_(0.88, 1.12) + torch.empty(count, 1, 1, 1).uniform_(-0.04, 0.04)
    blemish = torch.rand(())
    if blemish < 0.3:
        x = functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    elif blemish < 0.6:
        x = x + torch.randn_like(x) * 0.05 * torch.rand(count, 1, 1, 1)
    return x.clamp(0, 1)


def swapped_colors(outfit: Outfit, rng: random.Random) -> Outfit | None:
    """The same outfit with the colours of two garments exchanged, or None when that changes nothing."""
    garments = [
        k for k, garment in enumerate(outfit.garments) if garment.slot in ("top", "bottom", "full", "outer", "feet")
    ]
    if len(garments) < 2:
        return None
    a, b = rng.sample(garments, 2)
    first, second = outfit.garments[a], outfit.garments[b]
    if first.color == second.color:
        return None
    worn = list(outfit.garments)
    worn[a], worn[b] = dataclasses.replace(first, color=second.color), dataclasses.replace(second, color=first.color)
    return dataclasses.replace(outfit, garments=tuple(worn))


def describe(outfit: Outfit, look: str, view: View, rng: random.Random) -> tuple[str, list[int]]:
    """A text for one picture and the fields it says something of: a caption, or the name of the look."""
    if look and rng.random() < 0.5:
        named = find_look(look)
        names = [named.name, *named.also, *(named.male if outfit.person.sex == "male" else named.female)]
        told = set(named.attributes(outfit.seed, outfit.person.sex)) | {"person.sex"}
        sex = (
            rng.choice(("male ", "man ", "")) if outfit.person.sex == "male" else rng.choice(("female ", "woman ", ""))
        )
        return part_prompt(article(sex + rng.choice(names)), view), [
            k for name, k in FIELD_INDEX.items() if name in told
        ]
    # People describe whole persons, and scoring says the same words of every part: half of the captions do so too.
    whole = rng.random() < 0.5
    written = caption(outfit, rng, view="full" if whole else caption_view(view))
    text = part_prompt(written.text, view) if whole else written.text
    return text, [FIELD_INDEX[name] for name in written.mentioned if name in FIELD_INDEX]


def roughen(text: str, rng: random.Random) -> str:
    """The text as people type it: sometimes with a typing mistake, without articles, with commas for small words."""
    if rng.random() < 0.25:
        text = re.sub(r"\b(a|an|the) ", "", text)
    if rng.random() < 0.2:
        text = re.sub(r" (and|wearing|with|dressed in|in) ", ", ", text)
    return mistyped(text, rng.choice((0, 0, 0, 1, 1, 2)), rng)


def contrastive(images: Tensor, texts: Tensor, valid: Tensor, scale: Tensor) -> Tensor:
    """InfoNCE both ways; rows of ``images`` and ``texts`` beyond the batch are negatives only.

    Args:
        images: [N + wrecked, D]; texts: [N + swapped, D]; valid: [N, N] picture i fits caption j as well.
    """
    count = len(valid)
    logits = scale * images @ texts.T
    other = torch.zeros_like(logits, dtype=torch.bool)
    other[:count, :count] = valid & ~torch.eye(count, dtype=torch.bool)
    logits = logits.masked_fill(other, -1e4)
    target = torch.arange(count)
    return functional.cross_entropy(logits[:count], target) + functional.cross_entropy(logits[:, :count].T, target)


def head_loss(model: SmallImageText, embeddings: Tensor, labels: Tensor, shown: Tensor) -> Tensor:
    """Mean over fields of the attribute heads' cross entropy where the label is known and shown."""
    total = embeddings.new_zeros(())
    for k, field in enumerate(FIELDS):
        rows = shown[:, k] & (labels[:, k] >= 0)
        if rows.any():
            logits = model.heads[key(field)](model.head_scale * embeddings[rows])
            total = total + functional.cross_entropy(logits, labels[rows, k], reduction="sum") / len(labels)
    return total / 8


class Trainer:
    """One model, its optimiser and the people it sees."""

    def __init__(self, arguments: argparse.Namespace, people: People) -> None:
        self.arguments, self.people = arguments, people
        self.model = SmallImageText()
        self.model.image.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), arguments.rate, betas=(0.9, 0.98), weight_decay=0.05
        )
        self.step = self.seen = 0
        if arguments.init:
            self.model.load_state_dict(SmallImageText.load(arguments.init).state_dict())
        self.resume = arguments.out.with_suffix(".resume")
        if self.resume.exists():
            state = torch.load(self.resume, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.seen = state["step"], state["seen"]
        self.rng = np.random.default_rng([arguments.seed, self.step])
        torch.manual_seed(arguments.seed + self.step)
        self.random = random.Random(f"{arguments.seed}/{self.step}")
        held = arguments.held
        self.train = np.nonzero(people.person >= held)[0]
        self.test = np.nonzero(people.person < held)[0]

    def encode(self, images: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return self.model.encode_image(images.movedim(1, -1))

    def batch(self) -> dict[str, Tensor]:
        """Pictures, caption embeddings' inputs and who fits whom."""
        people, size = self.people, self.arguments.batch
        rows = self.rng.choice(self.train, size, replace=False)
        rgba = torch.from_numpy(people.images[rows]).movedim(-1, 1).float() / 255
        described = [self.describe(r) for r in rows]
        texts = [text for text, _ in described]
        mentioned = torch.zeros(size, len(FIELDS), dtype=torch.bool)
        for k, (_, fields) in enumerate(described):
            mentioned[k, fields] = True
        for r in rows[: size // 2]:
            outfit = swapped_colors(people.outfits[people.person[r]], self.random)
            if outfit is not None and people.views[r].region == "full":
                texts.append(describe(outfit, "", people.views[r], self.random)[0])
        labels = people.labels[rows]
        valid = ((labels[:, None] == labels[None]) | ~mentioned[None]).all(-1)
        images = compose(rgba, augment=True)
        wrecked = int(self.arguments.wrecked * size)
        if wrecked:
            images = torch.cat([images, compose(wreck(rgba[:wrecked]), augment=True)])
        return {
            "images": images,
            "texts": texts,
            "labels": labels,
            "mentioned": mentioned,
            "valid": valid,
            "shown": people.visible[rows],
        }

    def describe(self, row: int) -> tuple[str, list[int]]:
        people, person = self.people, self.people.person[row]
        return describe(people.outfits[person], people.looks[person], people.views[row], self.random)

    def attack(self, images: Tensor, texts: Tensor, valid: Tensor, scale: Tensor) -> Tensor:
        """One gradient step of L2 length ``--attack`` from a random start, against the contrastive loss."""
        radius = self.arguments.attack
        delta = functional.normalize(torch.randn_like(images).flatten(1), dim=1).view_as(images) * radius * 0.5
        delta.requires_grad_(True)
        loss = contrastive(self.encode(images + delta), texts.detach(), valid, scale.detach())
        (gradient,) = torch.autograd.grad(loss, delta)
        delta = delta.detach() + radius * functional.normalize(gradient.flatten(1), dim=1).view_as(images)
        length = delta.flatten(1).norm(dim=1).clamp(min=radius).view(-1, 1, 1, 1)
        return (images + delta * radius / length).clamp(0, 1)

    def run(self) -> None:
        """Train for ``--minutes``; print every 50 steps, save at the end and every few minutes."""
        start = saved = time.perf_counter()
        budget = 60 * self.arguments.minutes
        history = []
        first = self.step
        while (spent := time.perf_counter() - start) < budget:
            warm = min(1.0, (self.step - first + 1) / 100)
            rate = self.arguments.rate * warm * (0.5 + 0.5 * math.cos(math.pi * spent / budget)) + 1e-6
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            history.append(self.update())
            if self.step % 50 == 0:
                contrast, accuracy = np.mean(history[-50:], 0)
                speed = (self.step - first) * self.arguments.batch / spent
                progress = f"step {self.step} seen {self.seen} {speed:.0f}/s, {(budget - spent) / 60:.0f} min left"
                print(f"{progress}, contrast {contrast:.3f}, batch accuracy {accuracy:.3f}", flush=True)
            if time.perf_counter() - saved > 240:
                self.save()
                saved = time.perf_counter()
        self.save()

    def update(self) -> tuple[float, float]:
        model, batch = self.model, self.batch()
        scale = model.log_scale.exp().clamp(max=60)
        texts = model.encode_text(batch["texts"])
        images = batch["images"]
        if self.arguments.attack:
            images = self.attack(images, texts, batch["valid"], scale)
        embeddings = self.encode(images)
        contrast = contrastive(embeddings, texts, batch["valid"], scale)
        count = len(batch["labels"])
        heads = head_loss(model, embeddings[:count], batch["labels"], batch["shown"])
        heads = heads + head_loss(model, texts[:count], batch["labels"], batch["mentioned"])
        loss = contrast + 2 * heads
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        self.optimizer.step()
        self.step += 1
        self.seen += count
        with torch.no_grad():
            logits = (embeddings[:count] @ texts[:count].T).masked_fill(
                batch["valid"] & ~torch.eye(count, dtype=torch.bool), -9
            )
            accuracy = (logits.argmax(1) == torch.arange(count)).float().mean()
        return float(contrast.detach()), float(accuracy)

    @torch.no_grad()
    def embed_all(self) -> Tensor:  # [N, D]
        """Every picture on a plain background through the image tower."""
        chunks = np.array_split(np.arange(len(self.people.images)), max(1, len(self.people.images) // 256))
        load = (torch.from_numpy(self.people.images[rows]).movedim(-1, 1).float() / 255 for rows in chunks)
        return torch.cat([self.encode(compose(rgba, augment=False)) for rgba in load])

    def run_text(self) -> None:
        """Tune the text tower alone against fixed pictures (locked-image tuning, Zhai et al. 2022).

        A text costs a tenth of a picture, so batches can be large and texts many, rough ones included.
        """
        start, first = time.perf_counter(), self.step
        budget = 60 * self.arguments.minutes
        pictures = self.embed_all()
        optimizer = torch.optim.AdamW(self.model.text.parameters(), self.arguments.rate, betas=(0.9, 0.98))
        while (spent := time.perf_counter() - start) < budget:
            for group in optimizer.param_groups:
                group["lr"] = self.arguments.rate * (0.5 + 0.5 * math.cos(math.pi * spent / budget)) + 1e-6
            rows = self.rng.choice(self.train, TEXT_BATCH, replace=False)
            described = [self.describe(r) for r in rows]
            mentioned = torch.zeros(TEXT_BATCH, len(FIELDS), dtype=torch.bool)
            for k, (_, fields) in enumerate(described):
                mentioned[k, fields] = True
            texts = self.model.encode_text([roughen(text, self.random) for text, _ in described])
            labels = self.people.labels[rows].to(torch.int16)
            valid = ((labels[:, None] == labels[None]) | ~mentioned[None]).all(-1)
            scale = self.model.log_scale.exp().clamp(max=60).detach()
            contrast = contrastive(pictures[rows], texts, valid, scale)
            loss = contrast + 2 * head_loss(self.model, texts, self.people.labels[rows], mentioned)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            self.step += 1
            if self.step % 25 == 0:
                speed = (self.step - first) * TEXT_BATCH / spent
                print(f"step {self.step}, {speed:.0f} texts/s, contrast {float(contrast):.3f}", flush=True)
        self.save()

    def save(self) -> None:
        with atomic_path(self.resume) as temporary:
            torch.save(
                {
                    "model": self.model.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "step": self.step,
                    "seen": self.seen,
                },
                temporary,
            )
        self.model.save(self.arguments.out, report=json.dumps({"seen": self.seen, "seed": self.arguments.seed}))

    @torch.no_grad()
    def report(self) -> dict[str, float]:
        """Held-out accuracy of the image heads per region and retrieval among 100 full captions."""
        model, people = self.model.eval(), self.people
        rows = self.test
        rgba = torch.from_numpy(people.images[rows]).movedim(-1, 1).float() / 255
        embeddings = torch.cat([self.encode(compose(chunk, augment=False)) for chunk in rgba.split(128)])
        labels, shown = people.labels[rows], people.visible[rows]
        logits = model.attribute_logits(embeddings)
        result: dict[str, float] = {}
        for region in REGIONS:
            inside = torch.tensor(
                [people.views[r].region == region and people.views[r].facing == "front" for r in rows]
            )
            for k, field in enumerate(FIELDS):
                use = inside & shown[:, k] & (labels[:, k] >= 0)
                if use.sum() >= 30:
                    result[f"{region} {field}"] = float((logits[field][use].argmax(1) == labels[use, k]).float().mean())
        rng = random.Random(0)
        front = [
            k for k, r in enumerate(rows) if people.views[r].region == "full" and people.views[r].facing == "front"
        ]
        front = front[::2][:100]
        texts = [caption(people.outfits[people.person[rows[k]]], rng, view="full").text for k in front]
        similarity = embeddings[front] @ model.encode_text(texts).T
        target = torch.arange(len(front))
        result["image to text R@1 of 100"] = float((similarity.argmax(1) == target).float().mean())
        result["text to image R@1 of 100"] = float((similarity.argmax(0) == target).float().mean())
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--init", type=Path, help="start from these weights where there is no OUT.resume")
    parser.add_argument("--attack", type=float, default=0.0, help="L2 radius of the robust fine-tune, e.g. 2.5")
    parser.add_argument("--wrecked", type=float, default=0.0, help="share of wrecked textures per batch")
    parser.add_argument("--text-only", action="store_true", help="tune the text tower against fixed pictures")
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--held", type=int, default=100, help="people kept for the report")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    people = load(arguments.data)
    trainer = Trainer(arguments, people)
    size = f"{len(people.images)} pictures of {len(people.outfits)} people"
    print(f"{size}, step {trainer.step}, {arguments.threads} threads, cpu", flush=True)
    if arguments.text_only:
        trainer.run_text()
    else:
        trainer.run()
    for name, value in trainer.report().items():
        print(f"{name:40s} {value:.3f}")


if __name__ == "__main__":
    main()
