"""SIGNIO: how signers, drafts and distributions are sent, and how doubt about each is settled."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from toolkit.calls.client import Client
from toolkit.errors import BadAnswer
from toolkit.http import wire
from toolkit.http.answers import Classification
from toolkit.plain import mark, message
from toolkit.push import Batch, Memory, PushJob, Reconcile, Release, Suspect, Target
from toolkit.push.destination import MAY_BE, Others
from toolkit.sheets.alike import name_key
from toolkit.sheets.check import Check
from toolkit.sheets.checker import Problem
from toolkit.sheets.target import RowProblem, Takes
from toolkit.spec import Endpoint, Flag, Payload, Text
from toolkit.vendors.base import Connection
from toolkit.vendors.signio.api import Signio
from toolkit.vendors.signio.api.base import Status
from toolkit.vendors.signio.campaign_documents import roles_of_person
from toolkit.vendors.signio.drafts import Draft
from toolkit.vendors.signio.people import PERSON, SIGNERS
from toolkit.vendors.signio.status import role_of


def each_once(checked: Check) -> Iterator[RowProblem]:
    """A draft that two rows name: whose it is, nobody knows."""
    ids = pd.Series(checked.wire()["id_transaccion"], dtype="str")
    for position in np.flatnonzero(ids.duplicated(keep=False) & ids.notna()).tolist():
        yield position, "id_transaccion", Problem(mark("is the draft of another envelope too"))


KEYS = uuid.UUID("a3c1f0de-6f2b-5a53-9d0e-5e9a6a4d7c11")  # of the deduplication keys
IDENTITY = Takes((Text(name="envelope"), Text(name="content")))
WHOLE = replace(Signio.endpoints["envelope"], returns=Payload())
STATES = {str(state.value): state for state in Status}
TWICE = mark(
    "the vendor gave two things one identifier, {id}: what is meant for one would go into the other. Ask the vendor "
    "about it"
)
ENVELOPE = Takes((Text(name="id_transaccion"),), (each_once,))


class EnvelopeOfSigners:
    """One draft, as signers are registered in it."""

    memory: Memory

    def __init__(self, connection: Connection, envelope_id: str) -> None:
        self._connection, self._id, self.session = connection, envelope_id, connection.session
        where = f"envelope {envelope_id} at {connection.host}"
        self.memory = connection.memory(f"envelopes/{envelope_id}/signers", where)

    def takes(self) -> Takes:
        return self._connection.takes(SIGNERS)

    def job(self, checked: Check) -> PushJob:
        return PushJob(Signers(self._connection, self._id, self.memory, checked), checked)


class Campaign:
    """The drafts of one campaign."""

    connection: Connection
    memory: Memory
    release: Release

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection = connection
        tenant = connection.account.get("tenant")
        whose = f" for {tenant}" if tenant else ""
        where = f"{f'campaign «{name}»' if name else 'drafts'} at {connection.host}{whose}"
        self.memory = connection.memory(f"campaign/{name}", where)
        self.release = Release(self.memory, distribution_of(connection), "id_transaccion", _drafts)


def distribution_of(connection: Connection) -> Memory:
    """What remembers who was told of drafts: one for all campaigns."""
    return connection.memory("distribution", f"signers at {connection.host}")


def _drafts(results: Mapping[str, Any]) -> list[str]:
    """The drafts of one envelope, in what came back for it."""
    return [*results.get("left_behind", ()), *([results["id_transaccion"]] if "id_transaccion" in results else [])]


class CampaignDrafts:
    """The drafts of one campaign that are to be built."""

    memory: Memory

    def __init__(self, campaign: Campaign, drafts: Sequence[Draft], left_out: Sequence[str]) -> None:
        self.memory, self.session = campaign.memory, campaign.connection.session
        self._campaign, self._drafts, self._left_out = campaign, drafts, left_out

    def takes(self) -> Takes:
        return IDENTITY

    def job(self, checked: Check) -> PushJob:
        target = Drafting(self._campaign, self._drafts)
        rows = np.flatnonzero(~checked.frame["envelope"].isin(self._left_out))
        return PushJob(target, checked, rows)


class Signers(Target):
    """Where `add_signers` sends its rows; they can be read back."""

    what = "signio.add_signers"
    reconcile = Reconcile.READ
    together = False
    keyed, keys = True, PERSON
    other_content = mark(
        "the person is in the draft as an earlier sheet had it, or may be, and is not registered twice: change it "
        'there; or `if_sent="resend"` registers all once more'
    )
    reads_refusals = True

    def __init__(self, connection: Connection, envelope_id: str, memory: Memory, checked: Check) -> None:
        self._signio = Signio(connection.client)
        self._endpoint = connection.endpoint(Signio.endpoints["add_signer"])
        self._envelope, self._columns = envelope_id, checked.columns
        names = {f.key: f.name for f in self._endpoint.arguments}
        self._rows = {names[key]: values for key, values in checked.wire().items()}
        self._ids: dict[str, int] = {}  # that were given, by position
        self.session, self.memory = connection.session, memory

    def _person(self, position: int) -> dict[str, Any]:
        return {name: v for name, values in self._rows.items() if (v := values[position]) is not None}

    def request(self, batch: Batch) -> tuple[Endpoint, wire.Request]:
        values = {"envelope_id": self._envelope, **self._person(int(batch.positions[0]))}
        return self._endpoint, wire.request(self._endpoint, values)

    def results(self, batch: Batch, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        position, signer = int(batch.positions[0]), payload["id_firmante"]
        if self._ids.setdefault(signer, position) != position:
            raise BadAnswer(message(TWICE, id=signer))
        return {position: {"id_firmante": signer, "rol": self._role(position)}}

    def recall(self, results: Mapping[int, Mapping[str, Any]], others: Others) -> None:
        self._ids = {kept["id_firmante"]: position for position, kept in results.items() if "id_firmante" in kept}

    def _role(self, position: int) -> str:
        """The role of a signer as people call it: in the documents, else in the envelope."""
        person = self._person(position)
        return ", ".join(roles_of_person(person)) or str(person.get("rol") or role_of(person))

    def suspects(self, result: Classification, positions: np.ndarray) -> Sequence[Suspect]:
        named = [str(self._columns[name]) for name in result.errors if name in self._columns]
        return [Suspect(int(p), name, certain=True) for p in positions for name in named]

    def find(self, positions: Sequence[int]) -> list[Mapping[str, Any] | None]:
        registered = self._signio.signers(self._envelope).astype("str")
        people = registered.to_dict("records")
        return [self._among(people, position) for position in positions]

    def _among(self, people: Sequence[Mapping[Any, Any]], position: int) -> Mapping[str, Any] | None:
        """The one of the draft's signers that a row is; `MAY_BE` where one that no other row explains is like it."""
        person = {name: str(self._person(position).get(name)) for name in (*PERSON, "email", "nombre")}
        others = {signer for signer, at in self._ids.items() if at != position}
        left = [each for each in people if each["id_contacto"] not in others]
        for each in left:  # of two alike, the first
            if all(each[name] == person[name] for name in PERSON) and _agree(each, person, "email"):
                return {"id_firmante": each["id_contacto"], "rol": self._role(position)}
        rows = zip(*(self._rows[name] for name in PERSON), strict=True)
        theirs = {row for at, row in enumerate(rows) if at != position}
        left = [each for each in left if tuple(each[name] for name in PERSON) not in theirs]
        alike = (_agree(each, person, PERSON[1]) or _agree(each, person, "email", "nombre") for each in left)
        return MAY_BE if any(alike) else None


def _agree(listed: Mapping[Any, Any], person: Mapping[str, Any], *names: str) -> bool:
    """Whether what the vendor lists may be what was sent: it may be left out, masked, or spelt otherwise."""
    shown = [(listed[name], person[name]) for name in names]
    return all(pd.isna(there) or "*" in there or name_key(there) == name_key(sent) for there, sent in shown)


class Drafting(Target):
    """Envelope by envelope, step by step: create, files, signers, links, protection."""

    what = "signio.campaign"
    reconcile = Reconcile.DRAFT
    together = False
    keyed = True
    other_content = mark('the draft of an earlier sheet stands; `if_sent="resend"` builds it anew')
    first = "create"

    def __init__(self, campaign: Campaign, drafts: Sequence[Draft]) -> None:
        self._connection, self._drafts = campaign.connection, drafts
        self.session = campaign.connection.session
        self.memory, self.release = campaign.memory, campaign.release
        self._answers: dict[int, dict[str, Any]] = {}
        self._taken: dict[str, Any] = {}  # identifiers of drafts
        self._documents: dict[str, Any] = {}  # identifiers of their documents

    def recall(self, results: Mapping[int, Mapping[str, Any]], others: Others) -> None:
        self._answers = {position: dict(answers) for position, answers in results.items()}
        for answers in chain(results.values(), others()):
            self._taken |= dict.fromkeys(_drafts(answers))
            self._documents |= dict.fromkeys(answers.get("documents", {}).values())

    def request(self, batch: Batch) -> tuple[Endpoint, wire.Request]:
        position = int(batch.positions[0])
        draft, answers = self._drafts[position], self._answers.get(position, {})
        name, values = draft.call(batch.kind, answers)
        if name == "create_envelope" and "envelopeDeduplicationKey" not in values:
            values["envelopeDeduplicationKey"] = self._key(draft, answers)
        endpoint = self._connection.endpoint(Signio.endpoints[name])
        flags = {f.name for f in endpoint.arguments if isinstance(f, Flag) and f.as_bool} & values.keys()
        return endpoint, wire.request(endpoint, {**values, **{flag: bool(values[flag]) for flag in flags}})

    def _key(self, draft: Draft, answers: Mapping[str, Any]) -> str:
        """The same for the same envelope of a push, until one was made and left behind: then another.

        Another push has keys of its own: what a push before it began may hold some of the envelope already.
        Where a key that was used is refused, each creation has its own: a draft whose answer was lost is left behind.
        """
        if self._connection.assumed["deduplication_key"] == "refused":
            return str(uuid.uuid4())
        envelopes = len(answers.get("left_behind", ())) + ("id_transaccion" in answers)
        facts = [self.memory.about, self.memory.lock, self.tag, draft.key, draft.digest, envelopes]
        return str(uuid.uuid5(KEYS, json.dumps(facts, ensure_ascii=False)))

    def results(self, batch: Batch, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        position = int(batch.positions[0])
        answers = self._answers.setdefault(position, {})
        kind, _, number = batch.kind.partition(" ")
        match kind:
            case "create":
                new: dict[str, Any] = {"id_transaccion": _new(payload["id_transaccion"], self._taken)}
                if "id_transaccion" in answers:
                    new["left_behind"] = [*answers.get("left_behind", ()), answers["id_transaccion"]]
                    new |= {"documents": {}, "signers": {}}  # they stand in the one that is left behind
            case "file" | "template":
                known = answers.get("documents", {})
                document = payload["id_documento"] if kind == "file" else payload["document"]["id"]
                new = {"documents": {**known, number: _new(document, self._documents)}}
            case "signer":
                known, people = answers.get("signers", {}), self._drafts[position].people
                email = people[int(number)].get("email")
                others = {signer: n for n, signer in known.items() if people[int(n)].get("email") != email}
                new = {"signers": {**known, number: _new(payload["id_firmante"], others)}}
            case _:
                new = {}
        answers.update(new)
        return {position: new}

    def follows(self, batch: Batch) -> str:
        steps = self._drafts[int(batch.positions[0])].steps
        return steps[steps.index(batch.kind) + 1] if batch.kind != steps[-1] else ""


def _new(identifier: str, taken: dict[str, Any]) -> str:
    """An identifier that nothing else has, taken now. BadAnswer where it has: what is for one would reach both."""
    mine = object()
    if taken.setdefault(identifier, mine) is not mine:  # also where two threads ask at once
        raise BadAnswer(message(TWICE, id=identifier))
    return identifier


class Distributor:
    """Whoever is told of drafts."""

    memory: Memory

    def __init__(self, connection: Connection) -> None:
        self._connection, self.session = connection, connection.session
        self.memory = distribution_of(connection)

    def takes(self) -> Takes:
        return ENVELOPE

    def job(self, checked: Check) -> PushJob:
        target = Distribution(self._connection, self.memory, checked.wire()["id_transaccion"])
        target.release = Campaign(self._connection, "").release  # the ledger knows whose drafts they are
        return PushJob(target, checked)


class Distribution(Target):
    """Drafts go to their signers, one request each."""

    what = "signio.distribute"
    reconcile = Reconcile.READ
    together = False
    irrevocable = reads_refusals = True

    def __init__(self, connection: Connection, memory: Memory, ids: Sequence[str]) -> None:
        self._client = connection.client
        self._endpoint = connection.endpoint(Signio.endpoints["distribute"])
        self._ids, self.session, self.memory = ids, connection.session, memory

    def request(self, batch: Batch) -> tuple[Endpoint, wire.Request]:
        return self._endpoint, wire.request(self._endpoint, {"envelope_id": self._ids[batch.positions[0]]})

    def find(self, positions: Sequence[int]) -> list[Mapping[str, Any] | None]:
        """Something where the vendor shows the envelope as sent."""
        return [{} if state_of(self._client, self._ids[position]) != Status.DRAFT else None for position in positions]


def state_of(client: Client, envelope: str) -> Status:
    """How an envelope stands. BadAnswer where it is none that the manual lists, or that of another envelope."""
    answer = client(WHOLE, {"envelope_id": envelope}, checked=True)
    facts = answer if isinstance(answer, dict) else {}
    state, whose = str(facts.get("estado")), str(facts.get("id_transaccion", envelope))
    if whose != envelope or state not in STATES:
        text = "the state of envelope {id} is answered in a form that no document shows"
        raise BadAnswer(message(text, id=envelope))
    return STATES[state]
