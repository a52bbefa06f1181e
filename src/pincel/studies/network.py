"""A whole network to scale, from the picture to the probabilities, another one beside it; what each layer costs."""

from __future__ import annotations

from pincel.backbones import BACKBONES
from pincel.backbones.specs import ModelSpec
from pincel.errors import OptionError
from pincel.files import one_line
from pincel.images.io import Source
from pincel.studies.declarations import NetworkOptions
from pincel.studies.features import load_input
from pincel.studies.layer_costs import layer_costs, whole_network
from pincel.studies.network_page import NetworkContent, PictureContent, page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings
from pincel.translation import Note
from pincel.translation import gettext_lazy as _


def study(source: Source, options: NetworkOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Draw a network and another one beside it, and count what their layers cost.

    Raises:
        UnknownNameError: For a network there is not.
        OptionError: For one that is no chain of convolutions, poolings and dense layers.
        PictureError: If the picture cannot be used.
    """
    BACKBONES.check(options.beside)
    networks = [_content(settings.backbone, settings.size), _content(options.beside, settings.size)]
    picture = load_input(source, settings)
    progress.update(Note(_("counting the layers of {count} networks"), count=len(networks)), 0, 1)
    own = PictureContent(picture, settings.spec.layers, layer_costs(settings.spec, picture.height, picture.width))
    report = page(networks[0], networks[1], own, {**settings.as_json(), "picture": picture.name, "beside": options.beside})
    progress.update(Note(_("counting the layers of {count} networks"), count=len(networks)), 1, 1)
    return report


def _content(name: str, size: int) -> NetworkContent:
    """Return a whole network with what its layers cost, at the size that it was trained on, or else at the one given."""
    spec = whole_network(BACKBONES[name])
    _check(spec, name)
    side = spec.crop or size
    return NetworkContent(name, spec.layers, side, layer_costs(spec, side, side))


def _check(spec: ModelSpec, name: str) -> None:
    counted = sum(layer.products + layer.channels for layer in spec.layers if layer.products)
    if counted != spec.parameters or any(layer.kind == "module" for layer in spec.layers):
        failed = f"network: the layers of {name} are known by name, not what each computes"
        raise OptionError(one_line(failed, name, "a VGG, an AlexNet, squeezenet or random-cnn", "--backbone vgg19"))
