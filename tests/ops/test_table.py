import importlib.util
from pathlib import Path

from strategies import OPS
from table import COLUMNS, NOT_APPLICABLE, covered


def test_every_op_is_covered_in_every_way(record_property):
    for path in Path(__file__).parent.glob("test_*.py"):  # importing a test enters it into the table
        if path != Path(__file__):
            spec = importlib.util.spec_from_file_location(f"table_of_{path.stem}", path)
            spec.loader.exec_module(importlib.util.module_from_spec(spec))

    def cell(name, column):
        return "yes" if (name, column) in covered else "-" if (name, column) in NOT_APPLICABLE else "MISSING"

    width = max(map(len, OPS)) + 2
    rows = ["op".ljust(width) + "".join(column.ljust(len(column) + 2) for column in COLUMNS)]
    for name in OPS:
        rows.append(name.ljust(width) + "".join(cell(name, c).ljust(len(c) + 2) for c in COLUMNS))
    rows += [f"-: {name}, {column}: {reason}" for (name, column), reason in NOT_APPLICABLE.items()]
    record_property("table", "\n".join(rows))  # printed at the end of the run
    assert "MISSING" not in "\n".join(rows)
    assert not covered & set(NOT_APPLICABLE)
