"""Identifiers: opaque, unique, and harmless wherever they are pasted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.ids import derived_id, new_id, order_key

MANY = 5_000


def test_no_id_looks_like_an_option_or_a_formula() -> None:
    made = [new_id() for _ in range(MANY)]  # each would begin with a dash one time in 64
    assert len(set(made)) == MANY
    assert {len(id) for id in made} == {22}
    assert not [id for id in made if id.startswith("-")]


def test_the_same_parts_derive_the_same_id_and_others_another() -> None:
    assert derived_id("account", "key") == derived_id("account", "key")
    assert derived_id("account", "key") != derived_id("accoun", "tkey")


def test_keys_sort_by_time() -> None:
    moments = [datetime(2026, 3, 3, 9, 59, 59, 999_000, tzinfo=UTC) + timedelta(milliseconds=n) for n in range(3)]
    keys = [order_key(moment, new_id()) for moment in moments]
    assert keys == sorted(keys)
