"""nddPrint 360: card codes of many users at once, and of one without doubt."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import OutcomeUnknown, ToolkitError
from toolkit.http.secrets import Secret
from toolkit.push import IfSent, OnBadRows, Options, Report, bulk_write
from toolkit.sheets.check import check
from toolkit.sheets.target import takes
from toolkit.vendors.base import VendorClient
from toolkit.vendors.nddprint import api as declared
from toolkit.vendors.nddprint.push import CARD_CODES, USER, Users, read_codes, sent_rows


class NddPrint(VendorClient, declared.NddPrint):
    """Card codes and PINs of the users of a print management."""

    _raw_only: declared.RawOnly

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
        answer = self._raw_only.read_card_codes(logon_name, domain_name)
        codes = [code for many in answer["cardCodes"] for code in many or ()]
        unique = pd.array([answer["uniqueCardCode"].iloc[0]] * len(codes), dtype="boolean")
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
        checked = check(users[[c for c in USER if c in users]], self.connection.takes(CARD_CODES).fields[:2])
        checked.raise_if_bad()
        names = sent_rows(checked)[USER]
        answers = read_codes(self.connection, names)
        rows = [row for position, answer in enumerate(answers) for row in _lines(position, answer)]
        codes = pd.DataFrame(rows, columns=["position", "CardCode", "uniqueCardCode", "error"])
        at = codes.pop("position").to_numpy(dtype=np.int64)
        codes = codes.astype({"CardCode": "str", "uniqueCardCode": "boolean", "error": "str"})
        return pd.concat([names.iloc[at].reset_index(drop=True), codes], axis=1).set_axis(users.index[at])

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

    @takes(CARD_CODES)
    def add_card_codes(
        self,
        rows: Any,
        *,
        replace: bool = False,
        if_sent: IfSent = "raise",
        on_bad_rows: OnBadRows = "skip",
        options: Options | Mapping[str, Any] | None = None,
    ) -> Report:
        """Give many users a card code each, and say what became of each.

        Every row is checked before the first is sent. Where an answer leaves doubt, the user's codes are read. Run
        again, it goes on where it stopped, or does nothing. With `replace`, the codes of every user are read first and
        kept in the report (`previousCardCodes`), so that you can go back; a code that moves from one of these users to
        another is sent after its first owner's new one.

        Args:
            rows: `LogonName`, `DomainName`, `CardCode`, the code as text, for leading zeros count. A DataFrame, a list
                of dicts, a table of polars, pyarrow or DuckDB, a Check, or an iterator of these.
            replace: where the account allows one code a user, whether the new one takes the old one's place.
            if_sent: what to do with rows that were sent before. "raise": nothing is sent, unless these are exactly the
                rows of an earlier push: then it goes on, or its report comes back. "skip": only the others are sent.
                "resend": all are sent once more; a further time needs the option `resend_as`.
            on_bad_rows: "skip" leaves out rows that cannot be sent: blank codes, codes that a spreadsheet turned into
                numbers, a user in several rows, a code for several users, codes exchanged in a circle, and what waits
                for the code of a row that is left out. "raise" sends nothing where there are any.
            options: such as `{"workers": 4}`; `toolkit.Options` lists them.

        Returns:
            A report with one row for each row of the input, same index.

        Raises:
            RowErrors: some rows cannot be sent, with `on_bad_rows="raise"`. Nothing was sent; `.table` lists all.
            PushRefused: some rows were sent before, and `if_sent` is "raise". Nothing was sent.

        >>> new = [{"LogonName": "maria", "DomainName": "dominio123", "CardCode": "000777"}]
        >>> nddprint.add_card_codes(new).table["outcome"].tolist()
        ['accepted']

        Manual: nddPrint 360, Identificador físico, Add Card code; POST /api/v1/users/add-card-code (documented).
        """
        policy = self.connection.policy(if_sent, on_bad_rows, options, workers=self.connection.client.workers)
        return bulk_write(rows, Users(self.connection, replace=replace), policy)

    def _new_token(self) -> tuple[Secret, float | None]:
        """A token and the seconds it lives.

        Raises:
            AuthError: the client's id or the secret key were refused.
        """
        answer = self._raw_only.token(*self._credentials("client_id", "secret_key"))
        life = answer["expiresIn"].iloc[0]
        return answer["accessToken"].iloc[0], None if pd.isna(life) else float(life)


def _lines(position: int, answer: Any) -> list[tuple[int, str | None, Any, str | None]]:
    """A user's rows: position, code, whether it is the only one allowed, why nothing could be read."""
    if isinstance(answer, ToolkitError):
        return [(position, None, None, getattr(answer, "message", str(answer)))]
    codes, unique = answer["cardCodes"].iloc[0], answer["uniqueCardCode"].iloc[0]
    return [(position, code, unique, None) for code in codes or [None]]
