"""The network itself: shapes, the way to a file and back, and weights that are not its own."""

import pytest
import torch
from safetensors.torch import save_file

from personify.errors import PersonifyError
from personify.photos.matting_network import MattingNetwork, adapted, load_matting, save_matting, shipped_matting


def test_logits_have_the_shape_of_the_pictures():
    assert MattingNetwork((4, 4, 6, 6, 8)).eval()(torch.rand(3, 3, 96, 64)).shape == (3, 96, 64)


def test_every_weight_is_learnt():
    torch.manual_seed(0)
    network = MattingNetwork((4, 4, 6, 6, 8))
    network(torch.rand(2, 3, 64, 64)).square().mean().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in network.parameters())


def test_the_whole_picture_matters_everywhere():
    torch.manual_seed(0)
    network = MattingNetwork((4, 4, 6, 6, 8)).eval()
    pictures = torch.rand(2, 3, 256, 256)
    pictures[1, :, :, 64:] = pictures[0, :, :, 64:]
    answers = network(pictures)
    assert (answers[0, -1, -1] - answers[1, -1, -1]).abs() > 0


def test_adapting_takes_a_photos_own_light_for_normal():
    torch.manual_seed(0)
    network = MattingNetwork((4, 4, 6, 6, 8)).eval()
    pictures = 0.1 + 0.05 * torch.rand(4, 3, 64, 64)  # a dark cellar
    own = adapted(network, pictures, share=1.0)
    before, after = network.stem(2 * pictures - 1), own.stem(2 * pictures - 1)
    assert before.mean((0, 2, 3)).abs().max() > 0.1
    torch.testing.assert_close(after.mean((0, 2, 3)), torch.zeros(4), atol=1e-4, rtol=0)
    assert not own.training
    assert (network.stem(2 * pictures - 1) == before).all()  # the original stays


def test_weights_survive_a_file(tmp_path):
    torch.manual_seed(0)
    network = MattingNetwork()
    network(torch.rand(2, 3, 64, 64))  # moves the running statistics
    again = load_matting(save_matting(network, tmp_path / "matting.safetensors"))
    picture = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(again(picture), network.eval()(picture), atol=2e-2, rtol=0)
    assert (tmp_path / "matting.safetensors").stat().st_size < 2_000_000


def test_the_shipped_network_is_small_and_finite():
    network = shipped_matting()
    assert sum(weight.numel() for weight in network.parameters()) < 1_000_000
    assert network(torch.rand(1, 3, 64, 64)).isfinite().all()


def test_other_weights_are_refused_in_one_line(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"no")
    for name in ("other", "broken", "missing"):
        with pytest.raises(PersonifyError, match="not weights of the matting network") as caught:
            load_matting(tmp_path / f"{name}.safetensors")
        assert "\n" not in str(caught.value)
