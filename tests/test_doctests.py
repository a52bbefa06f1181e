"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import re
from importlib import import_module

import pytest

NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?")


class Tolerant(doctest.OutputChecker):
    """Reads numbers as numbers: the last digit of a float may differ from one machine to the next."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        """Compare the text between the numbers as text, the numbers to six digits."""
        if super().check_output(want, got, optionflags):
            return True
        words = (" ".join(NUMBER.split(text)).split() for text in (want, got))
        if next(words) != next(words):
            return False
        wanted, found = ([float(number) for number in NUMBER.findall(text)] for text in (want, got))
        return wanted == pytest.approx(found, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("module", "examples"),
    [
        ("pincel.errors", 1),
        ("pincel.batches.path_globs", 3),
        ("pincel.cli.batch", 1),
        ("pincel.files", 1),
        ("pincel.progress", 1),
        ("pincel.registry", 2),
        ("pincel.functional.content", 2),
        ("pincel.functional.gram", 2),
        ("pincel.functional.temporal", 5),
        ("pincel.functional.variation", 4),
        ("pincel.functional.wasserstein", 3),
        ("pincel.studies.feature_errors", 1),
        ("pincel.studies.anova", 2),
        ("pincel.translation", 1),
    ],
)
def test_examples(module: str, examples: int) -> None:
    runner = doctest.DocTestRunner(checker=Tolerant(), optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    for test in doctest.DocTestFinder().find(import_module(module)):
        runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)
    assert runner.tries >= examples


@pytest.mark.parametrize(
    ("want", "got", "same"),
    [("1.0\n", "1.0000000001\n", True), ("1.0\n", "1.1\n", False), ("tensor([1.0])\n", "tensor([1.0], grad)\n", False)],
)
def test_the_checker_forgives_rounding_only(want: str, got: str, same: bool) -> None:
    assert Tolerant().check_output(want, got, 0) is same
