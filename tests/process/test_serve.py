"""Starting and stopping: what is printed, what is refused, what is left on disk, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import stat
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.process.conftest import Run, Serving, one_line

Serve = Callable[..., Serving]


def fetch(url: str, body: object = None, context: ssl.SSLContext | None = None, token: object = "") -> dict[str, Any]:
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20, context=context) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def test_a_first_start_says_where_it_listens_and_whom_it_made(serve: Serve, environment: dict[str, str]) -> None:
    server = serve()
    assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+", server.lines[-1])
    (made,) = (line for line in server.lines if line.startswith("first administrator: "))
    found = re.fullmatch(r"first administrator: (\S+) / (\S+) \(.+\)", made)
    assert found is not None
    login = {"username": found[1], "password": found[2]}
    assert fetch(f"{server.url}/api/token/", login)["token_type"] == "Bearer"
    secret = Path(environment["DATA_DIR"]) / "jwt-secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert server.stop() == 0
    again = serve()
    assert not [line for line in again.lines if "administrator" in line]
    assert fetch(f"{again.url}/api/token/", login)["token_type"] == "Bearer"
    assert found[2] not in server.errors()


def test_the_demo_prints_logins_that_work(serve: Serve) -> None:
    server = serve("--demo")
    logins = [
        line.removeprefix("demo login: ").split(" / ") for line in server.lines if line.startswith("demo login: ")
    ]
    roles = set()
    for username, password in logins:
        user = fetch(f"{server.url}/api/token/", {"username": username, "password": password})["user"]
        assert isinstance(user, dict)
        roles.add(user["role"])
    assert roles == {"patient", "doctor", "receptionist", "admin"}


def test_a_request_under_way_is_finished(serve: Serve) -> None:
    server = serve(ADMIN_USERNAME="boss", ADMIN_PASSWORD="boss-password")
    address = urlsplit(server.url)
    body = b'{"username":"boss","password":"boss-password"}'
    head = b"POST /api/token/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=20) as connection:
        connection.sendall(head)
        assert b"100 (Continue)" in connection.recv(1000)
        server.process.send_signal(signal.SIGTERM)
        _refuses(address.hostname, address.port)
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")
    assert server.process.wait(20) == 0


def _refuses(host: str | None, port: int | None) -> None:
    """Returns once nothing is accepted any more."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection((str(host), int(port or 0)), timeout=2).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError("new connections are still accepted")


def test_while_the_database_is_away_it_listens_and_says_so_and_ends_cleanly(serve: Serve) -> None:
    # Nothing answers at this address.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        server = serve(MONGODB_URI=f"mongodb://127.0.0.1:{silent.getsockname()[1]}/")
        assert fetch(f"{server.url}/healthz") == {"status": "ok"}
        for path in ("/readyz", "/api/doctors/", "/api/me/"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                fetch(server.url + path)
            assert (refused.value.code, json.load(refused.value)["code"]) == (503, "storage_unavailable")
            assert refused.value.headers["Retry-After"]
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("CLINIC_TIMEZONE", "Mars/Olympus"),
        ("JWT_SECRET", "too short"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,everyone"),
        ("PUBLIC_URL", "clinic.example"),
        ("LOG_LEVEL", "CHATTY"),
        ("SELF_JOIN", "maybe"),
        ("TWILIO_API_URL", "http://api.example"),
        ("TLS_CERT", "/nowhere.pem"),
        ("ADMIN_USERNAME", "boss"),
        ("TWILIO_FROM_NUMBER", "+12025550100"),
        ("TWILIO_MESSAGING_SERVICE_SID", "MG00000000000000000000000000000000"),
        ("TWILIO_ACCOUNT_SID", "my account"),
        ("DAY_STARTS_AT", "dawn"),
        ("DEMO", "perhaps"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(run: Run, setting: str, value: str) -> None:
    done = run("serve", **{setting: value})
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert setting in line
    assert not re.search("Input should|valid|pars|tag", line), line
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("username", "password", "variable"),
    [
        ("ab", "boss-password", "ADMIN_USERNAME"),
        ("the boss", "boss-password", "ADMIN_USERNAME"),
        ("boss", "short", "ADMIN_PASSWORD"),
        ("boss", "x" * 73, "ADMIN_PASSWORD"),
    ],
)
def test_an_administrator_who_cannot_be_is_one_clear_line(
    run: Run, username: str, password: str, variable: str
) -> None:
    done = run("serve", ADMIN_USERNAME=username, ADMIN_PASSWORD=password)
    assert one_line(done, 2).startswith(f"{variable}: must ")
    assert password not in done.stderr


def test_every_wrong_setting_gets_its_line(run: Run) -> None:
    done = run("serve", PORT="eighty", CLINIC_TIMEZONE="Mars/Olympus", DEFAULT_COUNTRY="XX")
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["PORT", "CLINIC_TIMEZONE", "DEFAULT_COUNTRY"]


def test_a_taken_port_and_an_unreadable_certificate_are_one_line(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", PORT=str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "PORT" in done.stderr
    (tmp_path / "bad.pem").write_text("no certificate")
    done = run("serve", TLS_CERT=str(tmp_path / "bad.pem"), TLS_KEY=str(tmp_path / "bad.pem"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "TLS_CERT" in done.stderr


def test_https_directly(serve: Serve, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        (
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ),
        check=True,
        capture_output=True,
    )
    server = serve(TLS_CERT=str(certificate), TLS_KEY=str(key))
    assert server.url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=str(certificate))
    with urllib.request.urlopen(f"{server.url}/healthz", timeout=20, context=context) as answer:
        assert answer.headers["Strict-Transport-Security"]
    assert server.stop() == 0


def test_logs_hold_no_personal_data(serve: Serve) -> None:
    server = serve(LOG_LEVEL="DEBUG", LOG_FORMAT="json")
    person = {
        "name": "Ada Byron",
        "phone": "+12025550123",
        "sms_consent": True,
        "username": "ada.byron",
        "password": "ada-password",
    }
    fetch(f"{server.url}/api/patients/", person)
    session = fetch(f"{server.url}/api/token/", {"username": "ada.byron", "password": "ada-password"})
    ticket = "t" * 22
    with pytest.raises(urllib.error.HTTPError):
        fetch(f"{server.url}/api/tickets/{ticket}/")
    assert server.stop() == 0
    written = server.errors()
    lines = [json.loads(line) for line in written.splitlines()]
    assert [line["route"] for line in lines if line["event"] == "request"][-1] == "/api/tickets/{ticket_id}/"
    assert all(line["request_id"] for line in lines if line["event"] == "request")
    for secret in ("Ada", "Byron", "byron", "5550123", "ada-password", str(session["access"]), ticket):
        assert secret not in written
