"""How long the studio takes to answer while a run keeps every core busy: measured and printed, for machines differ."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from pincel.studio.child_process import PINCEL
from tests.studio.api.process import serving

RUN = "/api/runs/{key}"
PLACES = ["/", "/static/js/app.js", "/api/settings", "/api/samples", "/api/runs", RUN, f"{RUN}/preview.jpg", "/api/about"]


@pytest.mark.slow
def test_answers_while_a_run_is_under_way(tmp_path: Path) -> None:
    with serving(tmp_path, PINCEL) as server:
        print(f"\nanswers {1000 * server.starting:.0f} ms after it is started")
        key = server.begin(size=256, steps=100_000, scales="none")
        server.until_step(key, 2)
        all_times = []
        for place in PLACES:
            times = []
            for _ in range(20):
                began = time.perf_counter()
                assert server.ask("GET", place.format(key=key))[0] == 200
                times.append(1000 * (time.perf_counter() - began))
                time.sleep(0.05)
            all_times += times
            print(f"{place:<32} median {statistics.median(times):5.1f} ms, slowest {max(times):6.1f} ms")
        median = statistics.median(all_times)
        print(f"{'all':<32} median {median:5.1f} ms, slowest {max(all_times):6.1f} ms")
        server.ask("POST", f"/api/runs/{key}/cancel")
        server.ended(key)
        # The promise is 100 ms; a machine with other work to do is given ten times as much.
        assert median < 1000
