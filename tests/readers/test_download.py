"""Downloads from a server of our own that fails in every way, and what is left behind."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import socket
import threading
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from patience import LIMIT, slowness

from snnbook import readers
from snnbook.readers import _fetch
from snnbook.readers._sources import RemoteFile, Source

BODY = bytes(range(256)) * 2000
MD5 = hashlib.md5(BODY).hexdigest()


class Server(ThreadingHTTPServer):
    """A server whose answers are set by a test; it writes down what it is asked."""

    daemon_threads = True
    #: Any number of connections may wait, however busy the machine is.
    request_queue_size = 50

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: dict[str, bytes] = {}
        self.faults: list[str] = []  # one for each request, then none
        self.asked: list[tuple[str, str | None]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args) -> None:
        pass

    def do_GET(self) -> None:
        server, asked = self.server, self.headers.get("Range")
        server.asked.append((self.path, asked))
        self.close_connection = True
        fault = server.faults.pop(0) if server.faults else ""
        body = server.bodies.get(self.path[1:])
        if fault == "silent":
            server.over.wait()
            return
        if fault == "without a reason":
            self.wfile.write(b"HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n")
            return
        if fault.isdigit() or body is None:
            self.send_error(int(fault or 404))
            return
        if fault.startswith("to "):
            self.send_response(302)
            self.send_header("Location", fault[3:])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(asked[6:-1]) if asked and fault != "ignores ranges" else 0
        if start >= len(body):
            self.send_error(416)
            return
        shift = 5 if fault == "another part" else 0
        self.send_response(206 if start or shift else 200)
        if start or shift:
            first = start + shift
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        rest = body[start + shift :]
        if fault != "no length":
            self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: len(rest) // 2] if fault == "breaks off" else rest)


@pytest.fixture
def server(monkeypatch):
    """Give a running server; no proxy stands before it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    one = Server()
    thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield one
    one.over.set()
    one.shutdown()
    thread.join()
    one.server_close()


@pytest.fixture
def offer(server, monkeypatch):
    """Give a function that puts a data set of one file on the server."""

    def put(body: bytes = BODY, name: str = "a.bin", md5: str | None = MD5, **more) -> None:
        server.bodies[name] = body
        file = RemoteFile(name, server.url + name, md5, **more)
        monkeypatch.setitem(readers.SOURCES, "set", Source((file,), "none", "the page"))

    return put


def get(folder, **more):
    """Download the set, with a limit that fits a busy machine."""
    more = {"timeout": LIMIT * slowness(0.0), "progress": False} | more
    return readers.download("set", folder, **more)


def failure(folder, **more) -> str:
    """Return the one sentence of a download that fails."""
    with pytest.raises(readers.DownloadError) as error:
        get(folder, **more)
    text = str(error.value)
    assert "\n" not in text and "Errno" not in text and ": None" not in text
    return text


def left(folder) -> dict[str, int]:
    """Return what lies in the folder of the set, with lengths."""
    return {path.name: path.stat().st_size for path in (folder / "set").glob("*")}


def test_a_file_is_fetched_once_and_written_down(tmp_path, server, offer):
    offer()
    place = get(tmp_path)
    assert place == tmp_path / "set" and (place / "a.bin").read_bytes() == BODY
    sha256 = hashlib.sha256(BODY).hexdigest()
    assert (place / "SHA256SUMS").read_text() == f"{sha256}  a.bin\n"
    assert get(tmp_path) == place and len(server.asked) == 1
    assert readers.verify("set", tmp_path) == {"a.bin": "as published"}


def test_the_bar_shows_bytes(tmp_path, offer, capfd):
    offer()
    get(tmp_path, progress=True)
    assert "a.bin" in capfd.readouterr().err


def test_a_connection_that_breaks_off_is_taken_up(tmp_path, server, offer):
    offer()
    server.faults = ["breaks off"]
    get(tmp_path)
    half = len(BODY) // 2
    assert server.asked == [("/a.bin", None), ("/a.bin", f"bytes={half}-")]
    assert set(left(tmp_path)) == {"a.bin", "SHA256SUMS"}


def test_the_next_download_goes_on_where_the_last_one_ended(tmp_path, server, offer):
    offer()
    server.faults = ["breaks off"] * 3
    assert "ended after 0.4 MB of a.bin (" in failure(tmp_path)
    assert "goes on from there" in failure_again(tmp_path, server)
    kept = left(tmp_path)["a.bin.part"]
    get(tmp_path)
    assert server.asked[-1] == ("/a.bin", f"bytes={kept}-")
    assert (tmp_path / "set" / "a.bin").read_bytes() == BODY
    assert "a.bin.part" not in left(tmp_path)


def failure_again(folder, server) -> str:
    server.faults = ["breaks off"] * 3
    return failure(folder)


@pytest.mark.parametrize("fault", ["ignores ranges", "another part"])
def test_a_server_that_knows_no_ranges_sends_all(tmp_path, server, offer, fault):
    offer()
    server.faults = ["breaks off", fault]
    get(tmp_path)
    assert (tmp_path / "set" / "a.bin").read_bytes() == BODY


def test_what_is_longer_than_the_file_is_thrown_away(tmp_path, server, offer):
    offer()
    part = tmp_path / "set" / "a.bin.part"
    part.parent.mkdir()
    part.write_bytes(BODY * 2)
    get(tmp_path)
    assert [asked for _, asked in server.asked] == [f"bytes={2 * len(BODY)}-", None]


def test_without_a_checksum_nothing_is_resumed(tmp_path, server, offer):
    offer(md5=None)
    server.faults = ["breaks off"]
    assert "download again, which starts anew" in failure(tmp_path)
    assert left(tmp_path) == {}
    get(tmp_path)
    assert server.asked[-1] == ("/a.bin", None)
    assert readers.verify("set", tmp_path) == {"a.bin": "as downloaded"}


def test_a_wrong_checksum_leaves_nothing(tmp_path, server, offer):
    offer(BODY[:-1] + b"x")
    assert "has the checksum" in (text := failure(tmp_path)) and MD5 in text
    assert left(tmp_path) == {}


def test_a_cut_that_the_server_does_not_announce(tmp_path, server, offer):
    offer(BODY[:-100])
    server.faults = ["no length"]
    assert f"in place of {MD5}" in failure(tmp_path) and left(tmp_path) == {}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("404", r"answers 404 \(Not Found\) .*look at the page"),
        ("403", "answers 403 .*look at the page"),
        ("without a reason", r"answers 404 \(without a reason\)"),
        ("500", "answers 500 .*try again later"),
        ("503", "answers 503 .*try again later"),
    ],
)
def test_an_error_of_the_server(tmp_path, server, offer, code, words):
    offer()
    server.faults = [code]
    with pytest.raises(readers.DownloadError, match=words):
        get(tmp_path)
    assert left(tmp_path) == {}


def test_redirects(tmp_path, server, offer):
    offer()
    server.bodies["b.bin"] = BODY
    server.faults = [f"to {server.url}b.bin"]
    get(tmp_path)
    assert [path for path, _ in server.asked] == ["/a.bin", "/b.bin"]
    server.faults = [f"to {server.url}a.bin"] * 20
    assert "its redirects lead nowhere" in failure(tmp_path / "other")
    server.faults = ["to ftp://127.0.0.1/a.bin"]
    assert "no web address" in failure(tmp_path / "other")
    assert left(tmp_path / "other") == {}


def test_no_redirect_from_an_encrypted_connection_to_an_open_one():
    request = urllib.request.Request("https://127.0.0.1/a")
    with pytest.raises(readers.DownloadError, match="http://127.0.0.1/b, which is not encrypted"):
        _fetch._Redirects().redirect_request(
            request, io.BytesIO(), 302, "Found", {}, "http://127.0.0.1/b"
        )


def test_nobody_listens(tmp_path, offer, server):
    offer()
    with socket.socket() as unused:  # bound and not listening: refused
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a.bin"
        readers.SOURCES["set"] = Source((RemoteFile("a.bin", url, MD5),), "", "")
        assert "the connection was refused; try again later" in failure(tmp_path)
    assert left(tmp_path) == {}


def test_offline(tmp_path, offer, monkeypatch):
    offer()

    def unknown(*args, **more):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "this machine is probably offline; connect it" in failure(tmp_path)


def test_a_silent_server(tmp_path, server, offer):
    offer()
    server.faults = ["silent"]
    assert "no answer in time; try again later" in failure(tmp_path, timeout=0.2)


def test_a_disk_without_room(tmp_path, offer, monkeypatch):
    offer()
    room = type("usage", (), {"free": 1000})
    monkeypatch.setattr(_fetch.shutil, "disk_usage", lambda place: room)
    text = failure(tmp_path)
    assert "the disk is full: a.bin needs 0.5 MB more" in text and "1000 bytes" in text
    assert left(tmp_path) == {}


def test_a_disk_that_fills_up_on_the_way(tmp_path, server, offer, monkeypatch):
    offer()
    server.faults = ["no length"]
    monkeypatch.setattr(_fetch, "open", full_after(100_000), raising=False)
    assert "the disk is full: a.bin does not fit into" in failure(tmp_path)
    assert left(tmp_path) == {}


def full_after(count: int):
    """Return ``open`` for a disk on which so many bytes have room."""

    class Full(io.FileIO):
        def write(self, chunk) -> int:
            if self.tell() + len(chunk) > count:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(chunk)

    return lambda path, mode: Full(path, mode) if "r" not in mode else open(path, mode)


def test_a_folder_that_cannot_be_written(tmp_path, offer):
    offer()
    (tmp_path / "set").write_text("a file where the folder should be")
    assert "cannot be written" in failure(tmp_path)


def archive(members: dict[str, bytes]) -> bytes:
    """Return a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, body in members.items():
            file.writestr(name, body)
    return packed.getvalue()


def put_archive(offer, packed: bytes, **more) -> None:
    more = {"md5": hashlib.md5(packed).hexdigest()} | more
    offer(packed, name="a.zip", **more)


def test_one_member_is_unpacked_and_the_archive_deleted(tmp_path, server, offer):
    put_archive(offer, archive({"a.h5": BODY}), member="a.h5")
    place = get(tmp_path)
    assert (place / "a.h5").read_bytes() == BODY and set(left(tmp_path)) == {"a.h5", "SHA256SUMS"}
    assert readers.verify("set", tmp_path) == {"a.h5": "as downloaded"}
    get(tmp_path)
    assert len(server.asked) == 1
    (place / "a.h5").write_bytes(BODY[:-1])
    with pytest.raises(ValueError, match="a.h5 has another checksum than the published file"):
        readers.verify("set", tmp_path)


@pytest.mark.parametrize(
    ("members", "more", "words"),
    [
        ({"../a.h5": b"x"}, {"member": "a.h5"}, r"holds '../a.h5', a name that leads out"),
        ({"/etc/a.h5": b"x"}, {"member": "a.h5"}, "holds '/etc/a.h5', a name that leads out"),
        ({"b.h5": b"x"}, {"member": "a.h5"}, "does not hold a.h5"),
        ({"recordings/1.wav": b""}, {"count": 2, "md5": None}, "holds 1 recordings in place of 2"),
    ],
)
def test_an_archive_that_is_not_what_it_should_be(tmp_path, offer, members, more, words):
    put_archive(offer, archive(members), **more)
    with pytest.raises(readers.DownloadError, match=words) as error:
        get(tmp_path)
    assert "it was deleted" in str(error.value)
    assert left(tmp_path) == {} and [path.name for path in tmp_path.iterdir()] == ["set"]


def test_a_damaged_archive(tmp_path, offer):
    whole = archive({"recordings/1.wav": BODY})
    put_archive(offer, whole[:-50], md5=None)
    assert "is no sound archive (all of it is damaged)" in failure(tmp_path)
    put_archive(offer, whole.replace(BODY[:100], b"x" * 100, 1), md5=None)
    assert "is no sound archive (recordings/1.wav is damaged)" in failure(tmp_path)
    damaged = archive({"a.h5": BODY}).replace(BODY[:100], b"x" * 100, 1)
    put_archive(offer, damaged, member="a.h5")
    assert "a.zip is damaged; it was deleted" in failure(tmp_path)
    assert left(tmp_path) == {}


def test_verify_looks_inside_of_what_was_packed_anew(tmp_path, offer):
    content = hashlib.md5(BODY).hexdigest()
    offer(gzip.compress(BODY), name="a.gz", md5="0" * 32, content=content)
    place = tmp_path / "set"
    place.mkdir()
    (place / "a.gz").write_bytes(gzip.compress(BODY, 1))
    (place / "a").write_bytes(BODY)
    assert readers.verify("set", tmp_path) == dict.fromkeys(("a.gz", "a"), "as published")
    (place / "a.gz").write_bytes(gzip.compress(BODY)[:-9])
    with pytest.raises(ValueError, match="a.gz is no sound gzip file"):
        readers.verify("set", tmp_path)
    with pytest.raises(FileNotFoundError, match="no file of 'set' lies in"):
        readers.verify("set", tmp_path / "none")


def test_what_no_program_may_fetch(tmp_path):
    with pytest.raises(ValueError, match="no program may fetch: get it by hand from https://"):
        readers.download("dvs_gestures", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_every_source_has_an_address_and_what_it_is_checked_by():
    for name, source in readers.SOURCES.items():
        assert source.license and source.page.startswith("http"), name
        for file in source.files:
            assert file.md5 or file.count, file.name
            assert file.md5 is None or len(file.md5) == 32
            assert file.url.startswith(("https://", "http://fashion-mnist.s3")) or not file.url


def test_where_files_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("SNNBOOK_DATA", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert readers.data_folder() == tmp_path / "snnbook"
    monkeypatch.setenv("SNNBOOK_DATA", str(tmp_path / "sets"))
    assert readers.data_folder() == tmp_path / "sets"
    assert readers.data_folder("here").name == "here"
    assert not list(tmp_path.iterdir())
