"""The order of things: who works when, while all others wait.

1. **Steps.** Ours and the peer are started, loaded, and make one step to warm up. Then each round: some steps of the peer, as many of ours,
   one convolution. Both are at the same step of the same objective all the time, so their L-BFGS histories are as long as each other's.
2. **The peer's picture.** The peer goes on to the number of steps asked for, in as many chunks as there are rounds; each chunk is a
   reading of its pace. Its file, and its canvas before it was saved, are judged by its own objective.
3. **Our picture.** Whole runs of ours, from the shell to the file, of more and more steps, until the peer's own objective says that the
   file is as good: no higher in total, and in content at most 1.05 times.
4. **The race.** Each round: some more steps of the peer, for its pace at that time; and a whole run of ours. The ratio sets the peer's
   median pace of chunks and race, times its steps, against the median of our whole runs. The peer's start-up is left out of it, and given
   beside it; ours is always in.
5. **Growth.** For each size, fresh processes, a step to warm up, and then one of each program in turn; ours alone also at a picture as
   small as can be, whose memory is what does not grow.

Only one process works at a time. Medians are over rounds; ratios are of medians of the same run.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from _speed.report import (
    Arithmetic,
    Attempt,
    Machine,
    Memory,
    OurPicture,
    Pace,
    PeerPicture,
    Picture,
    Report,
    Steps,
    Terms,
    Timing,
)
from _speed.settings import LARGEST_OF_THE_PEER, SMALLEST, STEP_COUNTS, Settings, as_good, search_steps, transfer_arguments
from _speed.worker import Worker, WorkerProcess
from pincel.engine.events import SetupProgress
from pincel.errors import PincelError
from pincel.host import cores, processor_name
from pincel.version import __version__

Progress = Callable[[SetupProgress], None]
Spawn = Callable[[str], Worker]


@dataclass
class Runner:
    """A program that makes steps when asked to, and what it took.

    Attributes:
        worker: Its process.
        info: What it answered when it was opened.
        start_up: Seconds that took, from the start of the process.
        rounds: Seconds of a step in each round.
        peak: Most bytes in use so far.
    """

    worker: Worker
    info: dict[str, Any]
    start_up: float
    rounds: list[float] = field(default_factory=list)
    peak: int = 0

    def steps(self, count: int, tick: Callable[[], None]) -> float:
        """Make some steps, and return the median seconds."""
        seconds: list[float] = []
        for _ in range(count):
            step = self.worker.ask("step")
            seconds.append(step["seconds"])
            self.peak = step["memory"]
            tick()
        return median(seconds)

    def round(self, count: int, tick: Callable[[], None]) -> None:
        """Make the steps of a round."""
        self.rounds.append(self.steps(count, tick))

    @property
    def pace(self) -> Pace:
        """Its rounds so far, and its memory."""
        return Pace(Timing(tuple(self.rounds)), Memory(self.info["baseline"], self.peak))


class Bench:
    """One measurement. :attr:`report` fills while :meth:`run` goes on, and keeps what there is when that is interrupted.

    Args:
        settings: What to measure, checked.
        progress: Is called with how far each part is.
        spawn: Starts a process in a role; :class:`WorkerProcess` but for tests.
    """

    def __init__(self, settings: Settings, progress: Progress = lambda _: None, spawn: Spawn = WorkerProcess) -> None:
        self.settings = settings
        self.report = Report(settings, __version__)
        self._progress = progress
        self._spawn = spawn
        self._folder = Path()

    def run(self) -> None:
        """Measure everything.

        Raises:
            PincelError: If pictures cannot be used, or a process dies.
        """
        with tempfile.TemporaryDirectory(prefix="pincel-bench-") as folder:
            self._folder = Path(folder)
            self._warm_up()
            with ExitStack() as workers:
                ours, peer = self._both(workers, self.settings.size)
                self._single_steps(ours, peer)
                # Our steps are over: what follows is whole processes.
                ours.worker.close()
                self._same_picture(workers, peer)
            self._growth()
        self.report.complete = True

    def _warm_up(self) -> None:
        """Load everything once: compiling it, or a cold disk, would be counted in the memory and the start of whoever came first."""
        with self._ticking("warming up", 1) as tick, ExitStack() as workers:
            self._start(workers, "pincel").ask("ready")
            tick()

    @contextmanager
    def _ticking(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Report a part of the work; yield what to call when one more of its ``total`` is done."""
        done = 0

        def tick() -> None:
            nonlocal done
            done += 1
            self._progress(SetupProgress(what, done, total))

        self._progress(SetupProgress(what, 0, total))
        yield tick

    def _start(self, workers: ExitStack, role: str) -> Worker:
        return workers.enter_context(closing(self._spawn(role)))

    def _open(self, workers: ExitStack, role: str, size: int, **given: Any) -> Runner:
        worker = self._start(workers, role)
        info = worker.ask("open", content=str(self.settings.content), style=str(self.settings.style), size=size, **given)
        return Runner(worker, info, worker.age)

    def _both(self, workers: ExitStack, size: int, *, peer: bool = True) -> tuple[Runner, Runner | None]:
        """Start ours, then the peer, one after the other so that each has the machine to itself."""
        peer = peer and self.settings.against != "none"
        with self._ticking(f"starting at {size}", 1 + peer) as tick:
            ours = self._open(
                workers, "pincel", size, device=self.settings.device, precision=self.settings.precision, tiles=self.settings.tiles
            )
            tick()
            if not peer:
                return ours, None
            other = self._open(workers, "pastiche", size, device=ours.info["device"])
            tick()
        if other.info["size"] != ours.info["size"]:
            raise PincelError(f"The peer would make {other.info['size']} pixels of this content and pincel {ours.info['size']}.")
        return ours, other

    # 1

    def _single_steps(self, ours: Runner, peer: Runner | None) -> None:
        with ExitStack() as workers:
            self.report.machine = _machine(ours.info)
            convolution = self._start(workers, "convolution")
            flops = convolution.ask("open", device=ours.info["device"], precision=ours.info["precision"])
            runners = [runner for runner in (peer, ours) if runner]
            readings: list[float] = []
            with self._ticking("single steps", len(runners) * self.settings.timed_steps) as tick:
                for runner in runners:
                    runner.steps(1, tick)
                for _ in range(self.settings.rounds):
                    for runner in runners:
                        runner.round(self.settings.steps_a_round, tick)
                    readings.append(convolution.ask("measure"))
                    self._note_steps(ours, peer, flops, readings)

    def _note_steps(self, ours: Runner, peer: Runner | None, flops: float, readings: list[float]) -> None:
        made = 1 + len(ours.rounds) * self.settings.steps_a_round
        steps = _steps(ours, peer, made)
        self.report.steps = steps
        self.report.arithmetic = Arithmetic(
            ours.info["multiply_adds_per_pixel"],
            steps.size[0] * steps.size[1],
            steps.ours.time.median,
            flops,
            Timing(tuple(readings)),
        )

    # 2, 3, 4

    def _same_picture(self, workers: ExitStack, peer: Runner | None) -> None:
        shell = self._start(workers, "shell")
        if not peer:
            self._race(shell, None, self.settings.steps or self.settings.peer_steps, ())
            return
        judge = self._judge(workers)
        wanted = self._picture_of_the_peer(peer, judge)
        self.report.picture = Picture(wanted)
        tried = () if self.settings.steps else self._search(shell, judge, wanted.file)
        self._race(shell, peer, self.settings.steps or tried[-1].steps, tried)
        self._pass_judgment(judge)

    def _judge(self, workers: ExitStack) -> Worker:
        with self._ticking("calling the judge", 1) as tick:
            judge = self._open(workers, "judge", self.settings.size, device="cpu")
            tick()
        return judge.worker

    def _picture_of_the_peer(self, peer: Runner, judge: Worker) -> PeerPicture:
        made, asked, rounds = self.settings.timed_steps, self.settings.peer_steps, self.settings.rounds
        peer.rounds.clear()
        with self._ticking("the peer's picture", asked - made) as tick:
            for index in range(rounds):
                chunk = (asked - made) * (index + 1) // rounds - (asked - made) * index // rounds
                if chunk:
                    peer.round(chunk, tick)
        peak, path = peer.peak, self._folder / "peer.png"
        peer.worker.ask("save", path=str(path))
        # A picture of few steps may be done with those that were timed one by one.
        pace = Timing(tuple(peer.rounds)) if peer.rounds else _paced(self.report).time
        canvas = Terms(**peer.worker.ask("terms"))
        return PeerPicture(asked, peer.start_up, pace, Terms(**judge.ask("judge", path=str(path))), canvas, peak)

    def _search(self, shell: Worker, judge: Worker, wanted: Terms) -> tuple[Attempt, ...]:
        def attempt(steps: int) -> Attempt:
            seconds = self._whole_run(shell, steps)["seconds"]
            tick()
            return Attempt(steps, seconds, Terms(**judge.ask("judge", path=str(self._ours))))

        with self._ticking("our picture, step by step", len(STEP_COUNTS)) as tick:
            return search_steps(STEP_COUNTS, attempt, wanted)

    def _whole_run(self, shell: Worker, steps: int) -> dict[str, float]:
        seconds: dict[str, float] = shell.ask("run", arguments=transfer_arguments(self.settings, steps), output=str(self._ours))
        return seconds

    @property
    def _ours(self) -> Path:
        return self._folder / "ours.png"

    def _race(self, shell: Worker, peer: Runner | None, steps: int, tried: tuple[Attempt, ...]) -> None:
        wholes, starts = list[float](), list[float]()
        with self._ticking("whole runs", self.settings.rounds * (2 if peer else 1)) as tick:
            for _ in range(self.settings.rounds):
                if peer:
                    peer.round(self.settings.steps_a_round, lambda: None)
                    tick()
                run = self._whole_run(shell, steps)
                tick()
                wholes.append(run["seconds"])
                starts.append(run["start"])
                memory = json.loads(self._ours.with_suffix(".json").read_text(encoding="utf-8"))["peak_memory"]
                ours = OurPicture(self.settings.recipe, steps, Timing(tuple(wholes)), Timing(tuple(starts)), memory, tried=tried)
                before = self.report.picture.peer if self.report.picture else None
                paced = replace(before, pace=Timing(tuple(peer.rounds))) if before and peer else None
                self.report.picture = Picture(paced, ours)

    def _pass_judgment(self, judge: Worker) -> None:
        """Judge the very file that was timed last."""
        picture = self.report.picture
        if picture and picture.peer and picture.ours:
            file = Terms(**judge.ask("judge", path=str(self._ours)))
            self.report.picture = Picture(picture.peer, replace(picture.ours, file=file, as_good=as_good(file, picture.peer.file)))

    # 5

    def _growth(self) -> None:
        if self.settings.sizes:
            self.report.smallest = self._steps_at(SMALLEST, peer=False)
        for size in self.settings.sizes:
            self.report.growth.append(self._steps_at(size, peer=size <= LARGEST_OF_THE_PEER))

    def _steps_at(self, size: int, *, peer: bool) -> Steps:
        with ExitStack() as workers:
            ours, other = self._both(workers, size, peer=peer)
            runners = [runner for runner in (other, ours) if runner]
            with self._ticking(f"steps at {size}", len(runners) * (1 + self.settings.rounds)) as tick:
                for runner in runners:
                    runner.steps(1, tick)
                for _ in range(self.settings.rounds):
                    for runner in runners:
                        runner.round(1, tick)
            return _steps(ours, other, 1 + self.settings.rounds)


def _machine(info: dict[str, Any]) -> Machine:
    names = ("device", "device_name", "torch", "threads", "precision")
    return Machine(processor_name(), cores(), **{name: info[name] for name in names})


def _steps(ours: Runner, peer: Runner | None, made: int) -> Steps:
    width, height = ours.info["size"]
    return Steps((width, height), made, ours.pace, peer.pace if peer else None)


def _paced(report: Report) -> Pace:
    if not (report.steps and report.steps.peer):
        raise PincelError("The peer made no step to time.")
    return report.steps.peer
