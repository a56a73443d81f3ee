"""The forms in which values travel: every one that the manual leaves open, or the only one that the vendor was made to
have."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from toolkit import spec
from toolkit.spec import Field
from toolkit.vendors.signio.api.base import STATUSES
from toolkit.vendors.signio.assumptions import DAYS, TIMES

ZONES = {"UTC": UTC, "America/Bogota": timezone(timedelta(hours=-5))}
PHONES = {
    "as written": re.compile(r".*", re.DOTALL),
    "digits": re.compile(r"\d{11,15}", re.ASCII),
    "+digits": re.compile(r"\+\d{11,14}", re.ASCII),
    "national": re.compile(r"\d{7,10}", re.ASCII),
}
IDENTITIES = {"CC": re.compile(r"\d{3,10}", re.ASCII), "NIT": re.compile(r"\d{8,15}-?\d", re.ASCII)}
WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)  # of the digits of a NIT, from the right
ROLES = ("Operation_rol", "operation_rol")


class Forms:
    """The forms of one request and its answer."""

    def __init__(self, switched: Mapping[str, Any]) -> None:
        self._switched = switched

    def spellings(self, field: Field) -> tuple[str, ...]:
        """The names under which a field of a request is read."""
        if field.name == ROLES[1]:
            only = self._switched.get("operation_rol_key")
            return (only,) if only else ROLES
        return (field.key, *field.aliases)

    def refused(self, field: Field) -> tuple[str, ...]:
        """The names under which it would have been read, had the vendor not been switched."""
        return tuple(set(ROLES) - set(self.spellings(field))) if field.name == ROLES[1] else ()

    def fits(self, field: Field, value: Any) -> bool:
        """Whether a value comes in the form that the vendor was switched to."""
        test: Callable[[str, Any], bool] | None = TESTS.get(field.key)
        name = {"tags": "tags_form", "celular": "celular_form", "estado": "estado_form"}.get(field.key, "")
        if isinstance(field, spec.Flag):
            name, test = "flags_form", _flag
        form = self._switched.get(name)
        return form is None or test is None or test(form, value)

    def number(self, kind: Any, value: str) -> bool:
        """Whether it can be the number of an identity document of a kind."""
        if self._switched.get("identity_numbers") != "strict" or kind not in IDENTITIES:
            return True
        return IDENTITIES[kind].fullmatch(value) is not None and (kind != "NIT" or _is_nit(value.replace("-", "")))

    def day(self, text: str) -> str:
        """A day as it came. ValueError where it is in no form that is read."""
        _read(text, [self._switched.get("date_form")] if "date_form" in self._switched else DAYS)
        return text

    def moment(self, text: str) -> float:
        """Seconds since 1970. ValueError where it is in no form that is read."""
        if "datetime_form" in self._switched:
            moment_read = _read(text, [self._switched["datetime_form"]])
        else:
            try:
                moment_read = datetime.fromisoformat(text)
            except ValueError:
                moment_read = _read(text, TIMES)
        zone = ZONES[self._switched.get("time_zone", "UTC")]
        return (moment_read if moment_read.tzinfo else moment_read.replace(tzinfo=zone)).timestamp()

    def shown_moment(self, moment: float | None) -> str | None:
        """A time of an answer: ISO 8601 in UTC, unless the vendor was switched."""
        if moment is None:
            return None
        form, zone = self._switched.get("datetime_form"), self._switched.get("time_zone")
        if form is None and zone is None:
            return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
        there = datetime.fromtimestamp(moment, UTC if str(form).endswith("Z") else ZONES[zone or "UTC"])
        return there.strftime(form or "%Y-%m-%d %H:%M:%S")

    def shown_state(self, number: int) -> int | str:
        return STATUSES[number] if self._switched.get("estado_form") == "words" else number

    def shown_flag(self, value: Any) -> int | bool:
        return bool(value) if self._switched.get("flags_form") == "booleans" else int(bool(value))


def _flag(form: str, value: Any) -> bool:
    return isinstance(value, bool) if form == "booleans" else str(value) in ("0", "1")


TESTS: dict[str, Callable[[str, Any], bool]] = {
    "tags": lambda form, value: isinstance(value, list if form == "array" else str),
    "celular": lambda form, value: isinstance(value, str) and PHONES[form].fullmatch(value) is not None,
    "estado": lambda form, value: (form == "words") is not str(value).isdigit(),
}


def _read(text: str, forms: Any) -> datetime:
    for form in forms:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - whose zone it is is said elsewhere
        except ValueError:
            continue
    raise ValueError(text)


def _is_nit(digits: str) -> bool:
    total = sum(int(d) * weight for d, weight in zip(reversed(digits[:-1]), WEIGHTS, strict=False)) % 11
    return int(digits[-1]) == (total if total < 2 else 11 - total)
