"""The feed-forward network of NoPo-Avatar (Wen et al. 2025): photos and masks in, canonical Gaussians out."""

from personify.photos.network.config import PRESETS, NetworkConfig
from personify.photos.network.gaussians import CanonicalGaussians
from personify.photos.network.model import NetworkOutput, PhotoNetwork, build

__all__ = ["PRESETS", "CanonicalGaussians", "NetworkConfig", "NetworkOutput", "PhotoNetwork", "build"]
