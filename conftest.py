"""What holds for every test: lessons run on pinned drawn data, in CI nothing is skipped unnoticed."""

import os

import pytest

# The outputs stored in the lessons were made from drawn data, so that they are the same everywhere.
os.environ["CNNLAB_DRAWN"] = "1"


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
