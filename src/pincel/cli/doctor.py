"""``pincel doctor``."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable

import click

from pincel.cli.help_format import Verb
from pincel.errors import PincelError, WeightsError


@click.command(cls=Verb, examples=("pincel doctor", "pincel doctor && echo all is well"))
@click.pass_context
def command(ctx: click.Context) -> None:
    """Check devices, cores, memory, picture formats and weights of this machine.

    Exit code 0 if pincel can paint here, 2 if not.
    """
    from pincel.cli.terminal import echo

    failed = False
    for what, check in CHECKS.items():
        answer = check()
        failed = failed or isinstance(answer, PincelError)
        echo(f"{'BAD' if isinstance(answer, PincelError) else 'ok '} {what:<10}{answer}")
    ctx.exit(2 if failed else 0)


def _torch() -> str:
    import torch

    return f"{torch.__version__}, CPU capability {torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads"


def _devices() -> str:
    import torch

    from pincel.engine.device import available_devices

    return ", ".join(f"{n} ({torch.cuda.get_device_name(n)})" if n.startswith("cuda") else n for n in available_devices())


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "unknown on this system"
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB, {os.cpu_count()} cores"


def _pictures() -> str:
    from pincel.images.io import output_formats
    from pincel.samples import sample_names

    return f"writes {' '.join(output_formats())}; {len(sample_names())} samples"


def _weights() -> str | WeightsError:
    from pincel.backbones import BACKBONES
    from pincel.backbones.weights import load_weights

    began = time.perf_counter()
    try:
        load_weights(BACKBONES["vgg19"])
    except WeightsError as error:
        return error
    return f"vgg19 whole, read in {time.perf_counter() - began:.2f} s"


CHECKS: dict[str, Callable[[], str | PincelError]] = {
    "python": lambda: f"{platform.python_version()} on {platform.platform()}",
    "torch": _torch,
    "devices": _devices,
    "memory": _memory,
    "pictures": _pictures,
    "weights": _weights,
}
