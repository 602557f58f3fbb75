"""Scores mean what they say: the truth scores best, and the protocol keeps photos and targets apart."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from personify.data.people import photograph
from personify.data.views import azimuths
from personify.evaluate import photos
from personify.evaluate.photos import (
    Maps,
    _alphas,
    batch_of,
    colour_profile,
    compare,
    draw_targets,
    evaluate_photos,
    mean_person,
    nearest_person,
    reconstruct,
    sheet,
    texel_colors,
)
from personify.files import asset
from personify.photos.checkpoints import load_network
from personify.photos.network import PRESETS, build
from personify.photos.template import body_template
from personify.train.targets import know
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Garment, Outfit, Person

SIZE = 48


def held_out(outfit, seed):
    rng = np.random.default_rng(seed)
    skeleton, parts = dress(outfit, 64)
    return photograph(skeleton, parts, photos.held_out_shots(skeleton, rng), rng, SIZE)


@pytest.fixture(scope="module")
def template():
    return body_template(SIZE)


@pytest.fixture(scope="module")
def records():
    return [
        held_out(Outfit(garments=(Garment("t-shirt", "red"), Garment("jeans", "black"))), 0),
        held_out(Outfit(Person("male"), garments=(Garment("sweater", "white"), Garment("jeans", "blue"))), 1),
    ]


def test_photos_and_targets_differ_in_pose(records):
    poses = records[0].poses
    assert all(np.array_equal(poses[0], poses[k]) for k in (1, 2))
    different = [poses[k] for k in (0, *range(3, 12))]
    assert all(not np.array_equal(a, b) for i, a in enumerate(different) for b in different[:i])
    sides = azimuths(records[0].viewmats)
    apart = np.abs((sides[:3] - sides[3:6] + np.pi) % (2 * np.pi) - np.pi)
    assert apart.max() < 0.05  # both sets of photos are taken from the same sides


def test_compare_is_psnr_inside_the_box():
    truth, alphas = torch.zeros(1, 20, 20, 3), torch.zeros(1, 20, 20)
    alphas[0, 5:15, 8:12] = 1
    drawn = truth.clone()
    drawn[0, :, :] = 1.0  # outside the box nothing counts
    drawn[0, 5:15, 8:12] = 0.1
    score = compare(drawn, truth, alphas)
    assert score.psnr == pytest.approx(20.0, abs=1e-3)
    assert compare(truth, truth, alphas).ssim == pytest.approx(1.0)


def test_true_texels_beat_an_untrained_network(records, template):
    people = [know(record, template) for record in records]
    network = build(replace(PRESETS["mini"], template_size=(SIZE, SIZE))).eval()
    scores = evaluate_photos(network, template, records[:1], people[1:])
    names = {"1 photos", "2 photos", "3 photos", "3 photos, one pose", "mean person", "nearest person"} | {
        "retrieved person"
    }
    assert set(scores) == names
    targets = batch_of(people[0], range(3), template)
    truth = draw_targets(Maps.of(people[0], template).gaussians(template), targets, template)
    best = compare(truth, targets.target_images[0], _alphas(records[0], SIZE))
    assert best.psnr > 1 + max(score.psnr for score in scores.values())
    assert best.ssim > max(score.ssim for score in scores.values())


def test_colours_of_photos_tell_who_it_is_whatever_the_pose(records, template):
    people = [know(record, template) for record in records]
    same, other = (
        [colour_profile(batch_of(person, views, template)) for person in people] for views in (range(3), range(3, 6))
    )
    assert same[0].shape == (8 * 3,)
    for k, profile in enumerate(other):
        assert (torch.stack(same) - profile).square().sum(1).argmin() == k
    red = same[0].view(8, 3)[2:4].mean(0)  # the shirt's height
    assert red[0] > red[1] + 0.1
    assert red[0] > red[2] + 0.1


def test_the_nearest_person_is_oneself(records, template):
    people = [know(record, template) for record in records]
    gallery = texel_colors(people, template)
    assert [nearest_person(person, gallery, template) for person in people] == [0, 1]


def test_the_mean_of_one_is_that_one(records, template):
    people = [know(record, template) for record in records]
    network = build(replace(PRESETS["mini"], template_size=(SIZE, SIZE))).eval()
    with torch.no_grad():
        alone = [mean_person(network, template, [person]) for person in people]
        both = mean_person(network, template, people)
    assert both.from_template.all()
    assert torch.allclose(both.harmonics, (alone[0].harmonics + alone[1].harmonics) / 2, atol=1e-5)


def test_held_out_people_repeat(monkeypatch):
    made = []
    monkeypatch.setattr(photos, "dress", lambda outfit, size: made.append(outfit) or dress(Outfit(), 64))
    monkeypatch.setattr(photos, "photograph", lambda *arguments: arguments[2])
    first, again, other = (photos.held_out_person(index) for index in (4, 4, 5))
    assert made[0] == made[1] != made[2]
    assert all(np.array_equal(a[0], b[0]) and a[1] == b[1] for a, b in zip(first, again, strict=True))
    assert math.isfinite(other[0][1])


def test_sheet_shows_photos_and_pairs(records, template):
    network = build(replace(PRESETS["mini"], template_size=(SIZE, SIZE))).eval()
    picture = sheet(network, template, records)
    assert picture.shape == (2 * SIZE, (3 + 8) * SIZE, 3)


def test_the_shipped_weights_know_people(records):
    network = load_network(asset("photos.safetensors"))
    assert network.config == PRESETS["mini"]
    assert asset("photos.safetensors").stat().st_size < 30e6
    template = body_template(network.config.template_size[0])
    scores = []
    for one in (network, build("mini").eval()):
        person = know(records[0], template)
        targets = batch_of(person, range(3, 6), template)
        with torch.no_grad():
            drawn = draw_targets(reconstruct(one, template, person, range(3, 6)), targets, template)
        scores.append(compare(drawn, targets.target_images[0], _alphas(records[0], targets.image_size[0])))
    assert scores[0].psnr > scores[1].psnr + 2
    assert scores[0].ssim > scores[1].ssim + 0.1
