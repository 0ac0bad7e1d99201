"""The book's own Sphinx extensions: repository buttons, API entries."""

from __future__ import annotations

from snnbook_api import entry, package_text, room_entries
from snnbook_site import repository_options


def test_repository_buttons_need_an_address():
    assert repository_options("", "main") == {}
    options = repository_options("https://example.org/book/", "main")
    assert options["repository_url"] == "https://example.org/book"
    assert options["use_repository_button"]


def test_entries_fit_the_kind_of_name():
    assert entry("snnbook.neurons", "LIFNeuron")[0].startswith(".. autoclass::")
    assert entry("snnbook.neurons", "run")[0].startswith(".. autofunction::")
    assert entry("snnbook.surrogates", "ALL")[0].startswith(".. py:data::")
    assert room_entries("snnbook.neurons").startswith("```{eval-rst}\n")


def test_the_api_page_sees_every_word_of_the_package(tmp_path):
    (tmp_path / "snnbook").mkdir()
    (tmp_path / "snnbook" / "a.py").write_text('"""One."""\n')
    before = package_text(tmp_path)
    assert package_text(tmp_path) == before
    (tmp_path / "snnbook" / "a.py").write_text('"""Two."""\n')
    assert package_text(tmp_path) != before
