"""Banks of random filters as data: there is nothing to read, they are drawn. Loads no torch."""

from __future__ import annotations

from dataclasses import replace

from pincel.backbones.specs import ModelSpec, build_layers, conv, relu


def _random_cnn(name: str, summary: str, filters: tuple[int, ...], channels: int) -> ModelSpec:
    widest = max(filters)
    first, rectified = build_layers([conv("conv1_1", channels, widest, pad=widest // 2), relu("relu1_1")])
    layers = (replace(first, products=3 * channels // len(filters) * sum(size**2 for size in filters)), rectified)
    return ModelSpec(
        name=name,
        summary=summary,
        layers=layers,
        mean=(123.0, 117.0, 104.0),
        package="",
        file="",
        sha256="",
        source="Ustyuzhaninov, Brendel, Gatys, Bethge 2017, ivust/random-texture-synthesis",
        licence="none needed",
        network="bank",
        filters=filters,
    )


RANDOM_CNN = _random_cnn(
    "random-cnn",
    "one layer of random filters, 128 each of 3×3 to 55×55: never trained, for textures (layer relu1_1)",
    (3, 5, 7, 11, 15, 23, 37, 55),
    1024,
)
RANDOM_CNN_11 = _random_cnn("random-cnn-11", "one layer of 128 random filters of 11×11: many times quicker, and knows less", (11,), 128)
