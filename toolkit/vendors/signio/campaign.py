"""A campaign: envelopes by the hundred, from one DataFrame.

The plan sends nothing; `build` makes drafts, and notifies nobody; `distribute`, confirmed by their number, sends
the e-mails, at most once per envelope.
"""

import html
from collections.abc import Mapping
from typing import Any

import pandas as pd

from toolkit.calls.frames import excerpt
from toolkit.errors import InputError, ToolkitError
from toolkit.plain import mark, message, number, plain, plural
from toolkit.push import IfSent, Options, Report, bulk_write
from toolkit.sheets.outcomes import COLUMNS, IN, Outcome
from toolkit.vendors.base import Connection
from toolkit.vendors.signio.api import Signio
from toolkit.vendors.signio.api.base import Status
from toolkit.vendors.signio.planner import Drafts
from toolkit.vendors.signio.push import Campaign, CampaignDrafts, Distributor, state_of

MAX_AMBIGUOUS = 3  # distributions in a row, before a person looks


class Plan:
    """What a campaign will do. Nothing is sent before `build`, and nobody is notified before `distribute`.

    `envelopes` has a row for each envelope, `problems` one for each thing that keeps its envelope from being built, and
    `doubts` one for each thing to look at before.
    """

    people: pd.DataFrame
    campaign: str
    problems: pd.DataFrame
    doubts: pd.DataFrame

    def __init__(self, connection: Connection, people: pd.DataFrame, planned: Drafts, campaign: str) -> None:
        self.people, self.campaign = people, campaign
        self.problems, self.doubts = planned.problems, planned.doubts
        self._connection, self._planned = connection, planned
        self.drafts: Report | None = None  # what `build` has made

    @property
    def envelopes(self) -> pd.DataFrame:
        """A row for each envelope: what it will hold, in which order it is signed, and who gets e-mail at first.

        `problem` says what keeps it from being built; once `build` was called, also why it was not built.
        """
        table = self._as_planned()
        if self.drafts:
            built = self.drafts.table
            table["problem"] = table["problem"].fillna(built["error"].where(built["outcome"] == Outcome.NOT_SENT))
        return table

    def _as_planned(self) -> pd.DataFrame:
        bad = {key: f"{finding.column} {finding.problem}" for key, finding in self._planned.bad.items()}
        rows = [{**draft.preview(), "problem": bad.get(draft.key)} for draft in self._planned.all]
        index = pd.Index([draft.key for draft in self._planned.all], name="envelope", dtype="str")
        columns = ["nombre", "signers", "order", "first", "mails", "documents", "signatures", "tags", "cc", "problem"]
        return pd.DataFrame(rows, index=index, columns=columns)

    @property
    def signers(self) -> pd.DataFrame:
        """Who signs which document: a row for each envelope, document and signer, with the role.

        Once `build` has made the drafts, with their identifiers: `signature_status(ids, roles=plan.signers)`.
        """
        built = self.drafts.table if self.drafts else pd.DataFrame()
        rows: list[dict[str, Any]] = []
        for draft in self._planned.all:
            results = dict(zip(built.columns, built.loc[draft.key], strict=True)) if draft.key in built.index else {}
            rows += [{"envelope": draft.key, **row} for row in draft.who_signs(results)]
        text = ["envelope", "id_transaccion", "id_documento", "id_firmante", "rol", "nombre", "email", "document"]
        table = pd.DataFrame(rows, columns=[*text, "orden", "protected"])
        return table.astype(dict.fromkeys(text, "str") | {"orden": "Int64", "protected": "bool"})

    @property
    def summary(self) -> "pd.Series[int]":
        """How many envelopes would be made, with how many signers, uploads and e-mails at first; and what is wrong."""
        good = [draft for draft in self._planned.all if draft.key not in self._planned.bad]
        table = self.envelopes.loc[[draft.key for draft in good]]
        counts = {
            mark("envelopes"): len(table),
            mark("signers"): int(table["signers"].sum()),
            mark("documents"): sum(len(draft.documents) for draft in good),
            mark("signatures"): int(table["signatures"].sum()),
            mark("e-mails at first"): int(table["mails"].sum()),
            mark("envelopes left out"): len(self._planned.bad),
            mark("problems"): len(self.problems),
            mark("doubts"): len(self.doubts),
        }
        return pd.Series(counts, name="count")

    def build(self, *, if_sent: IfSent = "raise", options: Options | Mapping[str, Any] | None = None) -> Report:
        """Make all drafts: envelopes, documents, signers, links. Nobody is notified.

        Envelopes with a problem are left out. Run again, it goes on where it stopped, or does nothing. A draft in doubt
        is left behind and made anew (`orphans()` lists it). An envelope counts as made only when all of it was
        acknowledged.

        Args:
            if_sent: what to do with envelopes that an earlier build of this campaign made. "raise": nothing is sent,
                unless these are exactly the envelopes of an earlier build: then it goes on, or its report comes back.
                "skip": only the others are made; of an envelope that was changed since, the old draft stays, and this
                plan does not distribute it. "resend": all are made once more, but for those that were distributed, or
                may have been: the report names their drafts; another `campaign` sends them again. A further time needs
                the option `resend_as`.
            options: such as `{"workers": 4}`; `toolkit.Options` lists them.

        Returns:
            A report with one row for each envelope, with its `id_transaccion`. What was left out is `not sent`.

        Raises:
            PushRefused: some envelopes were made before, or were changed since, and `if_sent` is "raise".
        """
        policy = self._connection.policy(if_sent, "skip", options, workers=self._connection.client.workers)
        left_out = self._planned.bad | (self._planned.doubtful if policy.options.doubts == "hold" else {})
        planned = self._as_planned()
        keys = planned.index
        frame = pd.DataFrame({"envelope": keys, "content": [draft.digest for draft in self._planned.all]}, index=keys)
        campaign = Campaign(self._connection, self.campaign)
        drafts = CampaignDrafts(campaign, self._planned.all, list(left_out))
        report = bulk_write(frame, drafts, policy)
        table = report.table.astype({"error": "object", "error_column": "object"})
        for key, finding in left_out.items():
            table.loc[key, list(COLUMNS[1:])] = [
                f"{finding.column} {finding.problem}",
                str(finding.column),
                finding.value,
            ]
        table = table.astype({"error": "str", "error_column": "str"})
        self.drafts = Report(planned, table, report.facts)
        return self.drafts

    def distribute(self, *, confirm: int, options: Options | Mapping[str, Any] | None = None) -> Report:
        """Send the drafts to their signers. **Real people get e-mail, and it cannot be taken back.**

        An envelope is sent at most once, whatever happens: where no trustworthy answer comes, its state is read,
        and what that does not settle is `unknown` and left to you. Run again, it goes on with what was not sent.

        Args:
            confirm: how many drafts are ready, as the report of `build` says.
            options: such as `{"requests_per_second": 1}`; `toolkit.Options` lists them.

        Returns:
            A report with one row for each envelope that was ready.

        Raises:
            InputError: nothing was built, no draft is ready, or the number is not that of the drafts that are ready.
                Nothing was sent.
        """
        if self.drafts is None:
            raise InputError(message("there are no drafts yet: call build() first. Nothing was sent"))
        ready = self.ready
        if ready.empty:
            raise InputError(message("no draft is ready: {why}. Nothing was sent", why=self._why_none_is_ready()))
        if isinstance(confirm, bool) or confirm != len(ready):
            mails = int(self.envelopes.loc[ready.index, "mails"].sum())
            text = (
                "{n:,} drafts are ready; {mails:,} people would get e-mail at first. Nothing was sent. "
                "To send them: distribute(confirm={n})"
            )
            raise InputError(message(text, n=len(ready), mails=mails))
        policy = self._connection.policy("skip", "skip", options, workers=1, max_ambiguous=MAX_AMBIGUOUS)
        return bulk_write(ready, Distributor(self._connection), policy)

    def _why_none_is_ready(self) -> str:
        assert self.drafts is not None
        reasons = self.drafts.table["error"].dropna().unique().tolist()
        return "; ".join(reasons[:3]) + ("; …" if len(reasons) > 3 else "") or message("there are no envelopes")

    @property
    def ready(self) -> pd.DataFrame:
        """The drafts that can be distributed: their `id_transaccion`, by envelope."""
        table = self.drafts.table if self.drafts else pd.DataFrame(columns=["outcome"])
        built = table[table["outcome"].isin(IN)].reindex(columns=["id_transaccion"])
        return built.dropna()

    def orphans(self) -> pd.DataFrame:
        """Drafts of these envelopes that this plan does not distribute, a row each, and why.

        They were left behind in doubt, refused on the way, or made for an earlier sheet or build. What was distributed,
        or may have been, is not among them. They are those of the last build.
        """
        table = self.drafts.table if self.drafts else pd.DataFrame()
        known = self.drafts.facts.get("drafts", {}) if self.drafts else {}
        rows = []
        for key, row in table.iterrows():
            left, own = row.get("left_behind"), row.get("id_transaccion")
            behind = left if isinstance(left, list) else []
            rows += [(key, old, message("left behind in doubt")) for old in behind]
            if row["outcome"] == "rejected" and isinstance(own, str):
                rows.append((key, own, message("refused on the way: {error}", error=row["error"])))
            earlier = [draft for draft in known.get(key, ()) if draft != own and draft not in behind]
            rows += [(key, draft, message("made for an earlier sheet or build")) for draft in earlier]
        return pd.DataFrame(rows, columns=["envelope", "id_transaccion", "reason"], dtype="str")

    def delete_orphans(self) -> pd.DataFrame:
        """Delete them, each if it is still a draft. The rows of `orphans()`, with the reason in `error` where not."""
        orphans, client, errors = self.orphans(), self._connection.client, list[str | None]()
        for envelope in orphans["id_transaccion"]:
            try:
                if state_of(client, envelope) != Status.DRAFT:
                    errors.append(message("it is no draft any more: it was sent meanwhile, and is not deleted"))
                    continue
                client(Signio.endpoints["delete_envelope"], {"envelope_id": envelope})
                errors.append(None)
            except ToolkitError as problem:
                errors.append(str(problem))
        return orphans.assign(error=pd.array(errors, dtype="str"))

    def __repr__(self) -> str:
        counts = "\n".join(f"{number(count):>9}  {message(str(what))}" for what, count in self.summary.items())
        shown = (self.problems if len(self.problems) else self.envelopes).dropna(axis=1, how="all")
        more = "\n" + message("10 of {count:,}", count=len(shown)) if len(shown) > 10 else ""
        table = shown.head(10).to_string(max_colwidth=40)
        return plain(f"{self._head()}\n{counts}\n{table}{more}")

    def _head(self) -> str:
        name = message("Campaign {campaign!r}", campaign=self.campaign) if self.campaign else message("Campaign")
        if self.drafts is None:
            return message("{campaign}: nothing is sent yet", campaign=name)
        ready = plural("{count} draft is made", "{count} drafts are made", count=len(self.ready))
        return f"{name}: {ready}"

    def _repr_html_(self) -> str:
        head = plain(self._head())
        shown = self.problems if len(self.problems) else self.envelopes
        counts = self.summary.to_frame().to_html(escape=True)
        return f"<p><b>{html.escape(head)}</b></p>{counts}{excerpt(shown)}"
