"""The wording of the texts."""

from __future__ import annotations

import re

import pytest

from server.patients.model import LANGUAGES
from server.sms.model import LIFETIMES, Kind
from server.sms.segments import Alphabet, measure
from server.sms.templates import TEMPLATES, compose, fill, mistakes, sample

EVERYTHING = {
    "code": "A007",
    "room": "12",
    "ahead": "3",
    "when": "2026-03-02 14:30",
    "link": "https://queue.clinic.example/t/abcdefghijklmnopqrstuv",
}
EVERY = [(language, kind) for language in TEMPLATES for kind in Kind]


def test_every_language_has_every_kind() -> None:
    assert set(TEMPLATES) == set(LANGUAGES)
    assert {language: set(kinds) for language, kinds in TEMPLATES.items()} == {key: set(Kind) for key in TEMPLATES}
    assert set(LIFETIMES) == set(Kind)


def test_your_turn_in_english_is_exactly_this() -> None:
    assert compose(Kind.YOUR_TURN, "en", EVERYTHING) == "It is your turn. Please proceed to the doctor's office."
    assert compose(Kind.YOUR_TURN, "en", {}) == "It is your turn. Please proceed to the doctor's office."


@pytest.mark.parametrize(
    ("language", "room", "said"),
    [
        ("en", "3", "office, room 3."),
        ("en", "Room 1", "office, Room 1."),
        ("es", "B", "consultorio, sala B."),
        ("fr", "Labo 1", "médecin, Labo 1."),
        ("ar", "12", "الطبيب، غرفة 12."),
        ("en", "", "office."),
    ],
)
def test_a_room_is_called_a_room_once(language: str, room: str, said: str) -> None:
    assert compose(Kind.RECALLED, language, {"code": "A007", "room": room}).endswith(said)


@pytest.mark.parametrize(("language", "kind"), EVERY)
def test_a_text_knows_no_more_than_code_room_place_time_and_link(language: str, kind: Kind) -> None:
    template = TEMPLATES[language][kind]
    assert set(re.findall(r"\{(\w+)\}", template)) <= set(EVERYTHING)
    assert not re.search(r"[\[\]{}]", compose(kind, language, EVERYTHING))


@pytest.mark.parametrize(("language", "kind"), EVERY)
def test_a_text_is_short(language: str, kind: Kind) -> None:
    size = measure(compose(kind, language, EVERYTHING))
    if language == "ar":
        assert size.segments <= 2
        assert measure(compose(kind, language, {"code": "A007", "room": "12", "ahead": "3"})).segments == 1
    else:
        assert (size.alphabet, size.segments) == (Alphabet.GSM7, 1)


def test_languages_are_matched_by_their_first_part_and_unknown_ones_get_english() -> None:
    assert compose(Kind.YOUR_TURN, "es-MX", {}) == compose(Kind.YOUR_TURN, "es", {})
    assert compose(Kind.YOUR_TURN, "tlh", {}) == compose(Kind.YOUR_TURN, "en", {})


def test_a_part_in_brackets_needs_all_its_values() -> None:
    template = "Number {code}[, room {room}][ ({ahead} at {when})]."
    assert fill(template, {"code": "A1"}) == "Number A1."
    assert fill(template, {"code": "A1", "room": "", "ahead": "2"}) == "Number A1."
    assert (
        fill(template, {"code": "A1", "room": "9", "ahead": "2", "when": "10:00"}) == "Number A1, room 9 (2 at 10:00)."
    )


def test_a_text_without_its_code_is_not_written() -> None:
    with pytest.raises(KeyError):
        compose(Kind.JOINED, "en", {"link": "x"})


def test_values_are_not_templates() -> None:
    assert fill("Number {code}.", {"code": "{room}[x]"}) == "Number {room}[x]."


@pytest.mark.parametrize(("language", "kind"), EVERY)
def test_our_own_wording_passes_the_check(language: str, kind: Kind) -> None:
    assert mistakes(kind, TEMPLATES[language][kind]) == []


@pytest.mark.parametrize(
    ("kind", "template", "said"),
    [
        (Kind.SOON, "  ", "is empty"),
        (Kind.SOON, "x" * 701, "longer than 700"),
        (Kind.SOON, "Number {name}.", "names {name}"),
        (Kind.SOON, "Only {ahead} to go.", "needs square brackets"),
        (Kind.CANCELLED, "Number {code} is cancelled.", "needs square brackets"),
        (Kind.SOON, "Number [{code}.", "without its partner"),
        (Kind.SOON, "A [b [{ahead}] c] d", "one pair inside another"),
        (Kind.SOON, "Number {code.", "a brace"),
        (Kind.SOON, "Number {Code}.", "a brace"),
        (Kind.CODE, "Hello.", "does not tell"),
        (Kind.CODE, "Hello[ {code}].", "does not tell"),
        (Kind.SOON, "bell \a", "cannot be shown"),
        (Kind.SOON, "ح" * 300, "takes 5 segments"),
    ],
)
def test_mistakes_are_told(kind: Kind, template: str, said: str) -> None:
    assert any(said in mistake for mistake in mistakes(kind, template))


def test_the_clinics_wording_goes_before_ours_in_its_language_alone() -> None:
    wording = {"en": {"soon": "Soon, {code}!"}}
    assert compose(Kind.SOON, "en-GB", EVERYTHING, wording) == "Soon, A007!"
    assert compose(Kind.SOON, "tlh", EVERYTHING, wording) == "Soon, A007!"
    assert compose(Kind.SOON, "es", EVERYTHING, wording) == compose(Kind.SOON, "es", EVERYTHING)
    assert compose(Kind.MISSED, "en", EVERYTHING, wording) == compose(Kind.MISSED, "en", EVERYTHING)


def test_a_sample_shows_what_it_cannot_fill() -> None:
    assert sample(Kind.CODE, "{code} for {name}") == "123456 for {name}"
