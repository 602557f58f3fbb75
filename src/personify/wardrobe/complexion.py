"""Skin painted texel by texel: tone, blood, lips, brows, beard shadow, age, nails and pores.

Everything is a function of canonical coordinates baked once per texture size, so a new face costs only arithmetic.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from personify.wardrobe.anatomy import SKIN
from personify.wardrobe.figure import canonical_body, default_body
from personify.wardrobe.noise import smoothstep, value_noise
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.scalp import MIDDLE, beard_field, hairline, recession_of
from personify.wardrobe.uvmap import bake_attributes
from personify.wardrobe.vocabulary import HAIR_COLORS, SKIN_TONES

Map = NDArray[np.float32]
Values = NDArray[np.floating]
Texture = NDArray[np.uint8]


@dataclass(frozen=True)
class Canvas:
    """The body's UV atlas at one size; N texels are inside.

    Attributes:
        inside: [N] flat index of the texels that show skin.
        source: [size * size] for every texel the entry of ``inside`` nearest to it.
        points: [N, 3] canonical coordinates.
        cavity: [N] in [-1, 1], positive in folds and pits.
        masks: name -> [N] painted regions of `AnnyBody.masks`.
        metres: [2, size, size] length of a texel along u and v.
        head: [H] entries of ``inside`` on the head.
    """

    size: int
    inside: NDArray[np.int64]
    source: NDArray[np.int64]
    points: Map
    cavity: Map
    masks: dict[str, Map]
    metres: Map
    head: NDArray[np.int64]

    def spread(self, values: Map) -> Map:  # [N, ...] -> [size, size, ...]
        """Texel values on the whole atlas; outside, the nearest inside value."""
        return values[self.source].reshape(self.size, self.size, *values.shape[1:])


def _cavity(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean-curvature-like concavity per vertex, summed over three scales and squashed to [-1, 1]."""
    from scipy.sparse import coo_matrix, diags

    i, j = (
        np.concatenate([faces, faces[:, ::-1]]).reshape(-1),
        np.concatenate([faces[:, [1, 2, 0]], faces[:, [1, 0, 2]]]).reshape(-1),
    )
    adjacency = coo_matrix((np.ones(len(i)), (i, j)), (len(vertices), len(vertices))).tocsr()
    adjacency.data[:] = 1
    smooth = diags(1 / np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1)) @ adjacency
    normals = np.zeros_like(vertices)
    for k in range(3):
        corners = [vertices[faces[:, (k + n) % 3]] for n in range(3)]
        np.add.at(normals, faces[:, k], np.cross(corners[1] - corners[0], corners[2] - corners[0]))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    total, blurred = np.zeros(len(vertices)), vertices
    for scale in (0.0012, 0.0022, 0.004):
        for _ in range(4):
            blurred = smooth @ blurred
        total += ((blurred - vertices) * normals).sum(1) / scale
    for _ in range(2):
        total = 0.5 * total + 0.5 * (smooth @ total)
    return np.tanh(total / 2)


@functools.lru_cache(maxsize=4)
def canvas(size: int) -> Canvas:
    """The atlas baked at ``size`` x ``size`` texels; cached, the same for every person."""
    from scipy.ndimage import distance_transform_edt

    body = default_body()
    faces, face_uvs = body.faces.numpy(), body.face_uv.numpy()
    skin = faces.max(1) < SKIN.stop  # the eyeballs and the tongue follow the skin and have textures of their own
    points = canonical_body()[0]
    attributes = np.concatenate([points, _cavity(points, faces)[:, None]], 1)
    baked, mask = bake_attributes(body.uv.numpy(), faces[skin], attributes, size, face_uvs[skin], gutter=2)
    inside = np.flatnonzero(mask)
    nearest = distance_transform_edt(~mask, return_distances=False, return_indices=True)
    rank = np.zeros(size * size, np.int64)
    rank[inside] = np.arange(len(inside))
    resized = {
        name: np.asarray(Image.fromarray(value).resize((size, size), Image.Resampling.BILINEAR)).reshape(-1)[inside]
        for name, value in body.masks.items()
    }
    step = [np.linalg.norm(np.gradient(baked[..., :3], axis=axis), axis=-1) for axis in (1, 0)]
    typical = float(np.median(step[0][mask]))
    texels = baked.reshape(-1, 4)[inside]
    head = np.flatnonzero((texels[:, 1] > 1.49) & (np.abs(texels[:, 0]) < 0.11))
    return Canvas(
        size, inside, rank[nearest[0].ravel() * size + nearest[1].ravel()], texels[:, :3].copy(), texels[:, 3].copy(),
        resized, np.clip(np.stack(step), 0.3 * typical, 3 * typical).astype(np.float32), head,
    )  # fmt: skip


def paint_skin(outfit: Outfit, size: int) -> tuple[Texture, Texture]:
    """Albedo and tangent-space normal map [size, size, 3] of a person's skin."""
    atlas = canvas(size)
    seed = int(np.random.default_rng([outfit.seed, 411]).integers(1 << 20))
    tone = 0.965 * np.array(SKIN_TONES[outfit.person.skin], np.float32)  # mottling and studio lights brighten
    color = _flesh(atlas, tone, seed)
    height = 0.00005 * value_noise(atlas.points, 900.0, seed + 5)
    _paint_nails(color, atlas, tone)
    head = atlas.points[atlas.head]
    face = {name: mask[atlas.head] for name, mask in atlas.masks.items()}
    shaded, relief = color[atlas.head], height[atlas.head]
    _paint_blush(shaded, head, face, tone, outfit)
    _paint_age(shaded, relief, head, outfit.person.age, seed)
    _paint_lips(shaded, relief, head, face, tone, outfit)
    _paint_eyes(shaded, head, tone, outfit)
    _paint_beard(shaded, head, face, outfit, seed)
    _paint_brows(shaded, relief, head, outfit, seed)
    _paint_scalp(shaded, relief, head, outfit, seed)
    blend(shaded, face["inside-mouth"], (0.30, 0.08, 0.08))
    color[atlas.head], height[atlas.head] = shaded, relief
    texture = (np.clip(atlas.spread(color), 0, 1) * 255 + 0.5).astype(np.uint8)
    return texture, normal_map(atlas.spread(height), atlas.metres)


def normal_map(height: Map, metres: Map) -> Texture:
    """Tangent-space normals [H, W, 3] (+Y up) of a relief in metres on texels of the given size."""
    slope_u = np.gradient(height, axis=1) / metres[0]
    slope_v = np.gradient(height, axis=0) / metres[1]
    slope_u, slope_v = np.clip(slope_u, -1, 1), np.clip(slope_v, -1, 1)
    normal = np.stack([-slope_u, slope_v, np.ones_like(slope_u)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return (normal * 127.5 + 128).astype(np.uint8)


def blend(color: Map, amount: Values, target: ArrayLike) -> None:
    """Mix ``target`` into texels [N, 3] in place, by ``amount`` [N] clipped to [0, 1]."""
    color += np.clip(amount, 0, 1)[:, None] * (np.asarray(target, np.float32) - color)


def _spot(x: Map, y: Map, at: tuple[float, float], radius: tuple[float, float]) -> Map:
    return np.exp(-(((x - at[0]) / radius[0]) ** 2) - ((y - at[1]) / radius[1]) ** 2)


def _flesh(atlas: Canvas, tone: Map, seed: int) -> Map:
    """Tone with mottling at three scales, darker and redder in folds."""
    points = atlas.points
    mottle = value_noise(points, 9.0, seed) + 0.7 * value_noise(points, 38.0, seed + 1) - 0.85
    grain = value_noise(points, 420.0, seed + 2) - 0.5
    color = tone * (1 + 0.035 * mottle + 0.03 * grain)[:, None]
    red = (value_noise(points, 24.0, seed + 3) - 0.5) * 0.05 + 0.05 * np.maximum(atlas.cavity, 0)
    x, y, z = np.abs(points[:, 0] - MIDDLE), points[:, 1], points[:, 2]
    knees = _spot(y, z, (0.52, 0.06), (0.05, 0.05)) * (x < 0.3)
    elbows = _spot(x, z, (0.456, -0.05), (0.03, 0.04))
    knuckles = smoothstep(0.74, 0.78, x) * value_noise(points, 60.0, seed + 4)
    red += 0.10 * knees + 0.10 * elbows + 0.09 * knuckles
    color *= 1 + red[:, None] * np.array([0.25, -1.0, -0.9], np.float32)
    color *= (1 - 0.16 * np.maximum(atlas.cavity, 0) + 0.03 * np.maximum(-atlas.cavity, 0))[:, None]
    return color


def _paint_nails(color: Map, atlas: Canvas, tone: Map) -> None:
    nails = np.maximum(atlas.masks["fingernails"], atlas.masks["toenails"])
    blend(color, 0.6 * nails, np.clip(tone * 0.75 + np.array([0.24, 0.16, 0.15]), 0, 0.97))


def _paint_blush(color: Map, points: Map, masks: dict[str, Map], tone: Map, outfit: Outfit) -> None:
    x, y, z = np.abs(points[:, 0] - MIDDLE), points[:, 1], points[:, 2]
    cheek = _spot(x, y, (0.046, 1.611), (0.018, 0.015)) * (z > 0.06)
    nose = _spot(x, y, (0.0, 1.606), (0.016, 0.011)) * (z > 0.12)
    chin = _spot(x, y, (0.0, 1.552), (0.018, 0.012)) * (z > 0.1)
    forehead = _spot(x, y, (0.0, 1.70), (0.04, 0.02)) * (z > 0.08)
    strength = 1.1 if outfit.person.sex == "female" or outfit.person.age < 13 else 0.6
    red = strength * (0.55 * cheek + 0.5 * nose + 0.2 * chin + 0.4 * masks["ears"]) - 0.12 * forehead
    color *= 1 + red[:, None] * np.array([0.03, -0.10, -0.09], np.float32)


def _paint_lips(color: Map, relief: Map, points: Map, masks: dict[str, Map], tone: Map, outfit: Outfit) -> None:
    person = outfit.person
    rng = np.random.default_rng([outfit.seed, 412])
    woman = person.sex == "female" and person.age > 16
    wears = woman and rng.random() < 0.35
    rosy = np.array([0.88, 0.58, 0.60]) if woman else np.array([0.87, 0.68, 0.66])
    natural = np.clip(tone * rosy + np.array([0.02, 0.0, 0.0]), 0, 1)
    sticks = np.array([[0.62, 0.10, 0.15], [0.70, 0.28, 0.32], [0.55, 0.12, 0.24], [0.66, 0.33, 0.30]])
    stick = sticks[rng.integers(len(sticks))] * (0.45 + 0.55 * tone.mean() / 0.7)
    lip = 0.45 * stick + 0.55 * natural if wears else natural
    strength = 0.9 if wears else 0.8 if woman else 0.45
    amount = strength * smoothstep(0.2, 0.75, masks["lips"])
    creases = value_noise(points, (900.0, 60.0, 60.0), 17)
    shade = (0.92 + 0.16 * creases)[:, None]
    color += amount[:, None] * (lip * shade - color)
    relief += 0.00012 * masks["lips"] * creases
    x, y = np.abs(points[:, 0] - MIDDLE), points[:, 1]
    seam = np.exp(-(((y - 1.5787) / 0.0010) ** 2)) * smoothstep(0.0215, 0.018, x) * (points[:, 2] > 0.115)
    color *= (1 - 0.3 * seam)[:, None]


def _paint_eyes(color: Map, points: Map, tone: Map, outfit: Outfit) -> None:
    """Darker lids and sockets, the lash line, and sometimes eye shadow."""
    x, y, z = np.abs(points[:, 0] - MIDDLE), points[:, 1], points[:, 2]
    socket = _spot(x, y, (0.030, 1.650), (0.020, 0.010)) * (z > 0.09)
    inner = _spot(x, y, (0.017, 1.647), (0.007, 0.009)) * (z > 0.09)
    under = _spot(x, y, (0.029, 1.632), (0.014, 0.005)) * (z > 0.09)
    color *= 1 - (0.10 * socket + 0.10 * inner + 0.07 * under)[:, None] * np.array([0.8, 1.1, 1.0], np.float32)
    upper, lower = lid_lines()
    above, below = y - np.interp(x, *upper), np.interp(x, *lower) - y
    within = smoothstep(0.0155, 0.0175, x) * smoothstep(0.0445, 0.0425, x) * (z > 0.1)
    female = outfit.person.sex == "female" and outfit.person.age > 13
    liner = np.exp(-((above / (0.0016 if female else 0.0008)) ** 2)) * (0.9 if female else 0.45)
    liner = np.maximum(liner, 0.35 * np.exp(-((below / 0.0008) ** 2))) * within
    blend(color, liner, (0.07, 0.045, 0.04))
    rng = np.random.default_rng([outfit.seed, 413])
    if female and rng.random() < 0.3:
        lid = np.exp(-(((above - 0.003) / 0.0035) ** 2)) * within
        shades = np.array([[0.45, 0.28, 0.25], [0.38, 0.30, 0.38], [0.50, 0.36, 0.30]])
        blend(color, 0.35 * lid, shades[rng.integers(3)] * (0.4 + 0.6 * tone.mean()))


@functools.lru_cache(maxsize=1)
def lid_lines() -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]:
    """Upper and lower lid edges of the canonical eye as polylines (distance from the middle, height)."""
    corners = np.array([0.0165, 0.020, 0.0235, 0.0275, 0.0315, 0.0350, 0.0385, 0.0415, 0.0436])
    upper = np.array([1.6433, 1.6450, 1.6468, 1.6480, 1.6483, 1.6481, 1.6472, 1.6457, 1.6440])
    lower = np.array([1.6430, 1.6416, 1.6408, 1.6404, 1.6402, 1.6405, 1.6414, 1.6426, 1.6438])
    return (corners, upper), (corners, lower)


def _paint_brows(color: Map, relief: Map, points: Map, outfit: Outfit, seed: int) -> None:
    """Brows as single hairs: stretched noise that leans outwards along an arch."""
    rng = np.random.default_rng([outfit.seed, 414])
    female, age = outfit.person.sex == "female", outfit.person.age
    x, y, z = np.abs(points[:, 0] - MIDDLE), points[:, 1], points[:, 2]
    start, end = 0.0125 + rng.normal(0, 0.0006), 0.0545 + rng.normal(0, 0.001)
    s = (x - start) / (end - start)
    arch, lift = (0.0056 if female else 0.0022) + rng.normal(0, 0.0006), rng.normal(0.0005, 0.0008)
    middle = 1.6662 + lift + arch * np.sin(np.clip(s, 0, 1.1) * 2.35) - 0.0024 * np.clip(s - 0.55, 0, 1) ** 1.5
    thick = np.interp(s, [0, 0.12, 0.5, 0.85, 1], [0.7, 1.0, 0.9, 0.5, 0.15])
    thick = thick * ((0.0027 if female else 0.0047) * (1 + rng.normal(0, 0.12)))
    t = (y - middle) / thick
    lean = 0.35 + 0.9 * np.clip(s, 0, 1)
    along = np.stack([x - 0.6 * (y - middle) * lean, (y - middle) * 0.4, 0 * x], 1)
    hairs = value_noise(along, (1300.0, 260.0, 1.0), seed + 31)
    body = smoothstep(1.25, 0.45, np.abs(t)) * smoothstep(-0.06, 0.10, s) * smoothstep(1.05, 0.85, s) * (z > 0.05)
    amount = body * (0.58 + 0.65 * hairs)
    hair = np.array(HAIR_COLORS[outfit.hair.color], np.float32)
    brow = 0.8 * hair if hair.mean() < 0.5 or age > 60 else 0.50 * hair + 0.10 * color.mean(0)
    if hair.mean() < 0.5:  # darker than the skin, yet never colder
        brow = color.mean(0) * np.clip(brow.mean() / color.mean(), 0.10, 0.40)
    blend(color, np.clip(amount, 0, 0.9) * (0.85 if hair.mean() < 0.5 else 0.7), brow)
    relief += 0.00003 * body * hairs


def _paint_beard(color: Map, points: Map, masks: dict[str, Map], outfit: Outfit, seed: int) -> None:
    """Roots under a beard; shaven men keep a faint shadow, unshaven ones short hairs through which skin shines."""
    person, style = outfit.person, outfit.hair.beard
    grown = person.sex == "male" and person.age > 16
    density = {"none": 0.22 if grown else 0.0, "stubble": 0.52}.get(style, 0.85)
    if not density:
        return
    unshaven = style in ("none", "stubble")
    field = beard_field(points, "stubble" if unshaven else style) * (1 - masks["lips"])
    dots = value_noise(points, 1400.0, seed + 41) * 0.8 + 0.6 * value_noise(points, 60.0, seed + 42)
    hair, skin = np.array(HAIR_COLORS[outfit.hair.color], np.float32), color.mean(0)
    if unshaven:
        field = field * (0.65 + 0.35 * smoothstep(0.055, 0.03, np.abs(points[:, 0] - MIDDLE)))
        hair = np.minimum(0.38 * skin + 0.42 * hair, 0.75 * skin)
    blend(color, field * density * np.clip(0.35 + 0.75 * dots, 0, 1.15), hair if unshaven else 0.85 * hair)


_SCALP = {"bald": 0.10, "buzz": 0.80, "mohawk": 0.55}


def _paint_scalp(color: Map, relief: Map, points: Map, outfit: Outfit, seed: int) -> None:
    """Roots and their shadow inside the hairline, so that no bare scalp shows between strands."""
    style, sex = outfit.hair.style, outfit.person.sex
    inside = hairline(points, sex, outfit.seed, recession_of(outfit))
    dots = value_noise(points, 900.0, seed + 51)
    strength = _SCALP.get(style, 0.9) * (sex == "male" or style != "bald")
    if style in _SCALP:
        amount = smoothstep(-0.004, 0.014, inside + 0.008 * (dots - 0.5)) * strength * (0.62 + 0.62 * dots)
    else:  # the finest hairs run out over the forehead
        streaks = value_noise(points, (800.0, 110.0, 70.0), seed + 52)
        amount = smoothstep(-0.008, 0.007, inside + 0.014 * (streaks - 0.5)) * strength
    relief += (0.0006 * dots * amount).astype(relief.dtype)
    blend(color, amount, 0.85 * np.array(HAIR_COLORS[outfit.hair.color], np.float32))


def _paint_age(color: Map, relief: Map, points: Map, age: float, seed: int) -> None:
    """Lines of the forehead, eyes and mouth from the forties on; freckle-like spots from the sixties on."""
    old = float(np.clip((age - 36) / 36, 0, 1))
    if old == 0:
        return
    crease = np.clip(_wrinkles(points, seed), 0, 1)
    crumple = value_noise(points, (420.0, 420.0, 160.0), seed + 64) * value_noise(points, 70.0, seed + 65)
    color *= 1 - old * crease[:, None] * np.array([0.10, 0.15, 0.15], np.float32)
    relief -= (old * (0.0009 * crease + 0.00022 * old * crumple)).astype(relief.dtype)
    spots = smoothstep(0.80, 0.90, value_noise(points, 130.0, seed + 63)) * max(0.0, old - 0.55)
    color *= 1 - 0.22 * spots[:, None] * np.array([0.3, 0.45, 0.5], np.float32)


def _wrinkles(points: Map, seed: int) -> Values:
    """Depth [N] of the lines that smiling and frowning leave, about 1 in the middle of a line."""
    x, y = np.abs(points[:, 0] - MIDDLE), points[:, 1]
    uneven = 0.4 + 0.6 * value_noise(points, 45.0, seed + 62)
    wave = 0.003 * value_noise(points, 28.0, seed + 61)
    rows = np.abs(((y + wave - 1.680) / 0.0085) % 1 - 0.5)
    forehead = smoothstep(0.22, 0.0, rows) * smoothstep(0.045, 0.02, x) * uneven
    forehead = forehead * smoothstep(1.674, 1.682, y) * smoothstep(1.708, 1.698, y)
    dx, dy = x - 0.040, y - 1.643
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    crow = smoothstep(0.35, 0.95, np.cos((angle + 9 * wave) * 10)) * (np.abs(angle) < 0.95)
    crow = crow * smoothstep(0.006, 0.010, radius) * smoothstep(0.027, 0.014, radius)
    fold = np.interp(y, [1.560, 1.572, 1.590, 1.606], [0.036, 0.037, 0.030, 0.019])
    smile = np.exp(-(((x - fold) / 0.0024) ** 2)) * smoothstep(1.560, 1.582, y) * smoothstep(1.611, 1.603, y)
    corner = np.exp(-(((x - 0.0265 - 0.2 * (1.572 - y)) / 0.0018) ** 2)) * smoothstep(1.548, 1.560, y)
    corner = corner * smoothstep(1.577, 1.570, y)
    bags = np.exp(-(((y - 1.6315 + 0.15 * np.abs(x - 0.03)) / 0.0016) ** 2)) * _spot(x, y, (0.03, 1.631), (0.012, 0.01))
    frown = np.exp(-(((x - 0.007) / 0.0014) ** 2)) * smoothstep(1.655, 1.662, y) * smoothstep(1.682, 1.672, y)
    lines = 0.75 * forehead + 0.8 * crow + smile + 0.35 * corner + 0.7 * bags + 0.5 * frown
    return lines * smoothstep(0.05, 0.085, points[:, 2])
