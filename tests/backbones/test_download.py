"""Downloads from a real server in a thread, which fails in every way that servers do."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from pincel.backbones.download import StderrProgress, download, mebibytes
from pincel.backbones.fetch import Mirror, RetryPolicy
from pincel.backbones.partial_file import PartialFile
from pincel.backbones.specs import ModelSpec
from pincel.errors import WeightsError
from tests.backbones.serving import Answer, Server, cut, held, ranged, status, unsized, whole

DATA = bytes(range(256)) * 40
OTHER = DATA[::-1]
HALF = len(DATA) // 2
DIGEST = hashlib.sha256(DATA).hexdigest()
# A test waits for nothing.
QUICK = RetryPolicy(connect=2.0, silence=5.0, tries=3, pause=0.0, longest=0.0)


@pytest.fixture(autouse=True)
def _a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let these tests use the network, and no proxy of the machine they run on."""
    for name in ("PINCEL_OFFLINE", *(f"{kind}_proxy" for kind in ("http", "https", "all"))):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hub" / "checkpoints" / "file.bin"


def spec_at(url: str, **changes: Any) -> ModelSpec:
    plain = ModelSpec("small", "", (), (0.0, 0.0, 0.0), "", "file.bin", DIGEST, "us", "none", url=url, size=len(DATA))
    return replace(plain, **changes)


class Fetched(NamedTuple):
    server: Server
    progress: list[tuple[int, int | None]]


def fetch(path: Path, *answers: Answer, policy: RetryPolicy = QUICK, **changes: Any) -> Fetched:
    """Download from a server with these answers."""
    progress: list[tuple[int, int | None]] = []
    with Server(*answers) as server:
        download(spec_at(server.url(), **changes), path, lambda done, total: progress.append((done, total)), policy)
    return Fetched(server, progress)


def refused(path: Path, *answers: Answer, policy: RetryPolicy = QUICK, **changes: Any) -> str:
    """Download from a server that does not give the file, and return what the error says in place of its address."""
    with Server(*answers) as server, pytest.raises(WeightsError) as caught:
        download(spec_at(server.url(), **changes), path, lambda *_: None, policy)
    assert not path.exists()
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("The weights of small are not here and cannot be downloaded (")
    assert text.endswith(f"download {server.url()} elsewhere and save it as {path}")
    return text.partition("(")[2].partition("). ")[0]


def left_over(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


# --- what goes well ---------------------------------------------------------------------------------------------------------------------


def test_a_file_comes_whole_and_leaves_nothing_beside_it(path: Path) -> None:
    fetched = fetch(path, ranged(DATA))
    assert path.read_bytes() == DATA
    assert left_over(path) == ["file.bin"]
    (headers,) = fetched.server.asked
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("pincel/")
    assert "range" not in headers
    counts = [done for done, _ in fetched.progress]
    assert counts == sorted(counts)
    assert fetched.progress[-1] == (len(DATA), len(DATA))


@pytest.mark.parametrize(
    ("size", "answer", "total"), [(0, whole(DATA), len(DATA)), (0, unsized(DATA), None), (len(DATA), unsized(DATA), len(DATA))]
)
def test_the_total_is_what_is_known_of_it(path: Path, size: int, answer: Answer, total: int | None) -> None:
    assert fetch(path, answer, size=size).progress[-1] == (len(DATA), total)
    assert path.read_bytes() == DATA


def test_what_is_there_is_not_asked_for(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"whatever")
    assert fetch(path, status(500)).server.asked == []
    assert path.read_bytes() == b"whatever"


@pytest.mark.parametrize(("kind", "name"), [("md5", "MD5"), ("sha1", "SHA-1")])
def test_the_hash_its_makers_published(path: Path, kind: str, name: str) -> None:
    published: dict[str, Any] = {"sha256": "", kind: hashlib.new(kind, DATA).hexdigest().upper()}
    fetch(path, whole(DATA), **published)
    path.unlink()
    found = hashlib.new(kind, OTHER).hexdigest()
    told = refused(path, whole(OTHER), **published)
    assert told == f"the file there has {name} {found[:16]}…, expected {hashlib.new(kind, DATA).hexdigest()[:16]}…"


def test_redirects_are_followed(path: Path) -> None:
    with Server(whole(DATA)) as second:
        fetched = fetch(path, status(302, Location=second.url("moved.bin")))
        assert second.paths == ["/moved.bin"]
    assert len(fetched.server.asked) == 1
    assert path.read_bytes() == DATA


def test_a_proxy_of_the_environment_is_asked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(whole(DATA)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url(""))
        download(spec_at("http://no.such.host.invalid/file.bin"), path, policy=QUICK)
        assert proxy.paths == ["http://no.such.host.invalid/file.bin"]
    assert path.read_bytes() == DATA


# --- interrupted, and gone on with ------------------------------------------------------------------------------------------------------


def test_a_truncated_answer_is_gone_on_with(path: Path) -> None:
    fetched = fetch(path, cut(DATA, HALF, ETag='"one"'), ranged(DATA))
    assert path.read_bytes() == DATA
    first, second = fetched.server.asked
    assert "range" not in first
    assert (second["range"], second["if-range"]) == (f"bytes={HALF}-", '"one"')
    assert left_over(path) == ["file.bin"]


def test_a_truncated_answer_of_no_stated_length(path: Path) -> None:
    fetched = fetch(path, unsized(DATA[:HALF], ETag='"one"'), ranged(DATA))
    assert path.read_bytes() == DATA
    assert fetched.server.asked[1]["range"] == f"bytes={HALF}-"


def test_a_server_that_ignores_ranges_starts_over(path: Path) -> None:
    fetched = fetch(path, cut(DATA, HALF, ETag='"one"'), whole(DATA))
    assert path.read_bytes() == DATA
    assert fetched.server.asked[1]["range"] == f"bytes={HALF}-"


def test_a_file_that_changed_in_between_is_begun_anew(path: Path) -> None:
    # The part is of another file, and says so by its ETag.
    fetched = fetch(path, cut(OTHER, HALF, ETag='"old"'), ranged(DATA, '"new"'))
    assert path.read_bytes() == DATA
    assert fetched.server.asked[1]["if-range"] == '"old"'
    assert len(fetched.server.asked) == 2


def test_a_server_that_minds_ranges_but_not_their_condition(path: Path) -> None:
    def careless(asked: Any) -> None:
        del asked.headers["If-Range"]
        ranged(DATA, '"new"')(asked)

    fetched = fetch(path, cut(OTHER, HALF, ETag='"old"'), careless)
    assert path.read_bytes() == DATA
    assert ["range" in headers for headers in fetched.server.asked] == [False, True, False]


def test_a_server_that_sends_another_range_than_was_asked_for(path: Path) -> None:
    def behind(asked: Any) -> None:
        extent = {"Content_Range": f"bytes {HALF + 1}-{len(DATA) - 1}/{len(DATA)}", "ETag": '"one"'}
        asked.begin(206, Content_Length=HALF - 1, **extent)
        asked.wfile.write(DATA[HALF + 1 :])

    fetched = fetch(path, cut(DATA, HALF, ETag='"one"'), behind, ranged(DATA))
    assert path.read_bytes() == DATA
    assert ["range" in headers for headers in fetched.server.asked] == [False, True, False]


def test_a_part_that_is_wrong_costs_one_more_download(path: Path) -> None:
    # Nothing tells one version from another but the hash at the end.
    fetched = fetch(path, cut(OTHER, HALF), ranged(DATA))
    assert path.read_bytes() == DATA
    assert ["range" in headers for headers in fetched.server.asked] == [False, True, False]
    assert "if-range" not in fetched.server.asked[1]


@pytest.mark.parametrize(
    ("headers", "condition"), [({"ETag": 'W/"weak"', "Last_Modified": "Tue, 1 Apr 2014"}, "Tue, 1 Apr 2014"), ({"ETag": 'W/"weak"'}, None)]
)
def test_a_weak_tag_is_no_condition(path: Path, headers: dict[str, str], condition: str | None) -> None:
    fetched = fetch(path, cut(DATA, HALF, **headers), whole(DATA))
    assert fetched.server.asked[1].get("if-range") == condition


@pytest.mark.parametrize("here", [len(DATA), len(DATA) + 5], ids=["all of it", "more"])
@pytest.mark.parametrize("size", [0, len(DATA)])
def test_what_was_all_here_but_had_no_name_yet(path: Path, here: int, size: int) -> None:
    part = path.with_name("file.bin.part")
    part.parent.mkdir(parents=True)
    part.write_bytes((DATA + b"trash")[:here])
    fetched = fetch(path, ranged(DATA), size=size)
    assert path.read_bytes() == DATA
    assert left_over(path) == ["file.bin"]
    if here == size:
        assert fetched.server.asked == []


def test_ends_that_never_fit_are_given_up(path: Path) -> None:
    def shifting(asked: Any) -> None:
        (ranged(OTHER) if "Range" in asked.headers else cut(DATA, HALF))(asked)

    assert refused(path, shifting).startswith("the file there has SHA-256 ")
    assert not path.with_name("file.bin.part").exists()


def test_a_part_with_an_unreadable_note(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.with_name("file.bin.part").write_bytes(DATA[:HALF])
    path.with_name("file.bin.part.json").write_text("[1")
    assert fetch(path, ranged(DATA)).server.asked[0]["range"] == f"bytes={HALF}-"
    assert path.read_bytes() == DATA


@given(st.lists(st.integers(1, len(DATA) - 1), max_size=6))
def test_however_often_it_is_cut(ends: list[int]) -> None:
    """Each answer brings some more bytes, never the last ones; then one brings the rest."""
    import tempfile

    ends = sorted(set(ends))

    def some(end: int) -> Answer:
        def answer(asked: Any) -> None:
            first = int(asked.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
            extent = {"Content_Range": f"bytes {first}-{len(DATA) - 1}/{len(DATA)}"} if first else {}
            asked.begin(206 if first else 200, Content_Length=len(DATA) - first, ETag='"one"', **extent)
            asked.wfile.write(DATA[first:end])

        return answer

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.bin"
        fetched = fetch(path, *map(some, ends), ranged(DATA))
        assert path.read_bytes() == DATA
        assert [headers.get("range", "bytes=0-") for headers in fetched.server.asked] == [f"bytes={end}-" for end in [0, *ends]]


PROGRAM = """
import sys
from pathlib import Path
from pincel.backbones.specs import ModelSpec
from pincel.backbones.download import download
url, path, digest, size = sys.argv[1:]
spec = ModelSpec("small", "", (), (0.0, 0.0, 0.0), "", "file.bin", digest, "us", "none", url=url, size=int(size))
download(spec, Path(path), lambda done, total: print(done, total, flush=True))
"""


def process(url: str, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, url, str(path), DIGEST, str(len(DATA))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def read_until(started: subprocess.Popen[str], line: str) -> None:
    assert started.stdout is not None
    for found in started.stdout:
        if found.strip() == line:
            return
    raise AssertionError(started.stderr.read() if started.stderr else "")


def test_two_processes_at_once_download_once(path: Path) -> None:
    go = threading.Event()
    with Server(held(DATA, HALF, go), status(500)) as server:
        both = [process(server.url(), path) for _ in range(2)]
        for started in both:
            # The one that waits tells how far the other is.
            read_until(started, f"{HALF} {len(DATA)}")
        assert not path.exists()
        go.set()
        ends = [started.communicate(timeout=30) for started in both]
    assert [started.returncode for started in both] == [0, 0], ends
    assert len(server.asked) == 1
    assert path.read_bytes() == DATA
    assert left_over(path) == ["file.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_download_is_gone_on_with(path: Path, number: signal.Signals) -> None:
    never = threading.Event()
    with Server(held(DATA, HALF, never, ETag='"one"'), ranged(DATA)) as server:
        started = process(server.url(), path)
        read_until(started, f"{HALF} {len(DATA)}")
        started.send_signal(number)
        started.communicate(timeout=30)
        assert started.returncode != 0
        assert not path.exists()
        never.set()
        download(spec_at(server.url()), path, lambda *_: None, QUICK)
    assert path.read_bytes() == DATA
    # What was written but not yet on its way to the disk is lost when a process is killed.
    first = int(server.asked[1]["range"].removeprefix("bytes=").removesuffix("-")) if "range" in server.asked[1] else 0
    assert first == HALF or (number == signal.SIGKILL and first < HALF)


# --- what goes wrong --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "told", "tries"),
    [
        (status(404), "404 Not Found", 1),
        (status(403), "403 Forbidden", 1),
        (status(500), "500 Internal Server Error", 3),
        (status(503), "503 Service Unavailable", 3),
        (status(429, Retry_After=3), "429 Too Many Requests", 3),
        (whole(OTHER), f"the file there has SHA-256 {hashlib.sha256(OTHER).hexdigest()[:16]}…, expected {DIGEST[:16]}…", 1),
        (whole(DATA[:HALF]), f"the file there has {HALF} bytes, {len(DATA)} are expected", 1),
        (whole(DATA, Content_Type="text/html; charset=utf-8"), "it answers with a web page, not with a file", 1),
        (whole(DATA, Content_Encoding="gzip"), "it sends the file only as gzip", 1),
        (unsized(DATA + b"!"), f"it sends more than the {len(DATA)} bytes that are expected", 1),
        (unsized(b""), f"it ended after 0 of {len(DATA)} bytes", 3),
        (status(302, Location="ftp://127.0.0.1/file.bin"), "Request URL has an unsupported protocol 'ftp://'.", 1),
        (status(302, Location="/file.bin"), "Exceeded maximum allowed redirects.", 21),
    ],
)
def test_what_servers_say(path: Path, answer: Answer, told: str, tries: int) -> None:
    asked: list[Any] = []

    def counted(request: Any) -> None:
        asked.append(request)
        answer(request)

    assert refused(path, counted) == told
    assert len(asked) == tries


def test_the_beginning_of_a_hash_tells_too(path: Path, trusted: trustme.CA) -> None:
    with Server(whole(OTHER), authority=trusted) as server, pytest.raises(WeightsError, match=rf", expected {DIGEST[:8]}…"):
        download(spec_at(server.url(), sha256=DIGEST[:8]), path, lambda *_: None, QUICK)
    with Server(whole(DATA), authority=trusted) as server:
        download(spec_at(server.url(), sha256=DIGEST[:8]), path, lambda *_: None, QUICK)
    assert path.read_bytes() == DATA


def test_a_stalled_server_is_given_up_and_what_came_is_kept(path: Path) -> None:
    never = threading.Event()
    told = refused(path, held(DATA, HALF, never), policy=replace(QUICK, silence=0.05, tries=2))
    never.set()
    assert told == "it stopped answering"
    assert path.with_name("file.bin.part").read_bytes() == DATA[:HALF]


def test_a_server_that_hangs_up(path: Path) -> None:
    assert refused(path, lambda asked: asked.connection.close()) in (
        "Server disconnected without sending a response.",
        "[Errno 104] Connection reset by peer",
    )


def test_what_has_come_is_told_in_the_hint(path: Path) -> None:
    with (
        Server(cut(DATA, HALF), status(500)) as server,
        pytest.raises(WeightsError, match=r"\. Try again later: the 0\.0 MiB that have come are kept, or "),
    ):
        download(spec_at(server.url()), path, lambda *_: None, QUICK)


def test_nobody_listens(path: Path) -> None:
    with Server(status(200)) as server:
        gone = server.url()
    with pytest.raises(WeightsError, match=r"cannot be downloaded \(.*refused.*\)\. Try again with a network, or download http://127"):
        download(spec_at(gone), path, lambda *_: None, QUICK)


def test_mirrors_are_asked_in_turn(path: Path) -> None:
    with Server(status(404)) as first, Server(whole(OTHER)) as second, Server(ranged(DATA)) as third, Server(status(500)) as fourth:
        download(spec_at(first.url(), mirrors=(second.url(), third.url(), fourth.url())), path, lambda *_: None, QUICK)
        assert [len(server.asked) for server in (first, second, third, fourth)] == [1, 1, 1, 0]
    assert path.read_bytes() == DATA


def test_a_mirror_goes_on_with_what_another_began(path: Path) -> None:
    with Server(cut(DATA, HALF, ETag='"of the first"'), status(404)) as first, Server(ranged(DATA)) as second:
        download(spec_at(first.url(), mirrors=(second.url(),)), path, lambda *_: None, QUICK)
        assert second.asked[0]["range"] == f"bytes={HALF}-"
        # Its names for versions are its own.
        assert "if-range" not in second.asked[0]
    assert path.read_bytes() == DATA


def test_all_mirrors_fail(path: Path) -> None:
    with Server(status(404)) as first, Server(status(410)) as second, pytest.raises(WeightsError) as caught:
        download(spec_at(first.url(), mirrors=(second.url(),)), path, lambda *_: None, QUICK)
    assert f"({first.url()}: 404 Not Found; {second.url()}: 410 Gone). " in str(caught.value)
    assert f"download {first.url()} (or from {second.url()}) elsewhere and save it as {path}" in str(caught.value)


def test_offline(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCEL_OFFLINE", "1")
    with Server(whole(DATA)) as server, pytest.raises(WeightsError) as caught:
        download(spec_at(server.url()), path, policy=QUICK)
    assert server.asked == []
    assert str(caught.value) == (
        "The weights of small are not here and cannot be downloaded (PINCEL_OFFLINE is set). "
        f"Try again without it, or download {server.url()} elsewhere and save it as {path}"
    )


def test_a_full_disk_is_told_before_it_is_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(
        WeightsError, match=rf"\(the disk is full: {len(DATA)} more bytes are needed and 10 are free\)\. Make room there, set TORCH_HOME"
    ):
        fetch(path, whole(DATA))


def test_a_full_disk_is_told_when_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WeightsError, match=r"\(the disk is full: No space left on device\)\. Make room there"):
        fetch(path, whole(DATA))
    assert not path.exists()


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "hub").write_text("")
    with pytest.raises(WeightsError, match=r"hub.*: Not a directory\)\. Set TORCH_HOME to a folder of your own, or download "):
        fetch(tmp_path / "hub" / "checkpoints" / "file.bin", whole(DATA))


@pytest.mark.parametrize("setting", ["http_proxy", "SSL_CERT_FILE"])
def test_settings_of_the_machine_that_cannot_be_used(path: Path, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(setting, "gopher://nowhere")
    assert refused(path, whole(DATA)).startswith("the proxy or certificates that this machine is set to cannot be used: ")


# --- encryption -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Have an authority of our own trusted, as that of a company's proxy would be."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


def test_a_certificate_that_nobody_vouches_for_is_refused(path: Path, authority: trustme.CA) -> None:
    with Server(whole(DATA), authority=authority) as server, pytest.raises(WeightsError, match="CERTIFICATE_VERIFY_FAILED"):
        download(spec_at(server.url()), path, lambda *_: None, QUICK)
    assert server.asked == []


def test_an_authority_of_the_environment_is_trusted(path: Path, trusted: trustme.CA) -> None:
    with Server(whole(DATA), authority=trusted) as server:
        download(spec_at(server.url()), path, lambda *_: None, QUICK)
    assert path.read_bytes() == DATA


def test_what_begins_encrypted_stays_so(path: Path, trusted: trustme.CA) -> None:
    with Server(whole(DATA)) as plain, Server(status(302, Location=plain.url()), authority=trusted) as server:
        with pytest.raises(WeightsError, match=rf"\(it sends on to {plain.url()}, which is not encrypted\)"):
            download(spec_at(server.url()), path, lambda *_: None, QUICK)
        assert plain.asked == []
        assert len(server.asked) == 1


def test_a_file_without_a_hash_comes_encrypted_or_not_at_all(path: Path) -> None:
    with (
        Server(whole(DATA)) as server,
        pytest.raises(WeightsError, match=r"\(it is not encrypted, and no whole hash was published to check the file by\)"),
    ):
        download(spec_at(server.url(), sha256=""), path, lambda *_: None, QUICK)
    assert server.asked == []


def test_a_file_without_a_hash_is_gone_on_with_only_where_it_is_known_to_be_the_same(path: Path, trusted: trustme.CA) -> None:
    with Server(cut(DATA, HALF), ranged(DATA), authority=trusted) as server:
        download(spec_at(server.url(), sha256="", size=0), path, lambda *_: None, QUICK)
    assert "range" not in server.asked[1]
    path.unlink()
    with Server(cut(DATA, HALF, ETag='"one"'), ranged(DATA), authority=trusted) as server:
        download(spec_at(server.url(), sha256="", size=0), path, lambda *_: None, QUICK)
    assert server.asked[1]["if-range"] == '"one"'
    assert path.read_bytes() == DATA


def test_a_file_without_a_hash_stays_as_it_was_at_first(path: Path, trusted: trustme.CA) -> None:
    path.parent.mkdir(parents=True)
    path.with_name("file.bin.sha256").write_text(f"{DIGEST}  file.bin\n")
    with Server(whole(OTHER), authority=trusted) as server, pytest.raises(WeightsError, match=rf"…, it had {DIGEST[:16]}… before\)"):
        download(spec_at(server.url(), sha256=""), path, lambda *_: None, QUICK)
    with Server(whole(DATA), authority=trusted) as server:
        download(spec_at(server.url(), sha256=""), path, lambda *_: None, QUICK)
    assert path.read_bytes() == DATA


@pytest.mark.parametrize(
    ("url", "digits", "refusal"),
    [
        ("https://a/b", 0, ""),
        ("HTTPS://a/b", 0, ""),
        ("http://a/b", 64, ""),
        ("http://a/b", 32, ""),
        ("http://a/b", 8, "it is not encrypted, and no whole hash was published to check the file by"),
        ("http://a/b", 0, "it is not encrypted, and no whole hash was published to check the file by"),
        ("ftp://a/b", 64, "it is no https address"),
        ("file:///etc/passwd", 64, "it is no https address"),
        ("a/b", 64, "it is no https address"),
    ],
)
def test_addresses(url: str, digits: int, refusal: str) -> None:
    assert Mirror(url, 0, digits).refusal() == refusal


# --- small parts ------------------------------------------------------------------------------------------------------------------------


def test_pauses_double_up_to_the_longest() -> None:
    policy = RetryPolicy(pause=0.5, longest=3.0)
    assert [policy.pause_before(attempt) for attempt in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 3.0]
    assert policy.pause_before(1, requested=2.5) == 2.5
    assert policy.pause_before(1, requested=1000.0) == 3.0


def test_a_part_knows_where_it_comes_from(tmp_path: Path) -> None:
    part = PartialFile(tmp_path / "file.part")
    assert (part.length(), part.origin()) == (0, ("", ""))
    part.path.write_bytes(b"12345")
    part.set_origin("https://a/ü", '"one"')
    assert (part.length(), part.origin()) == (5, ("https://a/ü", '"one"'))
    assert json.loads(part.note.read_text(encoding="utf-8"))["version"] == '"one"'
    part.drop()
    part.drop()
    assert list(tmp_path.iterdir()) == []


def test_a_library_tells_on_stderr_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock: Iterator[float] = iter([100.0, 100.0, 105.0, 111.0, 111.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    lines = StderrProgress("small")
    for done in (0, 2**20, 3 * 2**19):
        lines.show(done, 2**21)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "downloading the weights of small: 0.0 of 2.0 MiB\ndownloading the weights of small: 1.5 of 2.0 MiB\n"
    assert mebibytes(5 * 2**20, None) == "5.0 MiB"


def test_what_the_errors_of_the_library_are() -> None:
    # Told apart in fetch: these two are kinds of the third, and come first there.
    assert issubclass(httpx.UnsupportedProtocol, httpx.TransportError)
    assert issubclass(httpx.TimeoutException, httpx.TransportError)
