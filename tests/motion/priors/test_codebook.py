import pytest
import torch

from motion.priors import small
from motion.priors.helpers import random_rotations, worst
from personify.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from personify.errors import PersonifyError
from personify.motion.priors.building import build_codebook, distilled
from personify.motion.priors.codebook import PoseCodebook, different, suppress_duplicates
from personify.motion.priors.guide import PoseEncoder, without_heading
from personify.motion.priors.pictures import PosePictures, coarse_body, sheet
from personify.motion.priors.weights import save_prior


def test_the_pose_itself_is_found_first():
    codebook = small.guide().codebook
    poses, scores = codebook.candidates(codebook.embeddings[7])
    assert poses[0].equal(codebook.poses[7])
    assert poses.shape == (5, 22, 3)
    assert float(scores[0]) == pytest.approx(1, abs=1e-5)
    assert scores.equal(scores.sort(descending=True)[0])


def test_only_the_nearest_codes_are_looked_at():
    codebook = small.guide().codebook
    text = codebook.embeddings[0]
    nearest = (codebook.embeddings @ text).argsort(descending=True)[:6]
    poses, _ = codebook.candidates(text, count=5, pre_topk=6, threshold=1e-3)
    assert all(any(pose.equal(codebook.poses[k]) for k in nearest) for pose in poses)


def test_five_are_found_among_copies():
    poses = torch.zeros(40, 66)
    poses[20:] = 0.01 * torch.randn(20, 66, generator=torch.Generator().manual_seed(0))
    assert suppress_duplicates(poses, 0.07) == [0]
    kept = different(poses, 5)
    assert len(kept) == 5
    assert kept[0] == 0
    assert different(torch.zeros(5, 66), 5) == [0, 1, 2, 3, 4]


def test_nothing_is_relaxed_without_need():
    poses = torch.arange(6.0)[:, None].expand(6, 66)
    assert different(poses, 3, threshold=1.5) == [0, 2, 4]


@pytest.mark.parametrize("count", [0, 31])
def test_impossible_counts_are_refused(count):
    with pytest.raises(PersonifyError, match="expected 1 to 30"):
        small.guide().codebook.candidates(torch.ones(12), count)


def test_saved_and_loaded(tmp_path):
    codebook = small.guide().codebook
    codebook.save(tmp_path / "codebook.safetensors")
    loaded = PoseCodebook.load(tmp_path / "codebook.safetensors")
    assert worst(loaded.poses, codebook.poses) < 2e-3
    assert worst(loaded.embeddings, codebook.embeddings) < 1e-3
    assert (loaded.names, loaded.model) == (codebook.names, codebook.model)
    rotations = random_rotations(3, 22)
    assert worst(loaded.encoder(rotations), codebook.encoder(rotations)) < 3e-3
    codebook.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "codebook.safetensors").read_bytes()


def test_other_files_are_refused(tmp_path):
    (tmp_path / "broken.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(PersonifyError, match="not a readable safetensors file"):
        PoseCodebook.load(tmp_path / "broken.safetensors")
    save_prior(small.pose_vae(), tmp_path / "vae.safetensors", {"neurons": 24})
    with pytest.raises(PersonifyError, match="holds PoseVAE; expected PoseCodebook"):
        PoseCodebook.load(tmp_path / "vae.safetensors")


def test_heading_makes_no_difference_to_the_encoder():
    encoder, pose = PoseEncoder(6, 16), random_rotations(1, 22)
    turned = pose.clone()
    turned[:, 0] = axis_angle_to_matrix(torch.tensor([0, 1.3, 0])) @ pose[:, 0]
    assert worst(encoder(turned), encoder(pose)) < 1e-5
    lying = pose.clone()
    lying[:, 0] = axis_angle_to_matrix(torch.tensor([-1.5, 0, 0])) @ pose[:, 0]
    assert worst(encoder(lying), encoder(pose)) > 1e-3


def test_without_heading_faces_forward_and_is_a_turn_about_the_vertical():
    root = axis_angle_to_matrix(torch.tensor([[0, 2.0, 0], [0.4, -1.0, 0.2]]))[:, None]
    level = without_heading(root)[:, 0]
    assert worst(level[0], torch.eye(3)) < 1e-6
    assert level[:, 2, 0].abs().max() < 1e-6
    assert worst(level[:, 1], root[:, 0, 1]) < 1e-6  # heights of the axes stay


def test_encoder_gradients():
    encoder = PoseEncoder(3, 4).double()
    angles = 0.3 * torch.randn(1, 22, 3, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(lambda a: encoder(axis_angle_to_matrix(a)), angles.requires_grad_())


class Brightness:
    """An image-text model that sees how much of the picture a person fills, and where."""

    name, image_size = "brightness", 24

    def encode_text(self, texts):
        return torch.nn.functional.normalize(torch.ones(len(texts), 4), dim=1)

    def encode_image(self, images):
        dark = (images.mean(-1) < 0.8).float()
        quarters = torch.nn.functional.adaptive_avg_pool2d(dark[:, None], 2).flatten(1)
        return torch.nn.functional.normalize(quarters + 1e-3, dim=1)


def test_building_embeds_what_the_model_sees():
    poses = torch.zeros(4, 22, 3)
    poses[1, 16, 2], poses[1, 17, 2] = -1.3, 1.3  # arms down
    poses[2, 16, 2], poses[2, 17, 2] = 1.3, -1.3  # arms up
    shown = []
    codebook = build_codebook(Brightness(), poses, ("t",), steps=300, progress=lambda all: shown.extend(all) or all)
    assert len(shown) == 4
    assert worst(codebook.embeddings[1], codebook.embeddings[2]) > 0.05
    assert codebook.embeddings[0].equal(codebook.embeddings[3])
    assert worst(codebook.encoder(axis_angle_to_matrix(poses)), codebook.embeddings) < 0.05
    assert (codebook.model, codebook.names) == ("brightness", ("t",))


def test_building_is_deterministic_and_leaves_the_random_state_alone():
    poses, targets = matrix_to_axis_angle(random_rotations(8, 22)), torch.eye(8)
    state = torch.random.get_rng_state()
    first, again = (distilled(poses, targets, seed=4, steps=5) for _ in range(2))
    assert torch.random.get_rng_state().equal(state)
    assert first.last.weight.equal(again.last.weight)


def test_no_poses_are_refused():
    with pytest.raises(PersonifyError, match=r"expected \[N, 22, 3\]"):
        build_codebook(Brightness(), torch.zeros(0, 22, 3))


def test_coarse_body_is_a_whole_person():
    _, body = coarse_body()
    height = body.vertices[:, 1].max() - body.vertices[:, 1].min()
    assert 1.5 < height < 2
    assert 1000 < len(body.vertices) < 6000
    assert abs(body.lbs_weights.sum(1) - 1).max() < 1e-4


def test_pictures_show_the_side():
    pictures = PosePictures(48, azimuths=[-0.8, 0.8])
    pose = torch.zeros(22, 3)
    pose[16, 2] = -1.3  # the left arm hangs, the right one points aside
    left, right = pictures.draw(pose)
    assert left.shape == (48, 48, 3)
    assert abs(left - right[:, ::-1]).mean() > 0.01
    assert sheet(torch.zeros(3, 22, 3), columns=2, size=20).shape == (40, 40, 3)
