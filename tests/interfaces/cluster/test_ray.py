"""Workers on a real Ray: kept, replaced, tried again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pincel.cluster.address import Cluster
from pincel.cluster.pool import TRIES, WorkerPool, WorkerResources
from pincel.errors import ClusterError
from pincel.executors.protocol import Completed, Failed, Update
from tests.interfaces.cluster.toys import Task, Toy


def test_tasks_of_workers_that_die_are_done_by_others(cluster: Cluster, tmp_path: Path) -> None:
    ways = {"a": {}, "dies once": {"deaths": 1}, "deadly": {"deaths": 99}, "wrong": {"trouble": "That\nis wrong."}, "b": {}, "c": {}}
    tasks = [Task(name, str(tmp_path), **way) for name, way in ways.items()]  # type: ignore[arg-type]
    taken: list[str] = []

    def handed_out() -> Iterator[Task]:
        for task in tasks:
            # Back-pressure: of what was taken before, all but one for each worker has come back.
            assert len(taken) - len(results) < 2
            taken.append(task.name)
            yield task

    results: dict[str, Completed[Task] | Failed[Task]] = {}
    pool = WorkerPool[Task](cluster, Toy, workers=2)
    for result in pool.results(handed_out()):
        if not isinstance(result, Update):
            assert result.task.name not in results
            results[result.task.name] = result
    done = {name: result.result for name, result in results.items() if isinstance(result, Completed)}
    lost = {name: result for name, result in results.items() if isinstance(result, Failed)}
    assert set(done) == {"a", "dies once", "b", "c"}
    assert {name: task.tries for name, task in lost.items()} == {"deadly": TRIES, "wrong": 1}
    assert lost["wrong"].reason == "That is wrong"
    assert "lost 3 times" in lost["deadly"].reason
    assert {task.name: len(task.begun()) for task in tasks} == {"a": 1, "dies once": 2, "deadly": TRIES, "wrong": 1, "b": 1, "c": 1}

    # The same workers again, and asked to leave.
    endless = [Task(f"endless {number}", str(tmp_path), until_told=True) for number in range(5)]
    heard: set[str] = set()
    ended = []
    for result in pool.results(endless, stop=lambda: len(heard) == 2):
        if isinstance(result, Update):
            heard.add(result.message)
        else:
            ended.append((result.task.name, isinstance(result, Completed) and result.result))
    pool.close()
    assert sorted(ended) == [("endless 0", "left"), ("endless 1", "left")]
    assert not endless[2].begun()


def test_workers_that_cannot_work_where_they_are_are_told_of(cluster: Cluster, tmp_path: Path) -> None:
    pool = WorkerPool[Task](cluster, Toy, ("the machine has another folder",), workers=1)
    with pytest.raises(ClusterError, match=r"^cluster: no worker can work, the machine has another folder · given 2 CPU · .*ray status'$"):
        list(pool.results([Task("a", str(tmp_path))]))
    pool.close()
    # More than there is: nobody comes.
    pool = WorkerPool[Task](cluster, Toy, workers=1, needs=WorkerResources(cores=3), patience=0.1)
    with pytest.raises(
        ClusterError, match=r"^cluster: no worker could be started in \d+ s · given 2 CPU · accepted: 3 CPU for each worker"
    ):
        list(pool.results([Task("a", str(tmp_path))]))
    pool.close()
