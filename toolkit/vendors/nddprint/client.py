"""nddPrint 360: card codes of many users at once, and of one without doubt."""

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import NotFound, OutcomeUnknown, Rejected, RowErrors, SettingsError, ToolkitError
from toolkit.http import wire
from toolkit.http.secrets import Secret
from toolkit.http.wire import Judgement
from toolkit.push import Order, ReadBack, Report, Rows, SendPolicy, Suspect
from toolkit.push.journal import Step
from toolkit.push.run import Runner
from toolkit.sheets.check import Check, check
from toolkit.spec import Endpoint
from toolkit.vendors.base import Connection, VendorClient
from toolkit.vendors.nddprint import api as declared

USER = ["LogonName", "DomainName"]
OLD = "previousCardCodes"
BLAMED = {declared.IN_USE: "CardCode", declared.KEPT: "CardCode", declared.NO_USER: "LogonName"}
MANGLED = "was turned into a number by a spreadsheet: leading zeros may be lost; read the column as text"


class NddPrint(VendorClient, declared.NddPrint):
    """Card codes and PINs of the users of a print management."""

    def __repr__(self) -> str:
        return f"<nddPrint 360 at {self.connection.host}>"

    def card_codes(self, logon_name: str, domain_name: str) -> pd.DataFrame:
        """List the card codes of one user.

        Args:
            logon_name: of the user.
            domain_name: of the user.

        Returns:
            One row per code; no row where the user has none. `uniqueCardCode` says whether the account allows only one
            code per user.

        Raises:
            NotFound: no user has this name. `Rejected` where the vendor's refusal does not say so.

        >>> nddprint.card_codes("usuario123", "dominio123")
            CardCode  uniqueCardCode
        0  123456789            True
        """
        found = self._raw_only.read_card_codes(logon_name, domain_name)
        codes = [code for many in found["cardCodes"] for code in many or ()]
        unique = pd.array([found["uniqueCardCode"].iloc[0]] * len(codes), dtype="boolean")
        return pd.DataFrame({"CardCode": pd.array(codes, dtype="str"), "uniqueCardCode": unique})

    def card_codes_of(self, users: pd.DataFrame) -> pd.DataFrame:
        """List the card codes of many users, several at a time. A user who cannot be read costs the others nothing.

        Args:
            users: `LogonName` and `DomainName`; other columns are ignored.

        Returns:
            One row per user and code, in the order of `users`: `LogonName`, `DomainName`, `CardCode`,
            `uniqueCardCode`, `error`. A user without a code is one row without one; `error` says why a user could not
            be read. The index is that of `users`; a label is repeated where the user has several codes.

        Raises:
            RowErrors: names are missing. Nothing was read; `.table` says where.
        """
        checked = check(users[[c for c in USER if c in users]], declared.NewCardCode.fields[:2])
        checked.raise_if_bad("users")
        names = _sent(checked)[USER]
        answers = self._read_all(names)
        rows = [row for position, answer in enumerate(answers) for row in _lines(position, answer)]
        found = pd.DataFrame(rows, columns=["position", "CardCode", "uniqueCardCode", "error"])
        at = found.pop("position").to_numpy(dtype=np.int64)
        found = found.astype({"CardCode": "str", "uniqueCardCode": "boolean", "error": "str"})
        return pd.concat([names.iloc[at].reset_index(drop=True), found], axis=1).set_axis(users.index[at])

    def add_card_code(self, logon_name: str, domain_name: str, card_code: str, *, replace: bool = False) -> None:
        """Give one user a card code.

        Where the answer leaves doubt, this reads the user's codes instead of sending the code again.

        Args:
            logon_name: of the user.
            domain_name: of the user.
            card_code: the code as text, because leading zeros count.
            replace: for accounts that allow only one code per user. True replaces the old code, which is then lost
                (look at `card_codes` before). False keeps it, and raises `Rejected`.

        Raises:
            NotFound: no user has this name.
            Rejected: another user has the code, or this user keeps another one. `.code` says which, if the text does.
            OutcomeUnknown: no trustworthy answer came, and the user did not have the code a moment later.
        """
        try:
            self._raw_only.post_card_code(logon_name, domain_name, card_code, replace=replace)
        except OutcomeUnknown as doubt:
            try:
                held = self.card_codes(logon_name, domain_name)["CardCode"]
            except ToolkitError:
                raise doubt from None
            if str(card_code).strip() not in set(held):
                raise

    def add_card_codes(
        self,
        codes: pd.DataFrame,
        *,
        replace: bool = False,
        only_new: bool = False,
        again: bool | str = False,
        push: Mapping[str, Any] | None = None,
    ) -> Report:
        """Give many users a card code each, and say what became of each.

        Every row is checked before the first is sent. Where an answer leaves doubt, the user's codes are read.
        Run again, it goes on where it stopped, or does nothing. With `replace`, the codes of every user are read first
        and kept in the report (`previousCardCodes`), so that a person can go back; a code that moves from one of these
        users to another is sent after its first owner's new one.

        Args:
            codes: `LogonName`, `DomainName`, `CardCode`; the code as text, for leading zeros count.
            replace: where the account allows one code a user, whether the new one takes the old one's place.
            only_new: leave out rows that an earlier push has sent.
            again: send them a second time; a text makes a further time of it.
            push: settings for this push, as `{"workers": 4}`; see `toolkit.push.Options`.

        Returns:
            A report with one row for each row of `codes`, same index.

        Raises:
            RowErrors: the same user twice, the same code for two users, blank codes, codes that a spreadsheet turned
                into numbers, or codes exchanged in a circle. Nothing was sent; `.table` lists all.
            PushRefused: some rows were sent before, and nobody chose what to do. Nothing was sent.

        >>> new = pd.DataFrame({"LogonName": ["maria"], "DomainName": ["dominio123"], "CardCode": ["000777"]})
        >>> nddprint.add_card_codes(new).table["outcome"].tolist()
        ['accepted']

        Manual: nddPrint 360, Identificador físico, Add Card code; POST /api/v1/users/add-card-code (documented).
        """
        _raise(problems_of_codes(codes))
        sent = _sent(check(codes, declared.NewCardCode))
        held = self._held(sent) if replace else {}
        order, circles = exchange_order(sent, held)
        _raise(_table(codes, [(i, "CardCode", "is exchanged in a circle: no order of sending works") for i in circles]))
        moved = not np.array_equal(order, np.arange(len(order)))
        target = _CardCodes(self.connection, check(codes.iloc[order], declared.NewCardCode), replace)
        oracle = _KeepingOld(target, {at: held[int(i)] for at, i in enumerate(order) if held})
        options = self.connection.options(push, workers=self.connection.client.workers)
        if moved:
            options = dataclasses.replace(options, workers=1)
        report = self.connection.push(target, oracle, target.check, options, SendPolicy(only_new, again))
        return Report(codes, report.table.iloc[np.argsort(order)], report.facts)

    @property
    def _raw_only(self) -> declared.RawOnly:
        return declared.RawOnly(self.connection.client)

    def _sign_in(self) -> tuple[Secret, float | None]:
        """A token and the seconds it lives.

        Raises:
            AuthError: the client's id or the secret key were refused.
        """
        account = self.connection.account
        if token := account.get("token"):
            return token, None
        if not account.get("client_id") or not account.get("secret_key"):
            raise SettingsError("nddPrint needs client_id and secret_key, or a token, and they are not known")
        found = self._raw_only.token(account["client_id"], account["secret_key"])
        life = found["expiresIn"].iloc[0]
        return found["accessToken"].iloc[0], None if pd.isna(life) else float(life)

    def _read_all(self, names: pd.DataFrame) -> list[Any]:
        values = [{"logon_name": n, "domain_name": d} for n, d in names[USER].itertuples(index=False)]
        return self.connection.client.each(self.endpoints["read_card_codes"], values, label="card codes")

    def _held(self, sent: pd.DataFrame) -> dict[int, list[str]]:
        """The codes that each row's user has now. What cannot be read cannot be kept: then nothing is sent."""
        held = {}
        for position, answer in enumerate(self._read_all(sent)):
            no_user = isinstance(answer, NotFound | Rejected)
            if isinstance(answer, ToolkitError) and not no_user:
                raise answer
            held[position] = [] if no_user else list(answer["cardCodes"].iloc[0] or ())
        return held


class _CardCodes(Rows):
    """Where card codes go: a row a request."""

    together = False
    corrects = True  # a user's new code takes the old one's place, or stands beside it
    resend_at_once = True
    looks_after_refusal = True

    def __init__(self, connection: Connection, checked: Check, replace: bool) -> None:
        self.check, self._replace = checked, replace
        self.session = connection.session
        self._nddprint = declared.RawOnly(connection.client)
        self._endpoint = connection.endpoint(declared.NddPrint.endpoints["post_card_code"])
        self.what = f"nddprint.add_card_codes{', replacing' if replace else ''}"
        self.destination = f"{connection.address}/users"
        self.where = f"users at {connection.host}"
        self._rows = list(_sent(checked).itertuples(index=False, name=None))

    def request(self, order: Order) -> tuple[Endpoint, wire.Request]:
        logon_name, domain_name, code = self._rows[order.positions[0]]
        values = {"logon_name": logon_name, "domain_name": domain_name, "card_code": code, "replace": self._replace}
        return self._endpoint, wire.request(self._endpoint, values)

    def suspects(self, said: Judgement, positions: np.ndarray) -> Sequence[Suspect]:
        return [Suspect(int(p), BLAMED[said.code], True) for p in positions if said.code in BLAMED]

    def find(self, position: int) -> Mapping[str, Any] | None:
        logon_name, domain_name, code = self._rows[position]
        try:
            found = self._nddprint.read_card_codes(logon_name, domain_name)
        except (NotFound, Rejected):
            return None
        return {} if any(code in held for held in found["cardCodes"] if held) else None


class _KeepingOld(ReadBack):
    """Reads back, and has the users' old codes on disk before the first request leaves."""

    def __init__(self, target: _CardCodes, held: Mapping[int, list[str]]) -> None:
        super().__init__(target)
        self._held = held

    def begin(self, run: Runner, doubtful: Sequence[Step]) -> None:
        kept = run.journal.results()
        new = {i: {OLD: self._held[at]} for i, at in enumerate(run.where) if i not in kept and at in self._held}
        with run.journal.transaction():
            run.journal.keep_results(new)
        super().begin(run, doubtful)


# ── what keeps a sheet from being sent ───────────────────────────────────────


def problems_of_codes(codes: pd.DataFrame) -> pd.DataFrame:
    """What keeps a sheet of card codes from being sent, all of it: `row`, `column`, `value`, `problem`."""
    checked = check(codes, declared.NewCardCode)
    sent = _sent(checked)
    user = sent["LogonName"].str.casefold() + "\x00" + sent["DomainName"].str.casefold()
    users = user.groupby(sent["CardCode"]).transform("nunique")
    found = [
        *((i, "CardCode", MANGLED) for i, v in enumerate(codes.get("CardCode", ())) if _was_number(v)),
        *((i, "LogonName", "is in several rows") for i in _where(user.notna() & user.duplicated(keep=False))),
        *((i, "CardCode", "is given to several users") for i in _where(users > 1)),
    ]
    kept = ["row", "column", "value", "problem"]
    return pd.concat([checked.errors[kept], _table(codes, found)], ignore_index=True)


def exchange_order(sent: pd.DataFrame, held: Mapping[int, Sequence[str]]) -> tuple[np.ndarray, list[int]]:
    """The order in which codes can move between these users, and the rows for which there is none.

    Args:
        sent: the rows.
        held: the codes that each row's user has now and gives up, by the row's position.
    """
    holder = {code: position for position, codes in held.items() for code in codes}
    first = {i: h for i, code in enumerate(sent["CardCode"]) if (h := holder.get(code, i)) != i}
    sorter = TopologicalSorter({i: [first[i]] if i in first else [] for i in range(len(sent))})
    with suppress(CycleError):  # the sorter still gives all that does not wait for a circle
        sorter.prepare()
    order: list[int] = []
    while ready := sorter.get_ready():
        order += sorted(ready)
        sorter.done(*ready)
    return np.array(order, dtype=np.int64), sorted(set(range(len(sent))) - set(order))


def _where(rows: "pd.Series[bool]") -> list[int]:
    return [i for i, chosen in enumerate(rows) if chosen]


def _was_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"\s*\d+\.0+\s*", value))
    return isinstance(value, float) and not math.isnan(value)


def _sent(checked: Check) -> pd.DataFrame:
    """The rows as they are sent, by position."""
    made = pd.DataFrame(checked.wire(), index=range(len(checked.frame)), dtype="str")
    return made.reindex(columns=[f.key for f in declared.NewCardCode.fields]).astype("str")


def _table(codes: pd.DataFrame, found: Iterable[tuple[int, str, str]]) -> pd.DataFrame:
    rows = [(codes.index[i], column, str(codes[column].iloc[i]), problem) for i, column, problem in found]
    return pd.DataFrame(rows, columns=["row", "column", "value", "problem"])


def _raise(problems: pd.DataFrame) -> None:
    if len(problems):
        raise RowErrors(problems)


def _lines(position: int, answer: Any) -> list[tuple[int, str | None, Any, str | None]]:
    """A user's rows: position, code, whether it is the only one allowed, why nothing could be read."""
    if isinstance(answer, ToolkitError):
        return [(position, None, None, getattr(answer, "message", str(answer)))]
    codes, unique = answer["cardCodes"].iloc[0], answer["uniqueCardCode"].iloc[0]
    return [(position, code, unique, None) for code in codes or [None]]
