"""Every constant of the network, and the presets."""

from __future__ import annotations

from dataclasses import dataclass

from personify.body.pose import PARENTS
from personify.errors import PersonifyError
from personify.photos.bones import bone_joints


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes and constants; the defaults are the published ones (``full``).

    Attributes:
        patch_size: pixels along a patch; a power of two from 8.
        encoder_depth, encoder_width, encoder_heads: of the image encoder.
        decoder_depth, decoder_width, decoder_heads: of both decoders; the depth is a multiple of 4.
        mlp_ratio: hidden over outer width of the MLPs.
        rope_base: base of the rotary position embedding.
        head_width: channels of the DPT heads' feature maps.
        reassemble_widths: channels of the four token maps inside a DPT head.
        skip_kernel: size of the convolution that carries the raw image past the transformer.
        dropout: before the last layer of the Gaussian heads.
        sh_degree: degree of the spherical harmonics.
        parents: joint tree of the rig; one bone logit per edge and leaf.
        spare_channels: trailing channels of the Gaussian heads that mean nothing here (28 SMPL bones in the original).
        template_size: (height, width) of the template maps.
        scale_unit: metres of ``softplus(raw) = 1``.
        largest_scale: metres, at which scales are cut; where places are uncertain, large ones become fog.
        faintest: opacity below which a trained network's Gaussians of the photos are left out; they are the ones whose
            place is uncertain, and together they are fog.
        residual: predict changes of the body's own skinning and texel spacing and of the pixels' colours, and start
            training from the body's surface. The original predicts all from nothing and needs 1.2 million samples.
        guided: show the encoder where a patch lies in its photo (rotary embedding shows only how patches lie to each
            other) and one key colour wherever the mask is empty. The original has to find out both by itself.
        stem_widths: channels at 1/2, 1/4, ... of the resolution of a convolutional stem, which finds the place of every
            pixel on the body (`personify.photos.network.stem`), and of the atlas, which looks at all that is carried
            from the pixels to the template (`personify.photos.network.carry`). The original has neither; empty leaves
            them out.
        figure: how many principal displacements of the template's texels the stem estimates for every person
            (`personify.photos.network.figure`); 0, as in the original, leaves all displacement to the template's heads.
        initial_opacity: (template, image) of an untrained ``residual`` network.
        initial_scale: metres, of the photos' Gaussians in an untrained ``residual`` network.
        body_shapes: length of the body shape to estimate beside the Gaussians; 0 leaves the auxiliary head out.
        body_joints: joints whose rotations the auxiliary head estimates for each view.
    """

    patch_size: int = 16
    encoder_depth: int = 24
    encoder_width: int = 1024
    encoder_heads: int = 16
    decoder_depth: int = 12
    decoder_width: int = 768
    decoder_heads: int = 12
    mlp_ratio: int = 4
    rope_base: float = 100.0
    head_width: int = 256
    reassemble_widths: tuple[int, int, int, int] = (96, 192, 384, 768)
    skip_kernel: int = 7
    dropout: float = 0.1
    sh_degree: int = 4
    parents: tuple[int, ...] = PARENTS
    spare_channels: int = 0
    template_size: tuple[int, int] = (1024, 1024)
    scale_unit: float = 0.001
    largest_scale: float = 0.3
    faintest: float = 0.0
    residual: bool = False
    guided: bool = False
    stem_widths: tuple[int, ...] = ()
    figure: int = 0
    initial_opacity: tuple[float, float] = (0.9, 0.1)
    initial_scale: float = 0.008
    body_shapes: int = 0
    body_joints: int = 22

    def __post_init__(self) -> None:
        _require(
            self.patch_size >= 8 and self.patch_size & (self.patch_size - 1) == 0, "patch_size: a power of two >= 8"
        )
        _require(self.decoder_depth % 4 == 0, "decoder_depth: a multiple of 4")
        for stage in ("encoder", "decoder"):
            width, heads = getattr(self, f"{stage}_width"), getattr(self, f"{stage}_heads")
            _require(width % (4 * heads) == 0, f"{stage}_width: a multiple of 4 * {stage}_heads (rotary halves)")
        _require(
            all(side % self.patch_size == 0 for side in self.template_size), "template_size: multiples of patch_size"
        )
        _require(all(width % 8 == 0 for width in self.stem_widths), "stem_widths: multiples of 8")
        _require(self.figure == 0 or bool(self.stem_widths), "figure: 0 without a stem")
        _require(0 <= self.sh_degree <= 4, "sh_degree: 0 to 4")

    @property
    def hooks(self) -> tuple[int, int, int, int]:
        """Decoder layers whose tokens the heads see; 0 is what enters the decoder."""
        depth = self.decoder_depth
        return 0, depth // 2, depth * 3 // 4, depth

    @property
    def features(self) -> int:
        """Channels of the stem's and the atlas' features."""
        return self.stem_widths[0] if self.stem_widths else 0

    @property
    def num_bones(self) -> int:
        return len(bone_joints(self.parents))

    @property
    def num_harmonics(self) -> int:
        return (self.sh_degree + 1) ** 2

    @property
    def channel_sizes(self) -> tuple[int, int, int, int, int, int]:
        """Raw channels per pixel: opacity, scales, quaternion xyzw, harmonics (colour-major), bone logits, spare."""
        return 1, 3, 4, 3 * self.num_harmonics, self.num_bones, self.spare_channels


def _require(holds: bool, expected: str) -> None:
    if not holds:
        raise PersonifyError(f"network configuration: expected {expected}")


PRESETS: dict[str, NetworkConfig] = {
    "full": NetworkConfig(spare_channels=28),
    "base": NetworkConfig(
        encoder_depth=12,
        encoder_width=768,
        encoder_heads=12,
        decoder_depth=8,
        decoder_width=512,
        decoder_heads=8,
        head_width=128,
        reassemble_widths=(48, 96, 192, 384),
        sh_degree=1,
        template_size=(512, 512),
        residual=True,
        guided=True,
        initial_scale=0.002,
        body_shapes=11,
    ),
    "tiny": NetworkConfig(
        encoder_depth=6,
        encoder_width=256,
        encoder_heads=8,
        decoder_depth=4,
        decoder_width=192,
        decoder_heads=6,
        head_width=64,
        reassemble_widths=(24, 48, 96, 128),
        skip_kernel=3,
        sh_degree=1,
        template_size=(256, 256),
        scale_unit=0.002,
        residual=True,
        guided=True,
        stem_widths=(24, 48, 96, 128),
        figure=32,
        initial_scale=0.004,
        body_shapes=11,
    ),
    "mini": NetworkConfig(
        patch_size=8,
        encoder_depth=4,
        encoder_width=128,
        encoder_heads=4,
        decoder_depth=4,
        decoder_width=96,
        decoder_heads=4,
        head_width=24,
        reassemble_widths=(12, 24, 32, 48),
        skip_kernel=3,
        dropout=0.0,
        sh_degree=0,
        template_size=(96, 96),
        scale_unit=0.005,
        largest_scale=0.03,
        faintest=0.05,
        residual=True,
        guided=True,
        stem_widths=(32, 64, 128, 224),
        figure=32,
        initial_scale=0.012,
        body_shapes=11,
    ),
}
"""``full`` is the paper's; ``base``, ``tiny`` (17.6 M parameters) and ``mini`` (11.2 M, for CPUs) are like it."""
