"""The state of a run on the disk, written while it goes on, and the run that goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import torch

from pincel.engine.checkpoint import Checkpoint, environment, find_checkpoint
from pincel.engine.checkpoint_manager import EVERY, CheckpointManager
from pincel.engine.device import resolve_device
from pincel.engine.events import Event, Notice, Step, Stopped, ignore
from pincel.engine.loop import LoopState
from pincel.engine.multiscale import FINISHED, MultiScaleState
from pincel.engine.process_group import ProcessGroup
from pincel.errors import OptionError, RecipeError
from pincel.recipes.schema import Recipe
from pincel.run.inputs import check_written, fitted_size
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.run.scales import no_losses
from pincel.sources import reopen_verified
from pincel.translation import Note, joined, untranslated
from pincel.translation import gettext_lazy as _

_PARTS = {
    "torch": untranslated("torch"),
    "device": _("device"),
    "threads": _("threads"),
    "precision": _("precision"),
    "processes": _("processes"),
}
"""What the bytes of a picture depend on, as :func:`pincel.engine.checkpoint.environment` names it → what notes call it."""


class CheckpointWriter:
    """A callback that writes checkpoints of a run into a folder.

    Args:
        folder: Made when first written to.
        every: Seconds between two, above 0.
        after: Seconds a run must have been going for the first.
        user_state: Values of the caller's own that go into each checkpoint and come back with it: texts, numbers, and lists and
            dictionaries of them.
        paths: Checkpoints in the folder that belong to this run.

    Raises:
        OptionError: For a pause of 0 or less.
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        every: float = EVERY,
        *,
        after: float = 0.0,
        user_state: Mapping[str, Any] | None = None,
        paths: tuple[Path, ...] = (),
    ) -> None:
        self.user_state = dict(user_state or {})
        self._manager = CheckpointManager(Path(folder), every, after=after, paths=paths)
        self._last: LoopState | None = None

    def __call__(self, run: Run, event: Event) -> Iterator[Notice]:
        """Write a checkpoint if it is time for one, or if the run ends before its end."""
        # If an evaluation was aborted, all recorded events precede the present state.
        aborted = isinstance(event, Stopped) and run.loop.state.loop is not self._last
        if aborted or isinstance(event, Step | Notice):
            run.history.commit()
            self._last = run.loop.state.loop
        manager, seconds = self._manager, run.loop.seconds
        cut = isinstance(event, Stopped) and event.reason not in FINISHED and seconds >= manager.after
        if cut or (isinstance(event, Step | Notice) and manager.is_due(seconds)):
            yield from manager.write(self.state_dict(run))
        if cut and manager.exists:
            yield Notice(Note(_("To go on with this run: {command}"), command=manager.command), topic="resume")

    @property
    def resume_command(self) -> str:
        """What to type to go on from the newest checkpoint; empty if there is none."""
        return self._manager.command if self._manager.exists else ""

    def discard(self) -> None:
        """Remove the checkpoints of this run, and their folder if nothing else is in it."""
        self._manager.discard()

    def state_dict(self, run: Run) -> dict[str, Any]:
        """Return what a checkpoint holds; a value of another meaning needs another version of the format."""
        machine = run.machine
        return {
            **run.inputs.manifest(run.recipe),
            **run.history.state_dict(),
            "loop": run.loop.state,
            "device": str(machine.device),
            "precision": machine.precision,
            "tiles": [str(cost.layout) for cost in run.plan.costs],
            "environment": environment(machine.device, machine.precision, machine.processes.processes),
            "every": self._manager.every,
            "user_state": self.user_state,
        }


def keep_checkpoints(
    run: Run, folder: str | PathLike[str], every: float = EVERY, *, after: float = 0.0, user_state: Mapping[str, Any] | None = None
) -> CheckpointWriter:
    """Let a run write checkpoints from now on; arguments and errors as of :class:`CheckpointWriter`.

    A run that is expected to take longer than ``after`` writes the first one at once.

    Raises:
        OptionError: For pictures that are no files and so could not be found again, or losses beyond the recipe's.
    """
    if run.objectives.extra_losses is not no_losses:
        raise OptionError("Checkpoints hold a recipe and no losses beyond it; leave the extra losses or the checkpoints out.")
    if not all(run.inputs.uris):
        raise OptionError("Checkpoints need pictures that are files, to find them again; save them first and give their paths.")
    expected = run.machine.seconds_for(run.plan.work) or 0.0
    writer = CheckpointWriter(folder, every, after=0.0 if expected >= after else after, user_state=user_state)
    run.callbacks.append(writer)
    return writer


def resume_run(
    checkpoint: Checkpoint | str | PathLike[str],
    *,
    device: str | None = None,
    processes: ProcessGroup | None = None,
    on_event: Callable[[Event], None] = ignore,
) -> tuple[Run, CheckpointWriter]:
    """Build the run that a checkpoint was taken of, ready to go on; on the same machine it ends with the same bytes.

    Args:
        checkpoint: A folder of checkpoints, or one read from it.
        device: Where to go on; where it was when left out. Another device ends with a picture alike, of other bytes.
        processes: Those that share the work; another number than before ends with other bytes.
        on_event: As for :class:`Run`.

    Returns:
        The run, and the callback that goes on writing its checkpoints.

    Raises:
        CheckpointError: If there is none that is whole, or a picture the run began with has changed.
        PincelError: As for :func:`pincel.transfer`.
    """
    found = checkpoint if isinstance(checkpoint, Checkpoint) else find_checkpoint(checkpoint)
    with found.reading():
        written = found.values()
        recipe = Recipe.make(written["recipe"], error=RecipeError)
        content = reopen_verified(written["content"], "content", fit=partial(fitted_size, recipe))
        styles = [(reopen_verified(style, "style", recipe.background), style["weight"]) for style in written["styles"]]
        check_written(recipe, written)
        where = resolve_device(device or written["device"])
        precision = written["precision"] if where.type == torch.device(written["device"]).type else "auto"
        machine = Machine.resolve(str(where), precision, written["tiles"], processes=processes)
        state = found.values(where)["loop"]
        if not isinstance(state, MultiScaleState):
            raise TypeError(f"it stands at a {type(state).__name__}")
    run = Run(content, styles, recipe=recipe, machine=machine, init_image=state, on_event=on_event)
    with found.reading():
        writer = CheckpointWriter(found.path.parent, written["every"], user_state=written["user_state"], paths=(found.path,))
        _restore(run, written, found)
        run.callbacks.append(writer)
    return run, writer


def _restore(run: Run, written: Mapping[str, Any], found: Checkpoint) -> None:
    """Restore the history of a run, and say what is different now."""
    state: MultiScaleState = written["loop"]
    machine = run.machine
    now = environment(machine.device, machine.precision, machine.processes.processes)
    then = {"processes": "1", **written["environment"]}
    change, text = _("{what} {before} before, {now} now"), _("The bytes may differ from those of a run in one piece: {changes}.")
    changed = [change.fill(what=_PARTS[what], before=str(then.get(what)), now=now[what]) for what in now if then.get(what) != now[what]]
    differs = [Note(text, changes=joined(", ", changed))] if changed else []
    text = _("Goes on from step {step} of {width}×{height}, {seconds:.0f} s into the run.")
    height, width = run.loop.size
    where = Note(text, step=state.loop.step, width=width, height=height, seconds=state.seconds)
    run.history.load_state_dict(written, state, [*found.notes, *differs, where])
