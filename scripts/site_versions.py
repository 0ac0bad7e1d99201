"""Put a built site beside the earlier versions of it, with a list that the pages offer.

python scripts/site_versions.py _build/html public 0.2.0 https://example.org/book

The folder then holds one site for each version, ``switcher.json`` with their addresses, and an
``index.html`` and a ``404.html`` that lead to the newest release. A name that is no number, such as
``latest``, is the site of the main branch; it comes last, and leads only where nothing is released.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

RELEASE = re.compile(r"\d+(\.\d+)+")
#: The newest release is found under its number and under this name, which never changes.
STABLE = "stable"
LEADS = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Surrogate Gradient Learning, by Hand and by Code</title>
<meta http-equiv="refresh" content="0; url={base}/{version}/index.html">
</head>
<body><p><a href="{base}/{version}/index.html">The book, version {version}</a></p></body>
</html>
"""


def versions(folder: Path) -> list[str]:
    """Return the versions that lie in a folder: releases first, the newest of them in front."""
    names = [path.parent.name for path in folder.glob("*/index.html")]
    released = [name for name in names if RELEASE.fullmatch(name)]
    released.sort(key=lambda name: tuple(map(int, name.split("."))), reverse=True)
    return released + sorted(set(names) - set(released) - {STABLE})


def switcher(found: list[str], base: str) -> list[dict]:
    """Return the entries of the list of versions, of which the newest release is preferred."""
    entries = [
        {"name": name, "version": name, "url": f"{base}/{name}/index.html"} for name in found
    ]
    if found and RELEASE.fullmatch(found[0]):
        entries[0] |= {"name": f"{found[0]} (newest release)", "preferred": True}
    return entries


def add(site: Path, folder: Path, version: str, base: str) -> list[str]:
    """Put a site into the folder under its version, and return all versions there."""
    if not (site / "index.html").is_file():
        raise ValueError(f"{site} holds no site; 'make book' builds one into _build/html")
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", version) or version == STABLE:
        raise ValueError(f"{version!r} is no version; a number such as 0.2.0 or 'latest' is one")
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f".{version}.half"
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(site, half)
    shutil.rmtree(folder / version, ignore_errors=True)
    half.rename(folder / version)
    found, base = versions(folder), base.rstrip("/")
    lead = LEADS.format(base=base, version=found[0])
    if RELEASE.fullmatch(found[0]):
        (folder / STABLE).mkdir(exist_ok=True)
        (folder / STABLE / "index.html").write_text(lead)
    (folder / "switcher.json").write_text(json.dumps(switcher(found, base), indent=2) + "\n")
    (folder / "index.html").write_text(lead)
    shutil.copy2(folder / found[0] / "404.html", folder / "404.html")
    (folder / ".nojekyll").touch()  # else a folder that begins with an underscore is left out
    return found


def main() -> int:
    """Add one version, and print which there are."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("site", "folder"):
        parser.add_argument(name, type=Path)
    for name in ("version", "base"):
        parser.add_argument(name)
    asked = parser.parse_args()
    try:
        found = add(asked.site, asked.folder, asked.version, asked.base)
    except ValueError as error:
        print(f"[site] {error}")
        return 1
    print(f"[site] {asked.folder} holds {', '.join(found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
