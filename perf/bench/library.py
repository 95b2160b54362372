"""The two libraries: where they are, and how a program is made to load one of them."""

import os
import subprocess
import tempfile
from pathlib import Path

SONAME = "libzmq.so.5"


class LibraryError(Exception):
    """A folder without the library, or a program that loads another one."""


class Library:
    """A folder's libzmq.so.5."""

    def __init__(self, name, folder):
        self.name = name
        folder = Path(folder).resolve()
        self._staged = None
        if (folder / SONAME).exists():
            self.folder = folder
        elif (folder / "libzmq.so").exists():
            # As cargo leaves it.
            self._staged = tempfile.TemporaryDirectory(prefix="compare-")
            self.folder = Path(self._staged.name)
            (self.folder / SONAME).symlink_to(folder / "libzmq.so")
        else:
            raise LibraryError(f"{folder} holds neither {SONAME} nor libzmq.so")
        self.path = (self.folder / SONAME).resolve()

    def environment(self):
        """The environment in which programs load this library."""
        return {**os.environ, "LD_LIBRARY_PATH": str(self.folder)}

    def verify(self, program):
        """Fails if the program, run in that environment, would load another library."""
        listing = subprocess.run(
            [str(program)], env={**self.environment(), "LD_TRACE_LOADED_OBJECTS": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=10,
            check=False).stdout
        for line in listing.splitlines():
            name, _, rest = line.strip().partition(" => ")
            if name == SONAME:
                loaded = rest.split(" (")[0]
                if Path(loaded).resolve() == self.path:
                    return
                raise LibraryError(f"{program} loads {loaded} instead of {self.path}: "
                                   "it was linked with an RPATH")
        raise LibraryError(f"{program} does not load {SONAME}:\n{listing}")
