"""Every page under axe, the checker of accessibility rules: nothing of ours breaks one."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from check_site import toc_files
from site_server import HOW_TO_INSTALL, find_chromium
from site_visit import visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.site,
    pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL),
]

# What we write is in the article; the frame around it is the theme's. Formulas are MathJax's,
# colored code is Pygments', and the roles in the list of references are those of docutils.
OTHERS = ["mjx-container", "div.highlight", ".citation-list"]
# All entries of the API page are made alike: one room stands for the others.
ROOMS = ["section[id^=snnbook-parallel]"]
# What may differ between light and dark, and between a wide and a narrow window.
DIFFERS = {"type": "rule", "values": ["color-contrast", "scrollable-region-focusable"]}


def violations(seen, parts: list[str] | None = None, **options) -> list[str]:
    """Return one line for each element that breaks a rule, in the article or in parts of it."""
    if parts is None:
        parts = ROOMS if seen.page.url.endswith("/api.html") else ["article"]
    assert all(seen.page.locator(one).count() for one in parts), parts
    where = {"include": [[one] for one in parts], "exclude": [[one] for one in OTHERS]}
    options = {"resultTypes": ["violations"], **options}
    with seen.unnoted():  # axe asks for style sheets once more
        found = Axe().run(seen.page, context=where, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:150]}" for one in found for node in one["nodes"]]


WIDE = [(name, "laptop", "light") for name in toc_files()]
# Colors come from one style sheet: these pages have every kind of content between them.
KINDS = ("intro", "02-snns-as-rnns", "05-surrogate-gradients", "explore", "evidence", "glossary")
NARROW = [(f"book/{name}", "phone", "dark") for name in KINDS]


@pytest.mark.parametrize("seen", WIDE, indirect=True, ids="-".join)
def test_axe_finds_no_violation(seen):
    assert not violations(seen)


@pytest.mark.parametrize("seen", NARROW, indirect=True, ids="-".join)
def test_axe_finds_none_in_the_dark_on_a_phone(seen):
    assert not violations(seen, runOnly=DIFFERS)


def test_axe_would_find_one(chromium, address):
    seen = visit(chromium, address, "book/intro")
    seen.page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend',"
        ' \'<img src="../_static/logo.svg"><input><p style="color: #eee">pale</p>\')'
    )
    found = {line.split(":")[0] for line in violations(seen)}
    seen.close()
    assert {"image-alt", "label", "color-contrast"} <= found
