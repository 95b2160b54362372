"""The document of a whole measurement: tables by area, plots, the profile, the machine, the
commands; and the parts that are written by hand."""

from pathlib import Path

from . import growth, plot, profile, report
from .markdown import table_of_commands, table_of_growth, table_of_rows

# Written by hand, and copied in.
NOTES = Path(__file__).with_name("notes.md")
BUSY = "A busy machine"
# A heading, how the names of its rows begin, what is to be known about them, and the plots.
AREAS = (
    ("Throughput", ("thr/",),
     "PUSH to PULL between two processes, over inproc between two threads. `/msg` rows pass\n"
     "`zmq_msg_t`, the others use `zmq_send` and `zmq_recv`. `poll`: `zmq_poll` before each message\n"
     "received; `both-ways`: PAIR to PAIR, each side sends and receives in one thread; `io-threads`\n"
     "are the receiver's.",
     (("throughput", "Throughput against size"), ("cpu", "CPU time per message against size"))),
    ("Latency", ("lat/",),
     "Half of a round trip of a request and its answer. `one-core` rows keep all threads on one\n"
     "core, `busy` rows run beside a computing process on every core. `pause`: a request each so\n"
     "many milliseconds; `burst`: so many messages back to back, then a pause, figures are of the\n"
     "whole round, and `gap`, with a bound on ours, is the time from the first answer to the last;\n"
     "`first`: a new connection, its first message and the answer. CPU time is per round trip.",
     (("latency", "Distribution of latency: median of the runs, and all of them as a band"),)),
    ("Patterns", ("router/", "fanout/", "proxy/"),
     "ROUTER to ROUTER with several clients, PUB to several SUB, and `zmq_proxy`. With fast\n"
     "subscribers alone the publisher waits for them, with slow ones among them it drops; what\n"
     "counts then is what arrives at the fast ones, or, where all are slow, how fast it publishes.\n"
     "`topics`: each has one of its own, and messages go to one after the other; `work`: what the\n"
     "publisher does in between, which is in the rate for both libraries.",
     ()),
    ("Scale and memory",
     ("poll/", "connections/", "sockets", "subscriptions/", "msg/"),
     "What grows with sockets, connections and subscriptions, and what single things cost. Memory\n"
     "is what the resident set grows by, connections are those of one ROUTER. The figures of idle\n"
     "connections are bounds on ours: the measuring thread itself wakes once and looks at the clock.",
     (("memory", "Memory per connection"), ("scale", "What one costs against how many there are"))),
    (BUSY, (),
     "The rows of throughput and latency again, beside a process on every core that computes\n"
     "without end. None may be below libzmq there.",
     (("busy", "Ratios on a busy machine"),)),
    ("libzmq's own programs", ("upstream/",),
     "As libzmq's build makes them, loading either library. CPU time includes the start of the\n"
     "processes.",
     ()),
)


def folder_of_plots(path):
    """docs/performance for docs/PERFORMANCE.md."""
    return path.with_name(path.stem.lower())


def picture(folder, name, caption):
    """A plot, as it suits the reader's page."""
    yield from ("", "<picture>",
                f'  <source media="(prefers-color-scheme: dark)" srcset="{folder}/{name}-dark.svg">',
                f'  <img alt="{caption}" src="{folder}/{name}-light.svg">', "</picture>", "",
                f"*{caption}.*")


def belongs(result, heading, prefixes):
    """Whether a row stands under a heading."""
    if result.row.busy and "targets" not in result.row.groups:
        return heading == BUSY
    return result.row.name.startswith(prefixes) if prefixes else False


def summary(results):
    """How many targets there are, and which are missed."""
    short = [text for result in results for text in result.shortfalls(True, None)]
    short += growth.shortfalls(results)
    lines = [line for result in results for line in result.lines() + [result.cpu()] if line]
    goals = sum(1 for line in lines if line.verdict())
    yield f"{len(results)} rows with {goals} goals. " + (
        f"{len(short)} are not reached:" if short else "All are reached.")
    if short:
        yield ""
        yield from (f"- {text}" for text in short)


def method(head):
    """How it was measured."""
    yield (f"Each figure is the median of {head['pairs']} runs with libzmq 4.3.5 (Release, drafts, "
           "libsodium) and as many with this\nlibrary, in turn; where a target lies within the middle "
           f"half of the ratios, of up to {head['most']}, which all\ncount. A ratio is the median of "
           "the pairs' ratios, and above 1 where this library is better; its\nspread is the smallest "
           "and the largest of a pair. Targets are ratios, `<=` is a bound\non our own figure; where "
           "nothing better is asked for, libzmq's figure is the target. CPU time is that\nof both "
           "sides together, user and system, per message. Calls are system calls per message,\n"
           "counted in runs of their own. Bold: below the target.")
    if head["scale"] != 1:
        yield ""
        yield f"**A try with {head['scale']:g} times as many messages as a measurement has.**"


def area(results, heading, about, captions, folder, drawn):
    """One area: a heading, its plots, its rows."""
    yield from ("", f"## {heading}", "", about)
    for name, caption in captions:
        if name in drawn:
            yield from picture(folder, name, caption)
    yield ""
    yield from table_of_rows(results)


def circumstances(store):
    """When, where, and what of."""
    entries = [*store.head["machine"], ("Date", ", ".join(store.origin("date")))]
    if store.origin("commit"):
        entries.append(("Commit", ", ".join(store.origin("commit"))))
    yield from (f"- {name}: {value}" for name, value in entries)


def page(store, measured, folder, drawn):
    """All lines of the document."""
    results = store.in_order()
    yield from ("# Performance", "",
                "Written by `./dev bench`; what is changed by hand is lost when it runs again, but "
                "for the notes,\nwhich are in `perf/bench/notes.md`.", "")
    yield from summary(results)
    yield ""
    yield from method(store.head)
    if "ratios" in drawn:
        yield from picture(folder, "ratios", "The speed table: ratios, their spread, their targets")
    for heading, prefixes, about, captions in AREAS:
        chosen = [result for result in results if belongs(result, heading, prefixes)]
        if chosen:
            yield from area(chosen, heading, about, captions, folder, drawn)
        if heading.startswith("Scale") and any(growth.curves(results)):
            yield ""
            yield "Growth is the last figure in terms of the first; logarithmic growth is the bound."
            yield ""
            yield from table_of_growth(results)
    if measured:
        yield ""
        yield from profile.section(measured)
    yield ""
    yield NOTES.read_text(encoding="utf-8").strip()
    yield from ("", "## Machine", "")
    yield from circumstances(store)
    yield from ("", "## Commands", "", "```",
                "./dev bench              # all of this, on a machine that is otherwise idle",
                "./dev bench --continue   # goes on where a run was cut off",
                "./dev bench ROW...       # these rows, without writing; --list tells them all",
                "```", "",
                "What each row runs, with either library in `LD_LIBRARY_PATH`; on a busy machine "
                "with fewer\nmessages:", "")
    yield from table_of_commands(results)


def prepare(path):
    """Makes the folders, so that what cannot be written is known before anything is measured."""
    folder_of_plots(path).mkdir(parents=True, exist_ok=True)
    if not plot.available():
        print(f"{path.name} will be without plots: {plot.HOW_TO_INSTALL}")


def write(path, store, profile_path):
    """Writes the document, and beside it a folder with the figures as CSV and the plots."""
    folder = folder_of_plots(path)
    results = store.in_order()
    report.write_csv(folder / "figures.csv", results)
    for old in folder.glob("*.svg"):
        # What is not drawn anew would show figures of another time.
        old.unlink()
    drawn = plot.write(folder, results, "svg") if plot.available() else ()
    measured = profile.read(profile_path) if profile_path else None
    lines = page(store, measured, folder.name, drawn)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"\nwrote {path}")
