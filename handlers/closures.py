"""Days without appointments in requests and answers, and the public holidays an administrator chooses among."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from handlers.base import ApiHandler, operation
from handlers.schemas import Answer, Body, Day, Language, Query
from server.clinic import holidays
from server.errors import Invalid


class ClosureBody(Body):
    """Whole days, first and last included; `note` says why, for everybody to read."""

    first: Day
    last: Day
    note: Annotated[str, Field(max_length=400)] = ""

    def plain(self) -> tuple[date, date, str]:
        """As the rules take it."""
        return self.first, self.last, self.note


class ClosureAnswer(Answer):
    """Days without appointments."""

    first: str
    last: str
    note: str


class HolidaysQuery(Query):
    """Of which country (two letters) and region; none: only which countries there are."""

    country: Annotated[str, Field(max_length=2)] = ""
    region: Annotated[str, Field(max_length=10)] = ""
    language: Language = "en"


class HolidayAnswer(Answer):
    """A public holiday."""

    date: str
    name: str


class HolidaysAnswer(Answer):
    """Those of the coming twelve months; `countries` and the country's `regions` are what can be chosen."""

    items: list[HolidayAnswer]
    countries: list[str]
    regions: list[str]


class HolidaysHandler(ApiHandler):
    @operation(summary="Public holidays one can choose", query=HolidaysQuery, answer=HolidaysAnswer)
    async def get(self) -> None:
        query, known = self.query(HolidaysQuery), holidays.countries()
        if query.country and query.country not in known:
            raise Invalid.field("country", "is not a country whose holidays are known; use two letters such as FR")
        regions = known.get(query.country, ())
        if query.region and query.region not in regions:
            raise Invalid.field("region", "is not a region of that country whose holidays are known")
        today = self.services.appointments.today()
        until = date(today.year + 1, today.month, 1)
        coming = {
            day: name
            for year in (today.year, today.year + 1)
            if query.country
            for day, name in holidays.public_holidays(query.country, query.region, year, query.language).items()
            if today <= day < until
        }
        items = [{"date": day.isoformat(), "name": name} for day, name in sorted(coming.items())]
        self.answer({"items": items, "countries": list(known), "regions": list(regions)})


routes = [("/api/settings/holidays/", HolidaysHandler)]
