"""What holds for every test: lessons run on pinned drawn data, in CI nothing is skipped unnoticed."""

import os

import pytest

# The outputs stored in the lessons were made from drawn data, so that they are the same everywhere.
os.environ["CNNLAB_DRAWN"] = "1"

# What takes longest, longest first. It starts first, so that no worker is left alone with it at the end. A file of
# tests stays together on one worker.
LONGEST = [
    "tests/test_jupyterlab.py",
    "notebooks/12-cifar10.ipynb",
    "tests/ops/test_every_op.py",
    "notebooks/11-fashion-mnist.ipynb",
    "notebooks/13-regularization.ipynb",
]


def pytest_collection_modifyitems(items):
    def rank(item):
        name = item.nodeid.split("::")[0]
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=rank)
    for item in items:
        if hasattr(item, "output_timeout"):  # nbval's: after a cell, for its output. No machine is too slow for 5 s?
            item.output_timeout = 3600


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") and "real data absent" not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"With CI set, a skipped test is a failed one: {report.longrepr}"


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("passed", []):
        for name, text in report.user_properties:
            if name == "table":
                terminalreporter.write_line(f"\n{text}")
