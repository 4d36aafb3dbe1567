"""The words by which people stop and start texts, in any case: as data. Pure.

Twilio's own lists: https://help.twilio.com/articles/223134027 (English, and ARRET and its spellings);
with Advanced Opt-Out it says in `OptOutType` what a word meant, in whatever language that was set up.
The words of our other languages stand beside them, because who writes one of them means it.
Only a message that is nothing but the word counts, as at Twilio.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Wish(StrEnum):
    """What somebody wants who answers a text."""

    STOP = "stop"
    START = "start"
    HELP = "help"


WORDS: Mapping[Wish, frozenset[str]] = {
    Wish.STOP: frozenset(
        {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
        | {"arret", "arrete", "arrett"}
        | {"alto", "parar", "baja"}
        | {"توقف", "قف", "إيقاف"}
    ),
    Wish.START: frozenset({"start", "yes", "unstop"} | {"alta", "iniciar"} | {"debut", "demarrer"} | {"ابدأ"}),
    Wish.HELP: frozenset({"help", "info"} | {"ayuda"} | {"aide"} | {"مساعدة"}),
}


def _plain(word: str) -> str:
    """Without accents, case and what stands around it: `Arrêt!` is `arret`; `Opt-Out` is `optout`."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


_WISHES: Mapping[str, Wish] = {_plain(word): wish for wish, words in WORDS.items() for word in words}


def wish_of(text: str, opt_out_type: str = "") -> Wish | None:
    """What a message asks for; None for everything else. `opt_out_type`: what Twilio took it for."""
    if opt_out_type.lower() in set(Wish):
        return Wish(opt_out_type.lower())
    if len(text.split()) != 1:
        return None
    return _WISHES.get(_plain(text))
