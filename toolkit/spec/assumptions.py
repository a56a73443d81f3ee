"""What a document leaves open, our reading of it, and the other readings that a user can choose."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from toolkit.errors import SettingsError
from toolkit.plain import message
from toolkit.spec.fields import Field, Nested, Record, Rows
from toolkit.spec.suggest import did_you_mean
from toolkit.spec.systems import Assumption, Endpoint, Table, Value
from toolkit.spec.transport import CredentialHeader


class Assumed(dict[str, Any]):
    """The value of every assumption that is in force for one account, and the declaration as they make it."""

    def __init__(
        self, declared: Iterable[Assumption] = (), values: Mapping[str, Any] | None = None, where: str = ""
    ) -> None:
        """Ours, and in their place the values supplied.

        Raises:
            SettingsError: a name or a value is unknown; it proposes the nearest.
        """
        by_name = {assumption.name: assumption for assumption in declared}
        super().__init__({name: assumption.value for name, assumption in by_name.items()})
        if not isinstance(values, Mapping | None):
            raise SettingsError(message("{where}.assumptions is a table", where=where))
        for name, value in (values or {}).items():
            if name not in by_name:
                hint = did_you_mean(str(name), by_name) or message("; it has {names}", names=", ".join(by_name))
                raise SettingsError(message("{where} has no assumption {name!r}", where=where, name=name) + hint)
            self[name] = by_name[name].checked(value, where)
        ours = {name: assumption.value for name, assumption in by_name.items()}
        chosen = [by_name[name].facts.get(value, {}) for name, value in self.items() if value != ours[name]]
        self._facts: dict[str, dict[str, Any]] = {}
        for facts in chosen:
            for name, attributes in facts.items():
                self._facts[name] = _merged(self._facts.get(name, {}), attributes)
        self.options: dict[str, Any] = {
            assumption.option: self[name] for name, assumption in by_name.items() if assumption.option
        }
        for name, assumption in by_name.items():
            self.options |= assumption.options.get(self[name], {})
        self._fields: dict[tuple[Field, ...], tuple[Field, ...]] = {}

    def header(self, declared: CredentialHeader) -> CredentialHeader:
        """How the credential travels, as the assumptions have it."""
        return replace(declared, **self._facts.get("header", {}))

    def fields(self, declared: Iterable[Field], of: str = "") -> tuple[Field, ...]:
        """Fields as the assumptions have them; `of` is the endpoint whose arguments they are."""
        if not self._facts:
            return tuple(declared)
        known = tuple(declared)
        if of:
            return tuple(self._field(f, of) for f in known)
        if known not in self._fields:
            self._fields[known] = tuple(self._field(f, "") for f in known)
        return self._fields[known]

    def record(self, declared: type[Record]) -> type[Record]:
        """A record as the assumptions have it."""
        fields = self.fields(declared.fields)
        if fields == declared.fields:  # fields are equal where they are the same
            return declared
        return type(declared.__name__, (declared,), {"fields": fields, "__doc__": declared.__doc__})

    def endpoint(self, declared: Endpoint) -> Endpoint:
        """The endpoint as the assumptions have it."""
        arguments = self.fields(declared.arguments, declared.name)
        changes: dict[str, Any] = {**self._facts.get(declared.name, {})}
        if dialect := self._facts.get("dialect"):
            assert declared.system
            changes["system"] = replace(declared.system, dialect=replace(declared.system.dialect, **dialect))
        if arguments != declared.arguments:
            changes["arguments"] = arguments
        returns = declared.returns
        if isinstance(returns, Table) and (record := self.record(returns.record)) is not returns.record:
            changes["returns"] = replace(returns, record=record)
        elif isinstance(returns, Value) and (mine := self._field(returns.field, declared.name)) is not returns.field:
            changes["returns"] = replace(returns, field=mine)
        return replace(declared, **changes) if changes else declared

    def _field(self, declared: Field, of: str) -> Field:
        names = (declared.kind, declared.name, f"{of}.{declared.name}")
        changes: dict[str, Any] = {}
        for facts in (self._facts[name] for name in names if name in self._facts):
            changes = _merged(changes, facts)
        for name, fact in changes.items():
            if isinstance(fact, Mapping):
                changes[name] = {**getattr(declared, name), **fact}
        if isinstance(declared, Nested | Rows) and declared.record:
            record = self.record(declared.record)
            if record is not declared.record:
                changes["record"] = record
        return replace(declared, **changes) if changes else declared


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both sets of attributes; where both have a mapping, one mapping of both."""
    both = {**one, **other}
    for name in one.keys() & other.keys():
        if isinstance(one[name], Mapping) and isinstance(other[name], Mapping):
            both[name] = {**one[name], **other[name]}
    return both
