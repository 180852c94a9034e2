import pytest

pytest.register_assert_rewrite("bank")
import bank  # noqa: E402


def pytest_generate_tests(metafunc):
    """Share out the answers of the module that a test of `bank.py` was imported into."""
    if metafunc.function.__name__ not in bank.__all__ or metafunc.function.__module__ != "bank":
        return
    known = metafunc.module.KNOWN
    if "mistake" in metafunc.fixturenames:
        metafunc.parametrize("name, mistake", [(name, mistake) for name in known for mistake in known[name]])
    else:
        metafunc.parametrize("name", list(known))
