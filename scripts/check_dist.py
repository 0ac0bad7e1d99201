"""Look into a wheel and a source distribution: all that belongs there, and nothing else.

python scripts/check_dist.py _build/dist
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 5_000_000  # bytes of a wheel; what is larger has data in it that nobody wanted


def package_files(root: Path = ROOT) -> set[str]:
    """Return the files of the package that are to be installed, as the repository knows them.

    These are the modules and what the globs of ``package-data`` name. In a folder without a
    repository, every file that lies there counts.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "snnbook"], cwd=root, capture_output=True, text=True
    )
    if listed.returncode == 0 and listed.stdout:
        files = [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
    else:
        found = (path for path in (root / "snnbook").rglob("*") if path.is_file())
        files = [path.relative_to(root).as_posix() for path in found]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    globs = project["tool"]["setuptools"]["package-data"]["snnbook"]
    wanted = {
        path.relative_to(root).as_posix()
        for pattern in ["**/*.py", *globs]
        for path in (root / "snnbook").glob(pattern)
    }
    return {name for name in files if name in wanted}


def faults_of_wheel(path: Path, wanted: set[str]) -> list[str]:
    """Return what a wheel has too much, too little, or too large."""
    with zipfile.ZipFile(path) as wheel:
        names = {name for name in wheel.namelist() if not name.endswith("/")}
    own = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    licenses = [name for name in own if name.rpartition("/")[2].startswith("LICENSE")]
    faults = [f"{path.name}: {name} does not belong there" for name in sorted(names - own - wanted)]
    faults += [f"{path.name}: {name} is missing" for name in sorted(wanted - names)]
    if len(licenses) != 2:
        faults.append(
            f"{path.name}: {len(licenses)} licenses; that of the code and that of the text"
        )
    if path.stat().st_size > LARGEST:
        faults.append(f"{path.name}: {path.stat().st_size} bytes; at most {LARGEST} are accepted")
    return faults


def faults_of_source(path: Path, wanted: set[str]) -> list[str]:
    """Return what a source distribution has too much or too little."""
    papers = {"CHANGELOG.md", "CITATION.cff", "LICENSE", "LICENSE-TEXT", "MANIFEST.in"}
    papers |= {"PKG-INFO", "README.md", "pyproject.toml", "setup.cfg"}
    with tarfile.open(path) as archive:
        members = [one.name for one in archive.getmembers() if one.isfile()]
    names = {name.partition("/")[2] for name in members}
    own = {name for name in names if name.startswith("snnbook.egg-info/")}
    extra, missing = names - own - papers - wanted, (papers | wanted) - names
    faults = [f"{path.name}: {name} does not belong there" for name in sorted(extra)]
    return faults + [f"{path.name}: {name} is missing" for name in sorted(missing)]


def main(folder: Path) -> int:
    """Check the one wheel and the one source distribution of a folder."""
    wheels, sources = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sources) != 1:
        print(f"[dist] {folder} holds {len(wheels)} wheels and {len(sources)} sources; one of each")
        return 1
    wanted = package_files()
    faults = faults_of_wheel(wheels[0], wanted) + faults_of_source(sources[0], wanted)
    print("\n".join(faults) or f"[dist] {len(wanted)} files in {wheels[0].name}, as listed")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
