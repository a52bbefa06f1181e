"""A runner that paints nothing, as quickly or slowly as its job says, and dies where it is told to."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pincel.batches.messages import Job, JobResult, Progress
from pincel.executors.protocol import Stop
from pincel.files import write_text


@dataclass(frozen=True)
class StandIn:
    """Writes its process id for a picture. In ``settings``: ``seconds``, ``die`` (so many times), ``raises``."""

    name: str

    def run(self, job: Job, emit: Callable[[Progress], None], stop: Stop) -> JobResult:
        noted = Path(job.settings["told"]) / job.name.replace("/", "_")
        noted.mkdir(parents=True, exist_ok=True)
        (noted / f"{os.getpid()}").touch()
        if len(list(noted.iterdir())) <= job.settings.get("die", 0):
            os.kill(os.getpid(), signal.SIGKILL)
        if "raises" in job.settings:
            raise RuntimeError(job.settings["raises"])
        end = time.monotonic() + job.settings.get("seconds", 0.0)
        step = 0
        while time.monotonic() < end:
            step += 1
            emit(Progress(job.name, step, 1000, self.name))
            if stop():
                return JobResult(job.name, "stopped", worker=self.name)
            time.sleep(0.02)
        output = Path(job.output)
        output.parent.mkdir(parents=True, exist_ok=True)
        given = [Path(job.content).read_text() if job.content else "", *(Path(style).read_text() for style, _ in job.styles)]
        write_text(output, " ".join(given))
        write_text(output.with_suffix(".json"), json.dumps({"worker": self.name}))
        return JobResult(job.name, "done", files=(str(output), str(output.with_suffix(".json"))), worker=self.name)
