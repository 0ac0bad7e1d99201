"""Open notebooks in a real JupyterLab, in a headless Chromium, and read what it shows.

Usage: python scripts/lab_visit.py NOTEBOOK PICTURE.png [dark]

JupyterLab is a tool of the tests (see requirements-test.txt); it runs on the loopback address and
keeps its settings in a folder that is deleted afterwards.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from patience import LIMIT, open_patiently, slowness
from site_server import browser

HOW_TO_INSTALL = "no JupyterLab found: `pip install -r requirements-test.txt`"
#: All cells are in the page, not only those in sight, and no kernel is started.
TRACKER = {"windowingMode": "none", "autoStartDefaultKernel": False}
#: Shows another notebook in a JupyterLab that is open: a fresh start takes three times as long.
OPEN = """async (path) => {
  const {commands, shell} = window.jupyterapp;
  for (const one of [...shell.widgets('main')]) one.dispose();
  const shown = await commands.execute('docmanager:open', {path});
  await shown.context.ready;
}"""
#: Every text cell shows its text.
RENDERED = """() => [...document.querySelectorAll('.jp-MarkdownCell')].every(
  (cell) => cell.querySelector('.jp-MarkdownOutput')?.textContent.trim()
    && !cell.querySelector('.jp-mod-rendering'))"""
#: What a reader sees of the text cells, without code and mathematics.
READ = """() => [...document.querySelectorAll('.jp-MarkdownOutput')].map((cell) => {
  const copy = cell.cloneNode(true);
  for (const part of copy.querySelectorAll('code, pre, mjx-container')) part.remove();
  return copy.textContent;
})"""


def is_installed() -> bool:
    """Return whether JupyterLab can be started."""
    return importlib.util.find_spec("jupyterlab") is not None


def write_settings(folder: Path, dark: bool) -> None:
    """Write the settings of a JupyterLab that opens notebooks for reading."""
    chosen = {
        "@jupyterlab/notebook-extension/tracker": TRACKER,
        "@jupyterlab/apputils-extension/themes": {
            "theme": "JupyterLab Dark" if dark else "JupyterLab Light"
        },
        "@jupyterlab/apputils-extension/notification": {
            "fetchNews": "false",
            "checkForUpdates": False,
        },
    }
    for name, values in chosen.items():
        path = folder / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


@contextmanager
def jupyterlab(notebooks: list[Path], dark: bool = False) -> Iterator[str]:
    """Serve some notebooks from an empty folder in a JupyterLab and give its address."""
    with tempfile.TemporaryDirectory() as place:
        folder, settings = Path(place) / "notebooks", Path(place) / "settings"
        folder.mkdir()
        for one in notebooks:
            shutil.copy2(one, folder)
        write_settings(settings, dark)
        environment = {
            **os.environ,
            **{f"JUPYTER_{name}_DIR": str(Path(place) / name) for name in ("CONFIG", "RUNTIME")},
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(Path(place) / "workspaces"),
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        options = ["--ServerApp.token=", "--ServerApp.port=0", "--ServerApp.ip=127.0.0.1"]
        options += ["--LabApp.news_url=", "--LabApp.expose_app_in_browser=True"]
        options += ["--KernelSpecManager.allowed_kernelspecs=none"]  # a kernel starts for seconds
        options += ["--KernelSpecManager.ensure_native_kernel=False"]
        log = Path(place) / "log"
        with log.open("w") as stream:
            server = subprocess.Popen(
                [*command, *options, f"--ServerApp.root_dir={folder}"],
                stdout=stream,
                stderr=stream,
                env=environment,
                cwd=folder,
            )
            try:
                yield wait_for(server, Path(place) / "RUNTIME", log)
            finally:
                server.terminate()
                server.wait()


def wait_for(server, runtime: Path, log: Path) -> str:
    """Return the address of a server as soon as it answers."""
    end = time.monotonic() + LIMIT * slowness(0.0)
    while time.monotonic() < end and server.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            try:
                address = json.loads(path.read_text())["url"].rstrip("/")
                urllib.request.urlopen(f"{address}/api", timeout=5 * slowness(0.0)).close()
                return address
            except (OSError, ValueError):
                pass
        with suppress(subprocess.TimeoutExpired):
            server.wait(0.2)
    raise RuntimeError(f"JupyterLab does not start:\n{log.read_text()[-2000:]}")


def go_to(page, address: str, name: str) -> None:
    """Show a notebook in a tab and wait until its text and its mathematics are set."""
    if page.url.startswith(address):
        page.evaluate(OPEN, name)
    else:
        page.goto(f"{address}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-MarkdownOutput h1")
    page.wait_for_selector(".jp-MarkdownOutput mjx-container, .jp-MarkdownOutput p")
    page.wait_for_function(RENDERED)
    page.wait_for_load_state("networkidle")


def read_texts(page) -> list[str]:
    """Return what the text cells show, each as plain text, without code and mathematics."""
    return page.evaluate(READ)


def main(notebook: str, picture: str, mode: str = "light", width: str = "1100") -> None:
    """Write a picture of the beginning of a notebook."""
    path, size = Path(notebook), {"width": int(width), "height": 3000}
    with jupyterlab([path], mode == "dark") as address, browser() as chromium:
        page, _ = open_patiently(chromium, viewport=size)
        go_to(page, address, path.name)
        page.screenshot(path=picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
