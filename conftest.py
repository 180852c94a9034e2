"""What holds for every test: lessons run on pinned drawn data, in CI nothing is skipped unnoticed."""

import os

import pytest

# The outputs stored in the lessons were made from drawn data, so that they are the same everywhere.
os.environ["CNNLAB_DRAWN"] = "1"

# What takes longest, longest first. It starts first, so that no worker is left alone with it at the end. A file of
# tests stays together on one worker.
LONGEST = [
    "tests/test_jupyterlab.py",
    "tests/test_full_results.py",
    "notebooks/12-cifar10.ipynb",
    "notebooks/11-fashion-mnist.ipynb",
    "notebooks/10-mnist-with-keras.ipynb",
    "notebooks/10b-robustness.ipynb",
    "notebooks/13-regularization.ipynb",
    "notebooks/12b-ingredients.ipynb",
    "tests/widgets/test_every_explorer.py",
    "tests/ops/test_every_op.py",
]


def pytest_collection_modifyitems(items):
    def rank(item):
        name = item.nodeid.split("::")[0]
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=rank)
    for item in items:
        if is_lesson(item):
            item.output_timeout = 3600  # nbval waits 5 s for what a cell has put out


def is_lesson(item):
    return item.nodeid.startswith("notebooks/")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Kernels start with TensorFlow as learners have it: some tests want it without oneDNN, which is slower."""
    with pytest.MonkeyPatch.context() as patch:
        if is_lesson(item):
            patch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
        return (yield)


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
