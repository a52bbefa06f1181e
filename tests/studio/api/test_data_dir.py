"""The folder everything is kept in."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from pincel.errors import OptionError, OutputError
from pincel.studio.child_process import exit_message, kill_stale
from pincel.studio.commands import RunSpec
from pincel.studio.data_dir import DataDir, delete_tree, link, lock_owner, new_run_id, purge, size_of
from pincel.studio.models import RunView
from pincel.studio.records import Process, Record, now, save, stored
from tests.cli.run import process


@pytest.mark.parametrize(
    "key", ["..", "", "20260131-142501-3F9A", "20260131-142501-3f9a/", "20260131-142501-3f9a\n", "x/../20260131-142501-3f9a"]
)
def test_only_ids_lead_anywhere(key: str, tmp_path: Path) -> None:
    home = DataDir(tmp_path)
    with pytest.raises(ValueError, match="is no id"):
        home.run(key)
    with pytest.raises(ValueError, match="is no id"):
        home.picture(key)


def test_ids_sort_by_time() -> None:
    begin = datetime(2026, 1, 31, 23, 59, 58, tzinfo=UTC)
    ids = [new_run_id(begin + timedelta(milliseconds=step)) for step in range(0, 5000, 7)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert ids[0].startswith("20260131-235958-00")


def test_one_studio_at_a_time(tmp_path: Path) -> None:
    home = DataDir(tmp_path)
    home.lock("http://localhost:1/")
    # Our own lock is none to us, as after a server that was killed and whose number we have now.
    home.lock("http://localhost:2/")
    other = psutil.Process(os.getppid())
    lock = tmp_path / "studio.json"
    lock.write_text(json.dumps({"pid": other.pid, "started": other.create_time(), "address": "http://localhost:3/"}))
    with pytest.raises(OptionError, match=r"another one works in this folder .* try: http://localhost:3/"):
        home.lock("http://localhost:4/")
    # A process that has the number of one that is gone is not that one.
    lock.write_text(json.dumps({"pid": other.pid, "started": other.create_time() - 500, "address": "x"}))
    assert lock_owner(lock) == ""
    for damaged in ("", "[]", "{}", '{"pid": "x", "started": 1}', '{"pid": 0, "started": null}'):
        lock.write_text(damaged)
        assert lock_owner(lock) == "", damaged
    home.lock("http://localhost:5/")
    home.unlock()
    home.unlock()
    assert not lock.exists()


@pytest.mark.skipif(os.name == "nt", reason="there are no such permissions")
def test_a_home_that_is_made_is_its_owner_s_alone(tmp_path: Path) -> None:
    assert DataDir(tmp_path / "a" / "b").root.stat().st_mode & 0o077 == 0
    before = tmp_path.stat().st_mode
    assert DataDir(tmp_path).root.stat().st_mode == before


def test_a_home_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="studio: cannot be written, a part of the path is a file"):
        DataDir(tmp_path / "file" / "home")


def test_what_is_discarded_is_gone_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file").write_bytes(b"12345")
    assert size_of(tmp_path) == 5
    delete_tree(folder)
    delete_tree(folder)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".gone-1").mkdir()
    purge(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_name_is_a_copy_where_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"picture")
    link(source, tmp_path / "in" / "b")
    assert (tmp_path / "in" / "b").samefile(source)

    def refused(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refused)
    link(source, tmp_path / "in" / "c")
    assert (tmp_path / "in" / "c").read_bytes() == b"picture"
    assert not (tmp_path / "in" / "c").samefile(source)


def test_records_come_back_and_damaged_ones_are_left_alone(tmp_path: Path) -> None:
    home = DataDir(tmp_path)
    view = RunView(id="20260131-142501-3f9a", kind="transfer", state="running", created=now(), title="x", terms={"content": 1.0})
    record = Record(
        view=view, order=RunSpec(verb=["transfer"], arguments=[("a", 0.5)], output="o.png"), process=Process(pid=1, started=2.0)
    )
    home.run(record.key).mkdir()
    save(home, record)
    for key, text in (("20260131-142502-0000", ""), ("20260131-142503-0000", "{}"), ("20260131-142504-0000", record.model_dump_json())):
        home.run(key).mkdir()
        (home.run(key) / "run.json").write_text(text)
    (home.runs / "notes").mkdir()
    home.run("20260131-142505-0000").mkdir()
    assert list(stored(home)) == [record]


def test_only_the_process_that_was_left_is_put_down() -> None:
    other = process("--version", code="import time; time.sleep(60)")
    started = psutil.Process(other.pid).create_time()
    kill_stale(Process(pid=other.pid, started=started - 500))
    assert other.poll() is None
    kill_stale(Process(pid=other.pid, started=started))
    assert not psutil.pid_exists(other.pid)
    other.communicate(timeout=10)
    kill_stale(Process(pid=other.pid, started=started))


@pytest.mark.parametrize(
    ("code", "last", "told"),
    [
        (2, "pincel: content: no such file", "content: no such file"),
        (1, "ValueError: x", "ValueError: x"),
        (1, "", "The process of the run ended with code 1 and said nothing."),
        (-9, "step 3", "The process of the run was ended by the signal SIGKILL, as when memory runs out: try a smaller size."),
        (-11, "", "The process of the run was ended by the signal SIGSEGV."),
        (-64, "", "The process of the run was ended by the signal SIGRTMAX."),
        (-60, "", "The process of the run was ended by the signal 60."),
    ],
)
def test_ends_are_told(code: int, last: str, told: str) -> None:
    assert exit_message(code, last) == told
