"""``train`` and ``train_style``: the trainings of networks as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

from pincel.arguments import checked
from pincel.classify import textures
from pincel.classify.config import ClassifierTrainingConfig
from pincel.classify.data import TEXTURES
from pincel.classify.record import TrainingResult
from pincel.classify.training import ClassifierTraining
from pincel.engine.memory import parse_memory
from pincel.progress import showing
from pincel.sources import Styles
from pincel.training.events import TrainingEvent
from pincel.training.pictures import GeneratedSource
from pincel.training.progress import TrainingBar
from pincel.training.style_training import StyleTraining, StyleTrainingConfig
from pincel.training.trainer import EVERY, Trainer, TrainerConfig


@checked
def train(  # noqa: PLR0913 - each is a choice of the caller's
    data: str | PathLike[str],
    output: str | PathLike[str],
    *,
    recipe: str | None = None,
    resume: bool = False,
    minutes: float = 0.0,
    checkpoint_every: float = EVERY,
    precision: str = "fp32",
    workers: int | None = None,
    memory: str | None = None,
    device: str = "auto",
    progress: bool = False,
    on_event: Callable[[TrainingEvent], None] | None = None,
    **values: Any,
) -> TrainingResult:
    """Train an AlexNet to classify pictures, as in its paper, and write it into a folder, which every ``backbone`` argument then takes.

    Args:
        data: A folder with a folder of pictures for each class, or with such folders in ``train`` and ``val``; ``sample:textures``, or
            ``sample:shapes``.
        output: The folder of network, checkpoints and record.
        recipe: ``alexnet-small`` or ``alexnet``, also without one of their parts; ``alexnet-small``, or that of the run that is resumed,
            when left out.
        resume: Whether to continue the training in the folder; the result is the same to the byte.
        minutes: Of training in all after which it ends, at most a year; 0 for no limit.
        checkpoint_every: Seconds between two checkpoints, above 0, at most a week.
        precision: Of convolutions, ``fp32`` or ``bf16``.
        workers: Processes that load pictures, 0 or more; as many as needed when left out.
        memory: For decoded pictures, such as ``6G``; a quarter of what is free when left out.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        progress: Whether to show a bar, in a terminal or a notebook.
        on_event: Called with each event of :mod:`pincel.training.events`.
        **values: Any value of the recipe: ``epochs=5, batch=64, learning_rate=0.01`` …; ``pincel train --help`` says what each is.

    Returns:
        The network, its record with ``top1_error`` and ``top5_error``, and why the training ended.

    Raises:
        PincelError: One of :mod:`pincel.errors`, with a one-line message, for whatever cannot be used.

    Paper:
        Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional Neural Networks, NIPS 2012.
    """
    limits = TrainerConfig(checkpoint_every, minutes)
    amount = parse_memory(memory) if memory else None
    config = ClassifierTrainingConfig(device=device, precision=precision, workers=workers, memory=amount)
    subject = ClassifierTraining(data, output, recipe=recipe, resume=resume, config=config, **values)
    with showing(TrainingBar() if progress else None, on_event) as show:
        for event in Trainer(subject, limits):
            show(event)
    return subject.result


@checked
def train_style(  # noqa: PLR0913 - each is a choice of the caller's
    style: Styles,
    data: str,
    output: str | PathLike[str],
    *,
    any_style: bool = False,
    recipe: str | None = None,
    before: str | PathLike[str] | None = None,
    resume: bool = False,
    minutes: float = 0.0,
    checkpoint_every: float = EVERY,
    device: str = "auto",
    progress: bool = False,
    on_event: Callable[[TrainingEvent], None] | None = None,
    **values: Any,
) -> Mapping[str, Any]:
    """Train a network that paints in one pass, for one style or for any, which :func:`pincel.stylize` then takes as its ``network``.

    Args:
        style: The painting, or several as for :func:`pincel.transfer`; with ``any_style`` places of paintings, written as ``data``.
        data: Places of photographs with commas between: a folder, ``sample:scenes``, ``sample:leaves``, ``sample:textures``.
        output: The file of the network, ``NAME.safetensors``; its record is written beside it.
        any_style: Whether the network is to paint in the style of any picture.
        recipe: A name that ``pincel train-style --help`` lists; the small one, or that of the run that is resumed, when left out.
        before: A network to start from, of a training with the same recipe.
        resume: Whether to continue from the checkpoint beside ``output``; the result is the same to the byte.
        minutes: As for :func:`pincel.train`.
        checkpoint_every: As for :func:`pincel.train`.
        device: As for :func:`pincel.train`.
        progress: As for :func:`pincel.train`.
        on_event: As for :func:`pincel.train`.
        **values: Any value of the recipe: ``steps=2000, crop=256, style_weight=10`` …

    Returns:
        The record, as it is written: recipe, pictures, losses, why the training ended.

    Raises:
        PincelError: As for :func:`pincel.train`.

    Paper:
        Johnson, Alahi, Li: Perceptual Losses for Real-Time Style Transfer and Super-Resolution, ECCV 2016 (one style); Huang, Belongie:
        Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, ICCV 2017 (any style).
    """
    limits = TrainerConfig(checkpoint_every, minutes)
    config, kind = StyleTrainingConfig(device, generated_pictures(), before), "any-style" if any_style else "one-style"
    subject = StyleTraining(style, data, output, recipe=recipe, kind=kind, resume=resume, config=config, **values)
    with showing(TrainingBar() if progress else None, on_event) as show:
        for event in Trainer(subject, limits):
            show(event)
    return subject.record


def generated_pictures() -> dict[str, GeneratedSource]:
    """Return generated pictures that a network of a style may be trained on, by name."""
    return {TEXTURES: GeneratedSource(textures.COUNT, lambda number: textures.render(number)[0])}
