"""Any CLIP, OpenCLIP-converted or SigLIP model that ``transformers`` loads, as an `ImageTextModel` (extra ``clip``)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from personify.errors import PersonifyError
from personify.perception.protocol import ImageTextModel
from personify.perception.towers import SmallImageText

SHIPPED = "personify-small"
KINDS = ("clip", "siglip", "siglip2")
_WIDE = 512  # narrower towers are bound by overhead, and half precision makes them slower
# Where a model folder says nothing: CLIP's own statistics (Radford et al. 2021), plain [-1, 1] for SigLIP.
_STATISTICS = {
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "siglip": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}


def load_image_text(model: Path | str | None = None, device: str = "cpu") -> ImageTextModel:
    """The image-text model that a user names.

    Args:
        model: None or ``"personify-small"`` for the shipped one; a ``.safetensors`` file of ours; or a folder or hub id
            of a CLIP or SigLIP model, e.g. ``"openai/clip-vit-base-patch32"``.
        device: where the weights go.

    Raises:
        PersonifyError: it cannot be found or is no image-text model, or ``transformers`` is not installed.

    Example:
        >>> load_image_text().name
        'personify-small'
    """
    if model is None or str(model) == SHIPPED:
        return SmallImageText.load().to(device)
    if str(model).endswith(".safetensors"):
        return SmallImageText.load(model).to(device)
    return PretrainedImageText(model, device)


class PretrainedImageText:
    """A frozen CLIP or SigLIP model; pictures pass through its preprocessing in torch, so gradients reach them.

    Args:
        model: folder or hub id.
        device: where the weights go.
        dtype: of the weights; by default bfloat16 where this processor or GPU multiplies it natively and the towers
            are wide enough to gain, else float32.

    Raises:
        PersonifyError: see `load_image_text`.
    """

    def __init__(self, model: Path | str, device: str = "cpu", dtype: torch.dtype | None = None) -> None:
        self.name = Path(model).name if Path(model).is_dir() else str(model)
        transformers = _transformers()
        try:
            config = transformers.AutoConfig.from_pretrained(model)
            if config.model_type not in KINDS:
                raise PersonifyError(f"{model}: a model of kind {config.model_type!r}; expected one of {KINDS}")
            self.kind = "clip" if config.model_type == "clip" else "siglip"
            dtype = dtype or _best_dtype(config.vision_config.hidden_size, device)
            network = transformers.AutoModel.from_pretrained(model, dtype=dtype)
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(model)
        except PersonifyError:
            raise
        except Exception as error:  # the hub, JSON, safetensors and transformers each raise their own kinds
            reason = " ".join(str(error).split())[:200]
            raise PersonifyError(f"{model}: not a readable image-text model ({reason})") from error
        self.network = network.eval().requires_grad_(False).to(device)
        self.image_size: int = int(config.vision_config.image_size)
        self._length: int = int(config.text_config.max_position_embeddings)
        mean, deviation = _statistics(model, self.kind)
        self._mean = torch.tensor(mean, device=device).view(3, 1, 1)
        self._deviation = torch.tensor(deviation, device=device).view(3, 1, 1)

    def encode_text(self, texts: Sequence[str]) -> Tensor:  # [N, D]
        """Unit embeddings of texts, float32.

        Raises:
            PersonifyError: no texts, or one that is longer than the model's context.
        """
        if not texts:
            raise PersonifyError("texts: an empty list; expected at least one text")
        lengths = [len(ids) for ids in self._tokenizer(list(texts))["input_ids"]]
        for text, length in zip(texts, lengths, strict=True):
            if length > self._length:
                limit = f"{self.name} reads at most {self._length}"
                raise PersonifyError(f"text {text[:40]!r}...: {length} tokens, {limit}; say it in fewer words")
        padding = "max_length" if self.kind == "siglip" else "longest"  # SigLIP was trained on full contexts only
        tokens = self._tokenizer(list(texts), padding=padding, max_length=self._length, return_tensors="pt")
        inputs = {key: tokens[key].to(self._mean.device) for key in ("input_ids", "attention_mask") if key in tokens}
        if self.kind == "siglip":
            inputs.pop("attention_mask", None)
        with torch.no_grad():
            return functional.normalize(_features(self.network.get_text_features(**inputs)).float(), dim=-1)

    def encode_image(self, images: Tensor) -> Tensor:  # [N, H, W, 3] -> [N, D]
        """Unit embeddings of sRGB images in [0, 1], float32; differentiable. Images are resized to a square.

        Raises:
            PersonifyError: not [N, H, W, 3].
        """
        if images.ndim != 4 or images.shape[-1] != 3:
            raise PersonifyError(f"images: shape {list(images.shape)}; expected [N, H, W, 3] sRGB in [0, 1]")
        x, size = images.movedim(-1, 1).to(self._mean.device), (self.image_size,) * 2
        if x.shape[-2:] != size:
            x = functional.interpolate(x, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
        x = ((x - self._mean) / self._deviation).to(self.network.dtype)
        return functional.normalize(_features(self.network.get_image_features(pixel_values=x)).float(), dim=-1)


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise PersonifyError(
            "an image-text model other than the shipped one needs transformers; pip install 'personify[clip]'"
        ) from error
    return transformers


def _features(output: Any) -> Tensor:
    """Embeddings; newer versions of transformers wrap them."""
    features: Tensor = output if isinstance(output, Tensor) else output.pooler_output
    return features


def _best_dtype(width: int, device: str) -> torch.dtype:
    if device != "cpu":
        return torch.bfloat16
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return torch.bfloat16 if width >= _WIDE and native() else torch.float32


def _statistics(model: Path | str, kind: str) -> tuple[Sequence[float], Sequence[float]]:
    """Mean and standard deviation of the pixels, as the model's folder tells."""
    from transformers.utils import cached_file

    for name in ("preprocessor_config.json", "processor_config.json"):
        path = cached_file(str(model), name, _raise_exceptions_for_missing_entries=False)
        if path is None:
            continue
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        values = values.get("image_processor", values)
        if "image_mean" in values and "image_std" in values:
            return values["image_mean"], values["image_std"]
    return _STATISTICS[kind]
