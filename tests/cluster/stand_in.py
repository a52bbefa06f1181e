"""A painter that paints nothing, as quickly or slowly as its job says, and dies where it is told to."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from pincel.batch.messages import Job, Outcome, Progress
from pincel.files import write_text


@dataclass(frozen=True)
class StandIn:
    """Writes its process id for a picture. In ``settings``: ``seconds``, ``die`` (so many times), ``raises``."""

    name: str

    def painting(self, job: Job, *, stop: Callable[[], bool]) -> Generator[Progress, None, Outcome]:
        tell = Path(job.settings["told"]) / job.name.replace("/", "_")
        tell.mkdir(parents=True, exist_ok=True)
        (tell / f"{os.getpid()}").touch()
        if len(list(tell.iterdir())) <= job.settings.get("die", 0):
            os.kill(os.getpid(), signal.SIGKILL)
        if "raises" in job.settings:
            raise RuntimeError(job.settings["raises"])
        end = time.monotonic() + job.settings.get("seconds", 0.0)
        step = 0
        while time.monotonic() < end:
            step += 1
            yield Progress(job.name, step, 1000, self.name)
            if stop():
                return Outcome(job.name, "stopped", worker=self.name)
            time.sleep(0.02)
        output = Path(job.output)
        output.parent.mkdir(parents=True, exist_ok=True)
        given = [Path(job.content).read_text() if job.content else "", *(Path(style).read_text() for style, _ in job.styles)]
        write_text(output, " ".join(given))
        write_text(output.with_suffix(".json"), json.dumps({"worker": self.name}))
        return Outcome(job.name, "done", files=(str(output), str(output.with_suffix(".json"))), worker=self.name)
