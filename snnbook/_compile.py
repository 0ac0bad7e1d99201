"""Numba behind one decorator: a cache that knows all sources, and that may be missing.

Numba keeps compiled code on disk and looks at the file of the function alone, so an edit of
another function that it calls goes unseen. Here the name of a stored file has a hash of all
sources in the folder of the function, and compiled functions call none outside of it.
"""

import hashlib
import inspect
import math
import sys
import threading
import time
import warnings
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

import llvmlite
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache
from numba.core.dispatcher import Dispatcher
from numba.core.sigutils import normalize_signature

from snnbook.notebook import is_live


def compiled(**options) -> Callable:
    """Return a decorator: ``numba.njit`` with these options and the cache of this file."""

    def decorate(function):
        dispatcher = numba.njit(**options)(function)
        if isinstance(dispatcher, Dispatcher):  # NUMBA_DISABLE_JIT gives the function itself
            dispatcher._cache = _cache_of(function)
            dispatcher.compile = _WAITING.around(dispatcher.compile)
        return dispatcher

    return decorate


def _cache_of(function):
    """Return a cache on disk, or one that keeps nothing where no folder can be written."""
    try:
        return _Cache(function)
    except (OSError, RuntimeError):
        _say_not_stored()
        return _NoCache()


@lru_cache(maxsize=8)
def _hash(files: tuple[tuple[str, int, int], ...]) -> str:
    """Return the hash of files given as (path, date, size): the last two tell of an edit."""
    whole = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    for path, _, _ in files:
        source = Path(path).read_bytes()
        whole.update(f"{Path(path).name} {len(source)} ".encode())
        whole.update(source)
    return whole.hexdigest()[:16]


def source_hash(function) -> str:
    """Return the hash of all sources in the folder of ``function``, of this file and of Numba."""
    folder = Path(inspect.getfile(function)).parent
    paths = [Path(__file__), *sorted(folder.glob("*.py"))]
    dated = ((str(path), path.stat()) for path in paths)
    return _hash(tuple((path, found.st_mtime_ns, found.st_size) for path, found in dated))


class _Files(CompileResultCacheImpl):
    """Names the files of a function after the hash of the sources, not after its line."""

    def __init__(self, function) -> None:
        self.hash = source_hash(function)
        super().__init__(function)

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        self.function = fullname.replace("<", "").replace(">", "")
        python = f"py{sys.version_info[0]}{sys.version_info[1]}{abiflags}"
        return f"{self.function}-{self.hash}.{python}"


class _Cache(FunctionCache):
    """Compiled code on disk: what cannot be read is compiled again, what is old goes."""

    _impl_class = _Files

    def load_overload(self, sig, target_context):
        try:
            found = super().load_overload(sig, target_context)
            if found is not None and found.signature.args != normalize_signature(sig)[0]:
                found = None  # two processes stored two signatures under one number
        except Exception:  # a damaged file must not stop a run: what Numba raises then is open
            self._start_again()
            found = None
        if found is None:
            _WAITING.begin()
        return found

    def save_overload(self, sig, data) -> None:
        try:
            super().save_overload(sig, data)
            self._remove_old()
        except OSError:
            _say_not_stored()

    def _start_again(self) -> None:
        try:
            self.flush()
        except OSError:
            _say_not_stored()

    def _remove_old(self) -> None:
        """Delete what this Python stored for this function under other sources."""
        python = self._impl.filename_base.rpartition(".")[2]
        for path in Path(self.cache_path).glob(f"{self._impl.function}-*.{python}*.nb[ic]"):
            if not path.name.startswith(self._impl.filename_base):
                path.unlink(missing_ok=True)


class _NoCache(NullCache):
    def load_overload(self, sig, target_context) -> None:
        _WAITING.begin()


class _Waiting:
    """Tells who watches that machine code is being made: the first time at once, then if it lasts.

    The backward pass, and another kind of network or of numbers, need code of their own.
    """

    #: Seconds that a later one may take in silence, and between two lines.
    PATIENCE, PAUSE = 1.0, 10.0

    def __init__(self) -> None:
        self.depth, self.timer, self.last = 0, None, -math.inf

    def begin(self) -> None:
        """Note that machine code is missing, inside of a call of :meth:`around`."""
        if self.timer is None:
            self.timer = threading.Timer(self.PATIENCE, self._say)
            self.timer.daemon = True
            if self.last == -math.inf:
                self._say()
            else:
                self.timer.start()

    def around(self, compile: Callable) -> Callable:
        """Return ``compile``, which may call itself through others, with an end to the waiting."""

        def watched(*given):
            self.depth += 1
            try:
                return compile(*given)
            finally:
                self.depth -= 1
                if not self.depth and self.timer is not None:
                    self.timer.cancel()
                    self.timer = None

        return watched

    def _say(self) -> None:
        stream, now = sys.stderr, time.monotonic()
        if now - self.last < self.PAUSE or stream is None:
            return
        what = "more of the time loops" if self.last > -math.inf else "the time loops"
        self.last = now
        if stream.isatty() or is_live():
            print(
                f"snnbook: compiling {what} for this machine; this takes some seconds, once.",
                file=stream,
                flush=True,
            )


_WAITING = _Waiting()


@cache
def _say_not_stored() -> None:
    warnings.warn(
        "Compiled loops cannot be stored, because no folder for them can be written, so every "
        "process compiles them again; NUMBA_CACHE_DIR may name a folder that can be written.",
        RuntimeWarning,
        stacklevel=2,
    )
