"""What all studies have in common: a report is made, written and announced; Ctrl-C keeps what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pincel.cli.computing import begin_computing
from pincel.cli.painting import EXIT_CODES, also_as_json, announce, stopped_by_signals

if TYPE_CHECKING:
    from pincel.studies.progress import ProgressReporter
    from pincel.studies.report import Report


def reported(options: dict[str, Any], make: Callable[[ProgressReporter], Report], inputs: Iterable[str] = ()) -> int:
    """Make a study, write it, say where its page is.

    Args:
        options: Of the command: ``output``, ``lang``, ``json_lines`` and ``quiet``.
        make: The study: progress reporter → report.
        inputs: Files it reads, which must not be overwritten.

    Returns:
        The exit code.

    Raises:
        PincelError: For whatever cannot be used.
    """
    from pincel.extras import require_extra
    from pincel.progress import Bar
    from pincel.studies.progress import ProgressReporter
    from pincel.studies.report import Table

    require_extra("matplotlib", extra="studies", what="studies")
    from pincel.studies.write import as_lines, check_folder, write_report

    begin_computing()
    folder = check_folder(Path(options["output"]), [Path(path) for path in inputs if Path(path).is_file()])
    with Bar(quiet=options["quiet"]) as bar:
        progress = ProgressReporter(also_as_json(bar.show, json_lines=options["json_lines"]))
        with stopped_by_signals(progress):
            report = make(progress)
    page, *_ = write_report(report, folder, options["lang"])
    tables = (block for block in report.blocks if isinstance(block, Table) and block.print_to_terminal)
    announce([page], options, *("\n".join([*as_lines(table, options["lang"]), ""]) for table in tables))
    return EXIT_CODES.get(progress.stopped, 0)
