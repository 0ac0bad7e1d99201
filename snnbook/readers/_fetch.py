"""One file over HTTP: into a temporary name, resumed where that is safe, checked, then renamed."""

import errno
import hashlib
import http.client
import os
import shutil
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

#: Bytes that are read at once.
CHUNK = 1 << 16
#: How often a connection that broke off is taken up again within one call.
ATTEMPTS = 3
FULL = (errno.ENOSPC, errno.EDQUOT)


class DownloadError(OSError):
    """A file could not be fetched; the message says why and what to do, and nothing is half done.

    What arrived of a file with a known checksum stays under a name that ends in ``.part``, which
    no reader takes, and the next download goes on from there.

    Examples
    --------
    >>> issubclass(DownloadError, OSError)
    True
    """


class _Broken(Exception):
    """The connection ended before the file did."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow to another address, but never from an encrypted connection to an open one."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        safe = {"https": ("https",)}.get(urlsplit(req.full_url).scheme, ("http", "https"))
        if urlsplit(newurl).scheme not in safe:
            fp.close()
            raise DownloadError(
                f"{urlsplit(req.full_url).netloc} leads on to {newurl}, which is not encrypted or "
                "no web address; look at the page of the data set for another address"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(
    url: str,
    path: Path,
    md5: str | None = None,
    *,
    timeout: float = 30.0,
    advance: Callable[[int, int | None], None] = lambda got, size: None,
) -> None:
    """Fetch one file, or raise :class:`DownloadError`; ``path`` is then as it was before.

    ``advance`` is called with the bytes that are there and those of the whole file, if known.
    Without a checksum nothing is resumed: two versions could meet in one file.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if md5 is None:
            part.unlink(missing_ok=True)
        _with_patience(url, part, timeout, advance, resume=md5 is not None)
        _check(url, part, md5)
        os.replace(part, path)
    except DownloadError:
        if md5 is None:
            part.unlink(missing_ok=True)
        raise
    except OSError as error:
        if error.errno in FULL:
            part.unlink(missing_ok=True)
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> DownloadError:
    """Return what to say when a file cannot be written."""
    if error.errno in FULL:
        return DownloadError(
            f"the disk is full: {path.name} does not fit into {path.parent}; make room or give "
            "another folder"
        )
    return DownloadError(f"{path.parent} cannot be written ({error.strerror}); give another folder")


def _with_patience(url: str, part: Path, timeout: float, advance: Callable, resume: bool) -> None:
    """Fetch what is missing of a file, some times again if the connection breaks off."""
    for attempt in range(ATTEMPTS):
        before = _length(part)
        try:
            _once(url, part, timeout, advance)
            return
        except _Broken as broken:
            got = _length(part)
            if resume and got > before and attempt < ATTEMPTS - 1:
                continue
            then = "goes on from there" if resume else "starts anew"
            raise DownloadError(
                f"the connection to {urlsplit(url).netloc} ended after {size_of(got)} of "
                f"{part.name.removesuffix('.part')} ({broken}); download again, which {then}"
            ) from None


def _once(url: str, part: Path, timeout: float, advance: Callable) -> None:
    """Ask for what is missing and append it."""
    have = _length(part)
    response = _open(url, have, timeout)
    if response is None:  # what is there is no beginning of this file
        have = 0
        response = _open(url, 0, timeout)
    with response:
        if response.status != 206:
            have = 0  # the server sends the whole file
        length = response.headers.get("Content-Length") or ""
        size = have + int(length) if length.isdigit() else None
        _check_room(part, None if size is None else size - have)
        with open(part, "ab" if have else "wb") as file:
            _copy(response, file, have, size, advance)


def _copy(response, file, have: int, size: int | None, advance: Callable) -> None:
    advance(have, size)
    while True:
        try:
            chunk = response.read(CHUNK)
        except http.client.IncompleteRead as error:
            file.write(error.partial)
            raise _Broken("it broke off") from None
        except (http.client.HTTPException, OSError) as error:
            raise _Broken(_words(error)) from None
        if not chunk:
            break
        file.write(chunk)
        have += len(chunk)
        advance(have, size)
    if size is not None and have < size:
        raise _Broken(f"{size_of(size)} were announced")


def _open(url: str, have: int, timeout: float):
    """Return the response to a request from byte ``have`` on; None where it gives another part."""
    host = urlsplit(url).netloc
    headers = {"User-Agent": "snnbook", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        request = urllib.request.Request(url, headers=headers)
        response = urllib.request.build_opener(_Redirects).open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:
            return None
        reason = (error.reason or "without a reason").splitlines()[0]
        raise DownloadError(
            f"{host} answers {error.code} ({reason}) to {url}; {_what_to_do(error.code)}"
        ) from None
    except DownloadError:
        raise
    except (http.client.HTTPException, OSError) as error:  # URLError is an OSError
        reason = getattr(error, "reason", error)
        raise DownloadError(f"{host} cannot be reached: {_words(reason)}") from None
    found = response.headers.get("Content-Range", "")
    if response.status == 206 and not found.startswith(f"bytes {have}-"):
        response.close()
        if have:
            return None
        raise DownloadError(
            f"{host} sends a part ({found or 'it does not say which'}) in place of {url}; try "
            "again later"
        )
    return response


def _what_to_do(code: int) -> str:
    if code in (429, 500, 502, 503, 504):
        return "try again later"
    if 300 <= code < 400:
        return "its redirects lead nowhere, so look at the page of the data set"
    return "the file may have moved, so look at the page of the data set"


def _words(reason) -> str:
    """Return in a few words what a connection failed with, and what to do."""
    if isinstance(reason, socket.gaierror):
        return "its name is not known here, so this machine is probably offline; connect it"
    if isinstance(reason, ConnectionRefusedError):
        return "the connection was refused; try again later, or look for a proxy in the way"
    if isinstance(reason, TimeoutError):
        return "no answer in time; try again later, or give a longer timeout"
    if isinstance(reason, ssl.SSLError):
        return f"its certificate is not accepted ({reason.reason}); look for a proxy in the way"
    if isinstance(reason, OSError) and reason.strerror:
        return f"{reason.strerror}; try again later"
    return f"{type(reason).__name__}: {str(reason) or 'no more is known'}; try again later"


def _check_room(part: Path, missing: int | None) -> None:
    """Raise before anything is written if the disk has no room."""
    free = shutil.disk_usage(part.parent).free
    if missing is not None and missing > free:
        raise DownloadError(
            f"the disk is full: {part.name.removesuffix('.part')} needs {size_of(missing)} more, "
            f"{part.parent} has {size_of(free)}; make room or give another folder"
        )


def _check(url: str, part: Path, md5: str | None) -> None:
    found = digest(part, "md5") if md5 else None
    if found != md5:
        part.unlink()
        raise DownloadError(
            f"{url} has the checksum {found} in place of {md5}, so it is another file or was "
            "changed on its way; it was deleted, download again"
        )


def digest(path: Path, kind: str) -> str:
    """Return the checksum of a file, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(kind, usedforsecurity=False)
        ).hexdigest()


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def size_of(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count} bytes"
