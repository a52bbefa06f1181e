"""Running the command line inside the test process, and as a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pincel.cli import main
from tests.processes import Forked


@dataclass(frozen=True)
class Answer:
    """What a command did."""

    code: int
    out: str
    err: str


def pincel(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Answer:
    """Run ``pincel`` here."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    code = left.value.code
    out, err = capsys.readouterr()
    assert isinstance(code, int)
    return Answer(code, out, err)


def refused(answer: Answer) -> str:
    """Check that a command was refused as a user's mistake is: one line, code 2, no traceback. Return the line."""
    assert answer.code == 2, answer
    assert answer.out == ""
    assert answer.err.startswith("pincel: "), answer
    assert answer.err.count("\n") == 1, answer
    assert "Traceback" not in answer.err
    return answer.err


def process(*arguments: str | Path, cwd: Path | None = None, code: str = "") -> Forked:
    """Start ``pincel`` as a process of its own; ``code`` runs before it, in the same process."""
    script = f"import sys\n{code}\nfrom pincel.cli import main\nmain(sys.argv[1:])"
    return Forked(script, [str(argument) for argument in arguments], cwd=cwd)
