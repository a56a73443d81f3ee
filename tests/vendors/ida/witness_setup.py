"""What the sandbox must hold before a witness case of IDA, beside the demo data: its user, a database, a record."""

import hashlib
from collections.abc import Mapping
from typing import Any

from toolkit.sandbox.control import Control

FIELDS = {321: ("EMAIL", 2), 322: ("NOMBRE_1", 0), 323: ("TELEFONO", 1)}
PASSWORD = hashlib.sha1(b"password", usedforsecurity=False).hexdigest()


def prepare(control: Control, case: Mapping[str, Any]) -> None:
    """Put there what a case presupposes."""
    (user,) = control.stored("ida", "User")
    control.put("ida", "User", [{**user, "id": 2, "username": "nombreUsuario", "password_sha1": PASSWORD}])
    if case["section"].startswith("Insertar"):
        (base,) = control.stored("ida", "Database")
        control.put("ida", "Database", [{**base, "id": 123, "rowCounter": 0}])
        field = control.stored("ida", "Field")[0]
        made = [
            {**field, "id": n, "name": name, "type": kind, "kind": None, "database_id": 123}
            for n, (name, kind) in FIELDS.items()
        ]
        control.put("ida", "Field", made)
