"""Pack everything that a room without internet needs into one zip: `make bundle` calls this.

The bundle holds the site, the notebooks, the slides, the PDF, the wheel of the package and the
wheels that it needs on the platform of this build, with checksums, a guide of one page, and
``install.py``, which checks, installs and starts without a network.

    python scripts/bundle.py --wheel dist/snnbook-0.2.0-py3-none-any.whl --out _build/bundle
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
#: What a bundle holds: its folder in the bundle, where it comes from, and the target that makes it.
PARTS = {
    "html": ("_build/html", "make book"),  # notebooks link to ../../html
    "notebooks": ("_build/notebooks", "make notebooks"),
    "slides": ("_build/slides", "make slides"),
    "pdf": ("_build/pdf", "make pdf"),
    "workshop": ("workshop", "a checkout of the sources"),
}
#: What readers install: the package, and a place to open notebooks in.
WANTED = ("jupyterlab", "ipykernel")
PINS = ("requirements.txt", "requirements-test.txt")
#: Already packed, so that packing them again only takes time.
PACKED = (".whl", ".png", ".zip", ".pdf", ".woff", ".woff2")
#: What is in no bundle.
LEFT_OUT = (".ipynb_checkpoints", "__pycache__", ".doctrees", ".buildinfo")


def stop(text: str) -> None:
    """End with one sentence."""
    sys.exit(f"[bundle] STOPPED: {text}")


def missing_parts(root: Path) -> list[str]:
    """Return a sentence for each part that has not been made."""
    return [
        f"{place} is missing: run `{target}` first."
        for place, target in PARTS.values()
        if not (root / place).is_dir() or not any((root / place).iterdir())
    ]


def copy_parts(root: Path, bundle: Path) -> None:
    """Copy every part into the bundle."""
    for name, (place, _) in PARTS.items():
        shutil.copytree(root / place, bundle / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in ("LICENSE", "LICENSE-TEXT"):
        shutil.copy2(root / name, bundle / name)
    shutil.copy2(HERE / "bundle_install.py", bundle / "install.py")


def download(root: Path, wheel: Path, folder: Path) -> None:
    """Download the wheels that the package needs, at the pinned versions, for this platform."""
    pins = [option for name in PINS for option in ("-c", str(root / name))]
    command = [sys.executable, "-m", "pip", "download", "-q", "--only-binary=:all:", "-d"]
    tried = subprocess.run([*command, str(folder), *pins, str(wheel), *WANTED])
    if tried.returncode:
        stop("pip could not download the wheels; the lines above say why.")
    if cuda := sorted(folder.glob("nvidia_*.whl")):
        size = sum(one.stat().st_size for one in cuda) / 1e9
        print(
            f"[bundle] NOTE: {size:.1f} GB of this bundle are PyTorch's CUDA libraries. Set "
            "PIP_INDEX_URL or PIP_EXTRA_INDEX_URL to PyTorch's index of CPU builds for a small one."
        )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def describe(bundle: Path, version: str) -> None:
    """Write what the bundle is, its guide, and the checksums of all its files."""
    about = {
        "version": version,
        "python": "{}.{}".format(*sys.version_info[:2]),
        "platform": sysconfig.get_platform(),
        "wheels": sorted(one.name for one in (bundle / "wheels").glob("*.whl")),
    }
    text = json.dumps(about, indent=1, ensure_ascii=False)
    (bundle / "bundle.json").write_text(text + "\n", encoding="utf-8")
    guide = (HERE / "bundle_guide.txt").read_text(encoding="utf-8")
    (bundle / "START-HERE.txt").write_text(guide.format(**about), encoding="utf-8")
    files = sorted(path for path in bundle.rglob("*") if path.is_file())
    lines = [f"{digest(path)}  {path.relative_to(bundle).as_posix()}\n" for path in files]
    (bundle / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def pack(bundle: Path, target: Path) -> None:
    """Write the zip beside its place, and move it there when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(bundle.rglob("*")):
                if path.is_file():
                    how = zipfile.ZIP_STORED if path.suffix in PACKED else zipfile.ZIP_DEFLATED
                    name = f"{bundle.name}/{path.relative_to(bundle).as_posix()}"
                    archive.write(path, name, compress_type=how)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def make(root: Path, wheel: Path, out: Path, fetch=download) -> Path:
    """Make the bundle of a checkout; return the path of its zip."""
    if problems := missing_parts(root):
        stop(" ".join(problems))
    if not wheel.is_file():
        stop(f"there is no wheel at {wheel}: run `make dist` first.")
    version = wheel.name.split("-")[1]
    with tempfile.TemporaryDirectory(dir=root / "_build") as scratch:
        bundle = Path(scratch) / f"snnbook-{version}"
        bundle.mkdir()
        copy_parts(root, bundle)
        (bundle / "wheels").mkdir()
        fetch(root, wheel, bundle / "wheels")
        if not (bundle / "wheels" / wheel.name).exists():
            shutil.copy2(wheel, bundle / "wheels")
        describe(bundle, version)
        target = out / f"{bundle.name}-{sysconfig.get_platform()}.zip"
        pack(bundle, target)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, required=True, help="the wheel of the package")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "bundle")
    given = parser.parse_args()
    target = make(ROOT, given.wheel, given.out)
    print(f"[bundle] {target} ({target.stat().st_size / 1e6:.0f} MB)")


if __name__ == "__main__":
    main()
