"""Train the judge on people from ``tools/perception_data.py``: first its eyes, then its reading.

    python tools/train_judge.py OTHERS --out judge.safetensors --minutes 60
    python tools/train_judge.py OTHERS --out judge.safetensors --minutes 20 --texts --rate 2e-3
    python tools/train_judge.py MIXED --out newer.safetensors --minutes 10 --start judge.safetensors --field "made of"

The judge must not share people with the shipped model: make ``OTHERS`` with another seed. The picture tower learns to
name every attribute (cross entropy), on small pictures first; wrecked textures should tell nothing. The text tower then
learns, against fixed pictures, what each wording of ``judge_texts.py`` asks for. With ``--start`` it goes on from a
model that knew fewer fields; with ``--field`` it learns that field alone, on features that stay as they are.
``MIXED`` also holds shards of people made of lava or ice: half of the pictures then show those. Runs in chunks:
``OUT.resume`` keeps model, optimisers and step; the learning rate falls to zero in each.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from judge_materials import Made
from judge_texts import roughen, write
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional
from train_perception import People, background, load, placement, wreck

from personify.files import atomic_path
from personify.perception.evidence import (
    AttributeTower,
    EvidenceImageText,
    embed_evidence,
    embed_request,
    real_classes,
)
from personify.perception.labels import FINE_FIELDS, MADE_OF, encode_finely, visible
from personify.perception.portraits import REGIONS, STANDARD_VIEWS, View, part_prompt
from personify.wardrobe.outfit import Outfit

WRECKED = 0.04  # of each batch
UNSEEN = 0.1  # weight of fields that a view cannot show: it should learn to say "as usual"
TEXTS = 128  # per step of the text tower
WORDINGS = 16  # texts per person
SHARPNESS = 15.0  # a weight of a fifth should decide
CLASSES = real_classes()
FIELD_INDEX = {name: k for k, name in enumerate(FINE_FIELDS)}


class Sitters:
    """Pictures and what they show."""

    def __init__(self, people: People, made: list[Made]) -> None:
        self.people, self.made = people, made
        pairs = zip(people.outfits, made, strict=True)
        labels = torch.from_numpy(np.stack([labels_of(outfit, one) for outfit, one in pairs]).astype(np.int64))
        self.labels = labels[torch.from_numpy(people.person)]  # [N, F], -1 = silent
        self.shown = torch.tensor([_shown(view) for view in people.views])  # [N, F] bool
        known = functional.one_hot(labels.clamp(min=0), CLASSES.shape[1]) * (labels >= 0)[..., None]
        self.usual = known.sum(0) / known.sum((0, 2)).clamp(min=1)[:, None]  # [F, K]
        each = len(people.person) // len(people.outfits)
        self.of = [np.arange(k * each, (k + 1) * each) for k in range(len(people.outfits))]

    def pictures(self, rows: np.ndarray) -> Tensor:  # [N, 4, S, S] in [0, 1]
        return torch.from_numpy(self.people.images[rows]).movedim(-1, 1).float() / 255

    def like(self, person: int, view: View) -> list[int]:
        """Pictures of a person from about that side."""
        rows = [r for r in self.of[person] if self.people.views[r].region == view.region]
        close = [r for r in rows if self.people.views[r].facing == view.facing]
        return close or rows


def labels_of(outfit: Outfit, made: Made) -> np.ndarray:  # [F]
    """What can be seen of an outfit once it is made of something; -1 = silent."""
    labels = encode_finely(outfit)
    labels[[FIELD_INDEX[address] for address in made.hidden if address in FIELD_INDEX]] = -1
    if made.of:
        labels[FIELD_INDEX["made of"]] = MADE_OF.index(made.of)
    return labels


def load_made(folder: Path) -> list[Made]:
    """What the people of all shards are made of, in the order of `train_perception.load`."""
    shards = [np.load(path) for path in sorted(folder.glob("people-*.npz"))]
    texts = [shard["made"] if "made" in shard else [""] * len(shard["outfits"]) for shard in shards]
    return [Made.from_json(str(text)) for shard in texts for text in shard]


def _shown(view: View) -> list[bool]:
    return [visible(field, view.region, view.facing) for field in FINE_FIELDS]


def compose(rgba: Tensor, size: int) -> Tensor:  # [N, 4, S, S] -> [N, 3, size, size]
    """Pictures moved and turned a little, in slightly other light, half of them over other backgrounds."""
    count = len(rgba)
    x = torch.cat([rgba[:, :3] * rgba[:, 3:], rgba[:, 3:]], 1)
    if size != x.shape[-1]:
        x = functional.interpolate(x, (size, size), mode="area")
    x = functional.grid_sample(x, placement(count, size), align_corners=False)
    behind = torch.full((count, 3, size, size), 0.88)
    behind[: count // 2] = background(count // 2, size)
    x = x[:, :3] + behind * (1 - x[:, 3:])
    x = x * torch.empty(count, 1, 1, 1).uniform_(0.93, 1.07)
    if torch.rand(()) < 0.2:
        x = x + torch.randn_like(x) * 0.04 * torch.rand(count, 1, 1, 1)
    return x.clamp(0, 1)


class Glance(torch.nn.Module):
    """One field's share of an `AttributeTower`, to be taught alone: its attention, its norm, its classes."""

    def __init__(self, tower: AttributeTower, field: int, features: Tensor) -> None:  # [N, C, h, w]
        super().__init__()
        self.tower, self.field = tower, field
        self.attention = torch.nn.Parameter(tower.attention.weight[field].detach().clone())  # [C, 1, 1]
        self.weight = torch.nn.Parameter(tower.weight[field].detach().clone())  # [2 C, K]
        self.bias = torch.nn.Parameter(tower.bias[field].detach().clone())  # [1, K]
        with torch.no_grad():
            pooled = self.pooled(features)
        self.mean, self.var = pooled.mean(0), pooled.var(0)

    def pooled(self, x: Tensor) -> Tensor:  # [N, C, h, w] -> [N, 2 C]
        x = x.flatten(2).float()
        look = (x * self.attention[..., 0]).sum(1).softmax(-1)
        return torch.cat([(x * look[:, None]).sum(-1), x.mean(-1)], 1)

    def forward(self, x: Tensor) -> Tensor:  # [N, C, h, w] -> [N, K]
        scaled = (self.pooled(x) - self.mean) / (self.var + self.tower.norm.eps).sqrt()
        return (scaled @ self.weight + self.bias).masked_fill(~CLASSES[self.field], -1e4).log_softmax(-1)

    @torch.no_grad()
    def put_back(self) -> None:
        """Hand what was learnt to the tower; a constant in the attention changes nothing."""
        tower, k, part = self.tower, self.field, slice(self.field * len(self.mean), (self.field + 1) * len(self.mean))
        for mine, theirs in (
            (self.attention, tower.attention.weight),
            (self.weight, tower.weight),
            (self.bias, tower.bias),
        ):
            theirs[k] = mine
        tower.norm.running_mean[part], tower.norm.running_var[part] = self.mean, self.var
        tower.norm.weight[part], tower.norm.bias[part] = 1.0, 0.0


def literally(weights: Tensor, labels: Tensor, silent: Tensor) -> Tensor:
    """Weights [N, D - 1] should point at the class that is named and vanish where nothing is said.

    Args:
        labels: [N, F], -1 = not named; silent: [N, F].
    """
    table = torch.full((len(weights), *CLASSES.shape), -1e4)
    table[:, CLASSES] = weights[:, :-1]
    guess = (SHARPNESS * table).log_softmax(-1).gather(2, labels.clamp(min=0)[..., None])[..., 0]
    idle = (weights[:, :-1].square() * silent.repeat_interleave(CLASSES.sum(1), 1)).sum(1).mean()
    return -(guess * (labels >= 0)).sum() / len(weights) / 4 + idle


def contrastive(logits: Tensor, also: Tensor) -> Tensor:
    """InfoNCE both ways for logits [N, N] of pictures and texts; ``also`` [N, N]: text j fits picture i as well."""
    target = torch.arange(len(logits))
    logits = logits.masked_fill(also & (target[:, None] != target), -1e4)
    return functional.cross_entropy(logits, target) + 0.5 * functional.cross_entropy(logits.T, target)


class Muon(torch.optim.Optimizer):
    """Steps of orthogonalised momentum for convolutions (Jordan et al. 2024); here it learns several times faster."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.9) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                memory = self.state[weight].setdefault("memory", torch.zeros_like(weight))
                memory.mul_(group["momentum"]).add_(weight.grad)
                update = orthogonal((weight.grad + group["momentum"] * memory).flatten(1))
                longer = max(1.0, len(update) / update[0].numel()) ** 0.5
                weight.add_(update.view_as(weight), alpha=-group["lr"] * longer)


def orthogonal(matrix: Tensor) -> Tensor:  # [N, M] -> [N, M]
    """Nearly the nearest semi-orthogonal matrix, by five Newton-Schulz steps."""
    tall = len(matrix) > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (2.0315 * square @ square - 4.7750 * square) @ x
    return x.T if tall else x


class Wording(NamedTuple):
    """A text, whose it is, the fields it speaks of [F] bool, and the look it names or an empty string."""

    person: int
    text: str
    told: Tensor
    role: str


class Trainer:
    """The model, its optimisers and the people it sees."""

    def __init__(self, arguments: argparse.Namespace, sitters: Sitters) -> None:
        self.arguments, self.sitters = arguments, sitters
        self.model = EvidenceImageText()
        self.model.image.to(memory_format=torch.channels_last)
        self.model.image.weight.data.zero_()
        self.model.image.bias.data = (sitters.usual + 1e-4).log()[:, None]
        if arguments.start:
            self.grow(load_file(arguments.start))
        kernels = [weight for weight in self.model.image.blocks.parameters() if weight.ndim == 4]
        others = [weight for weight in self.model.image.parameters() if all(weight is not kernel for kernel in kernels)]
        self.painters = (Muon(kernels, 1.0), torch.optim.AdamW(others, 1.0, betas=(0.9, 0.99), weight_decay=0.03))
        mixes = [mix.weight for mix in self.model.text.mixes]
        votes = [weight for weight in self.model.text.parameters() if all(weight is not mix for mix in mixes)]
        adam = torch.optim.AdamW([*votes, self.model.log_scale], 1.0, betas=(0.9, 0.98), weight_decay=0.01)
        self.readers = (Muon(mixes, 1.0), adam)
        self.step = 0
        self.resume = arguments.out.with_suffix(".resume")
        if self.resume.exists():
            self.restore(torch.load(self.resume, weights_only=True))
        self.rng = np.random.default_rng([arguments.seed, self.step])
        torch.manual_seed(arguments.seed + self.step)
        self.random = random.Random(f"{arguments.seed}/{self.step}")
        kinds = np.array([bool(one.of) for one in sitters.made])
        self.held, self.trained, self.pools = [], [], []
        for kind in (False, True):
            people = np.nonzero(kinds == kind)[0]
            held, trained = np.split(people, [min(arguments.held, len(people) // 4)])
            self.held.append(held)
            self.trained.append(trained)
            self.pools.append(np.nonzero(np.isin(sitters.people.person, trained))[0])

    def grow(self, old: dict[str, Tensor]) -> None:
        """Take over the weights of a model whose last fields and classes were missing."""
        votes = len(old["text.vote.bias"]) - 1  # the last one is for saying little
        for name, tensor in self.model.state_dict().items():
            known = old[name]
            if name.startswith("text.vote"):
                tensor[votes:-1] = 0
                tensor[-1], known = known[-1], known[:-1]
            tensor[tuple(slice(length) for length in known.shape)] = known.to(tensor.dtype)

    def draw(self, count: int) -> np.ndarray:
        """Rows of training pictures, half of them of people made of something if there are any."""
        pools = [pool for pool in self.pools if len(pool)]
        parts = np.array_split(np.arange(count), len(pools))
        pairs = zip(pools, parts, strict=True)
        return np.concatenate([self.rng.choice(pool, len(part), replace=False) for pool, part in pairs])

    def see(self, images: Tensor) -> Tensor:  # [N, 3, S, S] -> [N, F, K]
        with torch.autocast("cpu", torch.bfloat16):
            return self.model.image(images.contiguous(memory_format=torch.channels_last))

    def look(self, size: int) -> float:
        """One step of the picture tower."""
        rows = self.rng.permutation(self.draw(self.arguments.batch))
        rgba, wrecked = self.sitters.pictures(rows), int(WRECKED * self.arguments.batch)
        rgba[:wrecked] = wreck(rgba[:wrecked])
        order = torch.randperm(len(rows))
        seen = self.see(compose(rgba[order], size))[order.argsort()]
        labels, shown = self.sitters.labels[rows], self.sitters.shown[rows]
        weights = torch.where(shown, 1.0, UNSEEN) * (labels >= 0)
        loss = -(weights * seen.gather(2, labels.clamp(min=0)[..., None])[..., 0])[wrecked:].sum()
        loss = (loss - (self.sitters.usual * seen[:wrecked]).sum()) / len(rows)
        self.model.image.zero_grad()
        (loss / 10).backward()
        torch.nn.utils.clip_grad_norm_(self.model.image.parameters(), 5.0)
        for painter in self.painters:
            painter.step()
        return float(loss.detach())

    def run_field(self, field: str) -> None:
        """Teach one field to look at what the stages see anyway; all others stay as they are."""
        tower, k = self.model.image.eval(), FIELD_INDEX[field]
        rows = self.draw(min(map(len, self.pools)) * 2)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            chunks = (self.sitters.pictures(some) for some in np.array_split(rows, len(rows) // 64))
            features = torch.cat([tower.features(compose(chunk, self.model.image_size)) for chunk in chunks])
        labels = self.sitters.labels[rows, k]
        weights = torch.where(self.sitters.shown[rows, k], 1.0, UNSEEN) * (labels >= 0)
        glance = Glance(tower, k, features[:: len(features) // 1000])
        adam = torch.optim.AdamW(glance.parameters(), weight_decay=0.3)

        def look(_: float) -> float:
            some = torch.from_numpy(self.rng.choice(len(rows), 256, replace=False))
            loss = -(weights[some] * glance(features[some]).gather(1, labels[some].clamp(min=0)[:, None])[:, 0]).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            return float(loss.detach())

        print(f"{len(rows)} pictures", flush=True)
        self.run((adam,), (5.0,), look, glance.put_back)

    @torch.no_grad()
    def see_all(self) -> Tensor:  # [N, D]
        """Embeddings of all pictures as the tower sees them today."""
        self.model.eval()
        chunks = np.array_split(np.arange(len(self.sitters.labels)), max(1, len(self.sitters.labels) // 128))
        pictures = (compose(self.sitters.pictures(rows), self.model.image_size) for rows in chunks)
        return torch.cat([embed_evidence(self.see(chunk)) for chunk in pictures])

    def read(self, pictures: Tensor) -> float:
        """One step of the text tower, on one of the standard views: whose text is it, and what does it say?"""
        view = STANDARD_VIEWS[self.rng.integers(len(STANDARD_VIEWS))]
        texts = self.next_texts()
        people = [text.person for text in texts]
        rows = np.array([self.rng.choice(self.sitters.like(person, view)) for person in people])
        labels, told = self.sitters.labels[rows], torch.stack([text.told for text in texts])
        with torch.autocast("cpu", torch.bfloat16):
            weights = self.model.text([part_prompt(roughen(text.text, self.random), view) for text in texts]).float()
        logits = self.model.log_scale.exp() * pictures[rows] @ embed_request(weights).T
        contrast = contrastive(logits, self.fits(labels, texts))
        loss = contrast + literally(weights, labels.masked_fill(~(told & torch.tensor(_shown(view))), -1), ~told)
        self.model.text.zero_grad()
        self.model.log_scale.grad = None
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.text.parameters(), 5.0)
        for reader in self.readers:
            reader.step()
        return float(contrast.detach())

    def write(self) -> list[Wording]:
        """Several texts for everybody."""
        people, texts = self.sitters.people, []
        for person in np.concatenate(self.trained).repeat(WORDINGS):
            made = self.sitters.made[person]
            text, addresses, role = write(people.outfits[person], people.looks[person], self.random, made)
            told = torch.zeros(len(FINE_FIELDS), dtype=torch.bool)
            told[[FIELD_INDEX[address] for address in addresses]] = True
            texts.append(Wording(person, text, told, people.looks[person] if role and not made.of else ""))
        return texts

    def next_texts(self) -> list[Wording]:
        """A batch of about equally long texts, so that few words are padding."""
        if not self.batches:
            some = [self.texts[k] for k in self.rng.choice(len(self.texts), 16 * TEXTS, replace=False)]
            some.sort(key=lambda one: one.text.count(" "))
            self.batches = [some[k : k + TEXTS] for k in range(0, len(some), TEXTS)]
            self.random.shuffle(self.batches)
        return self.batches.pop()

    def fits(self, labels: Tensor, texts: list[Wording]) -> Tensor:  # [N, N] bool
        """Whether what text j says is true of person i as well; a role fits whoever wears that look."""
        looks = np.array([self.sitters.people.looks[text.person] for text in texts])
        roles = np.array([text.role for text in texts])
        same = ((labels[:, None] == labels[None]) | ~torch.stack([text.told for text in texts])[None]).all(-1)
        dressed_so = torch.from_numpy(looks[:, None] == roles[None])
        return torch.where(torch.from_numpy(roles != "")[None], dressed_so, same)

    def run_pictures(self) -> None:
        self.model.train()
        sizes = self.arguments.sizes
        self.run(self.painters, (20.0, 1.0), lambda done: self.look(sizes[int(len(sizes) * done)]))

    def run_texts(self) -> None:
        """Locked-image tuning (Zhai et al. 2022)."""
        pictures = self.see_all()
        self.texts, self.batches = self.write(), list[list[Wording]]()
        print(f"{len(self.texts)} texts", flush=True)
        self.run(self.readers, (10.0, 1.0), lambda _: self.read(pictures), self.remember)

    @torch.no_grad()
    def remember(self) -> None:
        """Average the text tower with the one it started from, so that little is unlearned (Wortsman et al. 2022)."""
        if self.arguments.start:
            old = EvidenceImageText()
            self.model, new = old, self.model
            self.grow(load_file(self.arguments.start))
            self.model = new
            for mine, theirs in zip(new.text.parameters(), old.text.parameters(), strict=True):
                mine.lerp_(theirs, self.arguments.keep)

    def run(
        self,
        optimizers: tuple[torch.optim.Optimizer, ...],
        factors: tuple[float, ...],
        update: Callable[[float], float],
        finish: Callable[[], None] = lambda: None,
    ) -> None:
        """Train for ``--minutes``; print every 100 steps, save at the end and every few minutes."""
        start = saved = time.perf_counter()
        history: list[float] = []
        while (done := (time.perf_counter() - start) / (60 * self.arguments.minutes)) < 1:
            warm = min(1.0, (len(history) + 1) / 100)
            rate = self.arguments.rate * warm * (0.5 + 0.5 * math.cos(math.pi * done)) + 1e-6
            for optimizer, factor in zip(optimizers, factors, strict=True):
                optimizer.param_groups[0]["lr"] = factor * rate
            history.append(update(done))
            self.step += 1
            if self.step % 100 == 0:
                left = (1 - done) * self.arguments.minutes
                print(f"step {self.step}, {left:.1f} min left, loss {np.mean(history[-100:]):.3f}", flush=True)
            if time.perf_counter() - saved > 240:
                self.save()
                saved = time.perf_counter()
        finish()
        self.save()

    def save(self) -> None:
        state = {"model": self.model.state_dict(), "step": self.step}
        state["optimizers"] = [optimizer.state_dict() for optimizer in (*self.painters, *self.readers)]
        with atomic_path(self.resume) as temporary:
            torch.save(state, temporary)
        self.model.save(self.arguments.out, steps=str(self.step))

    def restore(self, state: dict) -> None:
        self.model.load_state_dict(state["model"])
        self.step = state["step"]
        for optimizer, kept in zip((*self.painters, *self.readers), state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)

    @torch.no_grad()
    def report(self) -> None:
        """Print the accuracy for held-out people of what each region shows from the front."""
        self.model.eval()
        for title, held in zip(("", "made of something: "), self.held, strict=True):
            rows = np.nonzero(np.isin(self.sitters.people.person, held))[0]
            if len(rows):
                self.report_on(rows, title)

    def report_on(self, rows: np.ndarray, title: str) -> None:
        rgba = self.sitters.pictures(rows)
        seen = torch.cat([self.see(x[:, :3] * x[:, 3:] + 0.88 * (1 - x[:, 3:])) for x in rgba.split(128)])
        labels, shown = self.sitters.labels[rows], self.sitters.shown[rows]
        views = [self.sitters.people.views[row] for row in rows]
        for region in REGIONS:
            there = torch.tensor([(view.region, view.facing) == (region, "front") for view in views])
            for k, field in enumerate(FINE_FIELDS):
                use = there & shown[:, k] & (labels[:, k] >= 0)
                if use.sum() >= 30:
                    right = (seen[use, k].argmax(1) == labels[use, k]).float().mean()
                    print(f"{title}{region} {field:30s} {float(right):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--start", type=Path, help="a judge to go on from")
    parser.add_argument("--keep", type=float, default=0.25, help="share of the text tower of --start that stays")
    parser.add_argument("--field", help="learn this field alone, e.g. 'made of'")
    parser.add_argument("--texts", action="store_true", help="tune the text tower against fixed pictures")
    parser.add_argument("--sizes", type=int, nargs="+", default=[56, 80, 112], help="pixels, one after the other")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--held", type=int, default=100, help="people kept for the report")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    trainer = Trainer(arguments, Sitters(load(arguments.data), load_made(arguments.data)))
    if arguments.field:
        trainer.run_field(arguments.field)
    elif arguments.texts:
        trainer.run_texts()
    else:
        trainer.run_pictures()
    trainer.report()


if __name__ == "__main__":
    main()
