"""The bundle for a room without internet, and what installs from it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import bundle
import bundle_install
import pytest
from patience import slowness

VERSION = "0.0.7"


def stub_wheel(folder: Path, name: str, tag: str = "py3-none-any", version: str = VERSION) -> Path:
    """Write a wheel with one empty module."""
    folder.mkdir(parents=True, exist_ok=True)
    path, info = folder / f"{name}-{version}-{tag}.whl", f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{one},,\n" for one in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for one, text in (files | {f"{info}/RECORD": record}).items():
            archive.writestr(one, text)
    return path


def this_tag() -> str:
    python = "cp{}{}".format(*sys.version_info[:2])
    return f"{python}-{python}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def fake_wheels(root: Path, wheel: Path, folder: Path) -> None:
    for name in ("jupyterlab", "ipykernel"):
        stub_wheel(folder, name)
    stub_wheel(folder, "torch", this_tag())


@pytest.fixture
def root(tmp_path):
    """A checkout in which every part has been made, with one file each."""
    place = tmp_path / "checkout"
    for one, _ in bundle.PARTS.values():
        (place / one).mkdir(parents=True)
        (place / one / "index.html").write_text(one, encoding="utf-8")
    for name in ("LICENSE", "LICENSE-TEXT"):
        (place / name).write_text("yours", encoding="utf-8")
    stub_wheel(place / "dist", "snnbook")
    return place


def make(root: Path, fetch=fake_wheels) -> Path:
    wheel = root / "dist" / f"snnbook-{VERSION}-py3-none-any.whl"
    return bundle.make(root, wheel, root / "out", fetch)


@pytest.fixture
def unpacked(root, tmp_path) -> Path:
    """A bundle, unpacked in an empty folder."""
    with zipfile.ZipFile(make(root)) as archive:
        archive.extractall(tmp_path / "room")
    return tmp_path / "room" / f"snnbook-{VERSION}"


def test_the_zip_holds_every_part_with_its_checksum(unpacked):
    for name in bundle.PARTS:
        assert (unpacked / name / "index.html").is_file()
    sums = dict(
        line.split("  ")[::-1] for line in (unpacked / "SHA256SUMS").read_text().splitlines()
    )
    files = {p.relative_to(unpacked).as_posix() for p in unpacked.rglob("*") if p.is_file()}
    assert set(sums) == files - {"SHA256SUMS"}
    for name, wanted in sums.items():
        assert hashlib.sha256((unpacked / name).read_bytes()).hexdigest() == wanted
    about = json.loads((unpacked / "bundle.json").read_text(encoding="utf-8"))
    assert about["version"] == VERSION and len(about["wheels"]) == 4
    guide = (unpacked / "START-HERE.txt").read_text(encoding="utf-8")
    assert VERSION in guide and "{" not in guide


@pytest.mark.parametrize("name", list(bundle.PARTS))
def test_a_missing_part_names_its_target_and_leaves_nothing(root, name):
    place, target = bundle.PARTS[name]
    shutil.rmtree(root / place)
    with pytest.raises(SystemExit, match=target):
        make(root)
    assert not (root / "out").exists()


def test_a_download_that_fails_leaves_nothing(root):
    def fail(root, wheel, folder):
        stub_wheel(folder, "half")
        bundle.stop("no network")

    before = set(root.rglob("*"))
    with pytest.raises(SystemExit, match="no network"):
        make(root, fail)
    assert set(root.rglob("*")) == before


def run_installer(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run install.py; without a network where the system can cut it off."""
    cut = ["unshare", "-rn"]
    able = shutil.which("unshare") and subprocess.run([*cut, "true"], capture_output=True)
    command = [*(cut if able and able.returncode == 0 else []), sys.executable, "install.py"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment,
        timeout=300 * slowness(0.0),
    )


def test_it_installs_without_a_network_and_begins_anew_after_a_break(unpacked):
    (unpacked / "env").mkdir()
    (unpacked / "env" / "half-made").touch()
    done = run_installer(unpacked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (unpacked / "env" / "half-made").exists()
    python = unpacked / "env" / "bin" / "python"
    subprocess.run([python, "-c", "import snnbook, jupyterlab"], check=True, cwd=unpacked)
    assert "already installed" in run_installer(unpacked).stdout


def test_a_damaged_file_is_named(unpacked):
    (unpacked / "html" / "index.html").write_text("cut off")
    done = run_installer(unpacked)
    assert done.returncode and "html/index.html" in done.stderr and "unpack" in done.stderr
    assert not (unpacked / "env").exists()


def test_wheels_for_another_python_are_named_before_anything_is_installed(root, tmp_path):
    def others(root, wheel, folder):
        stub_wheel(folder, "torch", "cp39-cp39-" + this_tag().split("-")[2])

    with zipfile.ZipFile(make(root, others)) as archive:
        archive.extractall(tmp_path / "room")
    done = run_installer(tmp_path / "room" / f"snnbook-{VERSION}")
    assert done.returncode and "--fetch" in done.stderr
    assert "Traceback" not in done.stderr


def test_fetch_asks_for_every_wheel_that_depends_on_the_system(unpacked, monkeypatch):
    asked = []

    def record(command):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bundle_install, "HERE", str(unpacked))
    monkeypatch.setattr(bundle_install.subprocess, "run", record)
    bundle_install.fetch("3.12", "windows")
    assert [command[-1] for command in asked] == [f"torch=={VERSION}", "colorama", "pywinpty"]
    assert all("win_amd64" in command and "3.12" in command for command in asked)
    with pytest.raises(SystemExit, match="windows, macos, linux"):
        bundle_install.fetch("3.12", "amiga")
