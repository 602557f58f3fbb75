"""The whole network: photos and masks to canonical Gaussians in one pass, without cameras or poses."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from personify.errors import PersonifyError
from personify.photos.bones import spread_over_bones
from personify.photos.network.auxiliary import BodyEstimate, BodyHead
from personify.photos.network.backbone import Decoder, Encoder
from personify.photos.network.carry import carried_maps, evened
from personify.photos.network.config import PRESETS, NetworkConfig
from personify.photos.network.dpt import GaussianHead, PositionHead, exponential_map, start_lively
from personify.photos.network.figure import Figure, agree
from personify.photos.network.gaussians import CanonicalGaussians, Rows, activate, batch_rows
from personify.photos.network.stem import Stem, Surface
from personify.photos.network.unet import UNet
from personify.photos.template import Template

MASK_THRESHOLD = 1e-3
"""Pixels and texels below this mask value get no Gaussian."""
_KEY_COLOR = (1.0, -1.0, 1.0)  # magenta, which hardly any cloth or skin is; in -1..1

_COLORS = 6  # of both sides of the body, and of the own
_NEARNESS = 5  # offset, and confidence across the body and of the own side
_COVERING = 0.6  # standard deviation over distance at which round neighbours look like a surface


@dataclass(frozen=True)
class NetworkOutput:
    """Gaussians, and if configured the body seen in the photos and coefficients [B, K] of the figure."""

    gaussians: CanonicalGaussians
    body: BodyEstimate | None
    figure: Tensor | None = None


@dataclass(frozen=True)
class Look:
    """What the stem sees in M photos of B people.

    Attributes:
        features: [M, F, H, W].
        rows: [P, F] those of the foreground pixels.
        surface: that the pixels show.
        figure: [B, K] coefficients of the displacements; None if not configured.
    """

    features: Tensor
    rows: Tensor
    surface: Surface
    figure: Tensor | None


class PhotoNetwork(nn.Module):
    """NoPo-Avatar's encoder, decoder and heads (Wen et al. 2025, section 3.2), and a stem and an atlas if configured.

    Args:
        config: every constant; see `NetworkConfig`.

    Example:
        >>> from personify.photos.template import body_template
        >>> network = build("mini")
        >>> photos, masks = torch.rand(1, 2, 3, 32, 32), torch.ones(1, 2, 32, 32)
        >>> network(photos, masks, body_template(96)).gaussians.means.shape[2]
        3
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        rows, columns = self.template_grid
        self.template_tokens = nn.Parameter(torch.randn(rows * columns, config.encoder_width))
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.template_position = PositionHead(config)
        self.image_position = PositionHead(config)
        carried = 4 if config.stem_widths else 0
        self.template_gaussian = GaussianHead(config, raw_channels=3 + len(config.parents) + carried)
        self.image_gaussian = GaussianHead(config, raw_channels=3)
        self.body = BodyHead(config) if config.body_shapes else None
        if config.stem_widths:
            self.stem = Stem(config)
            self.stem_to_tokens = nn.Conv2d(config.features, config.encoder_width, 1)
            self.atlas = UNet(3 + 1 + _COLORS + config.features + _NEARNESS, config.stem_widths)
        self._initialise()

    @property
    def template_grid(self) -> tuple[int, int]:
        """(rows, columns) of template tokens."""
        height, width = self.config.template_size
        return height // self.config.patch_size, width // self.config.patch_size

    @property
    def figure(self) -> Figure | None:
        """The stem's, if configured."""
        return self.stem.figure if self.config.figure else None

    def _initialise(self) -> None:
        for module in (*self.encoder.modules(), *self.decoder.modules()):
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        if self.config.residual:
            for head in (self.template_position, self.image_position, self.template_gaussian, self.image_gaussian):
                start_lively(head)
            _start_still(self.template_position.out)
            # without a stem about the middle of a person
            _start_still(self.image_position.out, height=0.0 if self.config.stem_widths else 1.0)
            _start_round(self.template_gaussian.out, self.config.initial_opacity[0])
            raw_scale = math.log(math.expm1(self.config.initial_scale / self.config.scale_unit))
            _start_round(self.image_gaussian.out, self.config.initial_opacity[1], raw_scale)

    def resize_template(self, size: tuple[int, int]) -> None:
        """Change the template's resolution, as between training stages: its tokens are resampled as a grid."""
        rows, columns = self.template_grid
        self.config = replace(self.config, template_size=size)
        if self.figure is not None and self.figure.basis.shape[-2:] != size:
            self.figure.resize(size)
        self.template_tokens = nn.Parameter(
            resize_tokens(self.template_tokens.data, (rows, columns), self.template_grid)
        )

    def forward(
        self,
        images: Tensor,  # [B, V, 3, H, W] sRGB in 0..1
        masks: Tensor,  # [B, V, H, W] in 0..1
        template: Template,  # maps of config.template_size
    ) -> NetworkOutput:
        """Canonical Gaussians of B people from V photos each.

        Raises:
            PersonifyError: sides that are not multiples of the patch, or maps of another size or rig.
        """
        self._check(images, masks, template)
        normalised = self._normalised(images, masks)
        look = self.look(images, masks) if self.config.stem_widths else None
        average = template
        if self.figure is not None and look is not None and look.figure is not None:
            template = template.displaced(self.figure.displacement(look.figure))
        template_tokens, image_tokens = self._tokens(normalised, look)
        # the heads' exponentials and millimetre scales need full precision
        with torch.autocast(images.device.type, enabled=False):
            template_tokens = [tokens.float() for tokens in template_tokens]
            image_tokens = [tokens.float() for tokens in image_tokens]
            photo_rows = self._image_rows(image_tokens, normalised.float(), masks.float(), look)
            carried = None
            if look is not None:
                carried = self._carried(photo_rows, normalised.float(), look, template, average.opposite)
        atlas = None if carried is None else self._atlas(carried, template)
        with torch.autocast(images.device.type, enabled=False):
            template_rows = self._template_rows(template_tokens, template, len(images), carried, atlas)
            gaussians = batch_rows([template_rows, photo_rows], len(images))
            body = (
                None
                if self.body is None
                else self.body(template_tokens[-1], image_tokens[-1], (images.shape[-2], images.shape[-1]))
            )
        return NetworkOutput(gaussians, body, None if look is None else look.figure)

    def look(self, images: Tensor, masks: Tensor) -> Look:  # [B, V, 3, H, W], [B, V, H, W]
        """What the stem alone sees in photos; for configurations that have one.

        A trained network estimates the figure from the photos and from their mirror images, whose errors differ.
        """
        photos, flat = self._normalised(images, masks).flatten(0, 1), masks.flatten(0, 1)
        features, rows, surface, evidence = self._evidence(photos, flat)
        if self.figure is None or evidence is None:
            return Look(features, rows, surface, None)
        if not self.training:
            mirrored = self._evidence(photos.flip(-1), flat.flip(-1))[-1]
            assert mirrored is not None
            evidence = torch.stack([evidence, torch.stack([self.figure.mirrored(mirrored[0]), mirrored[1]])]).mean(0)
        return Look(features, rows, surface, agree(*evidence.unflatten(1, masks.shape[:2])))

    def _evidence(self, photos: Tensor, masks: Tensor) -> tuple[Tensor, Tensor, Surface, Tensor | None]:
        """Features [M, F, H, W] and [P, F], the surface, and coefficients and precisions [2, M, K] of the figure."""
        features, whole = self.stem(photos, masks)
        with torch.autocast(photos.device.type, enabled=False):
            features, whole = features.float(), whole.float()
            rows = _pixel_rows(features).index_select(0, _chosen(masks))
            solid = masks > MASK_THRESHOLD
            surface = self.stem.surface(rows, solid.nonzero()[:, 0], len(masks))
            if self.figure is None:
                return features, rows, surface, None
            evidence = self.figure(whole, rows, surface.seen, surface.bone_logits, solid)
            return features, rows, surface, torch.stack(evidence)

    def _normalised(self, images: Tensor, masks: Tensor) -> Tensor:
        normalised = images * 2 - 1
        if not self.config.guided:
            return normalised
        key = normalised.new_tensor(_KEY_COLOR)[:, None, None]
        return torch.where(masks[:, :, None] > MASK_THRESHOLD, normalised, key)

    def _tokens(self, normalised: Tensor, look: Look | None = None) -> tuple[list[Tensor], list[Tensor]]:
        """Token lists of the template [B, T, C] and the photos [B, V, N, C]."""
        batch, views = normalised.shape[:2]
        extra = None
        if look is not None:
            extra = self.stem_to_tokens(nn.functional.avg_pool2d(look.features, self.config.patch_size))
        encoded = self.encoder(normalised.flatten(0, 1), extra).unflatten(0, (batch, views))
        template = self.template_tokens.to(encoded.dtype).expand(batch, -1, -1)
        return self.decoder(template, encoded, self.template_grid, self._image_grid(normalised))

    def _image_grid(self, images: Tensor) -> tuple[int, int]:
        return images.shape[-2] // self.config.patch_size, images.shape[-1] // self.config.patch_size

    def _hooked(self, tokens: list[Tensor]) -> list[Tensor]:
        return [tokens[layer] for layer in self.config.hooks]

    def _carried(
        self, rows: Rows, normalised: Tensor, look: Look, template: Template, opposite: Tensor
    ) -> Tensor:  # [B, H, W, 6 + F + 5], the colours of both sides first, the own side's confidence last
        _, person, source = rows
        view, row, column = source.unbind(-1)
        colors = normalised[person, view - 1, :, row, column]
        own = carried_maps(rows, torch.cat([colors, look.rows], -1), template, len(normalised))
        known, between, confidence = own[..., :3], own[..., 3:-1], own[..., -1:]
        even, across = evened(known, confidence, opposite)
        return torch.cat([even, known, between, across, confidence], -1)

    def _atlas(self, carried: Tensor, template: Template) -> Tensor:  # [B, H, W, C] -> [B, F, H, W]
        surface = torch.cat([template.positions, template.mask[..., None]], -1).expand(*carried.shape[:3], -1)
        features: Tensor = self.atlas(torch.cat([surface, carried], -1).permute(0, 3, 1, 2))
        return features.float()

    def _template_rows(
        self,
        tokens: list[Tensor],
        template: Template,
        batch: int,
        carried: Tensor | None = None,  # [B, H, W, C]
        atlas: Tensor | None = None,  # [B, F, H, W]
    ) -> Rows:
        """One Gaussian per covered texel: the body surface plus a displacement."""
        positions = template.positions.expand(batch, -1, -1, -1)
        lbs_weights = template.lbs_weights.expand(batch, -1, -1, -1)
        mask = template.mask.expand(batch, -1, -1)
        texels = _chosen(mask)
        hooked = [tokens[layer] for layer in self.config.hooks]
        shown = [] if carried is None else [carried[..., :3], carried[..., -1:]]  # colour and confidence
        maps = torch.cat([positions, lbs_weights, *shown], -1).permute(0, 3, 1, 2)
        features = None if atlas is None else _pixel_rows(atlas).index_select(0, texels)
        raw = self.template_gaussian(hooked, self.template_grid, maps, texels, features)
        displacement = self.template_position(hooked, self.template_grid, atlas)
        displacement = _pixel_rows(displacement).index_select(0, texels)
        means = exponential_map(displacement) + positions.flatten(0, 2)[texels]
        priors: dict[str, Tensor] = {}
        if self.config.residual:
            bones = spread_over_bones(lbs_weights.flatten(0, 2)[texels], template.parents)
            priors["bone_prior"] = bones.clamp(min=1e-4).log()
            spacing = template.spacing().expand(batch, -1, -1).flatten()[texels]
            priors["scale_prior"] = (_COVERING * spacing).clamp(min=0.001)
            if carried is not None:
                priors["color_prior"] = carried[..., :3].flatten(0, 2)[texels] / 2 + 0.5
        fields = activate(raw, means, mask.flatten()[texels], self.config, **priors)
        person, row, column = (mask > MASK_THRESHOLD).nonzero().unbind(1)
        return fields, person, torch.stack([torch.zeros_like(row), row, column], -1)

    def _image_rows(self, tokens: list[Tensor], normalised: Tensor, masks: Tensor, look: Look | None = None) -> Rows:
        """One Gaussian per foreground pixel of every photo, at an absolute canonical position."""
        pixels = _chosen(masks)
        hooked = [tokens[layer].flatten(0, 1) for layer in self.config.hooks]
        grid, photos = self._image_grid(normalised), normalised.flatten(0, 1)
        features, rows = (None, None) if look is None else (look.features, look.rows)
        raw = self.image_gaussian(hooked, grid, photos, pixels, rows)
        means = exponential_map(_pixel_rows(self.image_position(hooked, grid, features)).index_select(0, pixels))
        priors: dict[str, Tensor] = {}
        if self.config.residual:
            priors["color_prior"] = _pixel_rows(photos).index_select(0, pixels) / 2 + 0.5
        if look is not None:
            means = means + look.surface.means
            priors["bone_prior"] = look.surface.bone_logits
        fields = activate(raw, means, masks.flatten()[pixels], self.config, **priors)
        if not self.training:
            faint = fields["opacities"] < self.config.faintest
            fields["opacities"] = fields["opacities"].masked_fill(faint, 0.0)
        person, view, row, column = (masks > MASK_THRESHOLD).nonzero().unbind(1)
        return fields, person, torch.stack([view + 1, row, column], -1)

    def _check(self, images: Tensor, masks: Tensor, template: Template) -> None:
        patch = self.config.patch_size
        if images.ndim != 5 or images.shape[2] != 3 or images.shape[-2] % patch or images.shape[-1] % patch:
            raise PersonifyError(
                f"images: shape {list(images.shape)}; expected [B, V, 3, H, W] with sides that are multiples of {patch}"
            )
        if masks.shape != (*images.shape[:2], *images.shape[3:]):
            raise PersonifyError(
                f"masks: shape {list(masks.shape)}; expected [B, V, H, W] of images {list(images.shape)}"
            )
        size = self.config.template_size
        if tuple(template.mask.shape[-2:]) != size:
            raise PersonifyError(f"template: maps are {list(template.mask.shape[-2:])}; expected {list(size)}")
        if template.parents != self.config.parents:
            raise PersonifyError("template: its joint tree is not the one this network was made for")


def _chosen(mask: Tensor) -> Tensor:  # [..., H, W] -> [P] indices into all pixels
    return (mask.flatten() > MASK_THRESHOLD).nonzero()[:, 0]


def _pixel_rows(maps: Tensor) -> Tensor:  # [M, C, H, W] -> [M * H * W, C]
    return maps.permute(0, 2, 3, 1).flatten(0, 2)


def _start_still(layer: nn.Conv2d | nn.Linear, height: float = 0.0) -> None:
    """Zeros; a position head then puts everything ``height`` metres above the floor."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
        nn.init.constant_(layer.bias[1], math.log1p(height))


def _start_round(layer: nn.Linear, opacity: float, raw_scale: float = 0.0) -> None:
    """Round Gaussians of one opacity; colours, skinning and size as given."""
    _start_still(layer)
    with torch.no_grad():
        layer.bias[0] = torch.logit(torch.tensor(opacity))
        layer.bias[1:4] = raw_scale
        layer.bias[7] = 1.0


def resize_tokens(tokens: Tensor, old: tuple[int, int], new: tuple[int, int]) -> Tensor:  # [N, C] -> [N', C]
    """Resample a row-major grid of tokens bilinearly."""
    grid = tokens.mT.unflatten(-1, old)[None]
    resized = nn.functional.interpolate(grid, size=new, mode="bilinear", align_corners=False)
    return resized[0].flatten(1).mT.contiguous()


def build(config: str | NetworkConfig, seed: int = 0) -> PhotoNetwork:
    """An untrained network from a preset's name (``full``, ``base``, ``tiny``, ``mini``) or a configuration.

    The global random state is left alone; the same seed gives the same weights.

    Raises:
        PersonifyError: an unknown preset.
    """
    if isinstance(config, str):
        if config not in PRESETS:
            raise PersonifyError(f"network preset {config!r} is not known; expected one of {', '.join(PRESETS)}")
        config = PRESETS[config]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PhotoNetwork(config)
