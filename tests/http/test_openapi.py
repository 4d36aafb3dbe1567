"""The API's description reads as people wrote it, and refusals are in plain words."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.api import Api
from tests.http.roles import People
from tests.http.test_problems import WRITES, allowed_caller, path_of

# What pydantic says of its own accord.
RAW = re.compile(r"\b(Input|String|List|valid|parse|tag|discriminator|Value error|pydantic|should)\b")


@pytest.mark.gen_test
async def test_schema_names_hold_no_module_paths(api: Api) -> None:
    described = (await api.get("/api/openapi.json")).ok()
    names = set(described["components"]["schemas"])
    assert all(re.fullmatch("[A-Z][A-Za-z]+", name) for name in names), names
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert used <= names


@pytest.mark.gen_test
async def test_a_transfer_names_both_of_its_successes(api: Api) -> None:
    described = (await api.get("/api/openapi.json")).ok()
    responses = described["paths"]["/api/tickets/{ticket_id}/transfer/"]["post"]["responses"]
    assert responses["200"]["content"] == responses["202"]["content"]
    assert responses["202"]["description"] != responses["200"]["description"]


@pytest.mark.gen_test
async def test_every_socket_is_described_for_itself(api: Api) -> None:
    sockets = (await api.get("/api/openapi.json")).ok()["x-websockets"]
    assert len({socket["summary"] for socket in sockets}) == len(sockets) == 4


def junk(properties: dict[str, Any], value: object) -> bytes:
    return json.dumps(dict.fromkeys(properties, value)).encode()


@pytest.mark.gen_test(timeout=60)
async def test_wrong_values_are_told_in_plain_words(people: People) -> None:
    for method, pattern, found in WRITES:
        assert found.body is not None
        caller = allowed_caller(people, method, pattern)
        for value in (7, -(2**62), "", "x" * 2000, [], [7], {}, {"a": 1}, True, None, 1.5, "2026-99-99"):
            reply = await caller.call(method, path_of(pattern), junk(found.body.model_fields, value))
            if reply.status == 422:
                for error in reply.json["errors"]:
                    assert error["message"], f"{method} {pattern} {value!r}"
                    assert not RAW.search(error["message"]), f"{method} {pattern} {value!r}: {error}"


@pytest.mark.gen_test
async def test_the_icon_browsers_ask_for_is_there(api: Api) -> None:
    icon = await api.get("/favicon.ico")
    assert (icon.status, icon.headers["Content-Type"]) == (200, "image/svg+xml")
    assert icon.raw == (await api.get("/static/base/icon.svg")).raw


@pytest.mark.gen_test
async def test_a_bad_token_is_refused_on_the_documentation_s_page_too(api: Api) -> None:
    assert (await api.get("/api/docs/")).status == 200
    (await api.get("/api/docs/", Authorization="Bearer nonsense")).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_a_method_is_refused_in_one_spelling(api: Api) -> None:
    titles = {
        (await api.call("DELETE", path)).problem(405, "method_not_allowed")["title"]
        for path in ("/healthz", "/ws/console/", "/api/doctors/")
    }
    assert titles == {"Method not allowed"}
