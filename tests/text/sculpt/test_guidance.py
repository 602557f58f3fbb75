"""Backgrounds, bends, prompts against pictures, and the cameras of both kinds."""

import math

import numpy as np
import pytest
import torch

from personify.perception.portraits import View
from personify.text.sculpt.cameras import REGIONS, Sitter
from personify.text.sculpt.guidance import BACKGROUNDS, Guide, askew, background, random_background
from personify.text.sculpt.solid import Solid

from . import sitters


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_four_backgrounds():
    white, noise, board, black = (background(kind, 96, generator()) for kind in BACKGROUNDS)
    assert (white.unique().tolist(), black.unique().tolist()) == ([1.0], [0.0])
    assert float(noise.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(noise[..., 0].std()) == pytest.approx(0.2, abs=0.01)
    assert 0.199 < float(board.min()) < 0.35 < 0.65 < float(board.max()) < 0.801
    for image in (white, noise, board, black):
        assert image.shape == (96, 96, 3)
        assert torch.equal(image[..., 0], image[..., 2])


def test_all_backgrounds_come_up():
    means = [float(random_background(24, generator(k)).mean()) for k in range(24)]
    assert {0.0, 1.0} < {round(mean, 1) for mean in means}


def test_a_bend_of_nothing_changes_nothing():
    images = torch.rand(2, 20, 20, 3, generator=generator())
    assert torch.allclose(askew(images, generator(), amount=0.0), images, atol=1e-5)


def test_bends_differ_and_move_no_farther_than_said():
    ramp = torch.linspace(0, 1, 64).expand(64, 64)[None, ..., None].expand(3, -1, -1, 3).contiguous()
    bent = askew(ramp, generator(), amount=0.1)
    assert not torch.allclose(bent[0], bent[1], atol=1e-3)
    assert float((bent - ramp)[:, 16:48, 16:48].abs().max()) < 0.1
    assert torch.equal(bent, askew(ramp, generator(), amount=0.1))


def test_bends_are_differentiable():
    images = torch.rand(1, 6, 6, 3, dtype=torch.float64, generator=generator(), requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: askew(x, generator(1)), (images,))


def test_a_guide_compares_each_picture_with_the_prompt_of_its_part():
    model = sitters.guide()
    images = torch.rand(2, 32, 32, 3, generator=generator())
    guide = Guide(model, {"full": "a man", "face": "the face of a man"})
    expected = 1 - (model.encode_image(images) * model.encode_text(["the face of a man", "a man"])).sum(-1)
    assert torch.allclose(guide.loss(images, ["face", "full"]), expected, atol=1e-6)


@pytest.fixture(scope="module")
def sitter():
    person = sitters.avatar()
    return Sitter.of(Solid.of(person.parts, person.skeleton), person.skeleton)


def test_shots_of_parts_follow_their_shares_and_mostly_see_the_front(sitter):
    random = generator()
    shots = [sitter.part_shot(random, 32) for _ in range(300)]
    parts = [shot.part for shot in shots]
    assert parts.count("face") + parts.count("nape") == pytest.approx(300 * REGIONS["head"], rel=0.35)
    in_front = [shot.camera.position[2] > 0 for shot in shots]
    assert 0.65 < np.mean(in_front) < 0.95
    assert "back" in parts
    assert {shot.part for shot in (sitter.part_shot(random, 32, parts=False) for _ in range(40))} == {"full"}


def test_published_cameras(sitter):
    random = generator()
    shots = [sitter.paper_shot(random, step) for step in range(400)]
    unit = float(np.ptp(sitter.vertices[:, 1])) / 1.61
    for step, shot in enumerate(shots):
        if step % 4 == 3:
            assert shot.part == "face"
            assert np.linalg.norm(shot.camera.position - sitter.face) == pytest.approx(0.4 * unit, rel=1e-3)
        else:
            distance = np.linalg.norm(shot.camera.position - sitter.center) / unit
            assert 1 - 0.53 < distance < 2 + 0.53
    body = [shot for step, shot in enumerate(shots) if step % 4 != 3]
    assert np.mean([shot.part == "back" for shot in body]) == pytest.approx(0.134, abs=0.05)  # P(|N(0, pi/3)| > pi/2)
    assert shots[0].camera.K[0, 0] == pytest.approx(221.7, abs=0.1)


def test_polar_angles_of_a_camera(sitter):
    front = sitter.shot(View("full", 0.0, 0.0), 32)
    left = sitter.shot(View("full", math.pi / 2, 0.0), 32)
    assert front.polar(sitter.center)[0] == pytest.approx(0, abs=0.05)
    assert left.polar(sitter.center) == pytest.approx((math.pi / 2, 0), abs=0.06)
