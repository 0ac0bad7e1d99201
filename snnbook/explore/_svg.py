"""A picture as SVG inside a page: drawn, shortened, and small enough."""

import io
import re
from urllib.parse import quote

from snnbook.notebook import inline_html

LIMIT = 300_000  # bytes of HTML


def check_size(page: str, remedy: str) -> str:
    """Return the HTML of a figure as it is, if it is small enough for a page."""
    if len(page) > LIMIT:
        raise ValueError(
            f"the figure takes {len(page) // 1000} kB; at most {LIMIT // 1000} kB are accepted: "
            f"use {remedy}"
        )
    return page


def caption_html(caption: str) -> str:
    """Return the caption as HTML, and nothing for none."""
    return f"<figcaption>{inline_html(caption)}</figcaption>\n" if caption else ""


def as_svg(picture, value: str) -> str:
    """Return the picture as an SVG, and close it if it is a matplotlib figure."""
    if isinstance(picture, str) and "<svg" in picture:
        return picture[picture.index("<svg") :]
    if not hasattr(picture, "savefig"):
        raise TypeError(
            f"the picture of frame {value!r} is a {type(picture).__name__}; "
            "a matplotlib figure or a string with an SVG is accepted"
        )
    from matplotlib import pyplot, rc_context

    file = io.StringIO()
    with rc_context({"svg.hashsalt": "snnbook"}):
        picture.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(picture)
    text = file.getvalue()
    return re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.S)


def encode(svg: str) -> str:
    """Return an SVG as the body of a data address: shorter numbers, few escapes.

    Numbers below 1 keep their digits, because some are the scale of a whole letter.
    """
    svg = re.sub(r"\b([1-9]\d*\.\d\d)\d+", r"\1", re.sub(r"\s+", " ", svg))
    svg = re.sub(r'"[^"]*"', lambda quoted: quoted[0].replace("'", ""), svg)  # names of fonts
    return quote(svg.replace('"', "'"), safe=" '=:;,./()+-*!@$?~[]{}")
