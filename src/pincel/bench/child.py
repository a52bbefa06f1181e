"""What runs in a child: ``python -m pincel.bench.child ROLE``.

Reads questions from standard input and answers on standard output, a JSON object a line::

    {"do": "step"}                                     {"seconds": 1.25, "memory": 734003200}
    {"do": "open", "content": "nowhere.jpg", …}        {"error": "content: no such file …"}

Between questions it waits without a spin. When standard input ends it is gone at once, whatever it was doing: no child outlives its
parent, even one that was killed.
"""

from __future__ import annotations

import json
import os
import sys
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol, TextIO

from pincel.errors import PincelError
from pincel.registry import Registry


class Role(Protocol):
    """Something that answers questions: each public method is one, and returns JSON-ready fields."""

    def abandon(self) -> None:
        """End what must not outlive this process."""


ROLES: Registry[type[Role]] = Registry(
    "role",
    {
        "ours": "pincel.bench.ours:Ours",
        "peer": "pincel.bench.peer:Peer",
        "judge": "pincel.bench.peer:Judge",
        "yardstick": "pincel.bench.yardstick:Yardstick",
        "shell": "pincel.bench.shell:Shell",
    },
)


def answer(worker: Role, line: str) -> dict[str, Any]:
    """Answer one question; a user's mistake is an answer, anything else ends the child."""
    question = json.loads(line)
    try:
        found: dict[str, Any] = getattr(worker, question.pop("do"))(**question)
    except PincelError as error:
        return {"error": str(error)}
    return found


def serve(worker: Role, questions: TextIO, answers: TextIO) -> None:
    """Answer until there are no more questions."""
    lines: SimpleQueue[str] = SimpleQueue()

    def listen() -> None:
        for line in questions:
            lines.put(line)
        worker.abandon()
        os._exit(0)

    Thread(target=listen, daemon=True).start()
    while True:
        answers.write(json.dumps(answer(worker, lines.get())) + "\n")
        answers.flush()


def main() -> None:
    """Take up the role named on the command line."""
    # Whatever a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(ROLES[sys.argv[1]](), sys.stdin, answers)


if __name__ == "__main__":
    main()
