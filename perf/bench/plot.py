"""How plots look, and their files; the only part that needs more than the standard library.

Each figure is written twice, for a light and for a dark page.
"""

import importlib.util
from pathlib import Path

HOW_TO_INSTALL = ("plots need matplotlib: python3 -m pip install matplotlib, "
                  "or apt-get install python3-matplotlib")


class PlotUnavailable(Exception):
    """matplotlib is not installed."""


class Theme:
    """The colours of a page."""

    def __init__(self, name, page, text, line, libzmq, ours, target):
        self.name = name
        self.libzmq, self.ours, self.target, self.text = libzmq, ours, target, text
        self.settings = {
            "figure.facecolor": page, "axes.facecolor": page, "savefig.facecolor": page,
            "text.color": text, "axes.labelcolor": text, "axes.titlecolor": text,
            "xtick.color": text, "ytick.color": text, "axes.edgecolor": line, "grid.color": line,
            "legend.facecolor": page, "legend.edgecolor": line, "legend.labelcolor": text,
            "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
            "axes.axisbelow": True, "axes.titlesize": 10, "axes.titlelocation": "left",
            "axes.labelsize": 9, "xtick.labelsize": 8, "ytick.labelsize": 8,
            "legend.fontsize": 8, "legend.frameon": False, "lines.linewidth": 1.8,
            "lines.markersize": 4.5, "grid.linewidth": 0.6, "font.size": 9,
            # Text stays text, in the reader's font. The layout is made with the widest one.
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans", "Segoe UI", "Helvetica", "Arial"],
            # The same figures give the same file.
            "svg.hashsalt": "bench",
        }


THEMES = (Theme("light", "#ffffff", "#1f2328", "#d1d9e0", "#818b98", "#0969da", "#cf222e"),
          Theme("dark", "#0d1117", "#e6edf3", "#3d444d", "#9198a1", "#4493f8", "#f85149"))


def load_pyplot():
    """matplotlib with a backend that needs no display."""
    try:
        import matplotlib
    except ImportError:
        raise PlotUnavailable(HOW_TO_INSTALL) from None
    matplotlib.use("Agg")
    from matplotlib import pyplot
    return pyplot


def available():
    """Whether plots can be drawn."""
    return importlib.util.find_spec("matplotlib") is not None


def save(figure, folder, name, extension):
    """Writes one figure."""
    figure.savefig(Path(folder) / f"{name}.{extension}",
                   metadata={"Date": None} if extension == "svg" else None)


def write(folder, results, extension):
    """Draws what the results hold data for, and returns the names of the figures."""
    pyplot = load_pyplot()
    from .figures import FIGURES
    Path(folder).mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, draw in FIGURES.items():
        for theme in THEMES:
            with pyplot.rc_context(theme.settings):
                figure = draw(pyplot, theme, results)
                if figure:
                    save(figure, folder, f"{name}-{theme.name}", extension)
                    pyplot.close(figure)
        if figure:
            drawn.append(name)
    return drawn
