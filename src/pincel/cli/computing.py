"""Settings of the process for verbs that compute; a library must not change them."""

from __future__ import annotations

import os
import time

import click

from pincel.errors import OptionError
from pincel.files import one_line
from pincel.host import CoreUse, core_use, cores_of_others

SHORTEST = 0.2
"""Least seconds over which the use of cores is measured: systems count in hundredths."""
TOLERATED = 0.4
"""Cores that other programs may use without a notice."""


def begin_computing() -> None:
    """Keep freed memory for the next step, and use as many threads as there are free cores."""
    _check_current_folder()
    before = core_use()
    # Importing torch takes a second or two, in which the load of other programs is measured.
    from pincel.engine.memory import retain_heap

    retain_heap()
    _share_cores(before)


def _check_current_folder() -> None:
    """Raise OptionError if the current folder has been deleted: libraries of torch would end the process."""
    try:
        os.getcwd()
    except FileNotFoundError as error:
        failed, given = "system: the current folder is gone", "a folder that was deleted"
        raise OptionError(one_line(failed, given, "a folder that exists", "cd to another")) from error


def _share_cores(before: CoreUse) -> None:
    """Use no more threads than there are free cores, with a notice, unless OMP_NUM_THREADS is set."""
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
