"""Which answers stop and start texts."""

from __future__ import annotations

import pytest

from server.sms.words import WORDS, Wish, wish_of


@pytest.mark.parametrize(("wish", "word"), [(wish, word) for wish, words in WORDS.items() for word in sorted(words)])
def test_every_word_counts_in_any_case_and_dress(wish: Wish, word: str) -> None:
    for text in (word, word.upper(), word.title(), f"  {word}\n", f"{word}!", f'"{word}."'):
        assert wish_of(text) is wish


@pytest.mark.parametrize("text", ["ARRÊT", "Arrêté", "opt-out", "STOP."])
def test_spellings(text: str) -> None:
    assert wish_of(text) is Wish.STOP


@pytest.mark.parametrize("text", ["", " ", "HERE", "LATE", "1", "stop please", "please cancel", "stopp", "?", "💩"])
def test_nothing_else_means_anything(text: str) -> None:
    assert wish_of(text) is None


@pytest.mark.parametrize("wish", list(Wish))
def test_what_twilio_took_it_for_counts(wish: Wish) -> None:
    assert wish_of("nō mwy", wish.value.upper()) is wish
    assert wish_of("HERE", "OTHER") is None
