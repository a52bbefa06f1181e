"""``pincel completion``, and how bash and fish are answered."""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    shell_complete,
    split_arg_string,
)

from pincel.cli.help_format import Verb

VARIABLE = "_PINCEL_COMPLETE"
"""Environment variable with which the script of a shell asks for completions, as click names it."""

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion type value
    response=$(env COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
%(complete_var)s=bash_complete "$1")
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            dir) COMPREPLY=(); compopt -o dirnames ;;
            file) COMPREPLY=(); compopt -o default ;;
            plain)
                COMPREPLY+=("$value")
                if [[ $value == *[:=] ]]; then compopt -o nospace; fi ;;
        esac
    done
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class LineBashComplete(BashComplete):
    """Reads the line as the shell will, and answers with the end of a word that bash replaces: what follows its last ``:`` or ``=``."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to complete, and that."""
        line = os.fsdecode(os.fsencode(os.environ["COMP_LINE"])[: int(os.environ["COMP_POINT"])])
        words = split_arg_string(line)[1:]
        last = "" if not words or line[-1:].isspace() else words.pop()
        breaks = [last.rfind(sign) for sign in ":=" if sign in os.environ.get("COMP_WORDBREAKS", ":=")]
        self._kept = last[: max(breaks, default=-1) + 1]
        return words, last

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return the kind of an item, and the part of it that replaces what bash takes for the word."""
        return f"{item.type},{item.value.removeprefix(self._kept)}"


class CommaFishComplete(FishComplete):
    """Keeps values that have commas, such as several layers, in one piece."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split -m 1 ","')


def answer_shell() -> int:
    """Print the completions that the script of a shell asks for; return the exit code."""
    from pincel.cli.app import app

    _prepare()
    return shell_complete(app, {}, "pincel", VARIABLE, os.environ[VARIABLE])


def _prepare() -> None:
    """Let click use the classes of this module."""
    add_completion_class(LineBashComplete)
    add_completion_class(CommaFishComplete)


@click.command(
    cls=Verb,
    examples=(
        "pincel completion bash > pincel-completion.sh",
        "pincel completion zsh > _pincel",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="SHELL")
def command(shell: str) -> None:
    """Print a script that completes commands, options and values in a SHELL: bash, zsh or fish.

    Values are recipes, layers, samples, networks, terms and files. To install it, once:

    bash: pincel completion bash > ~/.local/share/bash-completion/completions/pincel

    zsh: add this line to ~/.zshrc, after compinit: eval "$(pincel completion zsh)"

    fish: pincel completion fish > ~/.config/fish/completions/pincel.fish

    Then open a new terminal. 'pincel' must be on the PATH: in a clone, first run: source .venv/bin/activate
    """
    from pincel.cli.app import app
    from pincel.cli.terminal import echo

    _prepare()
    kind: type[ShellComplete] | None = get_completion_class(shell)
    assert kind is not None
    echo(kind(app, {}, "pincel", VARIABLE).source())
