"""Average against maximum pooling on the same runs: does the gradient flow better, are the pictures finer?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from pincel.backbones.vgg import VGG, Pooling
from pincel.engine.result import Result
from pincel.errors import OptionError
from pincel.images.io import LoadedImage, Source
from pincel.studies.declarations import PoolingOptions
from pincel.studies.feature_errors import layer_errors
from pincel.studies.features import features, load_network, network_input, white_noise
from pincel.studies.gradient_flow import GradientFlow, gradient_flow
from pincel.studies.pooling_page import POOLINGS, flow_blocks, run_blocks
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import BLOCK_LAYERS, CONTENT_LAYERS, StudySettings, select_layers
from pincel.studies.transfers import TransferSpec, early_stop_note, load_originals, original_cells, relative_losses, transfer_all
from pincel.translation import gettext_lazy as _

_TITLE = _("Average or maximum pooling?")
_LEAD = _(
    "Gatys and colleagues replaced maximum pooling by average pooling: it improves the gradient flow, they say, and the pictures "
    "are slightly more appealing. Here both are put to the same work, from the same noise."
)
# The layers before the poolings, and the deepest layer whose gradient is followed.
POOLED = ("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_1")


def study(content: Source, style: Source, options: PoolingOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Paint the same picture with either pooling, from the same noise, and follow the gradient through either network.

    Raises:
        OptionError: For no repetition, or a network that does not pool.
        PincelError: For pictures or networks that cannot be used.
    """
    if options.repeats < 1:
        raise OptionError(f"--repeats {options.repeats}: give 1 or more.")
    spec = settings.spec
    if not any(layer.kind == "pool" for layer in spec.layers):
        raise OptionError(f"The network {spec.name} has no pooling to compare; give --backbone vgg19.")
    layers, places = select_layers(spec, None, BLOCK_LAYERS), select_layers(spec, None, CONTENT_LAYERS)
    photograph, painting, averaging = load_originals(content, style, settings, (*layers, *places))
    networks: dict[Pooling, VGG] = {"avg": averaging, "max": load_network(settings, "max")}
    pooled = select_layers(spec, None, POOLED)
    flows = {pooling: _flows(networks[pooling], photograph, pooled, settings) for pooling in POOLINGS}
    specs = [
        TransferSpec(photograph, painting, {"pooling": pooling, "seed": settings.seed + repeat})
        for repeat in range(options.repeats)
        for pooling in POOLINGS
    ]
    done = transfer_all(specs, settings, progress, options.recipe)
    runs = {pooling: done[index :: len(POOLINGS)] for index, pooling in enumerate(POOLINGS)}
    left = {pooling: [relative_losses(result)[-1] for result in runs[pooling]] for pooling in POOLINGS}
    errors = _measured(networks, runs, photograph, painting, (*places, *layers))
    return Report(
        name="pooling",
        title=_TITLE,
        lead=_LEAD,
        blocks=[*flow_blocks(flows), *run_blocks(original_cells(photograph, painting), runs, left, errors)],
        numbers={
            "flow": {pooling: [vars(flow) for flow in flows[pooling]] for pooling in POOLINGS},
            "fall": left,
            "losses": {pooling: [[each["total"] for each in result.losses] for result in runs[pooling]] for pooling in POOLINGS},
            "judged": errors,
        },
        settings={
            **settings.as_json(),
            "repeats": options.repeats,
            "recipe": options.recipe,
            "content": photograph.name,
            "style": painting.name,
        },
        notes=early_stop_note(done, specs, progress),
    )


def _flows(backbone: VGG, photograph: LoadedImage, layers: Sequence[str], settings: StudySettings) -> list[GradientFlow]:
    """Follow the gradient of the deepest layer, where a run from noise begins."""
    wanted = features(backbone, photograph, layers[-1:])[layers[-1]]
    start = white_noise(network_input(photograph, backbone), settings)
    return gradient_flow(backbone, start, wanted, layers[-1], layers)


def _measured(
    networks: Mapping[Pooling, VGG],
    runs: Mapping[Pooling, Sequence[Result]],
    photograph: LoadedImage,
    painting: LoadedImage,
    layers: Sequence[str],
) -> list[dict[str, Any]]:
    """Measure the first picture of either network with both, since each may favor its own."""
    rows = []
    for judge, backbone in networks.items():
        of_content, of_style = features(backbone, photograph, layers), features(backbone, painting, layers)
        for painter in (pooling for pooling in POOLINGS if runs[pooling]):
            image = runs[painter][0].image
            content = layer_errors(backbone, image, of_content, layers[:1])[0]
            style = layer_errors(backbone, image, of_style, layers[1:])[1]
            rows.append({"painter": painter, "judge": judge, "content": content[0], "style": fmean(style)})
    return rows
