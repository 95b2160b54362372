"""Measures rows: pairs of runs, alternating, and the system calls beside them."""

import contextlib
import time

from .calls import CallsNotCounted
from .result import Result
from .runner import RunFailed, busy_cores


def measure(runner, row, ours, reference, pairs, most, counter=None):
    """So many pairs of one row, and up to `most` where it is close to a target; all of them count. A
    failure ends it and is part of the result."""
    result = Result(row)
    library = reference
    start = time.monotonic()
    try:
        with busy_cores() if row.busy else contextlib.nullcontext():
            while len(result.pairs) < pairs or len(result.pairs) < most and result.is_close():
                figures = []
                for library in (reference, ours):
                    figures.append(runner.run(row, library))
                result.pairs.append((figures[1], figures[0]))
        # Where CPU time per message has a meaning, system calls have.
        if counter and row.cpu and row.count_calls:
            calls = []
            for library in (ours, reference):
                calls.append(runner.system_calls(row, library, counter))
            result.calls = tuple(calls)
    except (RunFailed, CallsNotCounted) as failure:
        result.failure = f"with {library.name}, pair {len(result.pairs) + 1}: {failure}"
    result.seconds = time.monotonic() - start
    return result
