"""Measure pincel beside another program, the package pastiche, on this machine, and print tables.

    python benchmarks/speed.py
    python benchmarks/speed.py --size 512 --peer-steps 200 --sizes 256,512,1024,2048 --json speed.json

Each runs in a process of its own, by turns, so that both meet the same moods of the machine: seconds a step of the same objective; seconds
from the shell to a picture that the peer's own objective finds as good as its own; operations a second, and their share of what one bare
convolution reaches; memory. Medians over the rounds.

As it stands it takes a few minutes on two cores; --peer-steps and --size make it longer, --sizes adds to it. Ctrl-C ends it and prints what
was measured so far.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from tempfile import TemporaryDirectory

from _speed.measure import Bench
from _speed.report import Report, plain
from _speed.settings import Settings, parse_sizes, picture_file
from _speed.tables import machine_line, tables
from pincel.cli.start import SPIN
from pincel.errors import PincelError
from pincel.files import check_output, write_text
from pincel.progress import Bar


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return number


def _arguments(texts: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    painted = parser.add_argument_group("What is painted")
    painted.add_argument("--content", default="sample:lighthouse", metavar="PICTURE", help="the photograph [sample:lighthouse]")
    painted.add_argument("--style", default="sample:woodcut", metavar="PICTURE", help="the painting [sample:woodcut]")
    painted.add_argument("--size", type=int, default=256, metavar="N", help="long side of the picture in pixels [256]")
    painted.add_argument("--peer-steps", type=int, default=100, metavar="N", help="steps of the peer; its picture is to be matched [100]")
    painted.add_argument("--steps", type=_count, metavar="N", help="steps of pincel [as few as give a picture as good]")
    painted.add_argument(
        "--recipe", default="pastiche-fast", metavar="NAME|FILE.toml", help="how pincel paints that picture [pastiche-fast]"
    )
    painted.add_argument("--scales", metavar="SHARE=MULTIPLE,…", help="coarser scales of that run, or none [the recipe's]")
    measured = parser.add_argument_group("How it is measured")
    measured.add_argument("--against", default="pastiche", metavar="PEER", help="pastiche, or none to measure pincel alone [pastiche]")
    measured.add_argument("--rounds", type=_count, default=3, metavar="N", help="how often each is measured, in turn [3]")
    measured.add_argument("--sizes", default="", metavar="N,N,…", help="also show how time and memory grow with these sizes [none]")
    measured.add_argument("--precision", choices=["auto", "fp32", "tf32", "bf16"], default="auto", help="of pincel [auto]")
    measured.add_argument(
        "--tiles", default="whole", metavar="LAYERS=PX,…", help="how the network of pincel is cut, as for transfer [whole]"
    )
    measured.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps; for both [auto]")
    output = parser.add_argument_group("Output")
    output.add_argument("--json", metavar="FILE", help="also write everything as JSON")
    output.add_argument("--quiet", action="store_true", help="show no progress, only the tables")
    return parser.parse_args(texts)


def make_settings(given: argparse.Namespace) -> Settings:
    """Return what to measure, checked."""
    options = {name: value for name, value in vars(given).items() if name not in ("json", "quiet")}
    pictures = {name: picture_file(options[name]) for name in ("content", "style")}
    settings = Settings(**{**options, **pictures, "sizes": parse_sizes(given.sizes)})
    settings.check()
    return settings


def prepare_environment(bytecode: str) -> None:
    """Let threads wait as those of the command line of pincel do, and Python keep bytecode, or every process would compile torch anew."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN)
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = bytecode


def print_report(report: Report) -> None:
    """Print the tables of what was measured, if anything was."""
    if report.machine and report.steps:
        print(machine_line(report.machine), end="\n\n")
    for table in tables(report):
        print(table)


def measure(given: argparse.Namespace) -> int:
    """Measure, print tables, and write the report; return 0, or 130 for Ctrl-C.

    What was measured before an error or Ctrl-C is printed too: the last size may have been too large for the memory.
    """
    settings = make_settings(given)
    target = check_output(given.json, inputs=[settings.content, settings.style], what="report") if given.json else None
    status = 0
    with TemporaryDirectory() as bytecode, Bar(quiet=given.quiet) as bar:
        prepare_environment(bytecode)
        bench = Bench(settings, bar.show)
        try:
            bench.run()
        except KeyboardInterrupt:
            status = 130
        except PincelError:
            print_report(bench.report)
            raise
    print_report(bench.report)
    if target and bench.report.steps:
        write_text(target, json.dumps(plain(bench.report), indent=1, ensure_ascii=False) + "\n", what="report")
        print(target)
    return status


def main(texts: Sequence[str] | None = None) -> int:
    """Do what is asked for; return 0, 2 for what cannot be used, 130 for Ctrl-C."""
    given = _arguments(texts)
    try:
        return measure(given)
    except PincelError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
