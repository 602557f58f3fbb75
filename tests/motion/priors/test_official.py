import contextlib
import io
import zipfile
from collections import OrderedDict

import pytest
import torch
from safetensors.torch import save_file

from motion.priors import small
from motion.priors.helpers import original, path_of, worst
from personify.errors import PersonifyError
from personify.motion.priors.building import original_codebook
from personify.motion.priors.motion_vae import MotionVAE
from personify.motion.priors.official import (
    load_codebook,
    load_motion_vae,
    load_realnvp,
    load_vposer,
    read_tensors,
)
from personify.motion.priors.pose_vae import PoseVAE


class TrainingOptions:
    """Lightning's checkpoints carry such objects of the program that wrote them."""

    def __init__(self):
        self.rate = 1e-3


def weights(name):
    return {key[8:]: tensor for key, tensor in original(name).items() if key.startswith("weights.")}


def test_lightning_checkpoint_with_foreign_objects(tmp_path):
    state = OrderedDict((f"vp_model.{name}", tensor) for name, tensor in weights("vposer").items())
    folder = tmp_path / "V02_05" / "snapshots"
    folder.mkdir(parents=True)
    content = {"epoch": 13, "state_dict": state, "hyper_parameters": TrainingOptions(), "optimizer_states": [{}]}
    torch.save(content, folder / "V02_05_epoch=13.ckpt")
    data = original("vposer")
    for path in (tmp_path / "V02_05", folder / "V02_05_epoch=13.ckpt"):
        assert worst(load_vposer(path).encode(data["in.pose_body"])[0], data["out.encode.mean"]) < 5.9e-6


def test_decoder_alone_decodes(tmp_path):
    state = {name: tensor for name, tensor in weights("vposer").items() if name.startswith("decoder_net")}
    torch.save(state, tmp_path / "vposer.pt")
    data = original("vposer")
    assert worst(load_vposer(tmp_path / "vposer.pt").decode_pose(data["in.latent"]), data["out.pose_body"]) < 3.2e-5


def test_motion_vae_in_two_files_and_with_its_table_of_positions(tmp_path):
    table = {"pos_encoder.pe": torch.zeros(5000, 1, 64)}
    parts = {"encoder": table.copy(), "decoder": table.copy()}
    for name, tensor in weights("motion_vae").items():
        half, inside = name.split(".", 1)
        parts[half][inside] = tensor
    for half, state in parts.items():
        torch.save({"model": state}, tmp_path / f"{half}.pth")
    vae, whole = (
        load_motion_vae(tmp_path / "encoder.pth", tmp_path / "decoder.pth"),
        load_motion_vae(path_of("motion_vae")),
    )
    code = torch.randn(1, 64, generator=torch.Generator().manual_seed(0))
    assert worst(vae.decode(code)[0], whole.decode(code)[0]) == 0


def test_published_sizes_are_those_of_the_defaults():
    layer = MotionVAE(55, False, 256, 256, 4, 1024, 4, 0, False).decoder.seqTransDecoder.layers[3]
    assert layer.linear1.weight.shape == (1024, 256)
    assert PoseVAE().decoder_net[0].weight.shape == (512, 32)


def test_codebook(tmp_path):
    torch.save({"codebook": torch.ones(6, 32), "codebook_embedding": torch.zeros(6, 512)}, tmp_path / "codebook.pth")
    codes, embeddings = load_codebook(tmp_path / "codebook.pth")
    assert codes.shape == (6, 32)
    assert embeddings.shape == (6, 512)


def test_original_codebook_finds_the_original_poses(tmp_path):
    data = original("pose_codebook")
    content = {"codebook": data["in.codebook"], "codebook_embedding": data["in.codebook_embedding"]}
    torch.save(content, tmp_path / "codebook.pth")
    book = original_codebook(tmp_path / "codebook.pth", path_of("vposer"), "ViT-B/32", steps=3)
    poses, scores = book.candidates(data["in.text_feature"], 5, pre_topk=12, threshold=0.2)
    assert worst(poses[:, 1:].flatten(1), data["out.topk_poses"]) < 3e-6
    assert worst(scores, data["out.score"][data["out.top_indices"]][:5]) < 3e-6
    assert not poses[:, 0].any()


def test_old_format_of_torch(tmp_path):
    torch.save(weights("pose_realnvp"), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert load_realnvp(tmp_path / "old.pth").dim == 32


@pytest.mark.parametrize(
    ("load", "what"),
    [
        (load_vposer, "VPoser"),
        (load_motion_vae, "motion decoder"),
        (load_realnvp, "RealNVP"),
        (load_codebook, "code-book"),
    ],
)
def test_other_weights_are_refused_by_name(load, what, tmp_path):
    save_file({"some.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(PersonifyError, match=rf"some.weight; expected .*{what}"):
        load(tmp_path / "other.safetensors")


def test_missing_and_damaged_files_are_refused(tmp_path):
    with pytest.raises(PersonifyError, match="no such file"):
        load_vposer(tmp_path / "none.ckpt")
    with pytest.raises(PersonifyError, match=r"holds no \.ckpt"):
        load_vposer(tmp_path)
    state = weights("vposer")
    del state["decoder_net.3.bias"]
    torch.save(state, tmp_path / "lacking.pt")
    with pytest.raises(PersonifyError, match=r"lacks decoder_net.3.bias"):
        load_vposer(tmp_path / "lacking.pt")


def test_no_code_of_a_file_runs(tmp_path):
    class Harmful:
        def __reduce__(self):
            return (tmp_path.joinpath("owned").mkdir, ())

    torch.save({"state": Harmful()}, tmp_path / "harmful.pt")
    with pytest.raises(PersonifyError):
        load_vposer(tmp_path / "harmful.pt")
    assert not (tmp_path / "owned").exists()


def test_mutated_files_give_only_our_error(tmp_path):
    buffer = io.BytesIO()
    torch.save({name: tensor[:2] for name, tensor in small.flow().state_dict().items()}, buffer)
    assert zipfile.is_zipfile(buffer)
    random, whole, path = torch.Generator().manual_seed(0), buffer.getvalue(), tmp_path / "mutated.pt"
    for attempt in range(60):
        content = bytearray(whole)
        for place in torch.randint(len(content), (4,), generator=random).tolist():
            content[place] = int(torch.randint(256, (1,), generator=random))
        path.write_bytes(
            content[: int(torch.randint(1, len(content), (1,), generator=random))] if attempt % 4 == 0 else content
        )
        with contextlib.suppress(PersonifyError):
            read_tensors(path)
