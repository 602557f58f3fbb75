"""Scores of people against texts: the same few pictures and part prompts for search, refinement and judging."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from personify.perception.portraits import STANDARD_VIEWS, View, over_background, part_prompt
from personify.perception.protocol import ImageTextModel

# Whole figures say most; a head says hair and face, which a whole figure is too small to show.
VIEW_WEIGHTS = {"full": 1.0, "upper": 0.8, "head": 0.8}


def text_embeddings(
    model: ImageTextModel, texts: Sequence[str], views: Sequence[View] = STANDARD_VIEWS
) -> Tensor:  # [N, W, D]
    """Embeddings of every text said of every view."""
    prompts = [part_prompt(text, view) for text in texts for view in views]
    with torch.no_grad():
        return model.encode_text(prompts).unflatten(0, (len(texts), len(views)))


def portrait_embeddings(model: ImageTextModel, portraits: NDArray[np.uint8]) -> Tensor:  # [W, S, S, 4] -> [W, D]
    """Embeddings of one person's pictures."""
    with torch.no_grad():
        return model.encode_image(torch.from_numpy(over_background(portraits)))


def scores(
    people: Tensor,  # [P, W, D]
    texts: Tensor,  # [N, W, D]
    views: Sequence[View] = STANDARD_VIEWS,
) -> Tensor:  # [P, N] in [-1, 1]
    """Weighted mean over views of the cosine between picture and text."""
    weights = torch.tensor([VIEW_WEIGHTS[view.region] for view in views])
    return torch.einsum("pwd,nwd,w->pn", people, texts, weights / weights.sum())


def signature(embeddings: Tensor) -> Tensor:  # [..., W, D] -> [..., W * D]
    """One unit vector per person or text whose dot products equal `scores` up to a factor."""
    weights = torch.tensor([VIEW_WEIGHTS[view.region] for view in STANDARD_VIEWS]).sqrt()
    return functional.normalize((embeddings * weights[:, None]).flatten(-2), dim=-1)
