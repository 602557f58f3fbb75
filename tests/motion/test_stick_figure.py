"""The body of bones."""

import numpy as np

from personify.body.pose import NUM_JOINTS
from personify.motion.kinematics import REFERENCE_SKELETON
from personify.motion.stick_figure import HEAD_HEIGHT, stick_figure


def test_every_bone_is_a_closed_body_that_faces_outwards():
    part = stick_figure(REFERENCE_SKELETON).validate()
    corners = part.vertices[part.faces].astype(float).reshape(NUM_JOINTS, 8, 3, 3)
    volumes = np.einsum("btx,btx->b", corners[:, :, 0], np.cross(corners[:, :, 1], corners[:, :, 2])) / 6
    assert (volumes > 0).all()
    assert len(part.faces) == 8 * NUM_JOINTS


def test_bones_end_at_their_joints():
    part = stick_figure(REFERENCE_SKELETON)
    for joint in REFERENCE_SKELETON.rest_joints:
        assert np.linalg.norm(part.vertices - joint, axis=1).min() < 1e-6
    top = REFERENCE_SKELETON.rest_joints[REFERENCE_SKELETON.joint_names.index("head"), 1] + HEAD_HEIGHT
    assert abs(part.vertices[:, 1].max() - top) < 1e-6
