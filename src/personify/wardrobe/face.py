"""What a face looks like before it is painted: features by seed, a resting expression, ancestry that suits the skin.

All answers are plain ``{name: weight}`` dictionaries for `AnnyBody.slider_vector`, `AnnyBody.expression_vector` and
`AnnyBody.shape_vector`.
"""

from __future__ import annotations

import numpy as np

from personify.wardrobe.outfit import Outfit

Weights = dict[str, float]

# Standard deviations of the features that make faces differ; small, so that every face stays a pleasant one.
_SPREADS = {
    "cheek-volume-incr": 0.29, "cheek-bones-incr": 0.39, "cheek-inner-incr": 0.2, "cheek-trans-up": 0.2,
    "chin-height-incr": 0.21, "chin-prominent-incr": 0.26, "chin-width-incr": 0.36, "chin-bones-incr": 0.26,
    "chin-cleft-incr": 0.2, "chin-jaw-drop-incr": 0.18,
    "ear-scale-incr": 0.16, "ear-rot-forward": 0.15, "ear-wing-incr": 0.12, "ear-lobe-incr": 0.25,
    "eyebrows-trans-up": 0.12, "eyebrows-angle-up": 0.14,
    "eye-scale-incr": 0.16, "eye-corner1-up": 0.18, "eye-corner2-up": 0.21, "eye-trans-out": 0.18, "eye-trans-up": 0.1,
    "eye-eyefold-angle-up": 0.26, "eye-height2-incr": 0.1,
    "forehead-temple-incr": 0.26, "forehead-scale-vert-incr": 0.18, "forehead-trans-forward": 0.14,
    "forehead-nubian-incr": 0.1,
    "head-scale-horiz-incr": 0.23, "head-scale-vert-incr": 0.16, "head-fat-incr": 0.21,
    "mouth-scale-horiz-incr": 0.22, "mouth-upperlip-volume-incr": 0.22, "mouth-lowerlip-volume-incr": 0.22,
    "mouth-upperlip-height-incr": 0.2, "mouth-lowerlip-height-incr": 0.2, "mouth-cupidsbow-incr": 0.25,
    "mouth-trans-up": 0.12, "mouth-dimples-out": 0.15, "mouth-philtrum-volume-incr": 0.15,
    "nose-scale-vert-incr": 0.16, "nose-scale-horiz-incr": 0.17, "nose-scale-depth-incr": 0.14, "nose-hump-incr": 0.18,
    "nose-point-up": 0.21, "nose-point-width-incr": 0.18, "nose-width1-incr": 0.16, "nose-width2-incr": 0.17,
    "nose-width3-incr": 0.17, "nose-trans-up": 0.12, "nose-curve-convex": 0.18, "nose-volume-incr": 0.17,
    "nose-greek-incr": 0.14, "nose-flaring-incr": 0.14,
}  # fmt: skip

# What pulls the sculpted base face, which looks stern and sleepy, towards a friendly one.
_KIND = {"eye-scale-incr": 0.16, "eye-height2-incr": 0.14, "mouth-angles-up": 0.16, "mouth-scale-horiz-incr": -0.15}
# What tells grown women from men: jaw, nose, brows, lips and the size of the eyes; children have little of it.
_FEMALE = {
    "eye-scale-incr": 0.26, "eyebrows-trans-up": 0.15, "cheek-bones-incr": 0.15, "head-fat-incr": -0.12,
    "head-scale-horiz-incr": -0.10, "chin-width-incr": -0.42, "chin-bones-incr": -0.25, "chin-prominent-incr": -0.12,
    "chin-height-incr": -0.12, "nose-scale-horiz-incr": -0.26, "nose-scale-vert-incr": -0.14, "nose-hump-incr": -0.15,
    "nose-point-width-incr": -0.20, "nose-volume-incr": -0.15, "nose-point-up": 0.12,
    "mouth-upperlip-volume-incr": 0.20, "mouth-lowerlip-volume-incr": 0.25, "mouth-upperlip-height-incr": 0.12,
    "mouth-cupidsbow-incr": 0.12, "mouth-angles-up": 0.10,
}  # fmt: skip
_MALE = {
    "eye-scale-incr": -0.12, "eyebrows-trans-up": -0.15, "eyebrows-trans-forward": 0.25, "cheek-volume-incr": -0.18,
    "head-fat-incr": -0.10, "chin-width-incr": 0.22, "chin-bones-incr": 0.22, "chin-prominent-incr": 0.16,
    "chin-height-incr": 0.12, "mouth-upperlip-volume-incr": -0.12,
}  # fmt: skip
# Fully grown traits of childhood (at 4 years) and old age (from 85 on); both fade towards thirty.
_HEAD = ("head-scale-vert-incr", "head-scale-horiz-incr", "head-scale-depth-incr")
_CHILD = {
    "cheek-volume-incr": 0.22, "head-fat-incr": 0.12, "chin-bones-incr": -0.25, "nose-point-up": 0.25,
    "nose-hump-incr": -0.2, "nose-scale-vert-incr": -0.15, "eye-scale-incr": 0.3, "mouth-angles-up": 0.2,
    **dict.fromkeys(_HEAD, 0.2),
}  # fmt: skip
_GIRL = dict.fromkeys(_HEAD, 0.35)  # the model's girls have a woman's small head
_ELDERLY = {
    "head-age-incr": 0.5, "eye-bag-incr": 0.35, "mouth-upperlip-volume-incr": -0.3, "mouth-lowerlip-volume-incr": -0.3,
    "mouth-angles-up": 0.15, "eye-height2-incr": -0.2, "eye-eyefold-angle-up": -0.3, "neck-double-incr": 0.2,
    "ear-scale-incr": 0.15, "nose-point-up": -0.1,
}  # fmt: skip

# Anny's ancestry columns: Dirichlet parameters of african, asian, caucasian by skin tone.
_ANCESTRY = {
    "pale": (0.1, 0.5, 5.0),
    "fair": (0.1, 1.0, 4.0),
    "light": (0.2, 2.0, 4.0),
    "olive": (0.6, 2.0, 3.5),
    "tan": (1.0, 2.5, 2.0),
    "brown": (2.5, 2.0, 1.2),
    "dark": (5.0, 0.5, 0.6),
    "very dark": (6.0, 0.2, 0.2),
}
_EVEN = (1.0, 1.0, 1.0)


def ancestry_of(outfit: Outfit) -> Weights:
    """Weights of Anny's ``african``, ``asian`` and ``caucasian`` phenotypes: sum 1, suiting the skin, varied by seed.

    >>> round(sum(ancestry_of(Outfit()).values()), 6)
    1.0
    """
    rng = np.random.default_rng([outfit.seed, 401])
    share = rng.dirichlet(_ANCESTRY.get(outfit.person.skin, _EVEN))
    return dict(zip(("african", "asian", "caucasian"), (float(value) for value in share), strict=True))


def sliders_of(outfit: Outfit) -> Weights:
    """Signed face sliders in [-0.6, 0.6]; the same seed is the same face."""
    rng = np.random.default_rng([outfit.seed, 402])
    person = outfit.person
    weights = {name: float(rng.normal(0, spread)) for name, spread in _SPREADS.items()}
    if person.age < 13:  # children's faces differ less
        weights = {name: 0.5 * value for name, value in weights.items()}
    young, old = (float(np.interp(person.age, *ramp)) for ramp in (((4, 16), (1, 0)), ((42, 85), (0, 1))))
    female = person.sex == "female"
    for share, bias in (
        (1.0, _KIND),
        (1.0 - 0.7 * young, _FEMALE if female else _MALE),
        (young, _CHILD),
        (young * female, _GIRL),
        (old, _ELDERLY),
    ):
        for name, value in bias.items():
            weights[name] = weights.get(name, 0.0) + share * value
    return {name: float(np.clip(value, -0.6, 0.6)) for name, value in weights.items()}


def _both(**weights: float) -> Weights:
    return {f"{name}{side}": value for name, value in weights.items() for side in ("Left", "Right")}


_EXPRESSIONS: dict[str, Weights] = {
    "neutral": _both(mouthSmile=0.20, eyeWide=0.08) | {"browInnerUp": 0.08},
    "smile": _both(mouthSmile=0.42, cheekSquint=0.22) | {"browInnerUp": 0.12},
    "grin": _both(mouthSmile=0.62, cheekSquint=0.25, mouthUpperUp=0.45, mouthLowerDown=0.18)
    | {"jawOpen": 0.07, "browInnerUp": 0.15},
    "serious": _both(browDown=0.3, mouthPress=0.3, eyeSquint=0.1),
    "surprised": _both(eyeWide=0.65, browOuterUp=0.6) | {"browInnerUp": 0.75, "jawOpen": 0.28, "mouthFunnel": 0.15},
    "sad": _both(mouthFrown=0.6, eyeLookDown=0.15) | {"browInnerUp": 0.9, "mouthShrugLower": 0.3},
    "angry": _both(browDown=1.0, noseSneer=0.5, mouthFrown=0.35, eyeSquint=0.25, mouthPress=0.3),
}


def expression_of(outfit: Outfit) -> Weights:
    """ARKit weights of the resting expression, with the slight left-right difference every face has.

    >>> expression_of(Outfit())["mouthSmileLeft"] > 0
    True
    """
    rng = np.random.default_rng([outfit.seed, 403])
    tilt = float(rng.normal(0, 0.06))
    weights = {}
    for name, value in _EXPRESSIONS[outfit.person.expression].items():
        side = 1 + tilt if name.endswith("Left") else 1 - tilt if name.endswith("Right") else 1.0
        weights[name] = float(np.clip(value * side, 0, 1))
    return weights
