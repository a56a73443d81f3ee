"""What may become of a row, and the columns in which a report and its files say so."""

import enum

from toolkit.plain import mark

COLUMNS = (mark("outcome"), mark("error"), mark("error_column"), mark("error_value"))


class Outcome(enum.StrEnum):
    """What became of a row; `.meaning` says it in words, `message` in the reader's."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> "Outcome":
        member = str.__new__(cls, value)
        member._value_, member.meaning = value, meaning
        return member

    VERIFIED = "verified", mark("stored, and counted or read back")
    ACCEPTED = "accepted", mark("the vendor said yes")
    REJECTED = "rejected", mark("the vendor said no")
    UNKNOWN = "unknown", mark("sent, without a trustworthy answer; never sent again on its own")
    DUPLICATED = "duplicated", mark("stored twice: the vendor applied a request late")
    NOT_SENT = "not sent", mark("nothing left this machine for this row, or `error` says what did")


NAMES = tuple(str(outcome) for outcome in Outcome)
IN = (Outcome.VERIFIED, Outcome.ACCEPTED)
FAILED = (Outcome.REJECTED, Outcome.NOT_SENT)  # safe to mend and to send again
DOUBTFUL = (Outcome.UNKNOWN, Outcome.DUPLICATED)  # for a person to look at; may be in already
