"""Joint names that game engines and Blender add-ons recognise (Mixamo's) for the joints of the pose language."""

from __future__ import annotations

from personify.body.pose import FINGERS

_CENTRAL = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2",
    "neck": "Neck", "head": "Head", "jaw": "Jaw",
}  # fmt: skip
_SIDED = {
    "hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase",
    "collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand", "eye": "Eye",
    **{f"{finger}{k}": f"Hand{finger.title()}{k}" for finger in FINGERS for k in (1, 2, 3)},
}  # fmt: skip

MIXAMO_NAMES: dict[str, str] = _CENTRAL | {
    f"{side}_{joint}": side.title() + name for side in ("left", "right") for joint, name in _SIDED.items()
}


def mixamo_name(joint: str, prefix: str = "") -> str:
    """Mixamo's name of a joint; a joint that Mixamo does not know keeps its own name.

    >>> mixamo_name("left_collar"), mixamo_name("right_index1", prefix="mixamorig:")
    ('LeftShoulder', 'mixamorig:RightHandIndex1')
    """
    return prefix + MIXAMO_NAMES.get(joint, joint)
