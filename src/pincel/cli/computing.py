"""How a verb that computes begins: what it says to the C library and to torch concerns the whole process, so the library does not."""

from __future__ import annotations

import os
import time

import click

from pincel.errors import OptionError
from pincel.files import one_line
from pincel.host import CoreUse, core_use, cores_of_others

SHORTEST = 0.2
"""Seconds over which the use of cores is measured, at least: systems count in hundredths."""
TOLERATED = 0.4
"""Cores that others may use without a word."""


def begin_computing() -> None:
    """Prepare this process for long arithmetic: freed memory is kept for the next step, threads are as many as there are free cores."""
    _check_current_folder()
    before = core_use()
    # Importing torch takes a second or two, in which others can be seen at work.
    from pincel.engine.memory import retain_heap

    retain_heap()
    _share_cores(before)


def _check_current_folder() -> None:
    """Raise OptionError where the current folder has been deleted: libraries that torch loads end the process then."""
    try:
        os.getcwd()
    except FileNotFoundError as error:
        failed, given = "system: the current folder is gone", "a folder that was deleted"
        raise OptionError(one_line(failed, given, "one that is there", "cd to another")) from error


def _share_cores(before: CoreUse) -> None:
    """Take no more threads than there are cores that others leave free, and say so; OMP_NUM_THREADS goes before."""
    import torch

    from pincel.engine.device import use_threads

    threads = torch.get_num_threads()
    if threads == 1 or "OMP_NUM_THREADS" in os.environ:
        return
    time.sleep(max(0.0, SHORTEST - (time.perf_counter() - before.clock)))
    others = cores_of_others(before, core_use())
    if others < TOLERATED:
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or threads
    fitting = max(1, min(threads, round(cores - others)))
    use_threads(fitting)
    context = click.get_current_context(silent=True)
    if not (context and context.params.get("quiet")):
        busy = f"The machine is busy: other programs use {others:.1f} of its {cores} cores."
        click.echo(f"{busy} pincel uses {fitting} of {threads} threads; set OMP_NUM_THREADS to choose.", err=True)
