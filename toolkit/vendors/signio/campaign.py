"""A campaign: envelopes by the hundred, from one DataFrame.

The plan sends nothing; `build` makes drafts, of which nobody is told; `distribute`, confirmed by their number, sends
the e-mails, at most once per envelope.
"""

import html
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from toolkit.errors import InputError, RowErrors, ToolkitError
from toolkit.http import wire
from toolkit.push import Drafts, Nothing, Order, Report, Rows, SendPolicy
from toolkit.push.journal import Op, Run, Step
from toolkit.sheets.check import Check, check
from toolkit.spec import Endpoint, Text
from toolkit.vendors.base import Connection
from toolkit.vendors.signio.api import Signio
from toolkit.vendors.signio.api.base import Status

if TYPE_CHECKING:
    from toolkit.push.run import Runner
    from toolkit.vendors.signio.drafts import Draft

KEYS = uuid.UUID("a3c1f0de-6f2b-5a53-9d0e-5e9a6a4d7c11")  # of the deduplication keys
READY = ("accepted", "verified")
IDENTITY = (Text(name="envelope"), Text(name="content"))
MAX_AMBIGUOUS = 3  # distributions in a row, before a person looks


class Plan:
    """What a campaign will do. Nothing is sent before `build`, and nobody is told before `distribute`.

    `envelopes` has a row for each envelope, `problems` one for each thing that keeps the campaign from being built.
    """

    def __init__(
        self,
        connection: Connection,
        people: pd.DataFrame,
        drafts: "Sequence[Draft]",
        problems: pd.DataFrame,
        campaign: str,
    ) -> None:
        self.people, self.problems, self.campaign = people, problems, campaign
        self._connection, self._drafts = connection, drafts
        self.drafts: Report | None = None  # what `build` has made

    @property
    def envelopes(self) -> pd.DataFrame:
        """A row for each envelope: what it will hold, in which order it is signed, and who gets e-mail at first."""
        rows = [draft.preview() for draft in self._drafts]
        index = pd.Index([draft.key for draft in self._drafts], name="envelope", dtype="str")
        columns = ["nombre", "signers", "order", "first", "mails", "documents", "template", "tags", "cc"]
        return pd.DataFrame(rows, index=index, columns=columns)

    @property
    def summary(self) -> "pd.Series[int]":
        """How many envelopes, signers, uploads, e-mails at first, and problems."""
        table = self.envelopes
        counts = {
            "envelopes": len(table),
            "signers": int(table["signers"].sum()),
            "documents": sum(len(draft.files) + bool(draft.template) for draft in self._drafts),
            "e-mails at first": int(table["mails"].sum()),
            "problems": len(self.problems),
        }
        return pd.Series(counts, name="count")

    def build(
        self, *, only_new: bool = False, again: bool | str = False, push: Mapping[str, Any] | None = None
    ) -> Report:
        """Make all drafts: envelopes, documents, signers, links. Nobody is told.

        Run again, it goes on where it stopped, or does nothing. A draft in doubt is left behind and made anew
        (`orphans()` lists it). An envelope counts as made only when all of it was acknowledged.

        Args:
            only_new: leave out envelopes that an earlier build of this campaign made.
            again: make all of them once more; a text makes it a further time.
            push: settings for this push, as `{"workers": 4}`.

        Returns:
            A report with one row for each envelope, with its `id_transaccion`.

        Raises:
            RowErrors: the plan has problems. Nothing was sent; `.table` lists all.
            PushRefused: some envelopes were made before, or were changed since, and nobody chose what to do.
        """
        if len(self.problems):
            raise RowErrors(self.problems)
        time = again if isinstance(again, str) else "again" if again else ""
        target = _Drafting(self._connection, self._drafts, self.campaign, time)
        frame = pd.DataFrame({"envelope": [d.key for d in self._drafts], "content": [d.digest for d in self._drafts]})
        frame.index = self.envelopes.index
        checked = check(frame, IDENTITY)
        options = self._connection.options(push, workers=self._connection.client.workers)
        report = self._connection.push(target, Drafts(), checked, options, SendPolicy(only_new, again))
        self.drafts = Report(self.envelopes, report.table, report.facts)
        return self.drafts

    def distribute(self, *, confirm: int, push: Mapping[str, Any] | None = None) -> Report:
        """Send the drafts to their signers. **Real people get e-mail, and it cannot be taken back.**

        An envelope is sent at most once, whatever happens: where no trustworthy answer comes, its state is read,
        and what that does not settle is `unknown` and left to a person. Run again, it goes on with what was not sent.

        Args:
            confirm: how many drafts are ready, as the report of `build` says.
            push: settings for this push.

        Returns:
            A report with one row for each envelope that was ready.

        Raises:
            InputError: nothing was built, or the number is not that of the drafts that are ready. Nothing was sent.
        """
        if self.drafts is None:
            raise InputError("there are no drafts yet: call build() first. Nothing was sent")
        made = self.drafts.table[self.drafts.table["outcome"].isin(READY)]
        ready = (
            made[["id_transaccion"]].dropna() if "id_transaccion" in made else made.reindex(columns=["id_transaccion"])
        )
        if isinstance(confirm, bool) or confirm != len(ready):
            mails = int(self.envelopes.loc[ready.index, "mails"].sum())
            raise InputError(
                f"{len(ready):,} drafts are ready; {mails:,} people would get e-mail at first. Nothing was sent. "
                f"To send them: distribute(confirm={len(ready)})"
            )
        checked = check(ready, (Text(name="id_transaccion"),))
        target = _Distribution(self._connection, checked)
        options = self._connection.options(push, workers=1, max_ambiguous=MAX_AMBIGUOUS)
        return self._connection.push(target, _AtMostOnce(target), checked, options, SendPolicy(only_new=True))

    def orphans(self) -> pd.DataFrame:
        """Drafts of the last build that are not to be distributed, a row each: left behind in doubt, or refused."""
        table = self.drafts.table if self.drafts else pd.DataFrame()
        rows = []
        for key, row in table.iterrows():
            left = row.get("left_behind")
            rows += [(key, old, "left behind in doubt") for old in (left if isinstance(left, list) else ())]
            if row["outcome"] == "rejected" and isinstance(row.get("id_transaccion"), str):
                rows.append((key, row["id_transaccion"], f"refused on the way: {row['error']}"))
        return pd.DataFrame(rows, columns=["envelope", "id_transaccion", "reason"], dtype="str")

    def delete_orphans(self) -> pd.DataFrame:
        """Delete them. The rows of `orphans()`, with the reason in `error` where one could not be deleted."""
        orphans = self.orphans()
        wanted = [{"envelope_id": envelope} for envelope in orphans["id_transaccion"]]
        answers = self._connection.client.each(Signio.endpoints["delete_envelope"], wanted, label="orphans")
        errors = [str(answer) if isinstance(answer, ToolkitError) else None for answer in answers]
        return orphans.assign(error=pd.array(errors, dtype="str"))

    def __repr__(self) -> str:
        counts = "\n".join(f"{count:>9,}  {what}" for what, count in self.summary.items())
        shown = self.problems if len(self.problems) else self.envelopes
        return f"Campaign {self.campaign!r}: nothing is sent yet\n{counts}\n{shown.head(10).to_string(max_colwidth=40)}"

    def _repr_html_(self) -> str:
        head, _, _ = repr(self).partition("\n")
        shown = self.problems if len(self.problems) else self.envelopes
        counts = self.summary.to_frame().to_html(escape=True)
        return f"<p><b>{html.escape(head)}</b></p>{counts}{shown.head(20).to_html(escape=True)}"


class _Drafting(Rows):
    """Envelope by envelope, step by step: create, files, signers, template, links."""

    what = "signio.campaign"
    together = False
    keyed = True
    first = "create"

    def __init__(self, connection: Connection, drafts: "Sequence[Draft]", campaign: str, time: str) -> None:
        self._connection, self._drafts, self._time = connection, drafts, time
        self.session = connection.session
        whose = (connection.address, connection.account.get("tenant"), "campaign", campaign)
        self.destination = "/".join(filter(None, whose))
        tenant = f" for {whose[1]}" if whose[1] else ""
        self.where = f"{f'campaign «{campaign}»' if campaign else 'drafts'} at {connection.host}{tenant}"
        self._given: dict[int, dict[str, Any]] = {}

    def recall(self, results: Mapping[int, Mapping[str, Any]]) -> None:
        self._given = {position: dict(given) for position, given in results.items()}

    def request(self, order: Order) -> tuple[Endpoint, wire.Request]:
        position = int(order.positions[0])
        draft, given = self._drafts[position], self._given.get(position, {})
        name, values = draft.call(order.kind, given)
        if name == "create_envelope" and "envelopeDeduplicationKey" not in values:
            values["envelopeDeduplicationKey"] = self._key(draft, given)
        endpoint = self._connection.endpoint(Signio.endpoints[name])
        return endpoint, wire.request(endpoint, values)

    def _key(self, draft: "Draft", given: Mapping[str, Any]) -> str:
        """The same for the same envelope, until one was made and left behind: then another."""
        made = len(given.get("left_behind", ())) + ("id_transaccion" in given)
        facts = [self.destination, self._time, draft.key, draft.digest, made]
        return str(uuid.uuid5(KEYS, json.dumps(facts, ensure_ascii=False)))

    def results(self, order: Order, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        position = int(order.positions[0])
        given = self._given.setdefault(position, {})
        kind, _, number = order.kind.partition(" ")
        match kind:
            case "create":
                new: dict[str, Any] = {"id_transaccion": payload["id_transaccion"]}
                if given.get("id_transaccion") not in (None, new["id_transaccion"]):
                    new["left_behind"] = [*given.get("left_behind", ()), given["id_transaccion"]]
            case "file":
                new = {"documents": {**given.get("documents", {}), number: payload["id_documento"]}}
            case "signer":
                new = {"signers": {**given.get("signers", {}), number: payload["id_firmante"]}}
            case "template":
                new = {"documents": {**given.get("documents", {}), "template": payload["document"]["id"]}}
            case _:
                new = {}
        given.update(new)
        return {position: new}

    def follows(self, order: Order) -> str:
        steps = self._drafts[int(order.positions[0])].steps
        return steps[steps.index(order.kind) + 1] if order.kind != steps[-1] else ""


class _Distribution(Rows):
    """Drafts go to their signers, one request each."""

    what = "signio.distribute"
    together = False
    irrevocable = True

    def __init__(self, connection: Connection, ready: Check) -> None:
        self._signio = Signio(connection.client)
        self._endpoint = connection.endpoint(Signio.endpoints["distribute"])
        self._ids = ready.wire()["id_transaccion"]
        self.session = connection.session
        self.where = f"signers at {connection.host}"
        self.destination = f"{connection.address}/distribution"  # one for all: no envelope goes out by two campaigns

    def request(self, order: Order) -> tuple[Endpoint, wire.Request]:
        return self._endpoint, wire.request(self._endpoint, {"envelope_id": self._ids[order.positions[0]]})

    def is_out(self, position: int) -> bool:
        """Whether the vendor shows the envelope as sent."""
        state = self._signio.envelope(self._ids[position])["estado"].iloc[0]
        return bool(pd.notna(state)) and state != Status.DRAFT


class _AtMostOnce(Nothing):
    """What is in doubt is looked at, and never sent again."""

    def __init__(self, target: _Distribution) -> None:
        self._target = target

    def rejected(self, run: "Runner", step: Step) -> bool:
        return self._is_out(run, step)

    def settle(self, run: "Runner", doubtful: Sequence[Step]) -> None:
        left = self._seen(run, doubtful)
        if left:
            run.wait(run.options.settle_wait, "a request without an answer may still be applied")
        left = self._seen(run, left)
        run.mark(left, Op.UNKNOWN, "no trustworthy answer came, and the vendor still shows a draft; not sent again")

    def _seen(self, run: "Runner", doubtful: Sequence[Step]) -> list[Step]:
        """Marks those that are out; gives the others."""
        out = [step for step in doubtful if self._is_out(run, step)]
        run.mark(out, Op.VERIFIED, "no trustworthy answer came; the vendor shows it as sent")
        return [step for step in doubtful if step not in out]

    def _is_out(self, run: "Runner", step: Step) -> bool:
        try:
            return self._target.is_out(int(run.where[step.positions][0]))
        except ToolkitError as problem:
            run.pause(f"whether an envelope went out could not be read: {problem}")

    def finish(self, run: "Runner") -> Run:
        return Run.BALANCED
