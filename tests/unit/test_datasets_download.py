"""Downloads: taken up where they broke off, checked, and done once for all processes."""

import dataclasses
import hashlib
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from optimization.engine.datasets.download import CHUNK_BYTES, TRIES, DownloadFailed, fetch
from optimization.engine.datasets.registry import RemoteFile

CONTENT = bytes(range(256)) * 4000
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("keras_home")


@dataclasses.dataclass
class Plan:
    """How the server answers: how many bytes before it breaks off, by request; and whether it knows ranges."""

    cuts: list[int] = dataclasses.field(default_factory=list)
    knows_ranges: bool = True
    asked: list[str | None] = dataclasses.field(default_factory=list)
    may_answer: threading.Event = dataclasses.field(default_factory=threading.Event)


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        plan = self.server.plan
        wanted = self.headers["Range"]
        plan.asked.append(wanted)
        plan.may_answer.wait(60)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and plan.knows_ranges else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        cut = plan.cuts.pop(0) if plan.cuts else None
        self.wfile.write(CONTENT[start:] if cut is None else CONTENT[start : start + cut])
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.plan = Plan()
    server.plan.may_answer.set()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.plan.may_answer.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def plan(server):
    return server.plan


@pytest.fixture
def file(server):
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return RemoteFile(path="data/set.bin", url=f"http://127.0.0.1:{server.server_address[1]}/set.bin", sha256=sha256)


def left_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock"))


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(tmp_path, plan, file):
    plan.cuts = [4 * CHUNK_BYTES, 8 * CHUNK_BYTES]
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert plan.asked == [None, f"bytes={4 * CHUNK_BYTES}-", f"bytes={12 * CHUNK_BYTES}-"]
    assert left_in(tmp_path) == ["set.bin"]


def test_another_call_takes_up_what_an_interrupted_one_left(tmp_path, plan, file):
    plan.cuts = [CHUNK_BYTES] * TRIES
    with pytest.raises(DownloadFailed, match="cannot be fetched"):
        fetch(file, tmp_path)
    assert left_in(tmp_path) == ["set.bin.partial"]
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert plan.asked[-1] == f"bytes={TRIES * CHUNK_BYTES}-"


def test_a_server_that_knows_no_ranges_sends_all_of_it_again(tmp_path, plan, file):
    plan.cuts, plan.knows_ranges = [300_000], False
    assert fetch(file, tmp_path).read_bytes() == CONTENT


def test_what_was_left_of_another_version_is_thrown_away(tmp_path, plan, file):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "set.bin.partial").write_bytes(b"x" * 1000)
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert plan.asked == ["bytes=1000-", None]


def test_a_partial_file_that_is_complete_is_not_fetched_again(tmp_path, plan, file):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "set.bin.partial").write_bytes(CONTENT)
    assert fetch(file, tmp_path).read_bytes() == CONTENT
    assert plan.asked == [f"bytes={len(CONTENT)}-"]


@pytest.mark.parametrize(
    ("sums", "kind"), [({"sha256": "0" * 64}, "SHA-256"), ({"sha256": "", "md5": "0" * 32}, "MD5")]
)
def test_a_wrong_checksum_is_told_and_leaves_nothing(tmp_path, file, sums, kind):
    with pytest.raises(DownloadFailed, match=f"wrong checksum .{kind} .*, expected 000"):
        fetch(dataclasses.replace(file, **sums), tmp_path)
    assert left_in(tmp_path) == []


def test_md5_serves_where_nothing_better_is_known(tmp_path, file):
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    assert fetch(dataclasses.replace(file, sha256="", md5=md5), tmp_path).is_file()


def test_two_processes_at_once_download_once(tmp_path, plan, file):
    plan.may_answer.clear()
    script = (
        "from pathlib import Path\n"
        "from optimization.engine.datasets.download import fetch\n"
        "from optimization.engine.datasets.registry import RemoteFile\n"
        "print('asks', flush=True)\n"
        f"print(fetch({file!r}, Path({str(tmp_path)!r})).stat().st_size)\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [process.stdout.readline() for process in both] == ["asks\n", "asks\n"]
    plan.may_answer.set()
    assert [process.communicate(timeout=60)[0] for process in both] == [f"{len(CONTENT)}\n"] * 2
    assert [process.returncode for process in both] == [0, 0]
    assert plan.asked == [None]
