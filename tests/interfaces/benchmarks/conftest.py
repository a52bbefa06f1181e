"""A comparison of three systems, as the tests of pictures make one."""

from tests.benchmarks.test_pictures import compared  # noqa: F401 - a fixture
