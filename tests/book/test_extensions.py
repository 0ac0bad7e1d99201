"""The book's own Sphinx extensions: cache key, repository buttons, API entries."""

from __future__ import annotations

import pytest
from snnbook_api import entry, room_entries
from snnbook_site import CACHE_HOME, execution_key, repository_options, select_execution_cache


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "snnbook" / "__pycache__").mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("torch==1\n")
    (tmp_path / "snnbook" / "a.py").write_text("x = 1\n")
    return tmp_path


@pytest.mark.parametrize("name", ["snnbook/a.py", "snnbook/new.json", "requirements.txt"])
def test_key_changes_with_the_sources(sources, name):
    before = execution_key(sources)
    (sources / name).write_text("x = 2\n")
    assert execution_key(sources) != before


def test_key_ignores_compiled_files(sources):
    before = execution_key(sources)
    (sources / "snnbook" / "__pycache__" / "a.pyc").write_text("x")
    assert execution_key(sources) == before


def test_key_sees_a_renamed_file(sources):
    before = execution_key(sources)
    (sources / "snnbook" / "a.py").rename(sources / "snnbook" / "b.py")
    assert execution_key(sources) != before


def test_older_caches_are_deleted(sources):
    first = select_execution_cache(sources)
    first.mkdir(parents=True)
    assert select_execution_cache(sources) == first and first.is_dir()
    (sources / "snnbook" / "a.py").write_text("x = 3\n")
    second = select_execution_cache(sources)
    assert second != first and not first.exists()
    assert second.parent == sources / CACHE_HOME


def test_repository_buttons_need_an_address():
    assert repository_options("", "main") == {}
    options = repository_options("https://example.org/book/", "main")
    assert options["repository_url"] == "https://example.org/book"
    assert options["use_repository_button"]


def test_entries_fit_the_kind_of_name():
    assert entry("snnbook.neurons", "LIFParameters")[0].startswith(".. autoclass::")
    assert entry("snnbook.neurons", "unroll")[0].startswith(".. autofunction::")
    assert entry("snnbook.surrogates", "ALL")[0].startswith(".. py:data::")
    assert room_entries("snnbook.neurons").startswith("```{eval-rst}\n")
