"""What patients are found by, and what typed queries ask for."""

from __future__ import annotations

import pytest

from server.patients.terms import needs_of, plain, terms_of


def found(query: str, name: str = "", phone: str = "", born: str | None = None) -> bool:
    needs = needs_of(query)
    terms = terms_of(name, phone, born)
    return bool(needs) and all(need.met_by(terms) for need in needs)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("gar", "María García"),
        ("GARCÍA", "Maria Garcia"),
        ("maria garcia", "García López, María"),
        ("obrien", "Sean O’Brien"),
        ("o'br", "Sean O'Brien"),
        ("brien", "Sean O'Brien"),
        ("marie", "Anne-Marie Dupont"),
        ("strasse", "Straße"),
        ("soren", "Søren"),
        ("lodz", "Łódź"),
        ("احمد", "أَحْمَد"),
        ("王", "王小明"),
        ("हिन्दी", "हिन्दी"),
        ("jose\u0301", "José"),
        ("istanbul", "İstanbul"),
    ],
)
def test_names_are_found_without_case_and_accents_by_the_beginning_of_any_word(query: str, name: str) -> None:
    assert found(query, name)


@pytest.mark.parametrize(("query", "name"), [("arcia", "García"), ("maria x", "María García"), ("garciaa", "García")])
def test_other_names_are_not(query: str, name: str) -> None:
    assert not found(query, name)


@pytest.mark.parametrize("query", ["0147", "5550147", "+1202", "1202555", "202 555", "(202) 555-0147", "٠١٤٧"])
def test_phone_numbers_are_found_by_their_beginning_or_end(query: str) -> None:
    assert found(query, "Robin Example", "+12025550147")


@pytest.mark.parametrize("query", ["06 12 34", "0033 6 12", "+33 6 12", "78", "5678"])
def test_phone_numbers_are_found_as_they_are_dialled(query: str) -> None:
    assert found(query, "Zoé", "+33612345678") is (query != "78")


@pytest.mark.parametrize("query", ["1980-05-17", "17/5/1980", "17.05.1980", "5/17/1980", "1980-05"])
def test_birth_dates_are_found_in_the_forms_people_write(query: str) -> None:
    assert found(query, "Robin", "", "1980-05-17")


@pytest.mark.parametrize(
    "query",
    [
        "3 Mar 1980",
        "Mar 3, 1980",
        "March 3rd 1980",
        "3. march 1980",
        "3 mars 1980",
        "3 mar 1980",
        "3 de marzo de 1980",
        "3 مارس 1980",
        "٣ مارس ١٩٨٠",
        "٠٣/٠٣/١٩٨٠",
        "3\u200f/3\u200f/1980",
        "03/03/1980",
        "1980-03-03",
        "Robin 3 Mar 1980",
    ],
)
def test_birth_dates_are_found_as_the_pages_write_them(query: str) -> None:
    assert found(query, "Robin", "", "1980-03-03")
    assert not found(query, "Robin", "", "1980-04-03")


@pytest.mark.parametrize(
    ("query", "born"),
    [
        ("1er févr. 1980", "1980-02-01"),
        ("5 août 1980", "1980-08-05"),
        ("5 ago 1980", "1980-08-05"),
        ("5 juil. 1980", "1980-07-05"),
        ("5 sept 1980", "1980-09-05"),
        ("5 ene 1980", "1980-01-05"),
        ("5 أغسطس 1980", "1980-08-05"),
        ("Aug 5, 1980", "1980-08-05"),
    ],
)
def test_short_months_are_known_in_every_language(query: str, born: str) -> None:
    assert found(query, "Robin", "", born)


@pytest.mark.parametrize("query", ["may 12", "mars 1980", "31 feb 1980", "3 xyz 1980"])
def test_words_that_make_no_date_stay_words(query: str) -> None:
    assert not any(prefix.startswith("d:") for need in needs_of(query) for prefix in need.prefixes)


def test_a_date_that_is_none_finds_nobody() -> None:
    assert not found("1980-13", "Robin", "", "1980-05-17")
    assert not found("40/40/1980", "Robin", "", "1980-05-17")


def test_needs_stand_together_the_most_telling_first() -> None:
    needs = needs_of("gar 0147 1980-05-17 maria")
    assert [need.prefixes[0][:2] for need in needs] == ["d:", "p:", "n:", "n:"]
    assert needs[2].prefixes == ("n:maria",)
    assert found("garcia 0147", "María García", "+12025550147")
    assert not found("garcia 0148", "María García", "+12025550147")


@pytest.mark.parametrize("query", ["", "   ", "-", "12", "'", "%"])
def test_nothing_to_search_by_is_nothing(query: str) -> None:
    assert needs_of(query) == ()


def test_plain_is_the_same_for_composed_and_decomposed() -> None:
    assert plain("É") == plain("E\u0301") == "e"
