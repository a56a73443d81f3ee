"""SIGNIO: what an analyst holds. The declared endpoints, and the workflows made of several calls."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from toolkit.calls import frames
from toolkit.errors import (
    ApiError,
    BadAnswer,
    InputError,
    PushRefused,
    Rejected,
    RowErrors,
    SettingsError,
    ToolkitError,
)
from toolkit.http.secrets import Secret
from toolkit.plain import message
from toolkit.push import IfSent, OnBadRows, Options, Report, bulk_write
from toolkit.push.readers import Reader
from toolkit.sheets.rows import frame_of
from toolkit.sheets.target import takes
from toolkit.spec import Integer, Payload, Record, Text
from toolkit.vendors.base import VendorClient
from toolkit.vendors.signio import api as declared
from toolkit.vendors.signio.api.base import Status
from toolkit.vendors.signio.campaign import Plan
from toolkit.vendors.signio.campaign_documents import CampaignDocument, documents_of
from toolkit.vendors.signio.changes import StatusChanges
from toolkit.vendors.signio.people import ENVELOPES, SIGNERS
from toolkit.vendors.signio.planner import Layout, drafts_of
from toolkit.vendors.signio.push import Distributor, EnvelopeOfSigners
from toolkit.vendors.signio.status import SignatureStatus, SignerOf, ids_of, objects, roles_of, status_rows

TOKEN_LIFE = 7200.0  # seconds (observed)


class TemplateRole(Record):
    """A role of a template."""

    id: Integer = Integer("Identifier of the template.")
    name: Text = Text("Its name.")
    role: Text = Text("The role.")


class Signio(VendorClient, declared.Signio):
    """Electronic signature: envelopes of documents, sent to their signers."""

    _raw_only: declared.RawOnly

    Status = Status
    CampaignDocument = CampaignDocument

    def __repr__(self) -> str:
        account = self.connection.account
        who, tenant = account.get("email", message("the owner of the token")), account.get("tenant")
        return f"<SIGNIO at {self.connection.host} as {who}{f' for {tenant}' if tenant else ''}>"

    def tenants(self) -> pd.DataFrame:
        """List the tenants that the signed-in user may work for. `connect(signio={…, "tenant": "…"})` picks one.

        Returns:
            One row per tenant: `token` (masked), `tenant`, `expires_at`.

        Raises:
            SettingsError: only a token is known. The vendor answers this to an e-mail address and a password only.
        """
        return self._tenants(self._credentials("email", "password"))

    def signers(self, envelope_id: Any) -> pd.DataFrame:
        """List the signers of one envelope, or of many.

        Args:
            envelope_id: one identifier; or several, as a list or a column, which are read several at a time.

        Returns:
            One row per signer. For several envelopes, `id_transaccion` stands first and `error` last: an envelope that
            cannot be read is one row with the reason.

        Raises:
            NotFound: you asked for one envelope, and it does not exist.
        """
        if isinstance(envelope_id, str):
            return super().signers(envelope_id)
        asked = ids_of(envelope_id)
        rows: list[dict[str, Any]] = []
        for envelope, answer in zip(asked, self._read(asked), strict=True):
            failed = isinstance(answer, ToolkitError)
            people = [{"error": str(answer)}] if failed else objects(answer.get("contactos"))
            rows += [{**person, "id_transaccion": envelope} for person in people]
        table = frames.to_frame(self.connection.assumed.record(SignerOf), rows)
        return table[["id_transaccion", *(c for c in table if c != "id_transaccion")]]

    def signature_status(self, envelope_ids: Iterable[str], *, roles: Any = None) -> pd.DataFrame:
        """Show who has signed what, in which role, and what each open signature waits for.

        Args:
            envelope_ids: identifiers of envelopes, as a list or a column; each is read once, several at a time.
            roles: what the signers' roles are called, for the vendor's answer names none: a report of `add_signers`,
                `plan.signers`, or any rows with `id_firmante` and `rol`.

        Returns:
            One row per envelope, document and signer, in the order of `envelope_ids`. An envelope that cannot be read,
            or in which nobody signs, is one row; `error` says why one could not be read. `signature` tells `waits` (for
            this signer) from `not yet`, `draft`, `rejected` and the other ends.

        >>> envelope_id = signio.create_envelope("Contrato")
        >>> signio.signature_status([envelope_id])[["nombre", "estado_nombre"]]
             nombre   estado_nombre
        0  Contrato  En elaboración
        """
        asked, named = ids_of(envelope_ids), roles_of(roles)

        def rows() -> Iterator[dict[str, Any]]:
            for envelope, answer in zip(asked, self._read(asked), strict=True):
                failed = isinstance(answer, ToolkitError)
                unread = {"id_transaccion": envelope, "error": str(answer)}
                yield from [unread] if failed else status_rows(envelope, answer, named)

        return frames.in_blocks(self.connection.assumed.record(SignatureStatus), rows())

    def status_changes(self, envelope_ids: Iterable[str], *, reader: str, roles: Any = None) -> StatusChanges:
        """Show what changed since this reader last marked changes as processed.

        The same changes come again at each call, until `.mark_processed()`: nothing is lost when a kernel dies, and
        nothing is processed twice. What was processed is remembered in the ledger.

        Args:
            envelope_ids: as for `signature_status`.
            reader: a name for what looks at the changes, as "monthly report": each reader has its own memory.
            roles: as for `signature_status`.

        Returns:
            The changes: `.table`, `.summary`, `.to_excel(path)`, `.mark_processed()`.

        Raises:
            InputError: the reader has no name.
            PushRefused: another process asks just now, or the ledger is damaged or gone.

        >>> envelope_id = signio.create_envelope("Contrato")
        >>> changes = signio.status_changes([envelope_id], reader="monthly report")
        >>> changes.mark_processed()
        >>> len(signio.status_changes([envelope_id], reader="monthly report"))
        0
        """
        memory = self.connection.memory("readers", "")
        return StatusChanges(
            self.signature_status(envelope_ids, roles=roles),
            Reader(memory, reader, self.connection.session.clock),
        )

    def template_roles(self) -> pd.DataFrame:
        """List the roles of every template.

        Returns:
            One row per role: `id` and `name` of the template, `role`.
        """
        templates = self.templates()
        rows = [
            {"id": template, "name": name, "role": role}
            for template, name, roles in templates[["id", "name", "roles"]].itertuples(index=False)
            for role in roles or ()
        ]
        return frames.to_frame(TemplateRole, rows)

    @takes(SIGNERS)
    def add_signers(
        self,
        envelope_id: str,
        rows: Any,
        *,
        if_sent: IfSent = "raise",
        on_bad_rows: OnBadRows = "skip",
        options: Options | Mapping[str, Any] | None = None,
    ) -> Report:
        """Register many signers in one draft, one for each row, and report what became of each. Nobody is notified.

        Every cell is checked first. Safe to run again: who is in is not sent twice. Where no trustworthy answer comes,
        the envelope's signers are read.

        Args:
            envelope_id: of a draft.
            rows: a row for each signer, its columns the fields of `add_signer`; any other column is an error. A
                DataFrame, a list of dicts, a table of polars, pyarrow or DuckDB, a Check, or an iterator of these.
            if_sent: what to do with rows that were sent before. "raise": nothing is sent, unless these are exactly the
                rows of an earlier push: then it goes on, or its report comes back. "skip": only the others are sent.
                "resend": all are sent once more; a further time needs the option `resend_as`.
            on_bad_rows: "skip" leaves out rows with a bad cell, and rows of a person who is in several; the report says
                why. "raise" sends nothing where there are any.
            options: such as `{"settle_wait": 65}`; `toolkit.Options` lists them.

        Returns:
            A report with one row for each row of the input, same index, with the identifiers in `id_firmante`.

        Raises:
            RowErrors: some rows cannot be sent, with `on_bad_rows="raise"`. Nothing was sent; `.table` lists all.
            PushRefused: some rows were sent before, and `if_sent` is "raise". Nothing was sent.
        """
        policy = self.connection.policy(if_sent, on_bad_rows, options)
        return bulk_write(rows, EnvelopeOfSigners(self.connection, envelope_id), policy)

    def distribute(self, envelope_id: str) -> None:
        """Send an envelope to its signers. Real people get e-mail at once, and this cannot be taken back.

        Where no signer has an `orden`, SIGNIO notifies all of them at the same time; else the first, and each next one
        when the one before has signed everything. An envelope is sent at most once, whatever happens, by this call and
        by campaigns: what was sent is remembered. Where no trustworthy answer comes, its state is read.

        Args:
            envelope_id: of a draft that is complete.

        Raises:
            Rejected: the envelope is not a draft, or is not complete. Nobody was notified.
            OutcomeUnknown: no trustworthy answer came, and the envelope does not show as sent. This call never sends it
                again: look at `envelope(envelope_id)`, and say what you found; the message names the call for that.
            PushRefused: another kernel is distributing, or the envelope went out as another draft. Nothing was sent.
        """
        policy = self.connection.policy("skip", "raise", None, workers=1)
        frame = pd.DataFrame({"id_transaccion": [envelope_id]}, dtype=object)
        report = bulk_write(frame, Distributor(self.connection), policy)
        if len(refused := report.failed.query("outcome == 'rejected'")):
            raise Rejected(str(refused["error"].iloc[0]), service="distribute")
        if len(report.failed) and report.facts.get("state") != "paused":
            raise PushRefused(str(report.failed["error"].iloc[0]))
        report.raise_if_incomplete()

    @takes(ENVELOPES)
    def plan_envelopes(
        self,
        rows: Any,
        envelope: str,
        *,
        documents: Any,
        campaign: str = "",
        on_bad_rows: OnBadRows = "skip",
        envelope_options: Mapping[str, Any] | None = None,
    ) -> Plan:
        """Plan a campaign: envelopes by the hundred from one sheet. Nothing is sent; the plan shows what would be.

        `plan.build()` makes the drafts, and notifies nobody; `plan.distribute(confirm=…)` sends the e-mails. Texts
        may name columns in braces, as "contratos/{cedula}.pdf": each envelope has the cells of its own rows there.

        Args:
            rows: a row for each signer: the fields of `add_signer`, `envelope`, and the columns that texts name. Any
                other column is an error. Empty rows are left out. Signers with the same `orden` are told together. A
                DataFrame, a list of dicts, a table of polars, pyarrow or DuckDB, or a Check.
            envelope: the column that groups rows into envelopes.
            documents: a file (path, or pair of name and bytes), which everybody signs, or a list of documents. Where
                documents differ in who signs them, in places, metatags or protection: `CampaignDocument`s, or dicts
                with the same names, as {"file": "pagare.pdf", "signers": "Deudor", "protect": True}; a template is
                {"template": 12, "fields": {"name": "{nombre}"}}.
            campaign: its name: envelopes with the same key belong together within one campaign only.
            on_bad_rows: "skip" leaves out the whole envelope of a bad row; the plan and the report of `build` say why.
                "raise" makes no plan where there are any.
            envelope_options: those of `create_envelope`, as {"tags": ["Contratos"]}. `nombre` and `external_id` are the
                envelope's key where they are missing.

        Returns:
            The plan: `summary`, `envelopes` (a row for each), `signers` (who signs what), `problems`, `doubts`.

        Raises:
            InputError: a column is missing or fills nothing, no document is named, or nobody has a role that one names.
            RowErrors: there are problems, with `on_bad_rows="raise"`; `.table` lists all.

        >>> people = pd.DataFrame({"contrato": ["c-1", "c-1"], "nombre": ["Ana", "Luis"], "tipo_identificacion": "CC"})
        >>> people = people.assign(identificacion=["1001", "1002"], email=["ana@example.co", "luis@example.co"])
        >>> people = people.assign(operation_rol=["Deudor", "Codeudor"])
        >>> contract = {"template": 12, "fields": {"name": "{nombre}", "identification": "{identificacion}"}}
        >>> letter = {"template": 12, "fields": contract["fields"], "signers": "Deudor", "protect": True}
        >>> plan = signio.plan_envelopes(people, "contrato", documents=[contract, letter])
        >>> plan.build().complete
        True
        >>> plan.signers["rol"].tolist()
        ['Deudor', 'Codeudor', 'Deudor']
        >>> plan.distribute(confirm=1).complete
        True
        """
        options = dict(envelope_options or {})
        if "envelopeDeduplicationKey" in options:
            raise InputError(
                message("envelopeDeduplicationKey is made by the campaign: it keeps envelopes from being made twice")
            )
        policy, people = self.connection.policy("raise", on_bad_rows), frame_of(rows)
        layout = Layout(envelope, documents_of(documents), options, self.connection.assumed)
        planned = drafts_of(people, layout)
        if policy.on_bad_rows == "raise" and len(planned.problems):
            raise RowErrors(planned.problems)
        return Plan(self.connection, people, planned, campaign)

    def _new_token(self) -> tuple[Secret, float | None]:
        """A token and the seconds it lives; that of the account's tenant, where it names one.

        Raises:
            AuthError: e-mail or password are wrong, or the user or customer is inactive.
            SettingsError: the user has no such tenant.
        """
        who, tenant = self._credentials("email", "password"), self.connection.account.get("tenant")
        if not tenant:
            return self._raw_only.create_token(*who), TOKEN_LIFE
        tenants = self._tenants(who)
        mine = tenants[tenants["tenant"].str.casefold() == tenant.casefold()]
        if mine.empty:
            names = ", ".join(tenants["tenant"])
            raise SettingsError(
                message("SIGNIO: there is no tenant {tenant!r}; the user has {names}", tenant=tenant, names=names)
            )
        life = (mine["expires_at"].iloc[0] - self.connection.session.clock.now()).total_seconds()
        return mine["token"].iloc[0], None if pd.isna(life) else max(0.0, life)

    def _tenants(self, who: list[Any]) -> pd.DataFrame:
        """The tenants, asked for with the token of 6.1 where there is one and 6.21 wants it."""
        client = self.connection.client
        if self.connection.assumed["authenticate_header"] == "token":
            with contextlib.suppress(ApiError, BadAnswer):
                client = client.holding(self._raw_only.create_token(*who))
        return declared.RawOnly(client).authenticate(*who)

    def _read(self, envelope_ids: list[str]) -> Iterator[Any]:
        """The whole answer for each envelope, or the error: one request each, when it is asked for."""
        whole = replace(declared.Signio.endpoints["envelope"], returns=Payload())
        wanted = [{"envelope_id": envelope} for envelope in envelope_ids]
        unexpected = BadAnswer(message("envelope: the answer is not an object"))
        for answer in self.connection.client.stream(whole, wanted, label="envelopes"):
            yield answer if isinstance(answer, dict | ToolkitError) else unexpected
