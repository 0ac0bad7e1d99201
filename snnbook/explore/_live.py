"""The same explorer with a kernel: ipywidgets controls, every frame computed anew."""

import html
import math

from snnbook.explore._svg import as_svg, caption_html, encode
from snnbook.notebook import inline_html

_STILL = """\
<figure class="explore explorer" style="margin: 1em 0; max-width: 44em">
<img src="data:image/svg+xml,{picture}" alt="{alt}" style="background: #fff; max-width: 100%">
<p>{text}</p>
<p><em>A still picture ({settings}); run the cell to move it.</em></p>
{caption}</figure>
"""


def widget(explorer):
    """Return a box with one control for each setting, the drawing and the sentence below it.

    Numbers move freely between the ends of their grid; each change calls the function.
    """
    import ipywidgets

    controls = {name: _control(one) for name, one in explorer.controls.items()}
    view = ipywidgets.HTML()

    def redraw(change=None) -> None:
        settings = {name: one.value for name, one in controls.items()}
        text = html.escape(explorer.function(**settings)["text"])
        svg = encode(as_svg(explorer.picture(**settings), explorer.name))
        alt = html.escape(f"{explorer.alt} {text}")
        view.value = (
            f'<img src="data:image/svg+xml,{svg}" alt="{alt}" style="background: #fff">'
            f'<p aria-live="polite">{text}</p><p>{inline_html(explorer.caption)}</p>'
        )

    for one in controls.values():
        one.observe(redraw, names="value")
    redraw()
    return ipywidgets.VBox([*controls.values(), view])


def bundle(explorer) -> dict:
    """Return the output of a cell: the widget, and what is shown where no widget can be.

    A notebook that is saved, exported or opened without its kernel shows the HTML, which is the
    figure at the settings shown first.
    """
    view = widget(explorer)._repr_mimebundle_()
    return {**view, "text/html": still(explorer), "text/plain": repr(explorer)}


def still(explorer) -> str:
    """Return the figure at the settings shown first, as HTML without a script."""
    text = explorer.function(**explorer.start)["text"]
    settings = "; ".join(map(_setting, explorer.controls.values()))
    return _STILL.format(
        picture=encode(as_svg(explorer.picture(), explorer.name)),
        alt=html.escape(f"{explorer.alt} {text}"),
        text=html.escape(text),
        settings=html.escape(settings),
        caption=caption_html(explorer.caption),
    )


def _setting(control) -> str:
    """Return a control and what it is set to at first, in words."""
    start = control.start
    shown = ("no", "yes")[start] if control.kind == "check" else control.show(start)
    return f"{control.label}: {shown}"


def _control(control):
    """Return the widget of one setting."""
    import ipywidgets

    label = f"{control.label} ({control.unit})" if control.unit else control.label
    look = {"description": label, "style": {"description_width": "initial"}}
    if control.kind == "check":
        return ipywidgets.Checkbox(value=control.start, indent=False, description=label)
    if control.kind == "select" or not control.free:
        options = [(control.show(value), value) for value in control.values]
        return ipywidgets.Dropdown(options=options, value=control.start, **look)
    low, high = min(control.values), max(control.values)
    look |= {"value": control.start, "layout": {"width": "32em"}, "continuous_update": False}
    if all(isinstance(value, int) for value in control.values):
        return ipywidgets.IntSlider(min=low, max=high, **look)
    if low > 0 and high / low > 50:
        ends = {"min": math.log10(low), "max": math.log10(high)}
        return ipywidgets.FloatLogSlider(step=0.02, **ends, **look)
    return ipywidgets.FloatSlider(min=low, max=high, step=(high - low) / 200, **look)
