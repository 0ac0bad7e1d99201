"""A slider over still pictures: all frames are drawn in advance, a few lines of script switch."""

import hashlib
import html
from collections.abc import Sequence
from dataclasses import dataclass

from snnbook.explore._svg import as_svg, caption_html, check_size, encode

# Frames are plain <img> elements, so they get the style of every other figure, dark mode too.
# Without scripts the control stays hidden and the start frame is a still figure.
_PAGE = """\
<figure class="explore" data-explore="{key}" style="margin: 1em 0">
<div>
{images}
</div>
<p class="explore-control" hidden
style="display: none; gap: 0.8em; align-items: center; flex-wrap: wrap">
<label style="display: flex; gap: 0.8em; align-items: center; flex: 1 1 14em">{label}
<input type="range" min="0" max="{last}" step="1" value="{start}" style="flex: 1; min-width: 6em">
</label><span class="explore-value" aria-hidden="true" style="min-width: 6em"></span></p>
{caption}</figure>
<script type="module">
for (const box of document.querySelectorAll('[data-explore="{key}"]')) {{
  const control = box.querySelector('.explore-control');
  const input = control.querySelector('input');
  const frames = [...box.querySelectorAll('img')];
  const show = () => {{
    frames.forEach((frame, index) => {{ frame.hidden = index !== Number(input.value); }});
    const text = frames[input.value].dataset.value;
    control.querySelector('.explore-value').textContent = text;
    input.setAttribute('aria-valuetext', text);
  }};
  input.addEventListener('input', show);
  control.hidden = false;
  control.style.display = 'flex';
  show();
}}
</script>
"""
_IMAGE = '<img src="data:image/svg+xml,{data}" alt="{alt}" data-value="{value}"{hidden}>'


@dataclass(frozen=True, repr=False)
class Slider:
    """A finished slider figure: ``html`` is all of it. Make it the last line of a cell."""

    label: str
    values: tuple[str, ...]
    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"Slider({self.label!r}: {', '.join(self.values)})"


def slider(
    frames: Sequence[tuple], label: str, *, alt: str = "", caption: str = "", start: int = 0
) -> Slider:
    """Show one of several drawn figures, chosen with a slider, without a kernel.

    Parameters
    ----------
    frames : sequence of (text, picture) or (text, picture, alt)
        ``text`` is the value that the slider shows at this frame, such as ``"0.5"``.
        ``picture`` is a matplotlib figure, which is closed, or a string with an SVG.
        ``alt`` describes the frame in words; without it ``alt`` of the call is used, followed
        by the label and the text. Give all frames the same size.
    label : str
        What the slider changes.
    alt : str
        What all frames show, in words, for readers who do not see them.
    caption : str
        A caption as plain text; parts between backquotes are shown as code.
    start : int
        The frame shown first, and the only one where scripts are switched off.

    Returns
    -------
    Slider
        Shows itself in a notebook and on the built page.

    Raises
    ------
    TypeError
        If a picture is neither a figure nor an SVG.
    ValueError
        If there are fewer than two frames, a frame has no alt text, ``start`` is no frame,
        or the result exceeds 300 kB.

    Examples
    --------
    >>> square = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'
    >>> slider([("0.1", square), ("0.2", square)], "width", alt="A square.")
    Slider('width': 0.1, 0.2)

    Chapter 5.
    """
    frames = list(frames)
    if len(frames) < 2:
        raise ValueError(f"frames has {len(frames)} entries; at least 2 are accepted")
    if not 0 <= start < len(frames):
        raise ValueError(f"start is {start!r}; a frame from 0 to {len(frames) - 1} is accepted")
    values = tuple(str(frame[0]) for frame in frames)
    images = []
    for index, (value, picture, *own) in enumerate(frames):
        words = own[0] if own else f"{alt} {label}: {value}." if alt else ""
        images.append(_image(str(value), picture, words, hidden=index != start))
    page = _PAGE.format(
        key=hashlib.sha256("".join([label, *images]).encode()).hexdigest()[:12],
        images="\n".join(images),
        label=html.escape(label),
        last=len(frames) - 1,
        start=start,
        caption=caption_html(caption),
    )
    return Slider(label, values, check_size(page, "fewer frames, fewer points or smaller figures"))


def _image(value: str, picture, words: str, hidden: bool) -> str:
    """Return the element of one frame."""
    if not words:
        raise ValueError(f"frame {value!r} has no alt text; give it one, or pass alt=")
    return _IMAGE.format(
        data=encode(as_svg(picture, value)),
        alt=html.escape(words),
        value=html.escape(value),
        hidden=" hidden" if hidden else "",
    )
