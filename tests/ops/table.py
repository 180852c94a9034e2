"""Which test covers which op: every test says so itself, and `test_table.py` prints the whole."""

import pytest

COLUMNS = ["equals Keras", "gradient as Keras's", "gradient check", "equals loops", "bad input"]
NO_SUCH_OP = "Keras has no such op"
NO_GRADIENT = "whole numbers have no gradient"
NOT_APPLICABLE = {
    ("sum_pool", "equals Keras"): NO_SUCH_OP,
    ("sum_pool", "gradient as Keras's"): NO_SUCH_OP,
    ("stochastic_pool", "equals Keras"): NO_SUCH_OP,
    ("stochastic_pool", "gradient as Keras's"): NO_SUCH_OP,
    ("one_hot", "gradient as Keras's"): NO_GRADIENT,
    ("one_hot", "gradient check"): NO_GRADIENT,
}
covered = set()


def covers(column, names):
    """Run a test once for each of the ops, as its argument `name`, and enter that into the table."""
    assert column in COLUMNS
    names = [name for name in names if (name, column) not in NOT_APPLICABLE]
    covered.update((name, column) for name in names)
    return pytest.mark.parametrize("name", names)
