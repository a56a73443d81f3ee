"""One exchange and what it means; what a failure of the transport means."""

import ssl
from dataclasses import dataclass, replace

import requests

from toolkit.errors import ApiError, BadAnswer, NotSent, OutcomeUnknown, Throttled, ToolkitError
from toolkit.http.answers import Classification, RefusedRow, Verdict
from toolkit.http.secrets import vendor_text
from toolkit.http.transport import AnswerTooLarge
from toolkit.plain import message
from toolkit.spec import Endpoint, Meaning

MOST_ERRORS = 50  # of one answer: nobody reads more


@dataclass(frozen=True)
class Attempt:
    """One exchange and what it means. `error` is the exception to raise where it did not succeed."""

    result: Classification
    error: ToolkitError | None = None

    @property
    def verdict(self) -> Verdict:
        return self.result.verdict


def plain_result(result: Classification) -> Classification:
    """The same with the vendor's texts made plain: no secret, no control character, bounded."""
    return replace(
        result,
        message=vendor_text(result.message),
        code=vendor_text(result.code),
        errors=tuple(map(vendor_text, result.errors[:MOST_ERRORS])),
        rows=tuple(RefusedRow(r.index, vendor_text(r.column), vendor_text(r.message)) for r in result.rows),
    )


def unsent(problem: ToolkitError) -> Attempt:
    """Signing in failed, after as many tries as are allowed; only a vendor that is not there may be there later."""
    passing = isinstance(problem, NotSent | Throttled) or (type(problem) is ApiError and problem.status >= 500)
    wait = getattr(problem, "retry_after", None)
    meaning = None if passing else Meaning.FORBIDDEN
    person = getattr(problem, "needs_person", False)
    return Attempt(
        Classification(Verdict.NOT_EXECUTED, meaning, str(problem), retry_after=wait, needs_person=person), problem
    )


UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidProxyURL,
)


def failed(endpoint: Endpoint, failure: Exception, host: str, *, left: bool) -> Attempt:
    """What a transport failure means. Whether something left is a fact of the transport, whatever was raised."""
    why, untrusted = type(failure).__name__, _untrusted(failure)
    large = str(failure) if isinstance(failure, AnswerTooLarge) else ""
    if left:
        what = large or message("no trustworthy answer from {host} ({why})", host=host, why=why)
        result = Classification(Verdict.AMBIGUOUS, None, what, needs_person=bool(large))
    elif untrusted or isinstance(failure, UNUSABLE):
        what = (
            message("its certificate is not trusted: {untrusted}", untrusted=untrusted)
            if untrusted
            else message("cannot be addressed so ({why})", why=why)
        )
        result = Classification(Verdict.NOT_EXECUTED, None, f"{host}: {what}", needs_person=True)
    else:
        result = Classification(
            Verdict.NOT_EXECUTED, None, message("{host} was not reached ({why})", host=host, why=why)
        )
    text = f"{endpoint.name}: {result.message}"
    if result.verdict is Verdict.NOT_EXECUTED:
        problem = NotSent(message("{what}; nothing was sent", what=text))
        problem.needs_person = result.needs_person
        return Attempt(result, problem)
    if endpoint.repeatable:
        return Attempt(result, BadAnswer(text) if large else NotSent(message("{what}; repeating is safe", what=text)))
    return Attempt(result, OutcomeUnknown(message("{what}; it may or may not have been done", what=text)))


def _untrusted(failure: BaseException) -> str:
    """Why a certificate was refused, in the words of the library; "" where none was."""
    while not isinstance(failure, ssl.SSLCertVerificationError):
        inner = getattr(failure, "reason", None) or next(iter(failure.args), None)
        if not isinstance(inner, BaseException):
            return ""
        failure = inner
    return failure.verify_message
