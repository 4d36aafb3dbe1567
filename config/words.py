"""What is wrong with a value, in plain words: pydantic's kinds of mistakes as the end of a sentence that begins with
the field's name. For request bodies, queries, socket messages and settings alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_TEXT: Final = "must be text"
_OBJECT: Final = "must be an object"
_LIST: Final = "must be a list"
_YES_NO: Final = "must be true or false"
_WHOLE: Final = "must be a whole number"
_NUMBER: Final = "must be a number"
_DATE: Final = "is not a date; write year-month-day, such as 2026-03-02"
_TIME: Final = "is not a time of day; write hours and minutes, such as 04:00"
_INSTANT: Final = "is not a time; write date, time and offset from UTC, such as 2026-03-02T09:00:00+01:00"

_WORDS: Final[dict[str, str]] = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "none_required": "must be left out or null",
    "json_invalid": "is not JSON",
    **dict.fromkeys(("string_type", "string_sub_type", "string_unicode"), _TEXT),
    "string_pattern_mismatch": "must be written as {pattern}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), _OBJECT),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "iterable_type"), _LIST),
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    **dict.fromkeys(("bool_type", "bool_parsing"), _YES_NO),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    "int_parsing_size": "must be a whole number of fewer digits",
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), _DATE),
    **dict.fromkeys(("time_type", "time_parsing"), _TIME),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"), _INSTANT
    ),
    "timezone_aware": "must carry its offset from UTC, such as 2026-03-02T09:00:00+01:00",
    "path_type": "must be a path",
    **dict.fromkeys(("enum", "literal_error"), "must be one of {expected}"),
    "union_tag_invalid": "{discriminator} must be one of {expected_tags}",
    "union_tag_not_found": "{discriminator} is required",
}
_OURS: Final = ("value_error", "assertion_error")


def plain(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """The mistake of pydantic's `kind`. A validator of ours has said it in its own words, which stand in `message`."""
    if kind in _OURS:
        return message.partition(", ")[2]
    words = _WORDS.get(kind, "is not acceptable")
    if words == "must have at least {min_length} characters" and context.get("min_length") == 1:
        return "must not be empty"
    return words.format(**{name: _unquoted(value) for name, value in context.items()})


def _unquoted(value: Any) -> Any:
    """`'a', 'b' or 'c'` as a list of plain words."""
    return value.replace("'", "").replace(" or ", ", ") if isinstance(value, str) else value
