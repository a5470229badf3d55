"""A PostgreSQL server of its own, in a folder, on a Unix socket."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

QUICK = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


def program(name: str) -> str:
    """Debian keeps the server's programs beside each other, out of the PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(places[-1]) if places else shutil.which(name)
    assert found, f"{name} is not installed; `make system` does so"
    return found


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """The address of its database, for DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:  # short: the path of a socket has its limit
        user = _user()
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        data = f"{folder}/data"
        make = [program("initdb"), "--no-sync", "--auth=trust", "--username=tests", "--encoding=UTF8", data]
        subprocess.run(make, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        control = [program("pg_ctl"), "--pgdata", data, "--wait", "--silent"]
        options = ["-k", folder, "-c", "listen_addresses=", *QUICK]
        start = [*control, "--log", f"{folder}/log", "--options", " ".join(options), "start"]
        subprocess.run(start, user=user, cwd=folder, check=True)
        try:
            yield f"postgres://tests@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "--mode", "immediate", "stop"], user=user, cwd=folder, check=True)
