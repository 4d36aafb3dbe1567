"""The wording of every text in every language, as data, and how it is filled in. Pure.

A text carries the ticket code and the room at most: no name, no specialty, no reason (DESIGN 4, 8).
`{name}` is a placeholder; a part in square brackets is left out when one of its placeholders has no
value. Spanish and French keep to the letters of the GSM-7 alphabet, so that a text stays one segment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from server.sms.model import Kind
from server.sms.segments import measure

DEFAULT_LANGUAGE = "en"
LONGEST = 700  # characters of a template
MOST_SEGMENTS = 4

Wording = Mapping[str, Mapping[str, str]]
"""Templates of the clinic's own, by language and kind; what is not in it is worded as here."""

# What a template may name. The first always has a value; the others may lack one and stand in brackets.
PLACEHOLDERS: Mapping[Kind, tuple[frozenset[str], frozenset[str]]] = {
    Kind.CODE: (frozenset({"code"}), frozenset()),
    Kind.BOOKED: (frozenset({"when"}), frozenset()),
    Kind.REMINDER: (frozenset({"when"}), frozenset()),
    Kind.JOINED: (frozenset({"code"}), frozenset({"link"})),
    Kind.SOON: (frozenset({"code"}), frozenset({"ahead", "link"})),
    Kind.YOUR_TURN: (frozenset({"code"}), frozenset({"room", "link"})),
    Kind.RECALLED: (frozenset({"code"}), frozenset({"room", "link"})),
    Kind.MISSED: (frozenset({"code"}), frozenset({"link"})),
    Kind.DELAYED: (frozenset({"code"}), frozenset({"link"})),
    Kind.PUT_BACK: (frozenset({"code"}), frozenset({"link"})),
    Kind.CANCELLED: (frozenset(), frozenset({"code"})),
}

# As long as they get, so that a preview never shows fewer segments than will be sent.
SAMPLE: Mapping[str, str] = {
    "code": "AA007",
    "room": "Lab 12",
    "ahead": "3",
    "when": "2026-03-02 14:30",
    "link": "https://queue.clinic.example/t/abcdefghijklmnopqrstuv",
}

TEMPLATES: Mapping[str, Mapping[Kind, str]] = {
    "en": {
        Kind.CODE: "{code} is your confirmation code. It is valid for 15 minutes.",
        Kind.BOOKED: "Your appointment is booked[ for {when}].",
        Kind.REMINDER: "Reminder: you have an appointment[ on {when}].",
        Kind.JOINED: "You are in the queue. Your number is {code}.[ Follow your place: {link}]",
        Kind.SOON: "Number {code}: it will be your turn soon[, {ahead} ahead of you]. Please stay near.",
        Kind.YOUR_TURN: "It is your turn. Please proceed to the doctor's office.",
        Kind.RECALLED: "Number {code}: second call. Please proceed to the doctor's office[, {room}].",
        Kind.MISSED: "Number {code}: we called you and did not find you. Please come to the desk.[ I am back: {link}]",
        Kind.DELAYED: "Number {code}: it will take longer than planned.[ Your new estimate: {link}]",
        Kind.PUT_BACK: "Number {code}: please wait a little longer. We will call you again.",
        Kind.CANCELLED: "Your visit is cancelled[ (number {code})]. Please ask at the desk if you did not expect this.",
    },
    "es": {
        Kind.CODE: "{code} es su clave. Caduca en 15 minutos.",
        Kind.BOOKED: "Su cita queda reservada[ para el {when}].",
        Kind.REMINDER: "Recordatorio: tiene una cita[ el {when}].",
        Kind.JOINED: "Turno {code}: ya tiene su lugar en la cola.[ Siga su lugar: {link}]",
        Kind.SOON: "Turno {code}: pronto le toca[, faltan {ahead}]. Por favor, no se aleje.",
        Kind.YOUR_TURN: "Es su turno. Por favor, pase al consultorio.",
        Kind.RECALLED: "Turno {code}: le llamamos otra vez. Por favor, pase al consultorio[, {room}].",
        Kind.MISSED: "Turno {code}: le llamamos y no le encontramos. Pase por el mostrador.[ He vuelto: {link}]",
        Kind.DELAYED: "Turno {code}: la espera se alarga.[ Nueva hora estimada: {link}]",
        Kind.PUT_BACK: "Turno {code}: espere un poco, por favor. Le llamaremos de nuevo.",
        Kind.CANCELLED: "Su visita queda cancelada[ (turno {code})]. Si no lo esperaba, pregunte en el mostrador.",
    },
    "fr": {
        Kind.CODE: "{code} est votre code de confirmation. Il est valable 15 minutes.",
        Kind.BOOKED: "Votre rendez-vous est réservé[ pour le {when}].",
        Kind.REMINDER: "Rappel : vous avez rendez-vous[ le {when}].",
        Kind.JOINED: "Numéro {code} : votre place est prise.[ Suivez-la ici : {link}]",
        Kind.SOON: "Numéro {code} : votre tour approche[, encore {ahead} avant vous]. Restez à proximité.",
        Kind.YOUR_TURN: "C'est votre tour. Veuillez vous rendre au cabinet du médecin.",
        Kind.RECALLED: "Numéro {code} : nouvel appel. Rendez-vous au cabinet du médecin[, {room}].",
        Kind.MISSED: "Numéro {code} : appelé, vous étiez absent. Passez à l'accueil.[ Je suis là : {link}]",
        Kind.DELAYED: "Numéro {code} : l'attente sera plus longue que prévu.[ Nouvelle estimation : {link}]",
        Kind.PUT_BACK: "Numéro {code} : merci de patienter encore un peu. Nous vous rappellerons.",
        Kind.CANCELLED: "Votre visite est annulée[ (numéro {code})]. En cas de doute, passez à l'accueil.",
    },
    "ar": {
        Kind.CODE: "رمز التأكيد الخاص بك هو {code}. صالح لمدة 15 دقيقة.",
        Kind.BOOKED: "تم حجز موعدك[: {when}].",
        Kind.REMINDER: "تذكير: لديك موعد[: {when}].",
        Kind.JOINED: "أنت الآن في قائمة الانتظار. رقمك {code}.[ تابع دورك: {link}]",
        Kind.SOON: "الرقم {code}: اقترب دورك[، أمامك {ahead}]. يرجى البقاء قريبا.",
        Kind.YOUR_TURN: "حان دورك. يرجى التوجه إلى عيادة الطبيب.",
        Kind.RECALLED: "الرقم {code}: نناديك مرة أخرى. يرجى التوجه إلى عيادة الطبيب[، {room}].",
        Kind.MISSED: "الرقم {code}: ناديناك ولم نجدك. يرجى مراجعة الاستقبال.[ لقد عدت: {link}]",
        Kind.DELAYED: "الرقم {code}: سيطول الانتظار عن المتوقع.[ الموعد الجديد: {link}]",
        Kind.PUT_BACK: "الرقم {code}: يرجى الانتظار قليلا. سنناديك مرة أخرى.",
        Kind.CANCELLED: "تم إلغاء زيارتك[ (الرقم {code})]. للاستفسار يرجى مراجعة الاستقبال.",
    },
}

# A room that is only a number or a letter gets the word; one that has a name says it as it is.
_ROOM = {"en": "room {}", "es": "sala {}", "fr": "salle {}", "ar": "غرفة {}"}
_BARE_ROOM = re.compile(r"[^\W\d_]?\d+[^\W\d_]?|[^\W\d_]")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def compose(kind: Kind, language: str, values: Mapping[str, str], wording: Wording | None = None) -> str:
    """The text of `kind` in `language` (`pt-BR` is looked up as `pt`; unknown ones get English), filled in.

    Raises KeyError for a placeholder outside brackets that has no value: such a text must not go out.
    """
    language = language.split("-")[0].lower()
    language = language if language in TEMPLATES else DEFAULT_LANGUAGE
    room = values.get("room", "")
    named = _ROOM[language].format(room) if _BARE_ROOM.fullmatch(room) else room
    return fill(template(kind, language, wording or {}), {**values, "room": named})


def template(kind: Kind, language: str, wording: Wording) -> str:
    """The clinic's own wording, else ours. `language` is one of `TEMPLATES`."""
    return wording.get(language, {}).get(kind.value) or TEMPLATES[language][kind]


def sample(kind: Kind, template: str, link: str = SAMPLE["link"]) -> str:
    """What `template` looks like when it is sent; of a template with mistakes, as far as it can be filled."""
    values = {**SAMPLE, "link": link}
    if kind is Kind.CODE:
        values["code"] = "123456"
    unknown = {name: f"{{{name}}}" for name in _PLACEHOLDER.findall(template) if name not in values}
    return fill(template, {**values, **unknown})


def mistakes(kind: Kind, template: str) -> list[str]:
    """Why `template` cannot be a text of `kind`, each in words that follow its name; empty: it can."""
    if not template.strip():
        return ["is empty"]
    if len(template) > LONGEST:
        return [f"is longer than {LONGEST} characters"]
    found = []
    if not template.replace("\n", " ").isprintable():
        found.append("holds a character that cannot be shown")
    outside = _OPTIONAL.sub("", template)
    if re.search(r"[\[\]]", outside):
        found.append("has a square bracket without its partner, or one pair inside another")
    if re.search(r"[{}]", _PLACEHOLDER.sub("", template)):
        found.append("has a brace that belongs to no placeholder")
    found += _misplaced(kind, template, outside)
    if (segments := measure(sample(kind, template)).segments) > MOST_SEGMENTS:
        found.append(f"takes {segments} segments; {MOST_SEGMENTS} are the most")
    return found


def _misplaced(kind: Kind, template: str, outside: str) -> list[str]:
    always, sometimes = PLACEHOLDERS[kind]
    known = ", ".join(f"{{{name}}}" for name in sorted(always | sometimes))
    found = [
        f"names {{{name}}}, which this kind of text does not know; use {known}"
        for name in dict.fromkeys(_PLACEHOLDER.findall(template))
        if name not in always | sometimes
    ]
    found += [
        f"needs square brackets around the part with {{{name}}}, which does not always have a value"
        for name in dict.fromkeys(_PLACEHOLDER.findall(outside))
        if name in sometimes
    ]
    if kind is Kind.CODE and "{code}" not in outside:
        found.append("does not tell the {code}")
    return found


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with its placeholders replaced and the bracketed parts kept only if they can be filled."""

    def part(match: re.Match[str]) -> str:
        wanted = _PLACEHOLDER.findall(match[1])
        return match[1] if all(values.get(name) for name in wanted) else ""

    return _PLACEHOLDER.sub(lambda match: values[match[1]], _OPTIONAL.sub(part, template))
