"""Role: a whole ``pincel transfer``, as from a shell, from nothing to the file on the disk."""

from __future__ import annotations

import json
import time
from pathlib import Path

from _programs import PINCEL, run_program


class ColdStart:
    """Starts ``python -m pincel`` and waits for it. It loads no torch itself: a process it starts begins small."""

    def run(self, arguments: list[str], output: str) -> dict[str, float]:
        """Run it to its end; return the seconds of all, and of these those until its first evaluation is done.

        Raises:
            PincelError: If it fails, with the line it says why.
        """
        began, first = time.perf_counter(), list[float]()

        def read(line: str) -> None:
            if not first and json.loads(line)["event"] == "step":
                first.append(time.perf_counter() - began)

        seconds = run_program("pincel transfer", [*PINCEL, *arguments, "-o", output, "--json"], Path(output), read)
        return {"seconds": seconds, "start": first[0]}
