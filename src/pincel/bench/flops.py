"""Arithmetic a step needs."""

from __future__ import annotations

from collections.abc import Iterable

from pincel.backbones.cards import Card


def multiply_adds_per_pixel(card: Card, layers: Iterable[str]) -> float:
    """Return the multiply-adds of the convolutions that must be computed, forward, to see ``layers``, per pixel of the picture.

    Exact for sides that every pooling halves without a rest.

    Example:
        >>> from pincel.backbones.vgg_cards import VGG19
        >>> multiply_adds_per_pixel(VGG19, ["relu5_1"])
        361152.0
    """
    return sum(layer.products / layer.stride**2 for layer in card.up_to(list(layers)))


def flops_of(multiply_adds: float) -> float:
    """Return the operations of a forward pass of so many multiply-adds and of its gradient with respect to the input, which takes as many.

    Gram matrices, pooling and the optimiser are not counted: under one in a hundred.
    """
    return 2 * 2 * multiply_adds
