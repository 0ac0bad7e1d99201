"""Install the book's package from this folder, without a network.

    python install.py            check the files, install into the folder `env`, say what is next
    python install.py --start    the same, and open the notebooks
    python install.py --fetch --python 3.12 --platform windows
                                 with a network: add the wheels of another Python or system

This file uses the standard library only.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig

HERE = os.path.dirname(os.path.abspath(__file__))
ENV = os.path.join(HERE, "env")
READY = os.path.join(ENV, "ready")
OLDEST = (3, 11)
WHEELS = os.path.join(HERE, "wheels")
#: What pip calls a system, and what Jupyter needs there beside the wheels of the build.
SYSTEMS = {
    "windows": (("win_amd64",), ("colorama", "pywinpty")),
    "macos": (("macosx_11_0_arm64", "macosx_12_0_arm64", "macosx_14_0_arm64"), ("appnope",)),
    "linux": (("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"), ()),
}


def say(text):
    print("[install] " + text, flush=True)


def stop(text):
    sys.exit("[install] STOPPED: " + text)


def about():
    """Return what this bundle is."""
    try:
        with open(os.path.join(HERE, "bundle.json"), encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        stop("bundle.json is missing or broken: unpack the zip once more.")


def broken_files():
    """Return the files that are not as they were packed."""
    found = []
    try:
        with open(os.path.join(HERE, "SHA256SUMS"), encoding="utf-8") as stream:
            lines = [line.rstrip("\n").split("  ", 1) for line in stream]
    except OSError:
        return ["SHA256SUMS"]
    for wanted, name in lines:
        digest = hashlib.sha256()
        try:
            with open(os.path.join(HERE, *name.split("/")), "rb") as stream:
                for block in iter(lambda: stream.read(1 << 20), b""):
                    digest.update(block)
        except OSError:
            found.append(name)
            continue
        if digest.hexdigest() != wanted:
            found.append(name)
    return found


def check():
    """Stop with one sentence if this bundle, or this Python, will not do."""
    if sys.version_info < OLDEST:
        have, need = (".".join(map(str, one[:2])) for one in (sys.version_info, OLDEST))
        stop(f"this is Python {have}, and the book needs {need} or newer.")
    say("checking the files of the bundle")
    if broken := broken_files():
        names = ", ".join(broken[:3]) + (" and others" if len(broken) > 3 else "")
        stop(f"the bundle is damaged ({names}): copy the zip and unpack it once more.")
    tag, fits = "cp{}{}".format(*sys.version_info[:2]), []
    for name in os.listdir(WHEELS):
        if name.startswith("torch-"):
            fits.append(f"-{tag}-" in name and same_system(name))
    if not any(fits):
        given = about()
        stop(
            f"the wheels are for Python {given['python']} on {given['platform']}, and this is "
            "Python {}.{} on {}.\n".format(*sys.version_info[:2], sysconfig.get_platform())
            + "Start install.py with a Python that fits, or add your wheels where there is a "
            "network: python install.py --fetch"
        )
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        stop("this Python has no venv; on Debian and Ubuntu, install the package python3-venv.")


def same_system(wheel):
    """Return whether the name of a wheel names this system."""
    system = {"win32": "win", "darwin": "macosx"}.get(sys.platform, "linux")
    machine = sysconfig.get_platform().replace("-", "_").rsplit("_", 1)[-1]
    platform = wheel.rsplit("-", 1)[-1]
    return system in platform and (machine in platform or "universal2" in platform)


def python():
    """Return the path of the environment's Python."""
    return os.path.join(ENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))


def install():
    """Make the environment; a half-made one is made anew."""
    if os.path.exists(READY):
        say("already installed in " + ENV)
        return
    shutil.rmtree(ENV, ignore_errors=True)
    say("installing into " + ENV + " (some minutes, about 2 GB)")
    if subprocess.run([sys.executable, "-m", "venv", ENV]).returncode:
        shutil.rmtree(ENV, ignore_errors=True)
        stop("the environment could not be made; the lines above say why.")
    pip = [python(), "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "-q"]
    names = ["snnbook==" + about()["version"], "jupyterlab", "ipykernel"]
    if subprocess.run([*pip, "--no-index", "--find-links", WHEELS, *names]).returncode:
        shutil.rmtree(ENV, ignore_errors=True)
        stop("pip could not install from the folder wheels; the lines above say why.")
    with open(READY, "w") as stream:
        stream.write("installed\n")


def fetch(version, system):
    """Download the wheels of another Python or system beside those that are here."""
    if system not in SYSTEMS:
        stop(f"--platform is {system!r}; accepted are " + ", ".join(SYSTEMS) + ".")
    platforms, more = SYSTEMS[system]
    names = []
    for wheel in about()["wheels"]:
        name, number = wheel.split("-")[:2]
        if not wheel.endswith("-none-any.whl") and not wheel.startswith(("nvidia", "triton")):
            names.append(f"{name}=={number.split('+')[0]}")
    options = [option for one in platforms for option in ("--platform", one)]
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", version, *options, "-d", WHEELS]
    failed = [one for one in (*names, *more) if subprocess.run([*command, one]).returncode]
    if failed:
        stop("no wheel was found for " + ", ".join(failed) + "; the lines above say why.")
    say(f"wheels for Python {version} on {system} are in {WHEELS}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--start", action="store_true", help="open the notebooks when installed")
    parser.add_argument("--fetch", action="store_true", help="download wheels for another system")
    parser.add_argument("--python", default="{}.{}".format(*sys.version_info[:2]))
    parser.add_argument("--platform", default="linux", help=", ".join(SYSTEMS))
    given = parser.parse_args()
    if given.fetch:
        return fetch(given.python, given.platform)
    check()
    install()
    study = os.path.join(HERE, "notebooks", "study")
    if given.start:
        return subprocess.run([python(), "-m", "jupyterlab", study])
    say("done. Is all well?      " + python() + " -m snnbook doctor")
    say("Open the notebooks:     " + sys.executable + " install.py --start")
    say("Read the book:          " + os.path.join(HERE, "html", "index.html"))


if __name__ == "__main__":
    main()
