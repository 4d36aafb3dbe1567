"""What any body and any query is held against, whatever its model."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.schemas import (
    Body,
    Change,
    Day,
    Instant,
    Name,
    NewPassword,
    PageQuery,
    Password,
    Query,
    parse_body,
    parse_query,
)
from server.encoding import encode
from server.errors import BadJson, Invalid


class Sample(Body):
    name: Name
    password: Password = ""
    at: Instant | None = None
    count: int = 0


def fields(raw: bytes) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        parse_body(raw, Sample)
    return [error.field for error in refusal.value.errors]


def test_names_lose_their_outer_spaces_and_passwords_do_not() -> None:
    sample = parse_body(b'{"name": " Ada ", "password": " secret "}', Sample)
    assert (sample.name, sample.password) == ("Ada", " secret ")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"", "name"),
        (b"{}", "name"),
        (b'{"name": ""}', "name"),
        (b'{"name": "  "}', "name"),
        (b'{"name": 7}', "name"),
        (b'{"name": null}', "name"),
        (b'{"name": "a", "count": "7"}', "count"),
        (b'{"name": "a", "count": 7.5}', "count"),
        (b'{"name": "a", "count": true}', "count"),
        (b'{"name": "a", "at": "2026-03-02T09:00:00"}', "at"),
        (b'{"name": "a", "at": 1772442000}', "at"),
        (b'{"name": "a", "at": "0001-01-01T00:00:00+14:00"}', "at"),
        (b'{"name": "a", "at": "9999-12-31T23:59:59-14:00"}', "at"),
        (b'{"name": "a", "extra": {}}', "extra"),
    ],
)
def test_wrong_fields_are_named(raw: bytes, field: str) -> None:
    assert fields(raw) == [field]


def test_instants_become_utc() -> None:
    sample = parse_body(b'{"name": "a", "at": "2026-03-02T10:00:00.1239+01:00"}', Sample)
    assert encode({"at": sample.at}) == '{"at":"2026-03-02T09:00:00.123+00:00"}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.binary(max_size=60) | json_values.map(lambda value: encode(value).encode(errors="surrogatepass")))
def test_any_bytes_are_taken_or_refused(raw: bytes) -> None:
    try:
        parse_body(raw, Sample)
    except (BadJson, Invalid) as refusal:
        encode([refusal.detail, [error.field for error in refusal.errors]]).encode()


@given(
    st.dictionaries(
        st.sampled_from(["limit", "cursor", "other"]), st.lists(st.binary(max_size=8), min_size=1, max_size=2)
    )
)
def test_any_query_is_taken_or_refused(arguments: dict[str, list[bytes]]) -> None:
    try:
        limit = parse_query(arguments, PageQuery).limit
    except Invalid as refusal:
        encode([error.field for error in refusal.errors]).encode()
    else:
        assert 1 <= limit <= 200


class Changed(Body):
    name: Change[Name] = None
    note: Name | None = None


def test_null_in_a_change_is_refused_where_nothing_can_be_taken_away() -> None:
    assert parse_body(b'{"note": null}', Changed).name is None
    with pytest.raises(Invalid) as refusal:
        parse_body(b'{"name": null}', Changed)
    assert [error.field for error in refusal.value.errors] == ["name"]
    described = Changed.model_json_schema()["properties"]
    assert (described["name"]["type"], "anyOf" in described["name"]) == ("string", False)


class Dated(Query):
    day: Day | None = None


@pytest.mark.parametrize(
    "text",
    [
        "1772409600",
        "2026-3-2",
        "2026-W10-1",
        "２０２６-03-02",
        "2026-02-30",
        "20260302",
        "2026-03-02T09:00:00Z",
        "soon",
    ],
)
def test_what_is_no_date_is_told_so_in_plain_words(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_query({"day": [text.encode()]}, Dated)
    assert refusal.value.detail == "day: is not a date; write year-month-day, such as 2026-03-02"


@pytest.mark.parametrize("text", ["soon", "2026-03-02", "2026-02-30T09:00:00Z", "2026-03-02T25:00:00Z"])
def test_what_is_no_time_is_told_so_in_plain_words(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_body(encode({"name": "a", "at": text}).encode(), Sample)
    assert refusal.value.detail.startswith("at: is not a time; write date, time and offset")


def test_dates_far_off_are_refused() -> None:
    assert parse_query({"day": [b"2026-03-02"]}, Dated).day == date(2026, 3, 2)
    for text in (b"1969-12-31", b"2201-01-01"):
        with pytest.raises(Invalid):
            parse_query({"day": [text]}, Dated)


def test_a_new_password_is_more_than_spaces() -> None:
    class Wanted(Body):
        password: NewPassword

    assert parse_body(b'{"password": " a secret "}', Wanted).password == " a secret "
    with pytest.raises(Invalid):
        parse_body(b'{"password": "          "}', Wanted)
