"""Faces that go with actions: weights of the ARKit face shapes over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personify.motion.kinematics import Float64

# By action: shape -> weight; shapes that have sides are meant on both.
FACES: dict[str, dict[str, float]] = {
    "laugh": {"mouthSmile": 0.9, "jawOpen": 0.35, "cheekSquint": 0.7, "eyeSquint": 0.6},
    "cheer": {"mouthSmile": 0.8, "jawOpen": 0.3, "browOuterUp": 0.4, "cheekSquint": 0.4},
    "wave_hello": {"mouthSmile": 0.6, "cheekSquint": 0.3},
    "leap_joy": {"mouthSmile": 0.9, "jawOpen": 0.25, "cheekSquint": 0.5},
    "cry": {"mouthFrown": 0.8, "browInnerUp": 0.9, "eyeSquint": 0.6, "mouthShrugLower": 0.4},
    "slouch": {"mouthFrown": 0.6, "browInnerUp": 0.7},
    "argue": {"browDown": 0.8, "noseSneer": 0.4, "mouthFrown": 0.3, "jawOpen": 0.3},
    "shake_fist": {"browDown": 0.9, "noseSneer": 0.6, "mouthFrown": 0.5},
    "stomp": {"browDown": 0.8, "mouthFrown": 0.5, "noseSneer": 0.3},
    "shout": {"jawOpen": 0.7, "browDown": 0.4},
    "scared": {"eyeWide": 0.9, "browInnerUp": 0.9, "jawOpen": 0.35, "mouthStretch": 0.5},
    "yawn": {"jawOpen": 0.9, "eyeBlink": 0.9, "browInnerUp": 0.4},
    "sneeze": {"eyeBlink": 1.0, "noseSneer": 0.8, "jawOpen": 0.3},
    "sleep": {"eyeBlink": 1.0},
    "meditate": {"eyeBlink": 1.0, "mouthSmile": 0.15},
    "blow_kiss": {"mouthPucker": 0.8},
    "sing": {"jawOpen": 0.5, "mouthFunnel": 0.3, "browInnerUp": 0.3},
    "talk": {"jawOpen": 0.25, "mouthSmile": 0.15},
}
_MIDDLE = ("jawOpen", "browInnerUp", "mouthShrugLower", "mouthPucker", "mouthFunnel")  # shapes without sides
_SPEAKING = ("argue", "shout", "sing", "talk", "laugh")
_SYLLABLES = 3.1  # a second
_ONSET = 0.4  # seconds in which a face comes and goes


def face_weights(name: str, times: Float64) -> dict[str, NDArray[np.float32]]:
    """ARKit shape -> weights [F] in 0 to 1 at ``times`` [F] of a motion called ``name``; none for most actions.

    The face comes and goes within 0.4 s of the motion's ends; who speaks moves the jaw.

    >>> times = np.linspace(0, 2, 61)
    >>> laughing = face_weights("laugh", times)
    >>> round(float(laughing["mouthSmileLeft"].max()), 3), float(laughing["mouthSmileRight"][0])
    (0.9, 0.0)
    >>> face_weights("walk", times)
    {}
    """
    action = max((action for action in FACES if name == action or name.startswith(f"{action}_")), key=len, default=None)
    if action is None:
        return {}
    inward = (np.minimum(times - times[0], times[-1] - times) / _ONSET).clip(0, 1)
    presence = inward * inward * (3 - 2 * inward)
    speech = 0.5 - 0.5 * np.cos(2 * np.pi * _SYLLABLES * times) * np.cos(2 * np.pi * 0.43 * times)
    weights = {}
    for shape, weight in FACES[action].items():
        moving = speech if shape == "jawOpen" and action in _SPEAKING else 1.0
        for side in ("",) if shape in _MIDDLE else ("Left", "Right"):
            weights[shape + side] = (weight * presence * moving).astype(np.float32)
    return weights
