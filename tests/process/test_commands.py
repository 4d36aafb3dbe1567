"""What an operator does around serving."""

from __future__ import annotations

import json
from collections.abc import Callable

from handlers.routes import all_routes, entries
from tests.process.conftest import Run, Serving
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
