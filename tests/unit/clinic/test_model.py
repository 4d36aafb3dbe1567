"""What an administrator may change, and how wrongly."""

from __future__ import annotations

from datetime import time

import pytest

from server.clinic.model import ClinicSettings, SettingsChanges, change
from server.errors import Invalid
from server.queue.model import Policy
from server.sms.model import Kind
from server.sms.quiet import QuietHours

BEFORE = ClinicSettings("Riverside Clinic")


def test_the_defaults_are_the_queues_own() -> None:
    assert BEFORE.policy == Policy()
    assert BEFORE.as_json()["sms"] == {kind.value: True for kind in Kind}


def test_what_is_left_out_stays() -> None:
    after = change(BEFORE, SettingsChanges(late_grace_minutes=5, sms={"soon": False}))
    assert (after.name, after.late_grace_minutes, after.sms_off) == ("Riverside Clinic", 5, frozenset({"soon"}))
    assert change(after, SettingsChanges(sms={"soon": True})).sms_off == frozenset()
    assert change(after, SettingsChanges()) == after


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(Invalid) as refusal:
        change(
            BEFORE,
            SettingsChanges(name=" ", late_grace_minutes=-1, max_wait_priority_minutes=90, sms={"pigeon": True}),
        )
    fields = [error.field for error in refusal.value.errors]
    assert fields == ["name", "late_grace_minutes", "sms.pigeon", "max_wait_priority_minutes"]


def test_texts_are_worded_anew_and_brought_back() -> None:
    after = change(BEFORE, SettingsChanges(texts={"en": {"soon": " Soon, {code}! "}}))
    assert after.wording == {"en": {"soon": "Soon, {code}!"}}
    texts = after.as_json()["texts"]
    assert (texts["en"]["soon"], texts["es"]) == ("Soon, {code}!", BEFORE.as_json()["texts"]["es"])
    standard = BEFORE.as_json()["texts"]["en"]["soon"]
    for back in (None, standard):
        assert change(after, SettingsChanges(texts={"en": {"soon": back}})) == BEFORE


def test_every_wrong_text_is_named() -> None:
    with pytest.raises(Invalid) as refusal:
        change(BEFORE, SettingsChanges(texts={"tlh": {}, "es": {"pigeon": "x", "soon": "{name}"}}))
    assert [error.field for error in refusal.value.errors] == ["texts.tlh", "texts.es.pigeon", "texts.es.soon"]


def test_quiet_hours_are_two_different_times_or_none() -> None:
    after = change(BEFORE, SettingsChanges(quiet_from="21:00", quiet_until="07:30"))
    assert after.quiet == QuietHours(time(21), time(7, 30))
    assert change(after, SettingsChanges(quiet_from="", quiet_until="")) == BEFORE
    assert BEFORE.quiet is None
    for wrong, fields in (
        (SettingsChanges(quiet_from="21:00"), ["quiet_until"]),
        (SettingsChanges(quiet_from="25:00", quiet_until="07:00"), ["quiet_from"]),
        (SettingsChanges(quiet_from="21:00", quiet_until="21:00"), ["quiet_until"]),
    ):
        with pytest.raises(Invalid) as refusal:
            change(BEFORE, wrong)
        assert [error.field for error in refusal.value.errors] == fields
