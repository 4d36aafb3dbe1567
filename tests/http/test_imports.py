"""Imports over HTTP: upload, dry run, the real run by the job, the report, and who may."""

from __future__ import annotations

import asyncio
import csv
from io import StringIO
from typing import Any

import pytest

from tests.api import Api
from tests.http.clinic import Clinic
from tests.http.people import fields

pytestmark = pytest.mark.gen_test

FILE = "Nombre;Teléfono;Nacimiento\r\nAna Núñez;2025550141;17/05/1980\r\n=cmd();12;\r\n"


async def upload(admin: Api, text: str | bytes = FILE, query: str = "kind=patients", key: str | None = None) -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return (await admin.post(f"/api/imports/?{query}", raw, key=key)).ok(201)


async def settled(admin: Api, import_id: str) -> dict[str, Any]:
    """The import once nothing of it is under way."""
    while True:
        item: dict[str, Any] = (await admin.get(f"/api/imports/{import_id}/")).ok()
        if item["state"] not in ("checking", "running"):
            return item
        await asyncio.sleep(0)


async def test_a_file_is_checked_imported_and_reported_on(clinic: Clinic) -> None:
    admin = clinic.admin
    item = await upload(admin, FILE.encode("windows-1252"), "kind=patients&file=pacientes.csv")
    assert (item["encoding"], item["delimiter"], item["rows"], item["state"]) == ("windows-1252", ";", 2, "uploaded")
    assert item["chosen"] == {"name": 0, "phone": 1, "date_of_birth": 2}
    assert item["columns"][2] == {"name": "Nacimiento", "samples": ["17/05/1980"], "dates": "dmy"}
    path = f"/api/imports/{item['id']}/"
    (await admin.post(path + "start/")).problem(409, "wrong_state")
    (await admin.post(path + "check/", {"columns": item["chosen"], "language": "es"})).ok(202)
    checked = await settled(admin, item["id"])
    assert (checked["state"], checked["created"], checked["known"], checked["refused"]) == ("checked", 1, 0, 1)
    assert (await admin.get("/api/patients/", {"q": "nunez"})).ok()["items"] == []
    (await admin.post(path + "start/")).ok(202)
    done = await settled(admin, item["id"])
    assert (done["state"], done["created"], done["refused"]) == ("done", 1, 1)
    (ana,) = (await admin.get("/api/patients/", {"q": "nunez"})).ok()["items"]
    assert (ana["language"], ana["sms_consent"], ana["date_of_birth"]) == ("es", False, "1980-05-17")
    refused = (await admin.get(path + "refused/")).ok()
    assert refused["items"] == [{"row": 3, "cells": ["=cmd()", "12", ""], "reasons": ["phone"]}]
    report = await admin.get(path + "refused/export/", {"language": "fr"})
    lines = list(csv.reader(StringIO(report.raw.decode("utf-8-sig"))))
    assert lines[0][:4] == ["Nombre", "Teléfono", "Nacimiento", "Ligne"]
    assert lines[1][:4] == ["'=cmd()", "12", "", "3"]
    assert "téléphone" in lines[1][4]
    audit = (await admin.get("/api/audit/", {"subject_id": item["id"]})).ok()["items"]
    while len(audit) < 5:
        audit = (await admin.get("/api/audit/", {"subject_id": item["id"]})).ok()["items"]
    assert [row["action"] for row in audit] == [
        *("export import", "import ended", "start import", "check import", "upload import")
    ]
    assert audit[1]["detail"] == {"kind": "patients", "created": 1, "known": 0, "refused": 1}


async def test_an_upload_with_one_key_is_one_import_and_the_newest_stand_first(clinic: Clinic) -> None:
    one = await upload(clinic.admin, key="k1")
    assert (await upload(clinic.admin, key="k1"))["id"] == one["id"]
    two = await upload(clinic.admin)
    items = (await clinic.admin.get("/api/imports/")).ok()["items"]
    assert [item["id"] for item in items] == [two["id"], one["id"]]
    (await clinic.admin.delete(f"/api/imports/{one['id']}/")).ok(204)
    (await clinic.admin.get(f"/api/imports/{one['id']}/refused/")).problem(404, "not_found")


async def test_what_cannot_be_read_is_said(clinic: Clinic) -> None:
    admin = clinic.admin
    assert fields(await admin.post("/api/imports/?kind=patients", b"name\n")) == ["file"]
    assert fields(await admin.post("/api/imports/?kind=horses", FILE.encode())) == ["kind"]
    assert fields(await admin.post("/api/imports/?kind=patients&encoding=utf-8", b"n\n\xff\n")) == ["encoding"]
    item = await upload(admin, "name,born\nAna,03/04/1980\n")
    path = f"/api/imports/{item['id']}/check/"
    assert fields(await admin.post(path, {"columns": {"name": 0}})) == ["columns.phone"]
    columns = {"name": 0, "date_of_birth": 1}
    assert fields(await admin.post(path, {"columns": columns})) == ["date_order"]
    assert (await admin.post(path, {"columns": columns, "date_order": "mdy"})).ok(202)["date_order"] == "mdy"


async def test_a_file_may_be_large_but_not_without_bounds(clinic: Clinic) -> None:
    row = b"Somebody With A Long Name %d,20255%05d\n"
    text = b"name,phone\n" + b"".join(row % (at, at) for at in range(20_000))
    assert len(text) > 600_000
    assert (await upload(clinic.admin, text))["rows"] == 20_000
    (await clinic.admin.post("/api/imports/?kind=patients", b"x" * (4 * 1024 * 1024 + 1))).problem(413, "too_large")
    (await clinic.admin.post("/api/patients/", b"x" * 300_000)).problem(413, "too_large")


async def test_only_administrators_import(clinic: Clinic) -> None:
    item = await upload(clinic.admin)
    for caller in (clinic.desk, clinic.doctor, clinic.patient):
        (await caller.post("/api/imports/?kind=patients", FILE.encode())).problem(403, "forbidden")
        (await caller.get(f"/api/imports/{item['id']}/refused/export/")).problem(403, "forbidden")
