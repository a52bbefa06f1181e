"""The order of things: who works when, while all others wait.

1. **Steps.** Ours and the peer are started, loaded, and make one step to warm up. Then each round: some steps of the peer, as many of ours,
   the yardstick. Both are at the same step of the same objective all the time, so their L-BFGS histories are as long as each other's.
2. **The peer's picture.** The peer goes on to the number of steps asked for, in as many chunks as there are rounds; each chunk is a
   reading of its pace. Its file, and its canvas before it was saved, are judged by its own objective.
3. **Our picture.** Whole runs of ours, from the shell to the file, of more and more steps, until the peer's own objective says that the
   file is as good: no higher in total, and in content at most 1.05 times.
4. **The race.** Each round: some more steps of the peer, for its pace at that time; a whole run of ours; and a start of ours up to
   its first evaluation. The ratio sets the peer's median pace of chunks and race, times its steps, against the median of our whole
   runs. The peer's start-up is left out of it, and given beside it; ours is always in.
5. **Growth.** For each size, fresh children, a step to warm up, and then one of each program in turn; ours alone also at a picture as small
   as can be, whose memory is what does not grow.

Only one process works at a time. Medians are over rounds; ratios are of medians of the same run.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from pincel.bench.children import Child, Worker, environment_with_bytecode
from pincel.bench.plan import LADDER, LARGEST_OF_THE_PEER, SMALLEST, Settings, as_good, climb, transfer_arguments
from pincel.bench.report import (
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
from pincel.engine.events import Preparing
from pincel.engine.machine import cores, processor_name
from pincel.errors import PincelError
from pincel.version import __version__

Tell = Callable[[Preparing], None]
Hire = Callable[[str, dict[str, str]], Worker]


class Runner:
    """A program that makes steps when asked to, and what it took.

    Args:
        worker: Its process.
        told: What it answered when it was opened.
        start_up: Seconds that took, from the start of the process.
    """

    def __init__(self, worker: Worker, told: dict[str, Any], start_up: float) -> None:
        self.worker = worker
        self.told = told
        self.start_up = start_up
        self.rounds: list[float] = []
        self.peak = 0

    def steps(self, count: int, tick: Callable[[], None]) -> float:
        """Make some steps, and return the median seconds."""
        seconds = []
        for _ in range(count):
            found = self.worker.ask("step")
            seconds.append(float(found["seconds"]))
            self.peak = int(found["memory"])
            tick()
        return median(seconds)

    def round(self, count: int, tick: Callable[[], None]) -> None:
        """Make the steps of a round."""
        self.rounds.append(self.steps(count, tick))

    @property
    def pace(self) -> Pace:
        """Its rounds so far, and its memory."""
        return Pace(Timing(tuple(self.rounds)), Memory(int(self.told["baseline"]), self.peak))


class Bench:
    """One measurement. :attr:`report` fills while :meth:`run` goes on, and keeps what there is when that is interrupted.

    Args:
        settings: What to measure, checked.
        tell: Told how far each part is.
        hire: Starts a process in a role with some environment; :class:`Child` but for tests.
    """

    def __init__(self, settings: Settings, tell: Tell = lambda _: None, hire: Hire = Child) -> None:
        self.settings = settings
        self.report = Report(settings, __version__)
        self._tell = tell
        self._hire = hire
        self._environment: dict[str, str] = dict(os.environ)
        self._folder = Path()

    def run(self) -> None:
        """Measure everything.

        Raises:
            PincelError: If pictures cannot be used, or a process dies.
        """
        with tempfile.TemporaryDirectory(prefix="pincel-bench-") as folder:
            self._folder = Path(folder)
            self._environment = environment_with_bytecode(self._folder / "bytecode")
            self._warm_up()
            with ExitStack() as staff:
                ours, peer = self._both(staff, self.settings.size)
                self._single_steps(ours, peer)
                # Our steps are over: what follows is whole processes.
                ours.worker.close()
                self._same_picture(staff, peer)
            self._growth()
        self.report.complete = True

    def _warm_up(self) -> None:
        """Load everything once: compiling it, or a cold disk, would be counted in the memory and the start of whoever came first."""
        with self._ticking("warming up", 1) as tick, ExitStack() as staff:
            self._start(staff, "ours").ask("ready")
            tick()

    @contextmanager
    def _ticking(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Tell of a part of the work; give what to call when one more of its ``total`` is done."""
        done = 0

        def tick() -> None:
            nonlocal done
            done += 1
            self._tell(Preparing(what, done, total))

        self._tell(Preparing(what, 0, total))
        yield tick

    def _start(self, staff: ExitStack, role: str) -> Worker:
        return staff.enter_context(closing(self._hire(role, self._environment)))

    def _open(self, staff: ExitStack, role: str, size: int, **given: Any) -> Runner:
        worker = self._start(staff, role)
        told = worker.ask("open", content=str(self.settings.content), style=str(self.settings.style), size=size, **given)
        return Runner(worker, told, worker.age)

    def _both(self, staff: ExitStack, size: int, *, peer: bool = True) -> tuple[Runner, Runner | None]:
        """Start ours, then the peer, one after the other so that each has the machine to itself."""
        peer = peer and self.settings.against != "none"
        with self._ticking(f"starting at {size}", 1 + peer) as tick:
            ours = self._open(
                staff, "ours", size, device=self.settings.device, precision=self.settings.precision, tiles=self.settings.tiles
            )
            tick()
            if not peer:
                return ours, None
            other = self._open(staff, "peer", size, device=ours.told["device"])
            tick()
        if other.told["size"] != ours.told["size"]:
            raise PincelError(f"The peer would make {other.told['size']} pixels of this content and pincel {ours.told['size']}.")
        return ours, other

    # 1

    def _single_steps(self, ours: Runner, peer: Runner | None) -> None:
        with ExitStack() as staff:
            self.report.machine = _machine(ours.told)
            yardstick = self._start(staff, "yardstick")
            length = yardstick.ask("open", device=ours.told["device"], precision=ours.told["precision"])
            runners = [runner for runner in (peer, ours) if runner]
            readings: list[float] = []
            with self._ticking("single steps", len(runners) * self.settings.timed_steps) as tick:
                for runner in runners:
                    runner.steps(1, tick)
                for _ in range(self.settings.rounds):
                    for runner in runners:
                        runner.round(self.settings.steps_a_round, tick)
                    readings.append(float(yardstick.ask("measure")["seconds"]))
                    self._note_steps(ours, peer, float(length["flops"]), readings)

    def _note_steps(self, ours: Runner, peer: Runner | None, flops: float, readings: list[float]) -> None:
        made = 1 + len(ours.rounds) * self.settings.steps_a_round
        steps = _steps(ours, peer, made)
        self.report.steps = steps
        self.report.arithmetic = Arithmetic(
            float(ours.told["multiply_adds_per_pixel"]),
            steps.size[0] * steps.size[1],
            steps.ours.time.median,
            flops,
            Timing(tuple(readings)),
        )

    # 2, 3, 4

    def _same_picture(self, staff: ExitStack, peer: Runner | None) -> None:
        shell = self._start(staff, "shell")
        if not peer:
            self._race(shell, None, self.settings.steps or self.settings.peer_steps, ())
            return
        judge = self._judge(staff)
        wanted = self._picture_of_the_peer(peer, judge)
        self.report.picture = Picture(wanted)
        tried = () if self.settings.steps else self._search(shell, judge, wanted.file)
        self._race(shell, peer, self.settings.steps or tried[-1].steps, tried)
        self._pass_judgement(judge)

    def _judge(self, staff: ExitStack) -> Worker:
        with self._ticking("calling the judge", 1) as tick:
            judge = self._open(staff, "judge", self.settings.size, device="cpu")
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
        path = self._folder / "ours.png"

        def attempt(steps: int) -> Attempt:
            seconds = float(shell.ask("whole", arguments=transfer_arguments(self.settings, path, steps))["seconds"])
            tick()
            return Attempt(steps, seconds, Terms(**judge.ask("judge", path=str(path))))

        with self._ticking("our picture, step by step", len(LADDER)) as tick:
            return climb(LADDER, attempt, wanted)

    def _race(self, shell: Worker, peer: Runner | None, steps: int, tried: tuple[Attempt, ...]) -> None:
        path = self._folder / "ours.png"
        arguments = transfer_arguments(self.settings, path, steps)
        wholes: list[float] = []
        starts: list[float] = []
        with self._ticking("whole runs", self.settings.rounds * (3 if peer else 2)) as tick:
            for _ in range(self.settings.rounds):
                if peer:
                    peer.round(self.settings.steps_a_round, lambda: None)
                    tick()
                wholes.append(float(shell.ask("whole", arguments=arguments)["seconds"]))
                tick()
                starts.append(float(shell.ask("first_step", arguments=arguments)["seconds"]))
                tick()
                memory = int(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["peak_memory"])
                ours = OurPicture(self.settings.recipe, steps, Timing(tuple(wholes)), Timing(tuple(starts)), memory, tried=tried)
                before = self.report.picture.peer if self.report.picture else None
                paced = replace(before, pace=Timing(tuple(peer.rounds))) if before and peer else None
                self.report.picture = Picture(paced, ours)

    def _pass_judgement(self, judge: Worker) -> None:
        """Let the judge look at the very file that was timed last."""
        picture = self.report.picture
        if picture and picture.peer and picture.ours:
            found = Terms(**judge.ask("judge", path=str(self._folder / "ours.png")))
            self.report.picture = Picture(picture.peer, replace(picture.ours, file=found, as_good=as_good(found, picture.peer.file)))

    # 5

    def _growth(self) -> None:
        if self.settings.sizes:
            self.report.smallest = self._grown(SMALLEST, peer=False)
        for size in self.settings.sizes:
            self.report.growth.append(self._grown(size, peer=size <= LARGEST_OF_THE_PEER))

    def _grown(self, size: int, *, peer: bool) -> Steps:
        with ExitStack() as staff:
            ours, other = self._both(staff, size, peer=peer)
            runners = [runner for runner in (other, ours) if runner]
            with self._ticking(f"steps at {size}", len(runners) * (1 + self.settings.rounds)) as tick:
                for runner in runners:
                    runner.steps(1, tick)
                for _ in range(self.settings.rounds):
                    for runner in runners:
                        runner.round(1, tick)
            return _steps(ours, other, 1 + self.settings.rounds)


def _machine(told: dict[str, Any]) -> Machine:
    names = ("device", "device_name", "torch", "threads", "precision")
    return Machine(processor_name(), cores(), **{name: told[name] for name in names})


def _steps(ours: Runner, peer: Runner | None, made: int) -> Steps:
    width, height = ours.told["size"]
    return Steps((width, height), made, ours.pace, peer.pace if peer else None)


def _paced(report: Report) -> Pace:
    if not (report.steps and report.steps.peer):
        raise PincelError("The peer made no step to time.")
    return report.steps.peer
