"""Distribution of envelopes, as a bench: what reaches people."""

from collections import Counter
from collections.abc import Hashable
from typing import Any, ClassVar

import pandas as pd

from tests.push.benches import Bench, Told, told
from tests.vendors.signio.helpers import crowd, envelopes, planned


class Envelopes(Bench):
    """Drafts that are there; a push is to distribute them. The key of a row is its envelope."""

    system = "signio"
    write: ClassVar = {"method": "POST", "path": "/transacciones/distribuir"}
    read: ClassVar = {"method": "GET", "path": "/transacciones/gestionar"}
    plan: Any = None

    def frame(self, rows: int) -> pd.DataFrame:
        self.people = crowd(3)
        self.ids = planned(self.api.signio, self.people).build().table["id_transaccion"].tolist()
        return pd.DataFrame({"id_transaccion": self.ids})

    def keys(self, frame: pd.DataFrame) -> list[Hashable]:
        return list(frame["id_transaccion"])

    def stored(self) -> Counter[Hashable]:
        return Counter(e["id_transaccion"] for e in envelopes(self.box) if e["estado"] != 1)

    def push(self, frame: pd.DataFrame, **settings: Any) -> Told:
        plan = planned(self.api.signio, self.people)
        plan.build()
        return told(plan.distribute(confirm=len(frame), options=settings))
