"""Open a page of the served site as a reader does, and note each fault on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from patience import LIMIT, open_patiently

WIDTHS = {"laptop": (1280, 900), "phone": (390, 844)}
#: How every page is seen: each width and each mode once, since a visit takes seconds.
LOOKS = (("laptop", "light"), ("phone", "dark"))
# Notes when the first explorer is drawn, in milliseconds since the page was asked for.
WATCH = """
new MutationObserver((changes, watch) => {
  if (!document.querySelector('.explorer-stage > *:not(img)')) return;
  window.firstDrawing = performance.now();
  watch.disconnect();
}).observe(document, { childList: true, subtree: true });
"""
# Bytes that came over the line: the page and all that it asked for.
WEIGHT = """() => [
  ...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource'),
].reduce((sum, one) => sum + one.decodedBodySize, 0)"""


# Kept when the mathematics is set; Playwright alone would wait for a promise without limit.
MATHEMATICS = """(limit) => Promise.race([
  window.MathJax?.startup?.promise,
  new Promise((done, fail) => setTimeout(fail, limit, new Error('mathematics is not set'))),
])"""


def set_mathematics(page, slow: float) -> None:
    """Wait until the mathematics of a page is set."""
    page.evaluate(MATHEMATICS, 1000 * LIMIT * slow)


@dataclass
class Visit:
    """A page, how slow the machine was as it opened, and what went wrong while it loaded."""

    page: object
    mode: str
    slow: float
    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def faults(self) -> list[str]:
        """Return all that was noted; no line means a clean page."""
        return [
            *(f"asked another host: {url}" for url in self.foreign),
            *(f"a request failed: {url}" for url in self.failed),
            *(f"in the console: {line}" for line in self.console),
        ]

    @contextmanager
    def unnoted(self) -> Iterator[None]:
        """Let a checker ask for what it likes: its own faults are not the page's."""
        lists = (self.foreign, self.failed, self.console)
        kept = [len(one) for one in lists]
        yield
        for one, length in zip(lists, kept):
            del one[length:]

    def sideways(self) -> int:
        """Return by how many pixels the page scrolls sideways."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def weight(self) -> int:
        """Return the bytes of the page and of all that it asked for, unpacked."""
        return self.page.evaluate(WEIGHT)

    def first_drawing(self) -> float | None:
        """Return the milliseconds until the first explorer was drawn; None without one."""
        return self.page.evaluate("window.firstDrawing ?? null")

    def close(self) -> None:
        """Close the page with its context."""
        self.page.context.close()


def visit(chromium, address: str, name: str, width: str = "laptop", mode: str = "light") -> Visit:
    """Load a page in a context of its own, block every other host, and note each fault."""
    size = dict(zip(("width", "height"), WIDTHS[width]))
    page, slow = open_patiently(chromium, viewport=size, color_scheme=mode)
    page.context.add_init_script(WATCH)
    seen = Visit(page, mode, slow)

    def guard(route) -> None:
        url = route.request.url
        if url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            seen.foreign.append(url)
            route.abort()

    def note_response(response) -> None:
        if response.status >= 400:
            seen.failed.append(f"{response.status} {response.url}")

    def note_failure(request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a page that is left drops what it asked for
            seen.failed.append(request.url)

    page.context.route("**/*", guard)
    seen.page.on("response", note_response)
    seen.page.on("requestfailed", note_failure)
    seen.page.on("pageerror", lambda error: seen.console.append(str(error)))
    seen.page.on(
        "console",
        lambda line: seen.console.append(line.text) if line.type in {"error", "warning"} else None,
    )
    seen.page.goto(f"{address}/{name}.html", wait_until="load")
    set_mathematics(seen.page, slow)
    seen.page.wait_for_load_state("networkidle")
    return seen
