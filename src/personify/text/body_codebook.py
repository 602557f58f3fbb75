"""A code-book of bodies: shape words outside the vocabulary, looked up by an image-text model (AvatarCLIP section 4.1).

Sliders are drawn plausibly and clustered; every centre is drawn as bare clay and as if dressed, from three sides and at
one scale, and embedded. A text is compared by the direction in which it differs from "a person", so that what all these
pictures share counts for nothing. What a body is called is known: captions of all bodies teach a linear map from
differences of pictures to differences of texts, without which a model that never saw clay takes "fat" for "small".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import torch
from scipy.cluster.vq import kmeans2
from torch import Tensor

from personify.body.anny import AnnyBody
from personify.body.measure import age_phenotype, height_cm
from personify.body.mesh import Float
from personify.body.pose import HAND_JOINTS, HEAD_JOINTS, JOINT_INDEX
from personify.errors import PersonifyError
from personify.export.normals import smooth_normals
from personify.files import asset
from personify.motion.priors.weights import read_tensors, write_tensors
from personify.perception.protocol import ImageTextModel
from personify.render.cameras import direction, frame_points
from personify.render.rasterize import rasterize_mesh
from personify.text.reader import check_text
from personify.text.sculpt.prompts import style_for, with_article
from personify.text.shape_vae import direction_scores
from personify.wardrobe.attributes import Attributes, outfit_from
from personify.wardrobe.caption import caption
from personify.wardrobe.figure import Points, default_body

BODIES = 2048
NEUTRAL = "a person"
AZIMUTHS = (0.0, 0.8, 1.57)
_STAGE = np.array([[x, y, z] for x in (-0.55, 0.55) for y in (0.0, 2.05) for z in (-0.3, 0.3)])
_CLAY = (0.62, 0.62, 0.62)
_SKIN, _SHIRT, _TROUSERS, _SHOES = (0.87, 0.68, 0.56), (0.75, 0.78, 0.82), (0.2, 0.25, 0.4), (0.15, 0.13, 0.12)
# How much a unit of each phenotype counts in clustering: what changes a figure more, more.
_IMPORTANCE = {"gender": 0.7, "age": 1.2, "muscle": 1.0, "weight": 1.4, "height": 1.2, "proportions": 0.5}
_SAID = ("person.sex", "person.age_group", "person.build", "person.stature")
_CAPTIONS = 6  # of every body: other words, other attributes left out
_RIDGE = 0.01  # of the mean variance: how strongly the map is held at plain averaging
_TENSORS = ("shapes", "embeddings", "neutral", "alignment", "floor")
Track = Callable[[Sequence[Tensor]], Iterable[Tensor]]


@dataclass(frozen=True)
class BodyCodebook:
    """Bodies and what an image-text model sees in them.

    Attributes:
        shapes: [N, 11] phenotypes of `personify.body.anny.AnnyBody`.
        embeddings: [N, 2, D] mean over sides of each body as clay and dressed, not of unit length.
        neutral: [2, D] the same of the average adult.
        alignment: [2 D, D] from differences of pictures (clay, dressed) to differences of texts.
        floor: [] score that four of five nonsense words stay below.
        model: name of the image-text model.
    """

    shapes: Tensor
    embeddings: Tensor
    neutral: Tensor
    alignment: Tensor
    floor: Tensor
    model: str

    def scores(self, embeddings: Tensor, model: ImageTextModel, text: str) -> Tensor:  # [N, 2, D] -> [N]
        """Cosines of how bodies differ from the neutral one and how the text differs from "a person"."""
        origin, target = _text_embeddings(model, [NEUTRAL, check_text("shape", text)])
        differences = (embeddings - self.neutral).flatten(1) @ self.alignment
        return direction_scores(differences, torch.zeros_like(differences[0]), target - origin)

    def search(
        self, model: ImageTextModel, text: str, count: int = 5, among: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:  # [K, 11], [K]
        """The bodies that fit a text best, best first, and their scores.

        Args:
            model: that made the code-book.
            text: e.g. ``"heavyset"``.
            count: how many.
            among: [N] bool, bodies that come into question; all by default.

        Raises:
            PersonifyError: the code-book was made with another model, or the text is empty.
        """
        if model.name != self.model:
            raise PersonifyError(f"code-book: made with model {self.model!r}, not {model.name!r}; build one for it")
        found = self.scores(self.embeddings, model, text)
        if among is not None:
            found = found.masked_fill(~among, -torch.inf)
        best = found.argsort(descending=True, stable=True)[:count]
        best = best[found[best].isfinite()]
        return self.shapes[best], found[best]

    def refine(
        self, model: ImageTextModel, text: str, shape: Tensor, rounds: int = 2, stride: float = 0.1
    ) -> tuple[Tensor, float]:
        """Coordinate steps from a body [11]: each slider up or down while the score rises, then with half the stride.

        Returns:
            The body [11] and its score, never lower than the start's.
        """
        pictures = BodyPictures(model.image_size)

        def score(candidates: Tensor) -> Tensor:
            return self.scores(torch.stack([pictures.embed(model, one) for one in candidates]), model, text)

        best, value = shape.clone(), float(score(shape[None])[0])
        for _ in range(rounds):
            for k in range(len(_IMPORTANCE)):
                index = pictures.body.shape_names.index(list(_IMPORTANCE)[k])
                candidates = best.repeat(2, 1)
                candidates[:, index] = (candidates[:, index] + torch.tensor([-stride, stride])).clamp(0, 1)
                found = score(candidates)
                if float(found.max()) > value:
                    best, value = candidates[int(found.argmax())], float(found.max())
            stride /= 2
        return best, value

    def save(self, path: Path | str) -> None:
        """Write as safetensors in half precision, atomically."""
        tensors = {name: getattr(self, name) for name in _TENSORS}
        write_tensors(path, tensors, {"kind": "BodyCodebook", "model": self.model})

    @staticmethod
    def load(path: Path | str | None = None) -> BodyCodebook:
        """Inverse of `save`; the shipped code-book by default.

        Raises:
            PersonifyError: missing, damaged or of another kind.
        """
        path = asset("body_codebook.safetensors") if path is None else path
        tensors, about = read_tensors(path, "BodyCodebook")
        try:
            return BodyCodebook(**{name: tensors[name] for name in _TENSORS}, model=about["model"])
        except KeyError as error:
            raise PersonifyError(f"{path}: not a readable code-book of bodies (no {error})") from error


class BodyPictures:
    """Draws bodies as clay and as if dressed, all at one scale, so that tall people look tall."""

    def __init__(self, size: int) -> None:
        self.body: AnnyBody = default_body()
        self.cameras = [frame_points(_STAGE, azimuth, 0.05, size, size, margin=0.02) for azimuth in AZIMUTHS]
        self.colors = [np.full((len(self.body.lbs_weights), 3), _CLAY[0], np.float32), self._clothed()]

    def _clothed(self) -> Float:  # [V, 3]
        weights = self.body.lbs_weights.numpy()

        def share(*names: str) -> Float:
            found: Float = weights[:, [JOINT_INDEX[name] for name in names]].sum(1)
            return found

        limbs = [[f"{side}_{name}" for side in ("left", "right")] for name in ("hip", "knee", "ankle", "foot", "wrist")]
        hip, knee, ankle, foot, wrist = limbs
        groups = {
            _SKIN: share("head", "neck", *HEAD_JOINTS, *HAND_JOINTS, *wrist),
            _TROUSERS: share("pelvis", *hip, *knee),
            _SHOES: share(*ankle, *foot),
        }
        colors = np.full((len(weights), 3), _SHIRT, np.float32)
        for color, weight in groups.items():
            colors[weight > 0.5] = color
        return colors

    @torch.no_grad()
    def draw(self, shape: Tensor) -> Tensor:  # [11] -> [2, sides, S, S, 3]
        """Clay and dressed, from all sides, on light grey."""
        vertices = self.body.rest(shape[None].double())[0][0].float().numpy()
        faces = self.body.faces.numpy()
        points = vertices - [0, vertices[faces.flatten(), 1].min(), 0]
        normals = smooth_normals(points.astype(np.float32), faces)
        pictures = np.full((2, len(self.cameras), self.cameras[0].height, self.cameras[0].width, 3), 0.88, np.float32)
        for k, camera in enumerate(self.cameras):
            seen = rasterize_mesh(points, faces, camera.viewmat, camera.K, camera.width, camera.height)
            hit = seen.face_ids >= 0
            corners, weights = faces[seen.face_ids[hit]], seen.barycentrics[hit][..., None]
            light = direction(AZIMUTHS[k] + 0.5, 0.6)
            lambert = 0.5 + 0.5 * ((normals[corners] * weights).sum(1) @ light).clip(0)[:, None]
            for colors, picture in zip(self.colors, pictures[:, k], strict=True):
                picture[hit] = (colors[corners] * weights).sum(1) * lambert
        return torch.from_numpy(pictures)

    def embed(self, model: ImageTextModel, shape: Tensor) -> Tensor:  # [11] -> [2, D]
        """Mean over sides of the embeddings."""
        pictures = self.draw(shape)
        with torch.no_grad():
            return model.encode_image(pictures.flatten(0, 1)).cpu().unflatten(0, pictures.shape[:2]).mean(1)


def plausible_shapes(count: int, seed: int = 0) -> Tensor:  # [count, 11]
    """Random bodies from children to the old, most of middling build and few extreme in everything at once."""
    rng = np.random.default_rng(seed)
    body = default_body()
    values = {
        "gender": rng.integers(0, 2, count),
        "age": rng.uniform(0.15, 1, count),
        "muscle": rng.beta(2, 2, count),
        "weight": rng.beta(1.6, 1.6, count),
        "height": rng.beta(2, 2, count),
        "proportions": rng.uniform(0.4, 0.9, count),
        "cupsize": rng.beta(3, 3, count),
        "firmness": rng.uniform(0.4, 0.7, count),
    }
    ancestry = dict(zip(("african", "asian", "caucasian"), rng.dirichlet((1, 1, 1), count).T, strict=True))
    columns = [{**values, **ancestry}[name] for name in body.shape_names]
    return torch.from_numpy(np.stack(columns, 1).astype(np.float32))


def build_body_codebook(
    model: ImageTextModel, bodies: int = BODIES, seed: int = 0, progress: Track = iter
) -> BodyCodebook:
    """Cluster plausible bodies by k-means, draw and embed the centres; about two minutes on two cores.

    Args:
        model: any image-text model.
        bodies: how many.
        seed: of the drawing and the clustering.
        progress: shows how far it is, e.g. ``rich.progress.track``.

    Raises:
        PersonifyError: fewer than two bodies.
    """
    if bodies < 2:
        raise PersonifyError(f"bodies: {bodies}; expected at least 2")
    names = default_body().shape_names
    weights = torch.tensor([_IMPORTANCE.get(name, 0.2) for name in names])
    drawn = plausible_shapes(4 * bodies, seed) * weights
    centers, _ = kmeans2(drawn.numpy().astype(np.float64), bodies, iter=8, minit="points", seed=seed)
    shapes = torch.from_numpy(centers.astype(np.float32)) / weights
    pictures = BodyPictures(model.image_size)
    neutral = pictures.embed(model, default_body().shape_vector()[0].float())
    embeddings = torch.stack([pictures.embed(model, shape) for shape in progress(list(shapes))])
    alignment = fit_alignment((embeddings - neutral).flatten(1), _called(model, shapes, seed))
    codebook = BodyCodebook(shapes, embeddings, neutral, alignment, torch.zeros(()), model.name)
    best = torch.stack([codebook.scores(embeddings, model, word).max() for word in _nonsense(seed)])
    return replace(codebook, floor=best.quantile(0.8))


def _nonsense(seed: int, count: int = 60) -> list[str]:
    """Words that nobody knows: whatever score they reach means nothing."""
    random = Random(seed)
    return ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(4, 10))) for _ in range(count)]


def fit_alignment(differences: Tensor, texts: Tensor) -> Tensor:  # [N, 2 D], [N, D] -> [2 D, D]
    """The linear map from differences of pictures to differences of texts, by ridge regression.

    What the bodies do not tell stays as it was published: the mean over clay and dressed.
    """
    size = texts.shape[1]
    mean = torch.eye(size).repeat(2, 1) / 2
    products = differences.T @ differences
    products.diagonal().add_(_RIDGE * products.diagonal().mean())
    change: Tensor = torch.linalg.solve(products, differences.T @ (texts - differences @ mean))
    return mean + change


def _called(model: ImageTextModel, shapes: Tensor, seed: int) -> Tensor:  # [N, 11] -> [N, D]
    """How the mean of some captions of every body differs from "a person"."""
    random = Random(seed)
    texts = []
    for shape in shapes:
        person = outfit_from(body_words(shape))
        for _ in range(_CAPTIONS):
            mentioned = {address for address in _SAID if random.random() < 0.75}
            texts.append(caption(person, random, mentioned, "full").text)
    origin, *said = _text_embeddings(model, [NEUTRAL, *texts]).split([1] + [_CAPTIONS] * len(shapes))
    return torch.stack(said).mean(1) - origin


def _text_embeddings(model: ImageTextModel, texts: Sequence[str]) -> Tensor:  # [N, D]
    style = style_for(model.name)
    with torch.no_grad():
        return model.encode_text([style.replace("{}", with_article(text)) for text in texts]).cpu()


@cache
def _ages() -> tuple[Points, Points]:
    """Anny's ages and the years they stand for."""
    years = np.arange(1.0, 95.5, 0.5)
    return np.array([age_phenotype(year) for year in years]), years


def body_words(shape: Tensor) -> Attributes:  # [11]
    """A body in the words of the wardrobe, so that it can be dressed: sex, age, build, and height in centimetres.

    >>> body_words(default_body().shape_vector(gender=0.0, weight=0.9)[0])["person.build"]
    'heavy'
    """
    body = default_body()
    values = dict(zip(body.shape_names, shape.tolist(), strict=True))
    heavy, strong = values["weight"], values["muscle"]
    build = (
        "muscular"
        if strong > 0.7 and heavy < 0.75
        else "heavy"
        if heavy > 0.7
        else "slim"
        if heavy < 0.3
        else "average"
    )
    with torch.no_grad():
        height = float(height_cm(body(shape[None].double()).vertices[0], body.faces))
    sex = "female" if values["gender"] > 0.5 else "male"
    age = round(max(float(np.interp(values["age"], *_ages())), 4.0), 1)
    height = round(min(max(height, 90.0), 230.0), 1)
    return {"person.sex": sex, "person.age": age, "person.build": build, "person.height": height}
