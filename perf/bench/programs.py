"""Where the programs are."""

from pathlib import Path

from .library import LibraryError

ROOT = Path(__file__).resolve().parents[2]
# Where the top-level build and a build of perf/ alone leave them.
FOLDERS = (ROOT / "build" / "perf", ROOT / "build-perf", ROOT / "perf" / "build")


def find_programs(given):
    """The folder with the programs: the given one, or the first of the usual ones."""
    for folder in (Path(given),) if given else FOLDERS:
        if (folder / "thr_bench").exists():
            return folder.resolve()
    tried = given or " or ".join(str(folder.relative_to(ROOT)) for folder in FOLDERS)
    raise LibraryError(f"no programs in {tried}: build perf/ and name the folder with --bin")
