"""Runs as tests build them: with the options of a machine and a folder of checkpoints in one call."""

from __future__ import annotations

from os import PathLike
from typing import Any

from pincel.engine.checkpoint import Checkpoint
from pincel.engine.checkpoint_manager import EVERY
from pincel.run.cache import Cache
from pincel.run.checkpoint import keep_checkpoints, resume_run
from pincel.run.machine import Machine
from pincel.run.run import Run

# Layers for runs in which features are not the point: a step on them takes a quarter of the time.
SHALLOW: dict[str, Any] = {"style_layers": "relu1_1,relu2_1", "content_layers": "relu3_1"}
SHALLOW_OPTIONS = ("--style-layers", "relu1_1,relu2_1", "--content-layers", "relu3_1")
MACHINE = ("device", "precision", "tiles", "memory", "processes")


def make_run(
    content: Any,
    style: Any,
    *,
    cache: Cache | None = None,
    checkpoint: str | PathLike[str] | None = None,
    checkpoint_every: float = EVERY,
    **given: Any,
) -> Run:
    """Return a run on the machine that some of the values given describe."""
    machine = {name: given.pop(name) for name in MACHINE if name in given}
    run = Run(content, style, machine=Machine.resolve(**machine, cache=cache), **given)
    if checkpoint is not None:
        keep_checkpoints(run, checkpoint, checkpoint_every)
    return run


def resumed(checkpoint: str | PathLike[str] | Checkpoint, **given: Any) -> Run:
    """Return the run that goes on from a checkpoint, and goes on writing more."""
    run, _ = resume_run(checkpoint, **given)
    return run
