"""Content and style rebuilt from single layers: figure 1 of Gatys, Ecker, Bethge 2015, and of their paper of 2016."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pincel.backbones.vgg import Pooling
from pincel.engine.result import Result
from pincel.errors import unknown_name
from pincel.images.io import LoadedImage, Source, load_picture
from pincel.studies.declarations import ReconstructOptions
from pincel.studies.feature_errors import layer_errors, pixel_error
from pincel.studies.features import features
from pincel.studies.progress import ProgressReporter
from pincel.studies.reconstruct_page import content_blocks, style_blocks
from pincel.studies.report import Report
from pincel.studies.settings import BLOCK_LAYERS, StudySettings, select_layers
from pincel.studies.transfers import TransferSpec, early_stop_note, load_originals, transfer_all
from pincel.translation import gettext_lazy as _

_TITLE = _("What layers remember: content and style, rebuilt")
_LEAD = _(
    "A picture of white noise is changed, step by step, until one layer of the network answers to it as it does to the photograph: "
    "what comes back is what that layer knows. The same with the correlations of filters, and the painting."
)
# The layers the content is rebuilt from in the two papers.
SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"2015": BLOCK_LAYERS, "cvpr2016": ("relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2")}
)


def study(content: Source, style: Source, options: ReconstructOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Rebuild a photograph from single layers, and a painting from its Gram matrices, both from white noise.

    Raises:
        UnknownNameError: For another figure.
        PincelError: For pictures or networks that cannot be used.
    """
    if options.figure not in SETS:
        raise unknown_name("set of layers", options.figure, tuple(SETS))
    content_layers, style_layers = (select_layers(settings.spec, None, names) for names in (SETS[options.figure], BLOCK_LAYERS))
    layers = (*content_layers, *style_layers)
    photograph, painting, backbone = load_originals(content, style, settings, layers, options.pooling)
    specs = [_content_spec(photograph, layer, options.pooling) for layer in content_layers]
    specs += [_style_spec(painting, style_layers[: count + 1], options.pooling) for count in range(len(style_layers))]
    done = transfer_all(specs, settings, progress)
    rebuilt, restyled = done[: len(content_layers)], done[len(content_layers) :]
    of_photograph, of_painting = features(backbone, photograph, content_layers), features(backbone, painting, style_layers)
    content_errors = [layer_errors(backbone, result.image, of_photograph, content_layers)[0] for result in rebuilt]
    style_errors = [layer_errors(backbone, result.image, of_painting, style_layers)[1] for result in restyled]
    grays = [pixel_error(load_picture(result.image), photograph) for result in rebuilt]
    return Report(
        name="reconstruct",
        title=_TITLE,
        lead=_LEAD,
        blocks=[
            *content_blocks(photograph, rebuilt, content_layers, content_errors, grays),
            *style_blocks(painting, restyled, style_layers, style_errors),
        ],
        numbers={
            "content": [
                {**each, "gray_levels": gray}
                for each, gray in zip(_numbers(rebuilt, content_layers, content_errors, "content"), grays, strict=True)
            ],
            "style": _numbers(restyled, style_layers, style_errors, "style"),
        },
        settings={
            **settings.as_json(),
            "set": options.figure,
            "pooling": options.pooling,
            "content": photograph.name,
            "style": painting.name,
        },
        notes=early_stop_note(done, specs, progress),
    )


def _content_spec(picture: LoadedImage, layer: str, pooling: Pooling) -> TransferSpec:
    # Layers without weight must exist, too.
    values = {"content_layers": layer, "content_weight": 1.0, "style_layers": layer, "style_weight": 0.0}
    return TransferSpec(picture, picture, {**_raw(pooling), **values})


def _style_spec(picture: LoadedImage, layers: Sequence[str], pooling: Pooling) -> TransferSpec:
    values = {"content_layers": layers[0], "content_weight": 0.0, "style_layers": ",".join(layers), "style_weight": 1.0}
    return TransferSpec(picture, picture, {**_raw(pooling), **values})


def _raw(pooling: Pooling) -> dict[str, Any]:
    # Methods of the paper: the reconstructions are of the original network, not of the rescaled one. Ours: the spectrum is moved instead of
    # the pixels, which comes nearer in as many steps.
    return {"activations": "raw", "pooling": pooling, "canvas": "fourier"}


def _numbers(done: Sequence[Result], layers: Sequence[str], errors: Sequence[Sequence[float]], group: str) -> list[dict[str, Any]]:
    return [
        {
            "layers": [layer] if group == "content" else list(layers[: index + 1]),
            "losses": [each[group] for each in result.losses],
            "errors": dict(zip(layers, row, strict=True)),
        }
        for index, (layer, result, row) in enumerate(zip(layers, done, errors, strict=False))
    ]
