"""Exercises that say which mistake was made.

    from cnnlab.exercises import check, hint, solution, use

    check.cross_correlate(cross_correlate)  # judge your function
    hint.cross_correlate()                  # the next hint
    solution.cross_correlate()              # our solution
    cross_correlate = use("cross_correlate")  # yours when it is right, else ours

To add exercises, add a module beside this one that declares each as an `engine.Exercise`.
"""

import importlib
import pkgutil

from .engine import Menu, solution_source, use

__all__ = ["check", "hint", "solution", "solution_source", "use"]

check = Menu("check")
hint = Menu("hint")
solution = Menu("solution")

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
