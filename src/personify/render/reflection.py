"""Light that leaves a surface, in float32 arithmetic without branches: in a loop the compiler shades many at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from personify.render.gaussians.simd import bits, from_bits, log2
from personify.render.kernels import inner

ZERO, ONE = np.float32(0), np.float32(1)
_HALF, _TWO, _TINY = np.float32(0.5), np.float32(2), np.float32(1e-12)
_PI, _LOG2_E = np.float32(math.pi), np.float32(math.log2(math.e))
_LAMP = np.float32(0.09)  # radius of a lamp over its distance
_WRAP = np.float32(0.22)  # how far diffuse light creeps around the terminator, as in skin and cloth
_CREEP = np.float32(0.7)
_WHITE = np.float32(0.72)  # the tone curve is the identity up to here and approaches 1 above
# Taylor series of 2^x: six terms are as good as float32 between -1/2 and 1/2.
_P1, _P2, _P3, _P4, _P5, _P6 = (np.float32(math.log(2) ** k / math.factorial(k)) for k in range(1, 7))


@inner(forceinline=True)
def mix(a: Any, b: Any, t: Any) -> Any:
    """``a`` where t is 0, ``b`` where it is 1."""
    return a + (b - a) * t


@inner(forceinline=True)
def saturate(x: Any) -> Any:
    """The nearest number in [0, 1]."""
    return min(max(x, ZERO), ONE)


@inner(forceinline=True)
def dot(a: Any, b: Any) -> Any:
    """Product of two vectors, given as tuples."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inner(forceinline=True, fastmath=True, error_model="numpy")
def normalized(x: Any, y: Any, z: Any) -> Any:
    """Unit vector; zero stays zero."""
    scale = ONE / np.sqrt(max(x * x + y * y + z * z, _TINY))
    return x * scale, y * scale, z * scale


@inner(forceinline=True)
def _exp2(x: Any) -> Any:
    """2^x of a float32 x <= 0."""
    x = max(x, np.float32(-126))
    whole = np.int32(x - _HALF)
    rest = x - np.float32(whole)
    power = (((((_P6 * rest + _P5) * rest + _P4) * rest + _P3) * rest + _P2) * rest + _P1) * rest + ONE
    return from_bits(np.int32(bits(power) + (whole << np.int32(23))))


@inner(forceinline=True)
def _power(base: Any, exponent: Any) -> Any:
    """A float32 base in [0, 1] to a positive power."""
    return _exp2(exponent * log2(max(base, _TINY)))


@inner(forceinline=True)
def _fifth(x: Any) -> Any:
    return x * x * (x * x) * x


@njit(cache=True, nogil=True)
def lamps_of(rig: Any) -> Any:
    """A `Rig` as numbers: direction and colour of key, fill and rims, then the colours of sky and ground."""
    d, c, a = rig.directions, rig.colors, rig.ambient
    return (
        ((d[0, 0], d[0, 1], d[0, 2]), (c[0, 0], c[0, 1], c[0, 2])),
        ((d[1, 0], d[1, 1], d[1, 2]), (c[1, 0], c[1, 1], c[1, 2])),
        ((d[2, 0], d[2, 1], d[2, 2]), (c[2, 0], c[2, 1], c[2, 2])),
        ((d[3, 0], d[3, 1], d[3, 2]), (c[3, 0], c[3, 1], c[3, 2])),
        ((a[0, 0], a[0, 1], a[0, 2]), (a[1, 0], a[1, 1], a[1, 2])),
    )


@inner(forceinline=True, fastmath=True, error_model="numpy")
def _environment(lamps: Any, mirror: Any, roughness: Any) -> Any:
    """What a reflection sees: sky over ground, a soft box at the key light, a strip light on the far side."""
    sky, ground = lamps[4]
    blur = np.float32(0.25) + np.float32(0.75) * roughness
    up = saturate((mirror[1] + blur) / (_TWO * blur))
    up = up * up * (np.float32(3) - _TWO * up)
    sharp = _TWO / (np.float32(0.02) + roughness * roughness) + ONE
    dim = ONE - np.float32(0.7) * roughness
    key, rim = max(dot(mirror, lamps[0][0]), ZERO), max(dot(mirror, lamps[2][0]), ZERO)
    box = np.float32(2.2) * dim * _power(key, min(sharp, np.float32(24)))
    strip = np.float32(1.2) * dim * _power(rim, min(sharp, np.float32(12)))
    color, half_again, shade_of = lamps[0][1], np.float32(1.5), np.float32(0.7)
    return (
        half_again * mix(ground[0] * shade_of, sky[0], up) + box * color[0] + strip,
        half_again * mix(ground[1] * shade_of, sky[1], up) + box * color[1] + strip,
        half_again * mix(ground[2] * shade_of, sky[2], up) + box * color[2] + strip,
    )


@inner(forceinline=True, fastmath=True, error_model="numpy")
def _ggx(n: Any, v: Any, direction: Any, nl: Any, nv: Any, roughness: Any) -> Any:
    """GGX distribution times visibility (Karis 2013), and Schlick's Fresnel weight."""
    half = normalized(direction[0] + v[0], direction[1] + v[1], direction[2] + v[2])
    nh, vh = saturate(dot(n, half)), saturate(dot(v, half))
    square = roughness * roughness
    aa = square * square + _LAMP * _LAMP  # a lamp of some size blurs its own reflection
    d = nh * nh * (aa - ONE) + ONE
    k = (roughness + ONE) * (roughness + ONE) * np.float32(0.125)
    lobe = aa / (_PI * d * d * (np.float32(4) * mix(k, ONE, nl) * mix(k, ONE, nv) + np.float32(1e-4)))
    return lobe, _fifth(ONE - vh)


@inner(forceinline=True, fastmath=True, error_model="numpy")
def _lamp_light(lamp: Any, n: Any, v: Any, nv: Any, tint: Any, base: Any, roughness: Any, seen: Any) -> Any:
    """Diffuse and reflected light of a lamp of which a share is ``seen``."""
    direction, color = lamp
    nl = dot(n, direction)
    facing = max(nl, ZERO)
    # Light that creeps around the terminator has passed through the material and takes its colour.
    creep = _CREEP * (saturate((nl + _WRAP) / (ONE + _WRAP)) - facing)
    direct = facing * seen
    diffuse = (
        (direct + creep * tint[0]) * color[0],
        (direct + creep * tint[1]) * color[1],
        (direct + creep * tint[2]) * color[2],
    )
    lobe, fresnel = _ggx(n, v, direction, facing, nv, roughness)
    # A soft box is seldom hidden altogether: eyes keep their catch light under brows and lashes.
    lobe *= facing * mix(seen, ONE, np.float32(0.6) * (ONE - roughness) * (ONE - roughness))
    gloss = (
        lobe * color[0] * mix(base[0], ONE, fresnel),
        lobe * color[1] * mix(base[1], ONE, fresnel),
        lobe * color[2] * mix(base[2], ONE, fresnel),
    )
    return diffuse, gloss


@njit(cache=True, nogil=True, forceinline=True, fastmath=True, error_model="numpy")
def shade(lamps: Any, n: Any, v: Any, albedo: Any, roughness: Any, metallic: Any, lit: Any, openness: Any) -> Any:
    """Linear RGB of a surface: diffuse with a soft terminator, GGX highlights and a studio to reflect.

    Args:
        lamps: the lights, from `lamps_of`.
        n: unit normal towards the viewer's side.
        v: unit vector towards the viewer.
        albedo: linear RGB.
        roughness: 0 .. 1.
        metallic: 0 .. 1.
        lit: share of the key light that arrives.
        openness: share of the surroundings that is open.
    """
    dielectric = ONE - metallic
    nv = max(dot(n, v), np.float32(0.02))
    brightest = max(max(albedo[0], albedo[1]), max(albedo[2], np.float32(1e-4)))
    tint = (albedo[0] / brightest, albedo[1] / brightest, albedo[2] / brightest)
    f0 = np.float32(0.04) * dielectric
    base = (f0 + albedo[0] * metallic, f0 + albedo[1] * metallic, f0 + albedo[2] * metallic)
    a, gloss_a = _lamp_light(lamps[0], n, v, nv, tint, base, roughness, lit)
    b, gloss_b = _lamp_light(lamps[1], n, v, nv, tint, base, roughness, openness)
    c, gloss_c = _lamp_light(lamps[2], n, v, nv, tint, base, roughness, openness)
    d, gloss_d = _lamp_light(lamps[3], n, v, nv, tint, base, roughness, openness)
    sky, ground = lamps[4]
    up = _HALF + _HALF * n[1]
    mirror = (_TWO * nv * n[0] - v[0], _TWO * nv * n[1] - v[1], _TWO * nv * n[2] - v[2])
    around = _environment(lamps, mirror, roughness)
    # Textures of rough things (cloth) are painted as seen, highlights included: adding more would bleach them.
    gloss = mix(ONE, mix(np.float32(0.7), np.float32(0.02), roughness * roughness), dielectric)
    rims, shine = np.float32(0.3), _PI * gloss
    edge = _fifth(ONE - nv) * (ONE - roughness)
    # Where the key light does not come, most of the studio is hidden as well (between strands, under hems).
    reach = lit * saturate(np.float32(4) * dot(n, lamps[0][0]))
    weight = openness * gloss * mix(mix(np.float32(0.4), ONE, reach), ONE, metallic)
    return (
        dielectric * albedo[0] * (a[0] + b[0] + c[0] + d[0] + openness * mix(ground[0], sky[0], up))
        + shine * (gloss_a[0] + gloss_b[0] + rims * (gloss_c[0] + gloss_d[0]))
        + weight * around[0] * mix(base[0], ONE, edge),
        dielectric * albedo[1] * (a[1] + b[1] + c[1] + d[1] + openness * mix(ground[1], sky[1], up))
        + shine * (gloss_a[1] + gloss_b[1] + rims * (gloss_c[1] + gloss_d[1]))
        + weight * around[1] * mix(base[1], ONE, edge),
        dielectric * albedo[2] * (a[2] + b[2] + c[2] + d[2] + openness * mix(ground[2], sky[2], up))
        + shine * (gloss_a[2] + gloss_b[2] + rims * (gloss_c[2] + gloss_d[2]))
        + weight * around[2] * mix(base[2], ONE, edge),
    )


@njit(cache=True, nogil=True, forceinline=True, fastmath=True, error_model="numpy")
def tone(color: Any) -> Any:
    """A shoulder on the brightest channel only: hue and everything up to `_WHITE` stay as they are."""
    peak = max(max(color[0], color[1]), max(color[2], _TINY))
    room = ONE - _WHITE
    over = max(peak - _WHITE, ZERO)
    scale = (min(peak, _WHITE) + room * (ONE - _exp2(-over * (_LOG2_E / room)))) / peak
    return color[0] * scale, color[1] * scale, color[2] * scale
