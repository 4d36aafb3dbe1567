"""What an operator does around serving."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

from handlers.routes import all_routes, entries
from tests.process.conftest import Run, Serving, one_line
from tests.process.test_serve import fetch


def test_routes_lists_every_operation_with_who_may(run: Run) -> None:
    done = run("routes")
    assert done.returncode == 0
    listed = [line.rsplit("  ", 1)[0].strip() for line in done.stdout.splitlines()]
    assert listed == list(entries(all_routes()))


def test_openapi_prints_the_description(run: Run) -> None:
    done = run("openapi")
    assert json.loads(done.stdout)["openapi"] == "3.1.0"


def test_check_says_what_is_good(run: Run) -> None:
    done = run("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["settings", "permissions", "database", "SMS"]


def test_every_mistake_about_the_first_administrator_has_a_line_and_nothing_is_called_good(run: Run) -> None:
    for command in ("check", "serve"):
        done = run(command, ADMIN_USERNAME="x", ADMIN_PASSWORD="short")
        assert (done.returncode, done.stdout) == (2, "")
        lines = [line.split(":")[0] for line in done.stderr.splitlines()]
        assert lines == ["ADMIN_USERNAME", "ADMIN_PASSWORD"]


def test_a_user_is_made_from_the_command_line(run: Run, serve: Callable[..., Serving]) -> None:
    done = run("create-user", "Boss", "--role", "admin", "--name", "The boss", stdin="boss-password\n")
    assert (done.returncode, done.stdout) == (0, "created boss (admin)\n")
    again = run("create-user", "boss", stdin="boss-password\n")
    assert (again.returncode, again.stderr) == (1, "username: is taken; choose another one\n")
    short = run("create-user", "other", stdin="short\n")
    assert (short.returncode, short.stderr) == (1, "password: must have at least 8 characters\n")
    server = serve()
    assert not [line for line in server.lines if "administrator" in line]
    assert fetch(f"{server.url}/api/token/", {"username": "boss", "password": "boss-password"})["access"]


def test_the_demo_is_made_once(run: Run) -> None:
    first, second = run("demo"), run("demo")
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout == second.stdout
    assert first.stdout.count("demo login: ") == 4


def test_a_running_server_keeps_its_directory(
    run: Run, serve: Callable[..., Serving], database: dict[str, str]
) -> None:
    if database:
        return  # any number of processes share MongoDB
    serve()
    done = run("check")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_the_demo_stays_out_of_another_clinic(run: Run) -> None:
    assert run("create-user", "boss", stdin="boss-password\n").returncode == 0
    for command, changed in (("demo", {}), ("serve", {"DEMO": "true"})):
        assert one_line(run(command, **changed), 2).startswith("DEMO: this database already holds accounts")


def test_the_demo_goes_on_with_its_own_administrator(run: Run, serve: Callable[..., Serving]) -> None:
    named = {"ADMIN_USERNAME": "boss", "ADMIN_PASSWORD": "boss-password"}
    first = serve("--demo", **named)
    assert fetch(f"{first.url}/api/token/", {"username": "boss", "password": "boss-password"})["access"]
    assert first.stop() == 0
    assert run("create-user", "other", stdin="other-password\n").returncode == 0
    assert run("demo").returncode == 0
    assert serve("--demo", **named).stop() == 0


def test_check_does_not_wait_for_a_database_that_is_away(run: Run) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"mongodb://127.0.0.1:{silent.getsockname()[1]}/"
        for command in ("check", "demo"):
            done = run(command, MONGODB_URI=address)
            assert (done.returncode, done.stderr) == (1, "MONGODB_URI: the MongoDB does not answer\n")


def test_a_directory_that_cannot_be_used_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for directory in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nobody-makes-this")):
        assert one_line(run("check", DATA_DIR=str(directory)), 2).startswith(f"DATA_DIR: {directory} ")
        own = {"JWT_SECRET": "a secret that is long enough to be one", "MONGODB_URI": ""}
        assert one_line(run("check", DATA_DIR=str(directory), **own), 2).startswith(f"DATA_DIR: {directory} ")


def test_a_kept_secret_that_is_too_short_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "jwt-secret").write_text("short")
    assert "shorter than 32 bytes" in one_line(run("check", DATA_DIR=str(tmp_path)), 2)
