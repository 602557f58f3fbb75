"""Small networks and random photos."""

import torch

from personify.photos.network import NetworkConfig, PhotoNetwork


def fixture_config(template_size: tuple[int, int]) -> NetworkConfig:
    """The published network with the fixtures' narrow widths."""
    return NetworkConfig(
        encoder_depth=4, encoder_width=64, encoder_heads=4, decoder_depth=4, decoder_width=48, decoder_heads=4,
        head_width=32, reassemble_widths=(12, 20, 28, 40), spare_channels=28, template_size=template_size,
    )  # fmt: skip


def small_config() -> NetworkConfig:
    return NetworkConfig(
        patch_size=8, encoder_depth=2, encoder_width=32, encoder_heads=2, decoder_depth=4, decoder_width=32,
        decoder_heads=2, head_width=16, reassemble_widths=(8, 8, 8, 8), skip_kernel=3, dropout=0.0, sh_degree=1,
        template_size=(32, 32), scale_unit=0.005, residual=True, body_shapes=11,
    )  # fmt: skip


def shaken(network: PhotoNetwork, seed: int = 0) -> PhotoNetwork:
    """The network with every parameter moved, so that nothing hides behind a zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return network


def photos(batch: int = 1, views: int = 2, side: int = 32, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Random pictures, and masks with a random rectangle each."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(batch, views, 3, side, side, generator=generator)
    masks = torch.zeros(batch, views, side, side)
    for b in range(batch):
        for v in range(views):
            top, left = torch.randint(0, side // 2, (2,), generator=generator).tolist()
            masks[b, v, top : top + side // 3, left : left + side // 4 + b] = 1
    return images, masks
