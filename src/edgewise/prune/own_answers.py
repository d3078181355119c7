"""Gradients without labels: answers are drawn from what the network itself holds likely among the user's classes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

_AT_ONCE = 8  # ResNet-50 keeps 90 MB for each image of 224 px


def among(logits: Tensor, classes: Sequence[int]) -> Tensor:
    """[n, K] of `logits` [n, C]: those of these classes, or all where none is named."""
    return logits[:, list(classes)] if len(classes) else logits


def backward_from_drawn(logits: Tensor, classes: Sequence[int], generator: torch.Generator) -> None:
    """Run backwards from the summed cross-entropy of one answer for each image, drawn by its probability."""
    log_probabilities = among(logits, classes).log_softmax(dim=1)
    drawn = torch.multinomial(log_probabilities.detach().exp(), 1, generator=generator)
    (-log_probabilities.gather(1, drawn)).sum().backward()


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Until it ends no weight gets a gradient: they flow to activations alone."""
    trained = {weight: weight.requires_grad for weight in network.parameters()}
    try:
        for weight in trained:
            weight.requires_grad_(False)
        yield
    finally:
        for weight, was in trained.items():
            weight.requires_grad_(was)


def spread_over(batches: Sequence[Tensor], images: int) -> Sequence[Tensor]:
    """Batches spread over all, with about so many images."""
    total = sum(len(batch) for batch in batches)
    return batches[:: max(1, total // max(images, 1))]


def few_at_once(batches: Sequence[Tensor], images: int) -> Sequence[Tensor]:
    """The same, in parts of which the activations that a backward pass needs take little memory."""
    return [part for batch in spread_over(batches, images) for part in batch.split(_AT_ONCE)]
