"""``pincel doctor``."""

from __future__ import annotations

import os
import platform
import time

import click

from pincel.cli.help_format import examples


@click.command(epilog=examples("pincel doctor", "pincel doctor && echo all is well"))
@click.pass_context
def command(ctx: click.Context) -> None:
    """Say what this machine offers: devices, cores, memory, picture formats, and whether the weights are whole.

    Exit code 0 if pincel can paint here, 2 if not.
    """
    from pincel.cli.terminal import echo

    failed = False
    for what, check in CHECKS.items():
        answer, fine = check()
        failed = failed or not fine
        echo(f"{'ok ' if fine else 'BAD'} {what:<10}{answer}")
    ctx.exit(2 if failed else 0)


def _python() -> tuple[str, bool]:
    return f"{platform.python_version()} on {platform.platform()}", True


def _torch() -> tuple[str, bool]:
    import torch

    return (
        f"{torch.__version__}, CPU capability {torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads",
        True,
    )


def _devices() -> tuple[str, bool]:
    import torch

    from pincel.engine.device import available_devices

    names = [f"{n} ({torch.cuda.get_device_name(n)})" if n.startswith("cuda") else n for n in available_devices()]
    return ", ".join(names), True


def _memory() -> tuple[str, bool]:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "unknown on this system", True
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB, {os.cpu_count()} cores", True


def _pictures() -> tuple[str, bool]:
    from pincel.images.io import output_formats
    from pincel.samples import sample_names

    return f"writes {' '.join(output_formats())}; {len(sample_names())} samples", True


def _weights() -> tuple[str, bool]:
    from pincel.backbones import BACKBONES
    from pincel.backbones.weights import load_weights
    from pincel.errors import WeightsError

    spec = BACKBONES["vgg19"]
    began = time.perf_counter()
    try:
        load_weights(spec)
    except WeightsError as error:
        return str(error), False
    return f"{spec.name} whole, read in {time.perf_counter() - began:.2f} s", True


CHECKS = {
    "python": _python,
    "torch": _torch,
    "devices": _devices,
    "memory": _memory,
    "pictures": _pictures,
    "weights": _weights,
}
