"""How a run of sculpting is made: one table of presets, and the published ladder of what to leave out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace

from personify.errors import PersonifyError


@dataclass(frozen=True)
class SculptPreset:
    """Everything that decides a run besides words, start, guide and seed.

    Attributes:
        field: ``"surface"`` (the dressed person, repainted and displaced), ``"hash grid"`` or ``"mlp"``.
        steps: of the optimiser.
        minutes: expected on two cores with the shipped guide.
        size: pixels of a side of the pictures.
        views: pictures per step, each seen with and without colours.
        supersample: samples per pixel along each axis when a surface is drawn.
        cameras: ``"joints"`` frames whole figure, upper body and head; ``"paper"`` are AvatarCLIP's.
        max_rays: where a picture has more pixels than this on the person, volumetric fields draw a smaller one.
        weights: of the loss terms, see `personify.text.sculpt.loop.Sculptor.terms`; a term not named has none.
        learning_rate: factor on the rates of the field.
        warm_up: steps until the full rate.
        reach: metres a surface moves at most, and the width of the hash grid's band.
        fine: see `personify.text.sculpt.restraint.RestrainedField`.
        ambient: range of the share of light that has no direction.
        backgrounds: put the person before random backgrounds instead of black.
        textureless: show the guide the shape alone, too (weight ``"textureless"``).
        shading: show the guide colours under a random light instead of flat ones.
        part_prompts: look at parts, each with its own prompt.
        augment: bend every picture by a random perspective.
        fit_steps: of teaching a volumetric field the person it starts from.
        mesh_resolution, mesh_faces, texture_size: of the mesh that a volumetric field ends as.
    """

    field: str
    steps: int
    minutes: float
    size: int = 112
    views: int = 4
    supersample: int = 2
    cameras: str = "joints"
    max_rays: int = 112 * 112
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    learning_rate: float = 1.0
    warm_up: int = 5
    reach: float = 0.012
    fine: float = 0.1
    ambient: tuple[float, float] = (0.45, 0.65)
    backgrounds: bool = True
    textureless: bool = True
    shading: bool = True
    part_prompts: bool = True
    augment: bool = True
    fit_steps: int = 400
    mesh_resolution: int = 256
    mesh_faces: int = 60_000
    texture_size: int = 1024


_GENTLE = {"guide": 1.0, "textureless": 0.15, "offset": 0.5, "bend": 20.0, "color": 0.02, "palette": 5.0, "shade": 0.2}
_PUBLISHED = {"guide": 1.0, "textureless": 1.0, "reconstruction": 1.0, "mask": 1.0, "eikonal": 0.1}

PRESETS: dict[str, SculptPreset] = {
    "draft": SculptPreset("surface", steps=40, minutes=0.8, views=3, supersample=1, weights=_GENTLE),
    "standard": SculptPreset("surface", steps=150, minutes=4, views=5, weights=_GENTLE, learning_rate=0.6, warm_up=10),
    "high": SculptPreset(
        "hash grid", steps=1500, minutes=60, size=160, views=2, warm_up=50, reach=0.03, max_rays=8192,
        weights={"guide": 1.0, "textureless": 0.5, "reconstruction": 0.5, "mask": 0.5, "eikonal": 0.1},
        learning_rate=0.3, texture_size=2048,
    ),
    "paper": SculptPreset(
        "mlp", steps=30_000, minutes=6000, size=256, views=1, cameras="paper", weights=_PUBLISHED, warm_up=500,
        ambient=(0.0, 0.2), augment=False, fit_steps=3000, mesh_resolution=512, mesh_faces=200_000, texture_size=2048,
    ),
}  # fmt: skip
"""``draft`` and ``standard`` refine the dressed person gently; ``high`` and ``paper`` sculpt freely and want a real
CLIP; ``paper`` follows the publication and is for a fast machine."""

LADDER = (
    ("colours alone", ()),
    ("+ backgrounds", ("backgrounds",)),
    ("+ texture-less", ("backgrounds", "textureless")),
    ("+ shading", ("backgrounds", "textureless", "shading")),
    ("+ part prompts", ("backgrounds", "textureless", "shading", "part_prompts")),
)
"""The published ablation, level 0 to 4: name and what is switched on."""


def find_preset(name: str) -> SculptPreset:
    """The preset of that name.

    Raises:
        PersonifyError: there is none.
    """
    if name not in PRESETS:
        raise PersonifyError(f"sculpt: preset {name!r} is not known; expected one of {', '.join(PRESETS)}")
    return PRESETS[name]


def ladder(preset: SculptPreset) -> dict[str, SculptPreset]:
    """The five levels of a preset by name.

    >>> [level.shading for level in ladder(PRESETS["draft"]).values()]
    [False, False, False, True, True]
    """
    switches = LADDER[-1][1]
    return {
        name: replace(preset, augment=False, **{switch: switch in switched for switch in switches})  # type: ignore[arg-type]
        for name, switched in LADDER
    }
