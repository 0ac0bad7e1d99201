"""Between a cell and its page: numbers for the text, and whether a notebook is there at all."""

import html
import importlib.util
import math
import os
import re
import sys
from typing import Any

from snnbook._machine import machine as machine

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def glue(name: str, value: Any) -> None:
    """Make a value available to the text of the page under a name.

    In a notebook with ``myst_nb`` the value is stored with the cell and nothing is shown; the text
    quotes it as ``{glue:text}`name:.3f```.
    Elsewhere ``name = value`` is printed.

    Parameters
    ----------
    name : str
        Letters, digits, ``.``, ``-`` and ``_``; the book writes chapter first, ``ch02-order``.
    value : object
        A number, a tensor or array with one element, a text, or a figure.
        Numbers become plain Python numbers, so that a format such as ``.3f`` applies to them.

    Raises
    ------
    ValueError
        If the name does not fit, or the number is nan or infinite: a text must not quote it.
    TypeError
        If ``name`` is no text, or ``value`` is an array with several elements.

    Examples
    --------
    >>> glue("ch01-chance", 0.1)
    ch01-chance = 0.1
    """
    if not isinstance(name, str):
        raise TypeError(f"name is a {type(name).__name__}; a str is accepted")
    if not _NAME.fullmatch(name):
        raise ValueError(f"name is {name!r}; letters, digits, '.', '-' and '_' are accepted")
    value = _plain(name, value)
    if in_notebook() and importlib.util.find_spec("myst_nb") is not None:
        from myst_nb import glue as store

        store(name, value, display=False)
    else:
        print(f"{name} = {value}")


def _plain(name: str, value: Any) -> Any:
    """Return a Python number for whatever holds one number, and anything else as it is."""
    if hasattr(value, "item") and hasattr(value, "shape"):
        if math.prod(value.shape) != 1:
            raise TypeError(
                f"value of {name!r} has shape {tuple(value.shape)}; one number is accepted"
            )
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"value of {name!r} is {value}; a finite number is accepted")
    return value


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook, be it open or run for the book.

    Examples
    --------
    >>> in_notebook()
    False
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def is_live() -> bool:
    """Return whether a notebook application, not a book build or a test, answers to this process.

    The sign must be there, so that a page never gets a control that nobody answers:
    ``SNNBOOK_LIVE`` set to 1 or 0 decides; otherwise Jupyter's server has named the notebook in
    ``JPY_SESSION_NAME``, or the kernel is Colab's. A book build, nbconvert and nbval set neither.

    Examples
    --------
    >>> is_live()
    False
    """
    wish = os.environ.get("SNNBOOK_LIVE", "")
    if wish:
        return wish == "1"
    return bool(os.environ.get("JPY_SESSION_NAME")) or "google.colab" in sys.modules


def inline_html(text: str) -> str:
    """Return plain text as HTML, with the parts between backquotes as code.

    Examples
    --------
    >>> inline_html("`a < b` & c")
    '<code>a &lt; b</code> &amp; c'
    """
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text))


def chapter_number(page: str) -> str:
    """Return the number of a chapter from the name of its file.

    Examples
    --------
    >>> chapter_number("04a-soft-nonlinearity")
    '4a'
    """
    return page.split("-")[0].lstrip("0")
