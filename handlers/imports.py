"""`/api/imports/…`: patients and appointments from a CSV file: upload, dry run, the real run, and what was refused."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from handlers import csv_lines
from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.pages import texts
from handlers.schemas import Answer, Body, Language, PageQuery, Query
from handlers.texts import choose_language
from server.errors import NotFound, WrongState
from server.imports.columns import DateOrder, ImportKind
from server.imports.model import Import, ImportState
from server.imports.service import RefusedRow

FILE_LIMIT: Final = 4 * 1024 * 1024
EXPORT_PAGE: Final = 200


class UploadQuery(Query):
    """`encoding` and `delimiter` are guessed where they are left out; `file` is what people call the file."""

    kind: ImportKind
    file: Annotated[str, Field(max_length=200)] = ""
    encoding: Literal["utf-8", "utf-16", "windows-1252", "windows-1256"] | None = None
    delimiter: Literal["comma", "semicolon", "tab", "bar"] | None = None


DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


class CheckBody(Body):
    """`columns` is field → number of the column, from 0. `date_order` is needed where the file leaves it open."""

    columns: Annotated[dict[str, Annotated[int, Field(ge=0, le=200)]], Field(max_length=20)]
    date_order: DateOrder | None = Field(default=None, strict=False)
    language: Language = "en"


class StartBody(Body):
    """`tell`: whose appointment is imported gets the text about a new booking; else nobody is texted by the import."""

    tell: bool = False


class ColumnAnswer(Answer):
    """`dates`: how its dates read; `either` has to be decided, `mixed` contradicts itself, empty: there are none."""

    name: str
    samples: list[str]
    dates: Literal["", "dmy", "mdy", "either", "mixed"]


class ImportAnswer(Answer):
    """`seen` of `rows` are looked at; in the dry run the counts say what would become of them. `chosen`: columns."""

    id: str
    kind: ImportKind
    file: str
    state: ImportState
    created_at: str
    encoding: str
    delimiter: str
    columns: list[ColumnAnswer]
    rows: int
    seen: int
    created: int
    known: int
    refused: int
    chosen: dict[str, int]
    date_order: DateOrder
    language: str
    tell: bool
    started_at: str | None
    ended_at: str | None
    kept_until: str


class ImportPage(Answer):
    items: list[ImportAnswer]
    next_cursor: str | None


class RefusedAnswer(Answer):
    """`row` is the line in the file, `cells` as they stand there, `reasons` codes."""

    row: int
    cells: list[str]
    reasons: list[str]


class RefusedPage(Answer):
    items: list[RefusedAnswer]
    next_cursor: str | None


class RefusedQuery(Query):
    """The language the reasons are in; else the one the browser prefers."""

    language: Language | None = None


class ImportsHandler(ApiHandler):
    body_limit: ClassVar[int] = FILE_LIMIT

    @operation(summary="Imports of the last week, newest first", query=PageQuery, answer=ImportPage)
    async def get(self) -> None:
        query = self.query(PageQuery)
        found = await self.services.imports.newest(query.cursor, query.limit)
        cursor = found[-1].order if len(found) == query.limit else None
        self.answer({"items": [item.view() for item in found], "next_cursor": sealed(cursor)})

    @operation(
        summary="Upload a CSV file of patients or of appointments",
        query=UploadQuery,
        answer=ImportAnswer,
        status=201,
        takes=csv_lines.MEDIA_TYPE,
        idempotent=True,
    )
    async def post(self) -> None:
        """Nothing is done with it yet: the answer says how it would be read. At most 20,000 records and 4 MiB."""
        query = self.query(UploadQuery)
        item = await self.services.imports.upload(
            query.kind,
            self.raw_body,
            file=query.file,
            encoding=query.encoding,
            delimiter=DELIMITERS[query.delimiter] if query.delimiter else None,
            actor=self.signed_in().actor,
            command_id=self.command_id(),
        )
        self.audit("upload import", item.id, kind=item.kind.value, rows=item.rows)
        self.answer(item.view(), 201)


class ImportHandler(ApiHandler):
    @operation(summary="One import: how far it is", answer=ImportAnswer, errors=(NotFound,))
    async def get(self, import_id: str) -> None:
        self.answer((await self.services.imports.get(import_id)).view())

    @operation(summary="Forget a file and its report", status=204, errors=(NotFound, WrongState))
    async def delete(self, import_id: str) -> None:
        """Whoever was imported stays. By itself it goes after a week."""
        await self.services.imports.remove(import_id)
        self.answer_nothing()


class CheckHandler(ApiHandler):
    @operation(
        summary="Begin the dry run",
        body=CheckBody,
        answer=ImportAnswer,
        status=202,
        errors=(NotFound, WrongState),
        idempotent=True,
    )
    async def post(self, import_id: str) -> None:
        """Says what would be done, and does nothing; again with other columns as often as need be."""
        body = self.body(CheckBody)
        item = await self.services.imports.check(import_id, body.columns, body.date_order, body.language)
        self.answer(item.view(), 202)


class StartHandler(ApiHandler):
    @operation(
        summary="Begin the real run",
        body=StartBody,
        answer=ImportAnswer,
        status=202,
        errors=(NotFound, WrongState),
        idempotent=True,
    )
    async def post(self, import_id: str) -> None:
        """Once the dry run has come to its end. The same file again makes nobody twice."""
        body = self.body(StartBody)
        self.answer((await self.services.imports.start(import_id, tell=body.tell)).view(), 202)


class RefusedHandler(ApiHandler):
    @operation(
        summary="Rows that the latest run refused, and why", query=PageQuery, answer=RefusedPage, errors=(NotFound,)
    )
    async def get(self, import_id: str) -> None:
        query = self.query(PageQuery)
        after = int(query.cursor) if query.cursor and query.cursor.isdecimal() else 0
        found = await self.services.imports.refused(import_id, after, query.limit)
        cursor = str(found[-1].row) if len(found) == query.limit else None
        self.answer({"items": [_refused(row) for row in found], "next_cursor": sealed(cursor)})


class RefusedExportHandler(ApiHandler):
    @operation(
        summary="The refused rows as CSV, to correct and upload again",
        query=RefusedQuery,
        answer=str,
        media_type=csv_lines.MEDIA_TYPE,
        errors=(NotFound,),
    )
    async def get(self, import_id: str) -> None:
        """The file's own columns, with the line and the reasons behind them; these two are passed over when read."""
        language = choose_language(self.query(RefusedQuery).language, self.request.headers.get("Accept-Language", ""))
        imports = self.services.imports
        item = await imports.get(import_id)
        self.audit("export import", import_id)
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="refused.csv"')
        heads = (texts().say(language, f"imports.report.{name}") for name in ("line", "why"))
        self.write(csv_lines.MARK + csv_lines.line([*(column.name for column in item.columns), *heads]))
        async for row in imports.every_refused(import_id):
            self.write(self._line(item, row, language))
            if row.row % EXPORT_PAGE == 0:
                await self.flush()

    def _line(self, item: Import, row: RefusedRow, language: str) -> str:
        cells = [*row.cells, *[""] * len(item.columns)][: max(len(item.columns), len(row.cells))]
        reasons = " ".join(texts().say(language, f"imports.reason.{reason}") for reason in row.reasons)
        return csv_lines.line([*cells, row.row, reasons])


def _refused(row: RefusedRow) -> dict[str, Any]:
    return {"row": row.row, "cells": list(row.cells), "reasons": list(row.reasons)}


routes = [
    ("/api/imports/", ImportsHandler),
    ("/api/imports/{import_id}/", ImportHandler),
    ("/api/imports/{import_id}/check/", CheckHandler),
    ("/api/imports/{import_id}/start/", StartHandler),
    ("/api/imports/{import_id}/refused/", RefusedHandler),
    ("/api/imports/{import_id}/refused/export/", RefusedExportHandler),
]
