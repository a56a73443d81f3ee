"""What other people do in the contact databases, and what really is in them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.sandbox.vendor import ControlPlane
from toolkit.vendors.ida.sandbox.services import FAKE, Change, Contact, Database, add_contacts, count_change, fields_of


@FAKE.controls
class IdaControl(ControlPlane):
    """Other people's doings in the contact databases, and what really is in them."""

    def insert(self, database_id: int, records: int | Sequence[Mapping[str, Any]] = 1) -> int:
        """Records from somebody else, unchecked: so many invented ones, or these (values by field name)."""
        with self._machine.transaction():
            call = self._machine.call("ida")
            if isinstance(records, int):
                texts = [f["name"] for f in fields_of(call, database_id) if f["kind"] == "text"]
                records = [dict.fromkeys(texts, f"ajeno {n}") for n in range(1, records + 1)]
            add_contacts(call, database_id, records)
        return len(records)

    def remove(self, database_id: int, records: int | Sequence[int] = 1) -> int:
        """Somebody else deletes records: so many of the newest, or those with these ids. How many went."""
        with self._machine.transaction():
            call = self._machine.call("ida")
            ids = {r["id"] for r in call.store.rows(Contact, database_id=database_id)}
            chosen = sorted(ids, reverse=True)[:records] if isinstance(records, int) else ids & set(records)
            gone = sum(call.store.remove(Contact, id=each) for each in chosen)
            count_change(call, database_id, -gone)
        return gone

    def lag(self, database_id: int, seconds: float = 0) -> None:
        """From now on a change shows in rowCounter so many seconds later, on the sandbox's clock."""
        with self._machine.transaction():
            self._machine.store.remove(Change, database_id=database_id)
            self._machine.store.change(Database, {"lag": seconds}, id=database_id)

    def contacts(self, database_id: int) -> list[dict[str, Any]]:
        """Every stored record of a database: `id`, and its values by field name. Empty where there is no database."""
        with self._machine.transaction():
            kept = self._machine.store.rows(Contact, database_id=database_id)
        return [{"id": r["id"], **r["data"]} for r in kept]

    def multiplicity(self, database_id: int, field: str) -> dict[str, int]:
        """How many stored records have each value of a field."""
        return dict(Counter(str(c[field]) for c in self.contacts(database_id) if field in c))
