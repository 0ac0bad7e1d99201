"""Interactive figures that need no kernel: they work on the built page and in a notebook."""

from snnbook.explore._slider import Slider, slider

__all__ = ["Slider", "slider"]
