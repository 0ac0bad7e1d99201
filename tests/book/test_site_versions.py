"""One site for each version, and the list that leads from one to another."""

from __future__ import annotations

import json

import pytest
import site_versions
from site_versions import add, versions

BASE = "https://example.org/book"


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "html"
    folder.mkdir()
    for name in ("index.html", "404.html", "new.html"):
        (folder / name).write_text(name)
    return folder


def test_the_newest_release_comes_first_and_is_preferred(site, tmp_path):
    folder = tmp_path / "public"
    for version in ("0.9.0", "latest", "0.10.0", "0.2.1"):
        found = add(site, folder, version, BASE + "/")
    assert found == ["0.10.0", "0.9.0", "0.2.1", "latest"] == versions(folder)
    listed = json.loads((folder / "switcher.json").read_text())
    assert [one["version"] for one in listed] == found
    assert [one["version"] for one in listed if one.get("preferred")] == ["0.10.0"]
    assert listed[1]["url"] == f"{BASE}/0.9.0/index.html"
    for page in ("index.html", "stable/index.html"):
        assert f"url={BASE}/0.10.0/index.html" in (folder / page).read_text()


def test_without_a_release_the_main_branch_leads(site, tmp_path):
    assert add(site, tmp_path / "public", "latest", BASE) == ["latest"]
    assert f"{BASE}/latest/" in (tmp_path / "public" / "index.html").read_text()
    assert not (tmp_path / "public" / "stable").exists()
    assert (tmp_path / "public" / "404.html").read_text() == "404.html"


def test_a_version_that_is_built_again_takes_the_place_of_the_old_one(site, tmp_path):
    folder = tmp_path / "public"
    add(site, folder, "latest", BASE)
    (site / "new.html").unlink()
    add(site, folder, "latest", BASE)
    assert not (folder / "latest" / "new.html").exists()
    assert not list(folder.glob(".*.half"))


@pytest.mark.parametrize("version", ["", "../up", "stable", ".hidden"])
def test_a_name_that_is_no_version_is_refused(site, tmp_path, version):
    with pytest.raises(ValueError, match="is no version"):
        add(site, tmp_path / "public", version, BASE)
    assert not (tmp_path / "public").exists()


def test_a_missing_site_is_said(tmp_path, monkeypatch, capsys):
    given = ["site_versions.py", str(tmp_path), str(tmp_path / "public"), "0.1.0", BASE]
    monkeypatch.setattr("sys.argv", given)
    assert site_versions.main() == 1 and "'make book' builds one" in capsys.readouterr().out
