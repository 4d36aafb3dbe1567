"""A ticket on paper: what is on it, and the picture that leads to the live page."""

from __future__ import annotations

import pytest

from server.app import Server
from tests.conftest import Call
from tests.http.clinic import Clinic


@pytest.mark.gen_test
async def test_the_paper_holds_the_code_and_the_way_to_the_live_page(
    clinic: Clinic, server: Server, call: Call
) -> None:
    ticket = await clinic.walk_in()
    anybody = call(server)
    page = await anybody.get(f"/t/{ticket['id']}/print", {"lang": "es", "size": "a6"})
    assert page.status == 200
    assert ticket["code"] in page.raw.decode()
    assert 'lang="es"' in page.raw.decode()
    assert "paper-a6.css" in page.raw.decode()
    assert f"/t/{ticket['id']}/qr.svg" in page.raw.decode()
    picture = await anybody.get(f"/t/{ticket['id']}/qr.svg")
    assert picture.status == 200
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert "paper-80mm.css" in (await anybody.get(f"/t/{ticket['id']}/print", {"size": "poster"})).raw.decode()


@pytest.mark.gen_test
async def test_there_is_no_paper_of_a_ticket_nobody_knows(server: Server, call: Call) -> None:
    anybody = call(server)
    assert (await anybody.get(f"/t/{'x' * 22}/print")).status == 404
    (await anybody.get(f"/t/{'x' * 22}/qr.svg")).problem(404, "not_found")
