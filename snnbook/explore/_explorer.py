"""The explorer: a function over a grid of settings, drawn in the browser or driven by a kernel."""

import hashlib
import html
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from snnbook._validate import check_choice
from snnbook.explore._pack import pack
from snnbook.explore._svg import as_svg, caption_html, check_size, encode
from snnbook.notebook import is_live

KINDS = ("line", "ticks", "points", "bars", "map", "level", "graph")

_PAGE = """\
<figure class="explore explorer" data-explorer="{name}" data-key="{key}" style="margin: 1em 0">
<div class="explorer-controls"></div>
<div class="explorer-stage"><img src="data:image/svg+xml,{still}" alt="{alt}"></div>
<p class="explorer-readout" aria-live="polite">{text}</p>
{caption}<script type="application/json" class="explorer-data">{data}</script>
</figure>
<script type="module">
{module}
startExplorers('{key}');
</script>
"""


@dataclass(frozen=True)
class Control:
    """One setting: its label, the values of the grid, and how it is chosen.

    Numbers get a slider, ``True`` and ``False`` a check box, words a list. ``start`` is the
    first value shown. With ``free`` a live kernel accepts every number between the ends.
    """

    label: str
    values: tuple
    start: Any
    unit: str = ""
    free: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        if len(self.values) < 2 or len(set(self.values)) < len(self.values):
            raise ValueError(f"values is {self.values!r}; two or more different ones are accepted")
        if self.start not in self.values:
            raise ValueError(f"start is {self.start!r}; one of {self.values!r} is accepted")

    @property
    def kind(self) -> str:
        """``"check"``, ``"range"`` or ``"select"``."""
        if set(self.values) == {True, False}:
            return "check"
        numbers = all(isinstance(value, int | float) for value in self.values)
        return "range" if numbers else "select"

    def show(self, value: Any) -> str:
        """Return a value as the reader sees it, with its unit."""
        number = self.kind == "range"
        text = f"{value:g}".replace("-", chr(0x2212)) if number else str(value)
        return f"{text} {self.unit}".strip()


@dataclass(frozen=True)
class Layer:
    """One layer of a panel: what is drawn (``kind``) from which arrays of the function.

    ``line`` and ``points`` join ``x`` and ``y``; ``ticks`` puts an upright mark of height 0.8 at
    each (x, y), for spikes; ``bars`` draws ``y``, one bar for each entry of the panel's
    ``names``; ``map`` fills the panel with ``y``, whose rows follow the vertical axis upward;
    ``level`` is a horizontal line at the number ``y``; ``graph`` takes the weight of each
    of the panel's ``edges`` from ``y``.
    """

    kind: str
    y: str
    x: str = ""
    label: str = ""
    color: str = "mem"
    dashed: bool = False

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)


@dataclass(frozen=True)
class Panel:
    """One drawing with its own axes: layers, labels, limits and height in pixels.

    ``shape`` gives rows and columns of a map, ``names`` the bars, ``nodes`` and ``edges`` a
    graph: nodes ``(text, x, y)`` and edges ``(source, target, words, bend)`` by index.
    """

    layers: tuple[Layer, ...]
    title: str
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    xlabel: str = ""
    ylabel: str = ""
    height: int = 200
    wide: bool = False
    shape: tuple[int, int] = (0, 0)
    names: tuple[str, ...] = ()
    nodes: tuple = ()
    edges: tuple = ()
    yticks: bool = True


#: The dashed line of most membranes, at the number that the function returns as ``threshold``.
THRESHOLD = Layer("level", "threshold", label="threshold", color="threshold", dashed=True)


@dataclass(frozen=True, repr=False)
class Explorer:
    """An interactive figure: make it the last line of a cell.

    Parameters
    ----------
    name : str
        Its name on the page, in letters and hyphens.
    function : callable
        ``function(**settings)`` returns a dictionary of arrays, and under ``"text"`` one
        sentence with the numbers to read aloud. It is called once for each point of the grid.
    controls : mapping
        Name of each argument of the function -> :class:`Control`.
    panels : sequence of Panel
        What is drawn from the arrays.
    alt : str
        What the figure shows, in words.
    caption : str
        Plain text; parts between backquotes are shown as code.
    live : bool, optional
        ``True``: controls driven by the kernel (ipywidgets), any number between the ends.
        ``False``: the page alone, which works without a kernel. When not given, the kernel
        drives where a notebook application has announced itself, see
        :func:`snnbook.notebook.is_live`; a still picture is saved along with the controls.
    title, question, change : str, optional
        For the route through the book: what it is called there, what to ask it, what to move.
    chapter, heading : str, optional
        Where it stands: the file of its chapter, and the label of its heading.

    Raises
    ------
    TypeError, ValueError
        If the name, the controls or the panels do not fit, or the page exceeds 300 kB.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 5)
    >>> def power(p):
    ...     return {"x": x, "y": x**p, "text": f"Half to the power {p} is {0.5**p:.3f}."}
    >>> panel = Panel((Layer("line", "y", "x"),), "A power", (0, 1), (0, 1))
    >>> Explorer("power", power, {"p": Control("power", (1, 2), 1)}, [panel], alt="A curve.")
    Explorer('power': p, 2 settings)
    """

    name: str
    function: Callable[..., dict]
    controls: Mapping[str, Control]
    panels: Sequence[Panel]
    alt: str
    caption: str = ""
    live: bool | None = None
    title: str = ""
    chapter: str = ""
    heading: str = ""
    change: str = ""
    question: str = ""
    _pages: dict = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        if not self.name.replace("-", "").isalnum():
            raise ValueError(f"name is {self.name!r}; letters, digits and hyphens are accepted")
        if not callable(self.function):
            raise TypeError(f"function is a {type(self.function).__name__}; a callable is accepted")
        if not self.controls or not self.panels:
            raise ValueError("an explorer needs at least one control and one panel")
        if not self.alt:
            raise ValueError("alt is empty; say in words what the figure shows")

    @property
    def start(self) -> dict:
        """The settings shown first."""
        return {name: control.start for name, control in self.controls.items()}

    def grid(self) -> list[dict]:
        """Return all settings, the last control changing fastest."""
        values = [control.values for control in self.controls.values()]
        return [dict(zip(self.controls, one)) for one in itertools.product(*values)]

    def picture(self, **settings: Any) -> Any:
        """Return a matplotlib figure at these settings; those not given are at their start."""
        from snnbook.explore._picture import draw

        return draw(self.panels, self.function(**{**self.start, **settings}))

    @property
    def html(self) -> str:
        """The whole figure for a page without a kernel."""
        if "html" not in self._pages:
            self._pages["html"] = self._write()
        return self._pages["html"]

    def _write(self) -> str:
        grid = self.grid()
        frames = [self.function(**settings) for settings in grid]
        data = {
            "controls": [
                {
                    "name": name,
                    "label": control.label,
                    "kind": control.kind,
                    "texts": [control.show(value) for value in control.values],
                    "start": control.values.index(control.start),
                    **({"on": control.values.index(True)} if control.kind == "check" else {}),
                }
                for name, control in self.controls.items()
            ],
            "panels": [_panel_data(panel) for panel in self.panels],
            "alt": self.alt,
            **pack(frames),
        }
        text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
        page = _PAGE.format(
            name=self.name,
            key=hashlib.sha256((self.name + text).encode()).hexdigest()[:12],
            still=encode(as_svg(self.picture(), self.name)),
            alt=html.escape(f"{self.alt} {frames[grid.index(self.start)]['text']}"),
            text=html.escape(frames[grid.index(self.start)]["text"]),
            caption=caption_html(self.caption),
            data=text,
            module=_module(),
        )
        return check_size(page, "fewer values or shorter arrays")

    def widget(self) -> Any:
        """Return the figure driven by the kernel: a box of ipywidgets."""
        from snnbook.explore._live import widget

        return widget(self)

    def _repr_html_(self) -> str:
        return self.html

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        from snnbook.explore._live import bundle

        if is_live() if self.live is None else self.live:
            display(bundle(self), raw=True)
        else:
            display(HTML(self.html))

    def __repr__(self) -> str:
        settings = len(self.grid())
        return f"Explorer({self.name!r}: {', '.join(self.controls)}, {settings} settings)"


@cache
def _module() -> str:
    return files("snnbook.explore").joinpath("explorer.js").read_text(encoding="utf-8").strip()


def _panel_data(panel: Panel) -> dict:
    """Return what the page must know of a panel, without the settings left as they are."""
    data = {name: value for name, value in vars(panel).items() if value or name == "yticks"}
    layers = [{name: value for name, value in vars(one).items() if value} for one in panel.layers]
    return {**data, "layers": layers}
