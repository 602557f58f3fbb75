import pytest
import torch

from motion.priors import small
from motion.priors.helpers import original, path_of, worst
from personify.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from personify.errors import PersonifyError
from personify.motion.priors import motion_generators as motions
from personify.motion.priors import pose_generators as poses
from personify.motion.priors.official import load_vposer


@pytest.fixture
def small_priors(monkeypatch):
    """The small priors in place of the shipped ones."""
    monkeypatch.setattr(poses, "shipped_pose_vae", small.pose_vae)
    monkeypatch.setattr(poses, "shipped_flow", small.flow)
    monkeypatch.setattr(poses, "shipped_guide", small.guide)
    monkeypatch.setattr(motions, "shipped_pose_vae", small.pose_vae)
    monkeypatch.setattr(motions, "shipped_motion_vae", small.motion_vae)
    monkeypatch.setattr(motions, "shipped_guide", small.guide)


@pytest.mark.usefixtures("small_priors")
@pytest.mark.parametrize("generator", poses.POSE_GENERATORS)
def test_pose_generators(generator):
    make, few = poses.POSE_GENERATORS[generator], {"steps": 8} if generator in ("direct", "vae") else {}
    first, again, other = (make("raising both arms", 3, seed, **few) for seed in (0, 0, 1))
    assert first.rotations.shape == (3, 22, 3)
    assert first.rotations.isfinite().all()
    assert first.scores.equal(first.scores.sort(descending=True)[0])
    assert first.rotations.equal(again.rotations)
    assert first.rotations.equal(other.rotations) == (generator == "codebook")


@pytest.mark.parametrize("climb", [poses.direct_poses, poses.vae_poses])
def test_climbing_raises_the_score(climb, monkeypatch):
    monkeypatch.setattr(poses, "shipped_pose_vae", small.pose_vae)
    start, end = (climb("running", 4, 0, small.guide(), steps) for steps in (0, 60))
    assert end.scores.mean() > start.scores.mean() + 0.01


def test_scores_are_those_of_the_poses():
    guide = small.guide()
    found = poses.direct_poses("running", 2, 0, guide, steps=3)
    assert worst(guide.scores(axis_angle_to_matrix(found.rotations), guide.text("running")), found.scores) < 1e-4


def test_flow_keeps_the_best_of_its_draws():
    few = poses.flow_poses("running", 2, 0, small.guide(), small.pose_vae(), small.flow())
    noise = torch.randn(1000, 32, generator=torch.Generator().manual_seed(0))
    wanted = small.guide().text("running")
    codes = small.flow().decode(noise, wanted.expand(1000, -1))
    bodies = torch.cat([torch.eye(3).expand(1000, 1, 3, 3), small.pose_vae().decode(codes)], 1)
    assert float(few.scores[0]) == pytest.approx(float(small.guide().scores(bodies, wanted).max()), abs=1e-5)


def test_unknown_generator_and_bad_arguments_are_refused():
    with pytest.raises(PersonifyError, match="expected one of codebook, direct, vae, flow"):
        poses.generate_poses("running", "magic")
    with pytest.raises(PersonifyError, match="text: is empty"):
        poses.codebook_poses("  ", guide=small.guide())
    with pytest.raises(PersonifyError, match="count: 31; expected 1 to 30"):
        poses.codebook_poses("running", 31, guide=small.guide())
    with pytest.raises(PersonifyError, match="count: 0"):
        poses.direct_poses("running", 0, guide=small.guide())


def test_guide_refuses_a_codebook_of_another_model():
    guide = small.guide()
    guide.model.name = "another"
    with pytest.raises(PersonifyError, match="not 'another'"):
        poses.Guide(guide.model, guide.codebook)


def test_interpolation_is_the_original_one():
    data, vae = original("motion_interpolation"), load_vposer(path_of("vposer"))
    codes = vae.encode(data["in.candidate_poses"])[0]
    assert worst(codes, data["out.latents_of_candidates"]) < 5.9e-6
    body = vae.decode_pose(motions.along(codes, 60)).flatten(1)
    assert worst(body, data["out.motion"][:, :63]) < 1.3e-4


@pytest.mark.usefixtures("small_priors")
@pytest.mark.parametrize("generator", motions.MOTION_GENERATORS)
@pytest.mark.parametrize("frames", [2, 130])
def test_motion_generators(generator, frames):
    options = {} if generator == "interpolation" else {"steps": 4}
    motion = motions.MOTION_GENERATORS[generator]("waving", frames, 3, **options)
    assert motion.num_frames == frames
    assert motion.fps == 30
    assert motion.text == "waving"
    again = motions.MOTION_GENERATORS[generator]("waving", frames, 3, **options)
    assert (again.rotations == motion.rotations).all()


def test_interpolation_passes_through_what_the_prior_makes_of_the_candidates():
    found = poses.codebook_poses("waving", 5, guide=small.guide())
    vae = small.pose_vae()
    motion = motions.interpolated_motion("waving", 60, candidates=found, ordered=False, vae=vae)
    for k, frame in enumerate(motions.anchors(5, 60)):
        body = vae.decode(vae.encode(found.rotations[k : k + 1, 1:])[0])[0]
        answer = axis_angle_to_matrix(torch.from_numpy(motion.rotations[frame, :22]))
        assert worst(answer[1:], body) < 1e-4
        assert worst(answer[0], axis_angle_to_matrix(found.rotations[k, 0])) < 1e-4


def test_optimisation_comes_nearer_to_the_candidates():
    vae = small.motion_vae()
    code = torch.randn(1, 16, generator=torch.Generator().manual_seed(1))
    target = vae.decode(code, 20)[0][0]
    wanted = poses.Candidates(matrix_to_axis_angle(target[[3, 15]]), torch.ones(2))
    far, near = (
        motions.optimised_motion("x", 20, 0, small.guide(), wanted, steps, delta_weight=0.0, text_weight=0.0, vae=vae)
        for steps in (0, 120)
    )
    losses = []
    for motion in (far, near):
        body = axis_angle_to_matrix(torch.from_numpy(motion.rotations[:, 1:22]))
        losses.append(float(motions.pose_loss(body, target[[3, 15], 1:])))
    assert losses[1] < 0.9 * losses[0]


def test_long_motions_repeat():
    motion = motions.grounded("wave", axis_angle_to_matrix(0.1 * torch.randn(60, 22, 3)))
    assert motions.lasting(motion, 200).num_frames == 200
    assert motions.lasting(motion, 30).num_frames == 30


def test_shortest_path_with_many_poses_visits_all():
    order = motions.shortest_path(torch.randn(12, 22, 3, generator=torch.Generator().manual_seed(0)))
    assert order[0] == 0
    assert sorted(order) == list(range(12))


@pytest.mark.parametrize("frames", [1, 901])
def test_bad_lengths_are_refused(frames):
    with pytest.raises(PersonifyError, match="expected 2 to 900"):
        motions.interpolated_motion("wave", frames, guide=small.guide(), vae=small.pose_vae())
