"""Create the virtual environment in .venv and install what the book needs.

Called by the Makefile with whatever Python is at hand, so this file uses the standard library
only and stays readable for an old interpreter, which is told that it is too old.
"""

import argparse
import hashlib
import os
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
NETWORK_SIGNS = (
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Name or service not known",
    "Network is unreachable",
    "Connection refused",
    "Read timed out",
    "ConnectTimeoutError",
    "ProxyError",
    "from versions: none)",
)
QUIET = (
    "Requirement already satisfied",
    "  ",
    "Looking in",
    "Collecting",
    "Obtaining",
    "Processing",
)


def say(text):
    print("[setup] " + text, flush=True)


def stop(text):
    sys.exit("[setup] STOPPED: " + text)


def check_interpreter():
    """Stop with a plain sentence when this Python cannot carry the book."""
    if sys.version_info < OLDEST:
        have = ".".join(str(part) for part in sys.version_info[:3])
        need = ".".join(str(part) for part in OLDEST)
        stop(
            f"this is Python {have} ({sys.executable}), and the book needs {need} or newer.\n"
            f"Name another one: make book PYTHON=python{need}"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            f"`python3 -m venv` is missing from {sys.executable}.\n"
            "On Debian and Ubuntu, install the package python3-venv."
        )


def create_venv():
    """Create .venv unless a working one is there."""
    if os.path.exists(VENV_PYTHON):
        works = subprocess.run([VENV_PYTHON, "-m", "pip", "--version"], capture_output=True)
        if works.returncode == 0:
            return
        say(".venv does not work (moved, or its Python is gone): making it anew")
    say("creating .venv with Python {}.{}".format(*sys.version_info[:2]))
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV])
    if made.returncode:
        stop(f"`{sys.executable} -m venv .venv` failed; the lines above say why.")


def quiet_kernels():
    """Keep notebook kernels from warning, once a notebook, that loopback is not encrypted."""
    folder = os.path.join(ROOT, ".venv", "etc", "ipython")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "ipython_kernel_config.py"), "w") as stream:
        stream.write("c.IPKernelApp.log_level = 40  # errors only\n")


def pip(*arguments):
    """Run pip, show what it says, and explain a failure."""
    command = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    process = subprocess.Popen(
        command + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if not line.startswith(QUIET) and "is neither a file nor" not in line:
            print(line[:200].rstrip(), flush=True)
    if process.wait():
        text = "".join(said)
        if any(sign in text for sign in NETWORK_SIGNS):
            stop("pip cannot reach a package index: no network? The first run needs one.")
        stop("pip failed; the lines above say why.")


def fingerprint(files):
    digest = hashlib.sha256(sys.version.encode())
    for name in files:
        with open(os.path.join(ROOT, name), "rb") as stream:
            digest.update(stream.read())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stamp", required=True, help="file that records what was installed")
    parser.add_argument("requirements", nargs="+", help="requirements files, in order")
    options = parser.parse_args()
    check_interpreter()
    stamp = os.path.join(ROOT, options.stamp)
    wanted = fingerprint([*options.requirements, "pyproject.toml"])
    if os.path.exists(VENV_PYTHON) and os.path.exists(stamp):
        with open(stamp) as stream:
            if stream.read() == wanted:
                os.utime(stamp)
                return
    create_venv()
    quiet_kernels()
    say("installing " + ", ".join(options.requirements) + " (the first time takes minutes)")
    for name in options.requirements:
        pip("install", "-r", os.path.join(ROOT, name))
    say("installing snnbook from this folder")
    pip("install", "--no-deps", "--no-build-isolation", "-e", ROOT)
    with open(stamp, "w") as stream:
        stream.write(wanted)


if __name__ == "__main__":
    main()
