"""The hand that signs: what people do with envelopes, the e-mails they would get, and the webhook at the end."""

import http.client
import json
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Any
from urllib.parse import urlsplit

from toolkit.plain import message
from toolkit.sandbox.vendor import ControlPlane
from toolkit.vendors.signio.api.base import SYSTEM, Status
from toolkit.vendors.signio.sandbox.envelopes import (
    Document,
    Envelope,
    Link,
    Mail,
    Row,
    SignioError,
    StoredEnvelopes,
    Tenant,
    User,
)
from toolkit.vendors.signio.sandbox.forms import Forms
from toolkit.vendors.signio.sandbox.request import FAKE, address_in
from toolkit.vendors.signio.sandbox.services import ONSITE

A4_HEIGHT = 842  # pixels
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@FAKE.controls
class SignioControl(ControlPlane):
    """The control plane's SIGNIO. Somebody who cannot do what is asked, at this moment, is a `ValueError`."""

    def outbox(self, envelope_id: str | None = None) -> list[Row]:
        """Every e-mail that would have gone out, oldest first: `recipient`, `kind`, envelope, signer, time.

        Kinds: firma (an invitation to sign), captura (to fill in a template), copia (to a cc), notificado, fin.
        """
        with self._machine.transaction():
            wanted = {"id_transaccion": envelope_id} if envelope_id else {}
            return self._machine.store.rows(Mail, **wanted)

    def turn(self, envelope_id: str) -> list[str]:
        """The signers, by identifier, whose turn it is."""
        return [s["id_contacto"] for s in self._do(lambda envelopes: envelopes.turn(envelope_id))]

    def stamps(self, envelope_id: str) -> list[Row]:
        """Where signatures are shown: signer, document, page, and how far above the bottom of an A4 page they stand."""
        with self._machine.transaction():
            call = self._machine.call(SYSTEM.name)
            links = call.store.rows(Link, id_transaccion=envelope_id)
        down = call.reading("y_direction") == "down"
        return [
            {
                **{k: link[k] for k in ("id_firmante", "id_documento")},
                "page": stamp["pagina"],
                "bottom": A4_HEIGHT - stamp["y"] - stamp["alto"] if down else stamp["y"],
            }
            for link in links
            for stamp in [*filter(None, [link["posicion"]]), *(link["stamps"] or ())]
        ]

    def sign(self, envelope_id: str, who: str | None = None) -> bool:
        """A signer (identifier or e-mail), or everybody whose turn it is, signs; True where that ends the envelope."""
        ended: bool = self._do(lambda envelopes: envelopes.sign(envelope_id, who))
        if ended:
            self._call_webhook(envelope_id)
        return ended

    def reject(self, envelope_id: str) -> None:
        """Somebody rejects the envelope."""
        self._end(envelope_id, Status.REJECTED)

    def suspend(self, envelope_id: str) -> None:
        """So much time passes that the envelope is suspended."""
        self._end(envelope_id, Status.SUSPENDED)

    def give_back(self, envelope_id: str) -> None:
        """Somebody returns the envelope with remarks."""
        self._end(envelope_id, Status.RETURNED)

    def fill_in(self, envelope_id: str, fields: Mapping[str, Any]) -> None:
        """The roles fill in the inputs of the envelope's templates: it goes on to be signed."""
        self._do(lambda envelopes: envelopes.collect(envelope_id, fields))

    def account(self, *, user: bool = True, tenant: bool = True, onsite: bool = True) -> None:
        """Whether the demo user and the tenants are active, and whether the account may sign on site."""
        with self._machine.transaction():
            self._machine.store.change(User, {"active": user})
            self._machine.store.change(Tenant, {"active": tenant})
            self._machine.store.set(ONSITE, onsite)

    def webhook(self, url: str | None) -> None:
        """The address on this machine that is called whenever an envelope ends; None for nobody."""
        address = urlsplit(url or "http://localhost")
        if address.scheme != "http" or address.hostname not in LOOPBACK or address.port == 0:
            raise ValueError(message("only an address on this machine is called: http://127.0.0.1:…"))
        with self._machine.transaction():
            self._machine.store.change(Tenant, {"webhook": url})

    def _end(self, envelope_id: str, estado: Status) -> None:
        self._do(lambda envelopes: envelopes.end(envelope_id, estado))
        self._call_webhook(envelope_id)

    def _do(self, work: Callable[[StoredEnvelopes], Any]) -> Any:
        try:
            with self._machine.transaction():
                call = self._machine.call(SYSTEM.name)
                return work(StoredEnvelopes(call.store, call.now))
        except SignioError as refusal:
            errors = ", ".join(refusal.errors)
            raise ValueError(message("not now: {code} {errors}", code=refusal.code, errors=errors)) from None

    def _call_webhook(self, envelope_id: str) -> None:
        """Say it to the customer's own address. Nobody listening there costs nothing."""
        with self._machine.transaction():
            store = self._machine.store
            (kept,) = store.rows(Envelope, id_transaccion=envelope_id)
            (tenant,) = store.rows(Tenant, name=kept["tenant"])
            documents = store.rows(Document, id_transaccion=envelope_id)
        if not tenant["webhook"]:
            return
        url = self._machine.url
        files = [(d["nombre"], address_in(url, "archivos", d["id_documento"], d["nombre"])) for d in documents]
        paths = [{"nombre": name, "ruta": address} for name, address in files]
        facts = {k: kept[k] for k in ("id_transaccion", "external_id")}
        facts["estado"] = Forms(self._machine.call(SYSTEM.name).switched).shown_state(kept["estado"])
        facts |= {"id": envelope_id, "Documentos": paths, "documentos": paths}  # customers read either spelling
        body, kind = json.dumps(facts, ensure_ascii=False).encode(), {"Content-Type": "application/json"}
        address = urlsplit(tenant["webhook"])
        with (
            suppress(OSError, http.client.HTTPException),
            closing(http.client.HTTPConnection(str(address.hostname), address.port, timeout=5)) as customer,
        ):  # by no proxy, to no other address
            customer.request("POST", address._replace(scheme="", netloc="").geturl() or "/", body, kind)
            customer.getresponse()
