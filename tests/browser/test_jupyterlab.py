"""Study notebooks in a real JupyterLab: no MyST in sight, and captions below the figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from check_site import ROOT, figure_settings, read_cells, toc_files
from lab_visit import HOW_TO_INSTALL, go_to, is_installed, jupyterlab, read_texts
from patience import open_patiently

PAGES = [Path(page).name for page in toc_files() if (ROOT / f"{page}.ipynb").is_file()]
#: Roles, directives, labels, and TeX that was not set.
RAW = re.compile(r"\{[\w:-]+\}|:::|\)=\s*$|\$\$|\\(?:frac|begin|alpha|mathcal)\b", re.M)

pytestmark = [pytest.mark.site, pytest.mark.browser]


@pytest.fixture(scope="module")
def lab(site):
    if not is_installed():
        pytest.skip(HOW_TO_INSTALL)
    with jupyterlab([site / "notebooks" / "study" / f"{name}.ipynb" for name in PAGES]) as address:
        yield address


@pytest.fixture(scope="module")
def tab(chromium):
    """Give a tab of the browser, which shows one notebook after another."""
    page, _ = open_patiently(chromium, viewport={"width": 1100, "height": 900})
    yield page
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_study_notebook_shows_no_raw_markup(lab, tab, name):
    go_to(tab, lab, f"{name}.ipynb")
    texts = read_texts(tab)
    assert len(texts) > 2
    faults = [text[:200] for text in texts if RAW.search(text)]
    assert not faults
    captions = [text for text in texts if "The figure in words" in text]
    source = read_cells(ROOT / "book" / f"{name}.ipynb")
    drawn = [cell for cell in source if "figure" in figure_settings(cell)]
    assert len(captions) == len(drawn)
    assert all(text.lstrip().startswith("Fig. ") for text in captions)
