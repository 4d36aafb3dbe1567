"""Records of one person: `/api/patients/duplicates/`, telling two apart, and making one of two."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.patients import PatientDetails, PatientSummary, details, shown
from handlers.schemas import Answer, Body, Id, PageQuery
from server.errors import NotFound, PatientInQueue, WrongState
from server.patients.likeness import Alike
from server.patients.union import Part


class DuplicatePair(Answer):
    """Two records that may be one person's, the older first, and what they have in common."""

    patients: list[PatientSummary]
    alike: list[Alike]


class DuplicatePage(Answer):
    """What `looked_at` records gave: perhaps nothing, with more to come."""

    items: list[DuplicatePair]
    looked_at: int
    next_cursor: str | None


class OtherBody(Body):
    """The other record."""

    other_id: Id


class MergeBody(OtherBody):
    """`take` names what the kept record takes from the other; what it lacks it takes anyway."""

    take: Annotated[list[Annotated[Part, Field(strict=False)]], Field(max_length=10)] = []


class DuplicatesHandler(ApiHandler):
    @operation(summary="Records that may be one person's", query=PageQuery, answer=DuplicatePage)
    async def get(self) -> None:
        """Those with one phone number, or with one name (in any order, whatever its accents) and birth date.

        Looks at `limit` records, the newest first; go on until there is no next page.
        """
        query = self.query(PageQuery)
        page = await self.services.duplicates.page(query.cursor, query.limit)
        items = [
            {
                "patients": [shown(self, one.summary(), one) for one in (pair.older, pair.newer)],
                "alike": list(pair.alike),
            }
            for pair in page.pairs
        ]
        self.answer({"items": items, "looked_at": page.looked_at, "next_cursor": sealed(page.next_cursor)})


class DistinctHandler(ApiHandler):
    @operation(summary="These are two people", body=OtherBody, status=204, errors=(NotFound,))
    async def post(self, patient_id: str) -> None:
        """The two are not shown as duplicates again."""
        other_id = self.body(OtherBody).other_id
        await self.services.duplicates.tell_apart(patient_id, other_id)
        self.audit("tell patients apart", patient_id, other_id=other_id)
        self.answer_nothing()


class MergeHandler(ApiHandler):
    leaves_trace: ClassVar[bool] = False  # the merge leaves its own, also where a crash came in between

    @operation(
        summary="Make one record of two",
        body=MergeBody,
        answer=PatientDetails,
        errors=(NotFound, WrongState, PatientInQueue),
        idempotent=True,
    )
    async def post(self, patient_id: str) -> None:
        """This record is kept; appointments, visits, texts and the account come over. It cannot be undone."""
        body = self.body(MergeBody)
        kept = await self.services.merging.merge(patient_id, body.other_id, body.take, self.signed_in().actor)
        self.answer(details(self, kept))


routes = [
    ("/api/patients/duplicates/", DuplicatesHandler),
    ("/api/patients/{patient_id}/distinct/", DistinctHandler),
    ("/api/patients/{patient_id}/merge/", MergeHandler),
]
