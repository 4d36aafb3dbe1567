"""The database copied to a file while a server runs on it, and back into an empty one."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

from tests.process.conftest import Run, Serving
from tests.process.test_serve import fetch

ADMIN = {"ADMIN_USERNAME": "admin", "ADMIN_PASSWORD": "a long enough password"}
LOGIN = {"username": "admin", "password": ADMIN["ADMIN_PASSWORD"]}


def elsewhere(tmp_path: Path, database: dict[str, str]) -> dict[str, str]:
    """The settings of another, empty database."""
    if database:
        return {"MONGODB_DATABASE": f"{database['mongodb_database']}_copy"}
    return {"DATA_DIR": str(tmp_path / "elsewhere")}


def test_a_backup_of_a_running_server_is_restored_elsewhere(
    run: Run, serve: Callable[..., Serving], tmp_path: Path, database: dict[str, str]
) -> None:
    server = serve(**ADMIN)
    token = fetch(f"{server.url}/api/token/", LOGIN)["access"]
    doctor = {"name": "Dr Rao", "specialty": "GP", "room": "3"}
    made = fetch(f"{server.url}/api/doctors/", doctor, token=token)
    backups = {"BACKUP_DIR": str(tmp_path / "backups")}
    done = run("backup", **backups)
    assert (done.returncode, done.stderr) == (0, "")
    [file] = (tmp_path / "backups").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert not list((tmp_path / "data").glob("copy-*"))

    there = elsewhere(tmp_path, database)
    again = run("restore", **backups, **there)
    assert (again.returncode, again.stderr) == (0, "")
    assert run("restore", **backups, **there).stderr == (
        "the database is not empty: name an empty DATA_DIR or MONGODB_DATABASE\n"
    )
    restored = serve(**there)
    assert [each["id"] for each in fetch(f"{restored.url}/api/doctors/")["items"]] == [made["id"]]
    assert fetch(f"{restored.url}/api/token/", LOGIN)["access"]


def test_what_is_no_whole_copy_is_refused_before_anything_is_written(
    run: Run, tmp_path: Path, database: dict[str, str]
) -> None:
    assert run("create-user", "boss", stdin="boss-password\n").returncode == 0
    file = tmp_path / "copy.jsonl.gz"
    assert run("export", str(file)).returncode == 0
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    there = elsewhere(tmp_path, database)
    for broken, said in (
        (gzip.compress(b"".join(lines[:-1])), "is not whole"),
        (file.read_bytes()[:-20], "cannot be read"),
        (gzip.compress(b'{"format": "something else"}\n'), "is not a copy"),
        (b"text", "cannot be read"),
    ):
        (tmp_path / "broken").write_bytes(broken)
        done = run("import", str(tmp_path / "broken"), **there)
        assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1
    assert run("import", str(file), **there).returncode == 0
    assert run("backup").stderr == "BACKUP_DIR: set it to the directory of the backups\n"
