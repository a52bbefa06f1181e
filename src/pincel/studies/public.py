"""``pincel.features`` and ``pincel.study``: what a network computes of a picture, as tensors and as reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from importlib import import_module
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, get_args

from pincel.engine.events import Event
from pincel.errors import OptionError, closest, unknown_name
from pincel.extras import require_extra
from pincel.files import one_line
from pincel.progress import Bar, showing
from pincel.studies.declarations import STUDIES
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import PageOptions, StudySettings, common_options
from pincel.studies.study_spec import OptionSpec, StudySpec, options_of
from pincel.translation import Language

if TYPE_CHECKING:
    from torch import Tensor

    from pincel.backbones.vgg import Pooling
    from pincel.sources import Source

# A study that trains networks, whose options are its own.
ABLATIONS = "ablations"


def features(
    image: Source,
    layers: str | Sequence[str],
    *,
    backbone: str = "vgg19",
    size: int = 512,
    pooling: Pooling = "max",
    device: str = "auto",
) -> dict[str, Tensor]:
    """Return the feature maps that a network computes of a picture.

    Example:
        >>> F = pincel.features("photo.jpg", "relu3_1")["relu3_1"]  # doctest: +SKIP
        >>> F = F.flatten(2)[0]                                     # doctest: +SKIP
        >>> gram = F @ F.T                                          # doctest: +SKIP

    Args:
        image: The picture, as for :func:`pincel.transfer`.
        layers: Names, as ``relu1_1,relu3_1`` or a list; ``pincel backbones NAME`` lists those of a network.
        backbone: The network; ``pincel backbones`` lists them.
        size: Long side that the picture is resized to, 1 to 4096 pixels.
        pooling: ``max`` as networks were trained, or ``avg`` as Gatys et al. have it.
        device: As for :func:`pincel.transfer`.

    Returns:
        Layer → (1, C, H_l, W_l), float32, without gradients, on the device; shallow to deep.

    Raises:
        UnknownNameError: For a network or a layer there is not, with the closest match.
        PincelError: As for :func:`pincel.transfer`.

    Paper:
        Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015 (VGG).
    """
    from pincel.backbones.vgg import Pooling  # noqa: PLC0415 - likewise
    from pincel.studies.features import features as features_of  # noqa: PLC0415 - torch, which studies are declared without
    from pincel.studies.features import load_input, load_network  # noqa: PLC0415 - likewise

    declared = {each.field: each for each in options_of(StudySettings)}
    given = {"size": size, "backbone": backbone, "device": device}
    settings = StudySettings(**{name: _value("features", declared[name], value) for name, value in given.items()})
    names = layers.split(",") if isinstance(layers, str) else layers
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise OptionError(one_line("features: no names of layers", repr(layers), "names", 'features(image, ["relu1_1", "relu3_1"])'))
    if pooling not in get_args(Pooling):
        raise unknown_name("pooling", pooling, get_args(Pooling))
    known = [settings.spec.layer(name.strip()).name for name in names]
    return features_of(load_network(settings, pooling), load_input(image, settings), known)


def study(
    name: str,
    *pictures: Source,
    language: Language = "en",
    progress: bool = False,
    on_event: Callable[[Event], None] | None = None,
    **options: Any,
) -> Report:
    """Make a study of pictures: what a network sees in them, as figures and numbers.

    Example:
        >>> report = pincel.study("activations", "photo.jpg", layers="relu1_1,relu3_1", size=256)  # doctest: +SKIP
        >>> report.save("activations")  # doctest: +SKIP

    Args:
        name: One that ``pincel study`` lists: ``convolution``, ``filters``, ``activations``, ``correlations``, ``reconstruct`` …
        pictures: As many as the study takes; ``pincel study NAME --help`` says which.
        language: Of the page and of what a notebook shows, ``en`` or ``es``.
        progress: As for :func:`pincel.transfer`.
        on_event: Called with each event.
        **options: Of the study, as on the command line with ``_`` for ``-``; and those of all studies: ``size`` (long side in pixels),
            ``backbone``, ``seed``, ``steps``, ``device``.

    Returns:
        The report: ``numbers``, figures in ``blocks``; :meth:`pincel.studies.report.Report.save` writes its page.

    Raises:
        UnknownNameError: For a study there is not, with the closest match.
        OptionError: For an option it does not have, or another number of pictures.
        PincelError: As for :func:`pincel.transfer`.
    """
    if not isinstance(name, str) or (name != ABLATIONS and name not in STUDIES):
        raise unknown_name("study", name, [*STUDIES, ABLATIONS])
    if language not in get_args(Language):
        raise unknown_name("language", language, get_args(Language))
    require_extra("matplotlib", extra="studies", what="studies")
    with showing(Bar() if progress else None, on_event) as show:
        return replace(report_of(name, pictures, options, ProgressReporter(show)), language=language)


def report_of(name: str, pictures: Sequence[Source], options: Mapping[str, Any], progress: ProgressReporter) -> Report:
    """Make a study of pictures, with options as :func:`study` takes them; ``progress`` shows how far it is, and can end it."""
    if name == ABLATIONS:
        return _ablations(pictures, dict(options), progress)
    spec = STUDIES[name]
    return make_study(name, inputs_of(name, spec, pictures), _complete(name, spec, options), progress)


def make_study(name: str, inputs: Sequence[Any], values: Mapping[str, Any], progress: ProgressReporter) -> Report:
    """Make a study.

    Args:
        name: Of :data:`pincel.studies.declarations.STUDIES`.
        inputs: Its pictures, one for each that it declares; a tuple where there may be several.
        values: All its options and those of every study, by field.
        progress: Shows how far it is, and can end it.
    """
    own = STUDIES[name].options
    settings = StudySettings(**{each.field: values[each.field] for each in options_of(StudySettings) if each.field in values})
    options = own(**{each.field: values[each.field] for each in options_of(own)})
    report: Report = import_module(f"pincel.studies.{name.replace('-', '_')}").study(*inputs, options, settings, progress)
    return report


def inputs_of(name: str, spec: StudySpec, pictures: Sequence[Source]) -> list[Any]:
    """Return pictures as a study takes them; raises OptionError for too few or too many."""
    if spec.together:
        return [tuple(pictures)]
    many = any(each.many for each in spec.inputs)
    single = spec.inputs[:-1] if many else spec.inputs
    given: list[Any] = [*pictures[: len(single)], *(each.default for each in single[len(pictures) :])]
    rest = spec.inputs[-1].all_of(pictures[len(single) :]) if many else tuple(pictures[len(single) :])
    if any(each is None for each in given) or bool(rest) != many:
        takes = ", ".join(each.name + (" …" if each.many else "") for each in spec.inputs)
        raise OptionError(one_line(f"study: {name} takes other pictures", str(len(pictures)), takes, f"pincel study {name} --help"))
    return [*given, rest] if many else given


def _complete(name: str, spec: StudySpec, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options by field, with the defaults of the study."""
    page = {each.field for each in options_of(PageOptions)}
    declared = [*options_of(spec.options), *(each for each in common_options(spec) if each.field not in page)]
    known = {each.field: () if each.many and each.default is None else each.default for each in declared}
    _check_names(name, options, known)
    fields_of = {each.field: each for each in declared}
    return {**known, **{option: _value(f"study: {name}", fields_of[option], value) for option, value in options.items()}}


def _value(where: str, declared: OptionSpec, value: Any) -> Any:
    """Return the value of an option; raises OptionError for one of another type than is declared. A list of names becomes one text."""
    if value is None and declared.default is None:
        return value
    if declared.type is str and not declared.many and isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        value = ",".join(value)
    accepted: type | UnionType = {int: Integral, float: Real, str: str | PathLike}.get(declared.type, declared.type)
    many = isinstance(value, list | tuple) if declared.many else False
    if not all(isinstance(each, accepted) for each in (value if many else [value])) or (declared.choices and value not in declared.choices):
        wanted = ", ".join(declared.choices) or {int: "a whole number", float: "a number", str: "text"}.get(declared.type, "True or False")
        raise OptionError(one_line(f"{where}: {declared.field} cannot be that", repr(value)[:60], wanted, declared.help))
    return value if not declared.many or many else (value,)


def _ablations(pictures: Sequence[Any], options: dict[str, Any], progress: ProgressReporter) -> Report:
    """Make the study of an AlexNet without each of its parts; its networks are kept in ``folder``."""
    from pincel.studies.ablations import AblationsOptions, study  # noqa: PLC0415 - torch

    folder = Path(options.pop("folder", "ablations/trained"))
    _check_names(ABLATIONS, options, [each.name for each in fields(AblationsOptions) if each.name != "data"])
    return study(AblationsOptions(*(pictures or ("sample:textures",)), **options), folder, progress)


def _check_names(name: str, options: Mapping[str, Any], known: Sequence[str] | Mapping[str, Any]) -> None:
    for option in options:
        if option not in known:
            raise OptionError(f"The study {name} has no option '{option}'.{closest(option, known)}")
