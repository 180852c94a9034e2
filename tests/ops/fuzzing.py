"""How many random calls a test makes: some, the same each time; with CNNLAB_FUZZ=full ten times as many, fresh ones."""

import os

from hypothesis import given, settings

FULL = os.environ.get("CNNLAB_FUZZ") == "full"


def fuzz(calls, check, examples, full):
    """`check` on random `calls`: `examples` of them, or with CNNLAB_FUZZ=full that many."""
    # The same calls each time by default, so that a change is judged by what it changes. Full runs look for news.
    settings(max_examples=full if FULL else examples, deadline=None, derandomize=not FULL, print_blob=True)(
        given(calls)(check)
    )()
