"""The results of a measurement on disk, a line of JSON for each row as soon as it is done: a run that
was cut off can go on, and the document can be written again."""

import json
import time

from . import rows
from .machine import commit
from .result import Result


class StoreError(Exception):
    """The file is missing, or is not what this wrote."""


class Store:
    """A file of results. Its first line tells about the machine; a later result of a row replaces an
    earlier one."""

    def __init__(self, path):
        self.path = path
        self.head = {}
        self.results = {}
        # When each row was measured, and of what state of the sources.
        self.origins = {}

    def begin(self, head):
        """Starts anew; an older file is kept beside it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            self.path.replace(self.path.with_suffix(".old"))
        self.head = head
        self._append(head)

    def load(self):
        """Reads what there is; rows that the table does not have any more are left out."""
        known = {row.name: row for row in rows.ROWS}
        try:
            text = self.path.read_text(encoding="utf-8")
            # What was cut off while it was written is no result.
            whole = text[:text.rfind("\n") + 1]
            if whole != text:
                self.path.write_text(whole, encoding="utf-8")
            head, *entries = whole.splitlines()
            self.head = json.loads(head)
            for line in entries:
                entry = json.loads(line)
                if entry["row"] in known:
                    self._take(known[entry["row"]], entry)
        except (OSError, ValueError, LookupError) as problem:
            raise StoreError(f"no results in {self.path}: {problem}") from None

    def add(self, result):
        """Adds a result of now."""
        entry = {"row": result.row.name, "count": result.row.count, "pairs": result.pairs,
                 "calls": result.calls, "failure": result.failure,
                 "seconds": round(result.seconds, 1),
                 "date": time.strftime("%Y-%m-%d"), "commit": commit()}
        self._append(entry)
        self._take(result.row, entry)

    def in_order(self):
        """The results in the table's order."""
        return [self.results[row.name] for row in rows.ROWS if row.name in self.results]

    def origin(self, name):
        """The values of `date` or `commit` that the results have, each once."""
        return sorted({origin[name] for origin in self.origins.values() if origin[name]})

    def _take(self, row, entry):
        pairs = [tuple(pair) for pair in entry["pairs"]]
        calls = tuple(entry["calls"]) if entry["calls"] else None
        self.results[row.name] = Result(row, pairs, entry["failure"], calls, entry["seconds"])
        self.origins[row.name] = {name: entry[name] for name in ("date", "commit")}

    def _append(self, entry):
        with open(self.path, "a", encoding="utf-8") as out:
            print(json.dumps(entry), file=out)
