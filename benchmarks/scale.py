"""What many pictures cost: measured on this machine, and from that on paper for a million photographs, a film in 4K, a mural.

    python benchmarks/scale.py measure -o figures.json     # paints on a local Ray with 1 and with 2 workers of one thread each
    python benchmarks/scale.py paper figures.json --plot docs/images/scale.png

``measure`` prints seconds and bytes a picture, the throughput of either number of workers, what the driver takes for a picture, and what
the simulation (``_schedule.py``) makes of two workers from the seconds of one. It is meant for a quiet machine; the load is printed too.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from _schedule import Piece, Plant, Report, Schedule
from pincel.backbones import BACKBONES
from pincel.batches.jobs import gather_jobs
from pincel.batches.manifest import Manifest
from pincel.batches.messages import Job, JobResult, MachineOptions, Progress
from pincel.cluster.address import join
from pincel.cluster.batch import RayBatch
from pincel.executors.protocol import Completed, ExecutorEvent, Stop
from pincel.recipes import RECIPES
from pincel.samples import find_sample, sample_names

HOUR = 3600.0
MEGA, GIGA = 1e6, 1e9
MEGAPIXELS_4K = 3840 * 2160 / MEGA
# Multiply-adds of one loss and its gradient, as docs/speed.md counts them: there and back.
LOOKS = 2
# Pixels that relu5_1 sees beside its own, and bytes of a pixel in float32.
MARGIN, PIXEL = 156, 12
SCENES = ("sample:harbour", "sample:lake", "sample:lighthouse", "sample:still-life")


@dataclass(frozen=True)
class Timed:
    """What a batch took.

    Attributes:
        workers: How many painted.
        seconds: From asking for the first picture to the last result.
        warm: Until the first picture was begun.
        each: Seconds of each picture, in the order of the jobs.
        prepared: Of these, before the first step, on average but for the first of each worker.
        fetched: Bytes of a content, on average.
        brought: Bytes of a picture and its record, on average.
        steps: Of a picture.
        size: (width, height) of the first.
        load: Of the machine before.
    """

    workers: int
    seconds: float
    warm: float
    each: tuple[float, ...]
    prepared: float
    fetched: float
    brought: float
    steps: float
    size: tuple[int, int]
    load: float


class Instant:
    """A runner that writes two small files: what is left is the driver's part."""

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, job: Job, tell: Callable[[Progress], None], _stop: Stop) -> JobResult:
        """Write them."""
        files = [Path(job.output), Path(job.output).with_suffix(".json")]
        for file in files:
            file.write_text(job.name)
        tell(Progress(job.name, 0, 0))
        return JobResult(job.name, "done", files=tuple(map(str, files)), worker=self._name)


def main() -> None:
    """Print one of the two parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    measuring = verbs.add_parser("measure")
    measuring.add_argument("--size", type=int, default=256)
    measuring.add_argument("--pictures", type=int, default=12)
    measuring.add_argument("--recipe", default="pincel")
    measuring.add_argument("--steps", type=int)
    measuring.add_argument("--large", type=int, default=512, help="side of one further picture; 0 for none")
    measuring.add_argument("--trifles", type=int, default=200, help="jobs that take no time, to see what the driver takes")
    measuring.add_argument("-o", "--output", type=Path, required=True)
    measuring.set_defaults(do=measure)
    writing = verbs.add_parser("paper")
    writing.add_argument("figures", type=Path)
    writing.add_argument("--plot", type=Path)
    writing.add_argument("--photo-bytes", type=float, default=4e6, help="of a photograph as a camera writes it")
    writing.set_defaults(do=paper)
    given = parser.parse_args()
    given.do(given)


def measure(given: argparse.Namespace) -> None:
    """Paint the same pictures with one worker and with two, and print what each takes."""
    settings = {"recipe": given.recipe, "size": given.size, **({"steps": given.steps} if given.steps else {})}
    styles = [f"sample:{name}" for name in sample_names() if f"sample:{name}" not in SCENES]
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(aside)

        def jobs(name: str, more: dict[str, Any]) -> list[Job]:
            asked = gather_jobs(SCENES, styles, folder / name, settings={**settings, **more})
            # Style by style, as a batch is gathered.
            return asked[: given.pictures]

        # One for all that follows: who asks for one, finds this.
        cluster = join("local", cores=2)
        try:
            runs = [timed(jobs(f"by-{workers}", {}), workers) for workers in (1, 2)]
            large = timed(jobs("large", {"size": given.large})[:1], 1) if given.large else None
            driver = driver_seconds(given.trifles, folder / "trifles")
        finally:
            cluster.close()
    figures = {"recipe": given.recipe, "runs": [asdict(run) for run in runs], "large": asdict(large) if large else None, "driver": driver}
    given.output.write_text(json.dumps(figures, indent=1) + "\n")
    tell_measured(runs, large, driver)


def timed(jobs: Sequence[Job], workers: int) -> Timed:
    """Paint jobs with so many workers, started for that."""
    load = os.getloadavg()[0]
    machine = MachineOptions(device="cpu", precision="fp32", threads=1)
    executor = RayBatch(str(Path(jobs[0].output).parent), "auto", workers, machine)
    began, first, done = time.perf_counter(), math.inf, dict[str, JobResult]()

    def tell(event: ExecutorEvent[Job]) -> None:
        nonlocal first
        if isinstance(event, Completed):
            done[event.task.name] = event.result
            first = min(first, time.perf_counter() - began - event.result.seconds)

    try:
        executor.run(jobs, tell)
        seconds = time.perf_counter() - began
    finally:
        executor.close()
    results = [done[job.name] for job in jobs]
    for result in results:
        assert result.state == "done", result.message
    late = sorted(results, key=lambda result: result.prepared)[: max(1, len(results) - workers)]
    return Timed(
        workers,
        round(seconds, 2),
        round(first, 2),
        tuple(result.seconds for result in results),
        statistics.mean(result.prepared for result in late),
        statistics.mean(find_sample(job.content).stat().st_size for job in jobs),
        statistics.mean(sum(Path(file).stat().st_size for file in result.files) for result in results),
        statistics.mean(result.steps for result in results),
        results[0].size or (0, 0),
        load,
    )


def driver_seconds(count: int, folder: Path) -> float:
    """Return the seconds a picture that a batch takes beside painting: handing out, fingerprint, manifest."""
    folder.mkdir()
    (folder / "content.png").write_bytes(find_sample(SCENES[0]).read_bytes())
    jobs = [
        Job(f"{number}.png", str(folder / "content.png"), (("sample:impasto", 1.0),), str(folder / f"{number}.png"))
        for number in range(count)
    ]
    executor = RayBatch(str(folder), "auto", 1, make=Instant)
    manifest = Manifest(folder)
    by_name, began = {job.name: job for job in jobs}, 0.0

    def tell(event: ExecutorEvent[Job]) -> None:
        nonlocal began
        # From the first on: the worker is there.
        began = began or time.perf_counter()
        if isinstance(event, Completed):
            manifest.add(by_name[event.result.name], event.result)

    try:
        executor.run(jobs, tell)
        return (time.perf_counter() - began) / max(1, count - 1)
    finally:
        executor.close()


def tell_measured(runs: Sequence[Timed], large: Timed | None, driver: float) -> None:
    """Print what was measured, and how far the simulation is from it."""
    one, two = runs
    print(f"{len(one.each)} pictures {one.size[0]}×{one.size[1]}, {one.steps:.0f} steps in all scales, one thread a worker")
    print("| workers | s in all | s until the first | s a picture | of these before the first step | pictures an hour | load before |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for run in runs:
        painting = run.seconds - run.warm
        print(
            f"| {run.workers} | {run.seconds:.1f} | {run.warm:.1f} | {statistics.mean(run.each):.2f} | {run.prepared:.2f} "
            f"| {HOUR * len(run.each) / painting:.0f} | {run.load:.1f} |"
        )
    quicker = (one.seconds - one.warm) / (two.seconds - two.warm)
    print(f"Two workers are {quicker:.2f} times as quick as one, once they are there.")
    print(f"Bytes a picture: {one.fetched / 1e3:.0f} kB in, {one.brought / 1e3:.0f} kB out.")
    print(f"The driver takes {1e3 * driver:.1f} ms a picture.")
    if large:
        share = math.prod(large.size) / math.prod(one.size)
        print(
            f"One of {large.size[0]}×{large.size[1]}: {large.each[0]:.1f} s, {large.each[0] / statistics.mean(one.each):.2f} times as long "
            f"for {share:.2f} times the pixels; {large.brought / 1e3:.0f} kB out."
        )
    foreseen = Schedule(Plant(2, warm=two.warm, driver=driver), map(Piece, one.each)).run()
    pure = Schedule(Plant(2, warm=two.warm, driver=driver), map(Piece, two.each)).run()
    print(f"Two workers, simulated from the seconds of one: {foreseen.seconds:.1f} s; measured: {two.seconds:.1f} s ", end="")
    print(f"({foreseen.seconds / two.seconds - 1:+.0%}).")
    print(f"Simulated from their own seconds: {pure.seconds:.1f} s ({pure.seconds / two.seconds - 1:+.1%}).")


@dataclass(frozen=True)
class Cost:
    """Measured seconds and bytes, in terms that can be carried over to other sizes.

    Attributes:
        seconds: Of a worker, of one thread, for a megapixel: all steps of the recipe.
        spread: Of the seconds of pictures, as a share of their mean.
        brought: Bytes a megapixel of results.
        warm: Seconds until a worker begins.
        driver: Seconds of the driver for a picture.
    """

    seconds: float
    spread: float
    brought: float
    warm: float
    driver: float


def cost_of(figures: dict[str, Any]) -> Cost:
    """Take what is needed out of the figures: of the largest size there is."""
    one, large = figures["runs"][0], figures["large"] or figures["runs"][0]
    megapixels = math.prod(large["size"]) / MEGA
    # The first picture of a worker also loads the network.
    each = one["each"][1:] or one["each"]
    spread = statistics.pstdev(each) / statistics.mean(each)
    return Cost(statistics.mean(large["each"]) / megapixels, spread, large["brought"] / megapixels, one["warm"], figures["driver"])


# An ordinary cloud: what a store gives in all, a machine's line, the time to a first byte; a machine is lost once in ten days of running,
# replaced in three minutes; one in twenty takes half as long again.
CLOUD = Plant(1, store=10e9, line=1.25e9, latency=0.05, between_failures=240 * HOUR, repair=180, slow_share=0.05, slow_times=1.5)
# Machines that are lent for less, and taken back.
SPOT = replace(CLOUD, between_failures=6 * HOUR)


def paper(given: argparse.Namespace) -> None:
    """Print what large pieces of work would cost."""
    figures = json.loads(given.figures.read_text())
    cost = cost_of(figures)
    print(f"A worker is one thread of the machine measured: {cost.seconds:.0f} s a megapixel, ±{cost.spread:.0%},")
    print(f"{cost.brought / MEGA:.2f} MB a megapixel of results.\n")
    curves = {**photographs(cost, given.photo_bytes), **film(cost)}
    mural(figures["recipe"], cost)
    if given.plot:
        draw(curves, given.plot)


def photographs(cost: Cost, photo: float) -> dict[str, list[tuple[int, float]]]:
    """A million photographs, 512 pixels wide."""
    megapixels, count = 512 * 384 / MEGA, 1_000_000
    seconds, chance = cost.seconds * megapixels, random.Random(0)  # noqa: S311 - chances of a simulation
    pieces = [Piece(drawn(chance, seconds, cost.spread), photo, cost.brought * megapixels) for _ in range(count)]
    moved = photo + cost.brought * megapixels
    print(f"A million photographs at 512×384: {seconds:.0f} s each; {photo / MEGA:.0f} MB in, {(moved - photo) / MEGA:.2f} MB out;")
    print(f"{count * seconds / HOUR:,.0f} worker hours of painting, {count * moved / 1e12:.1f} TB moved.\n")
    heading()
    curve: dict[str, list[tuple[int, float]]] = {"a million photographs": []}
    plants = {"": CLOUD, "taken back every 6 h": SPOT, "store of 0.5 GB/s": replace(CLOUD, store=0.5e9)}
    for workers in (1000, 10_000):
        for name, plant in plants.items():
            if name and workers != 10_000:
                continue
            report = told(name, replace(plant, workers=workers, warm=cost.warm, driver=cost.driver), pieces)
            if not name:
                curve["a million photographs"].append((workers, report.worked / (workers * report.seconds)))
    print()
    return curve


def film(cost: Cost) -> dict[str, list[tuple[int, float]]]:
    """Two hours of film in 4K: scenes are painted frame after frame, and next to each other."""
    chance = random.Random(1)  # noqa: S311 - chances of a simulation
    frame, frames = cost.seconds * MEGAPIXELS_4K, 2 * 3600 * 24
    lengths: list[int] = []
    while sum(lengths) < frames:
        # Shots last four seconds on average, few of them long.
        lengths.append(max(12, round(drawn(chance, 4.2 * 24, 0.9))))
    lengths.sort(reverse=True)
    brought = cost.brought * MEGAPIXELS_4K
    print(f"Two hours of 4K, {sum(lengths):,} frames in {len(lengths):,} scenes (the longest {lengths[0]}): {frame / 60:.0f} min a frame,")
    print(f"{sum(lengths) * frame / HOUR:,.0f} worker hours, {sum(lengths) * brought / 1e12:.2f} TB of painted frames.\n")
    heading()
    pieces = [Piece(length * frame, length * 0.2e6, length * brought, kept_every=frame) for length in lengths]
    curve = []
    for workers in (100, 300, 1000, len(lengths)):
        report = told("", replace(CLOUD, workers=workers, warm=cost.warm, driver=cost.driver), pieces)
        curve.append((workers, report.worked / (workers * report.seconds)))
    told("taken back every 6 h", replace(SPOT, workers=1000, warm=cost.warm, driver=cost.driver), pieces)
    print(f"\nNo number of workers is done before the longest scene: {lengths[0] * frame / HOUR:,.0f} h.\n")
    return {"two hours of film in 4K": curve}


def mural(recipe: str, cost: Cost) -> None:
    """Ten gigapixels, one picture shared by processes."""
    chosen = RECIPES.find(recipe).recipe
    spec = BACKBONES[chosen.backbone]
    wanted = frozenset(chosen.style_layers) | frozenset(chosen.content_layers)
    products = sum(layer.products / layer.stride**2 for layer in spec.up_to(wanted))
    # Coarse scales have fewer pixels and other numbers of steps: all together so many steps at full size.
    pixels, steps = 10e9, chosen.steps * (1 + sum(share**2 * multiple for share, multiple in chosen.scale_fractions))
    gram = sum(spec.layer(name).channels ** 2 for name in chosen.style_layers)
    step = cost.seconds * pixels / MEGA / steps
    print(f"Ten gigapixels: {products:,.0f} multiply-adds a pixel there, {2 * LOOKS * products * pixels / 1e15:.1f} PFLOP a step, ", end="")
    print(f"{steps:.0f} steps' worth of them: {step * steps / HOUR:,.0f} worker hours.")
    print(f"Gram matrices: {gram:,} numbers, {8 * gram / MEGA:.1f} MB in float64 for each all-reduce, whatever the size.\n")
    print("| processes of 32 threads | s a step: arithmetic | picture and slopes, 10 Gb/s | 100 Gb/s | Gram matrices, 10 Gb/s |")
    print("|--:|--:|--:|--:|--:|")
    for processes in (10, 100, 1000):
        side = math.sqrt(pixels / processes)
        # A tile's margin of 156 pixels on each side is looked at as well.
        arithmetic = step / processes / 32 * ((side + 2 * MARGIN) / side) ** 2
        # A broadcast of 12 bytes a pixel, and a ring's all-reduce of as many, which passes each twice.
        slow, fast = (3 * PIXEL * pixels / line for line in (1.25e9, 12.5e9))
        print(f"| {processes:,} | {arithmetic:,.0f} | {slow:,.0f} | {fast:,.0f} | {2 * 8 * gram / 1.25e9:.3f} |")
    tile = math.sqrt(pixels / 1000) + 2 * MARGIN
    remembered = (2 * int(str(chosen.optimizer_options.get("history", 0))) + 6) * PIXEL * pixels
    print(f"\nEach process holds the whole picture and its slope, {2 * PIXEL * pixels / GIGA:.0f} GB; the first also what")
    print(f"{chosen.optimizer} remembers, {remembered / 1e12:.1f} TB. Were each of 1,000 given its tile and margin alone, {tile:.0f}²,")
    print(f"that would be {PIXEL * tile**2 / MEGA:.0f} MB a step for each.\n")


def drawn(chance: random.Random, mean: float, spread: float) -> float:
    """Draw from a log-normal distribution of this mean and spread."""
    sigma = math.sqrt(math.log(1 + spread**2))
    return chance.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)


def heading() -> None:
    """Print the first lines of a table."""
    print("| workers | | hours | of them painting | lost | store | driver | nothing to do | workers lost |")
    print("|--:|---|--:|--:|--:|--:|--:|--:|--:|")


def told(name: str, plant: Plant, pieces: Sequence[Piece]) -> Report:
    """Simulate, and print a line."""
    report = Schedule(plant, [replace(piece) for piece in pieces]).run()
    whole = plant.workers * report.seconds
    shares = " | ".join(f"{part / whole:.1%}" for part in (report.worked, report.lost, report.transferring, report.asking, report.idle))
    print(f"| {plant.workers:,} | {name} | {report.seconds / HOUR:,.1f} | {shares} | {report.failures:,} |", flush=True)
    return report


def draw(curves: dict[str, list[tuple[int, float]]], path: Path) -> None:
    """Draw how much of workers' time is painting, by their number."""
    from pincel.studies.plots import empty_axes  # noqa: PLC0415 - matplotlib takes a second

    figure, axes = empty_axes((7.0, 4.0))
    for name, points in curves.items():
        axes.plot([workers for workers, _ in points], [100 * share for _, share in points], marker="o", label=name)
    axes.set_xscale("log")
    axes.set_ylim(0, 105)
    axes.set_xlabel("workers")
    axes.set_ylabel("% of their time painting")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
