"""Pages and their files over HTTP: policy, caching, languages, and nothing served that should not be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.api import Api, Reply

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["/", "/console/", "/admin/", "/kiosk/"]


async def fetch(api: Api, path: str, method: str = "GET", **headers: str) -> Reply:
    return await api.call(method, path, headers=headers)


@pytest.mark.gen_test
@pytest.mark.parametrize("path", PAGES)
async def test_page_comes_under_a_strict_policy(api: Api, path: str) -> None:
    reply = await fetch(api, path)
    assert reply.status == 200
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    html = reply.raw.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)
    for address in re.findall(r'(?:src|href)="([^"#]+)"', html):
        assert (await fetch(api, address)).status == 200, address


@pytest.mark.gen_test
@pytest.mark.parametrize("path", [*PAGES, "/static/base/api.js", "/static/i18n/ar.json", "/static/base/tokens.css"])
async def test_browser_asks_again_and_is_told_nothing_changed(api: Api, path: str) -> None:
    first = await fetch(api, path)
    assert "no-cache" in first.headers["Cache-Control"]
    second = await fetch(api, path, If_None_Match=first.headers["Etag"])
    assert (second.status, second.raw) == (304, b"")
    head = await fetch(api, path, "HEAD")
    assert (head.status, head.headers["Etag"]) == (200, first.headers["Etag"])


@pytest.mark.gen_test
@pytest.mark.parametrize("path", ["/console", "/admin", "/kiosk"])
async def test_pages_need_no_trailing_slash(api: Api, path: str) -> None:
    assert (await fetch(api, path)).status == 200


@pytest.mark.gen_test
async def test_page_speaks_the_language_asked_for(api: Api) -> None:
    arabic = (await fetch(api, "/console/", Accept_Language="ar")).raw.decode()
    assert '<html lang="ar" dir="rtl">' in arabic
    spanish = (await fetch(api, "/console/", Accept_Language="ar", Cookie="lang=es")).raw.decode()
    assert '<html lang="es" dir="ltr">' in spanish
    assert '<html lang="fr"' in (await fetch(api, "/console/?lang=fr")).raw.decode()
    assert '<html lang="en"' in (await fetch(api, "/console/?lang=%FF%00")).raw.decode()


@pytest.mark.gen_test
@pytest.mark.parametrize(
    "path",
    [
        "/static/base/page.html",
        "/static/patient/ticket.html",
        "/static/../config/settings.py",
        "/static/%2e%2e/pyproject.toml",
        "/static/..%2f..%2fetc/passwd",
        "/static/base",
        "/static/base/none.js",
        "/static/base/%00.js",
        "/kiosk/../static/base/api.js",
        "/kiosk/index.html",
    ],
)
async def test_nothing_else_is_served(api: Api, path: str) -> None:
    assert (await fetch(api, path)).status in (400, 404)


@pytest.mark.gen_test
async def test_unknown_ticket_is_a_friendly_page(api: Api) -> None:
    reply = await fetch(api, "/t/<script>alert(1)</script>")
    assert reply.status == 404
    reply = await fetch(api, "/t/0123456789abcdef0123")
    assert (reply.status, reply.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "This ticket is not known here" in reply.raw.decode()


@pytest.mark.gen_test
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_pages_are_only_read(api: Api, method: str) -> None:
    for path in ("/console/", "/t/0123456789abcdef0123", "/static/base/api.js"):
        reply = await fetch(api, path, method, Accept="text/html")
        reply.problem(405, "method_not_allowed")
        assert reply.headers["Allow"] == "GET, HEAD"


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("*/*", True),
        ("", True),
        ("application/json;q=0.5, text/html", True),
        ("application/json;q=x, */*", True),
        ("application/json", False),
        ("application/problem+json, */*;q=0.1", False),
        ("text/html;q=0.2, application/json", False),
    ],
)
async def test_a_missing_page_is_a_page_for_people_and_a_problem_for_programs(
    api: Api, accept: str, page: bool
) -> None:
    reply = await fetch(api, "/t/0123456789abcdef0123", Accept=accept)
    if page:
        assert (reply.status, reply.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    else:
        reply.problem(404, "not_found")


def test_modules_never_turn_data_into_markup() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    for module in [*ROOT.glob("static/**/*.js"), *ROOT.glob("kiosk/**/*.js")]:
        assert not forbidden.search(module.read_text(encoding="utf-8")), module.name


@pytest.mark.gen_test
async def test_unknown_address_is_a_page_for_people_and_a_problem_for_programs(api: Api) -> None:
    browser = "text/html,application/xhtml+xml,*/*;q=0.8"
    page = await fetch(api, "/nope", Accept=browser, Accept_Language="fr")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert '<html lang="fr"' in page.raw.decode()
    assert "default-src 'none'; script-src 'self'" in page.headers["Content-Security-Policy"]
    for path, accept in (("/nope", "application/json"), ("/nope", "*/*"), ("/api/nope/", browser), ("/api", browser)):
        (await fetch(api, path, Accept=accept)).problem(404, "not_found")
    (await fetch(api, "/nope", "POST", Accept=browser)).problem(404, "not_found")
