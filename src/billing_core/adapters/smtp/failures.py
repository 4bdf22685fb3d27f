"""What goes wrong at a mail server, in our words. It says by the first digit whether trying again may help."""

import ssl

from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from billing_core.domain.errors import PortFailure
from billing_core.ports.errors import Misconfigured, NoticeRefused, OutcomeUnknown, Unavailable

FOR_GOOD = 500
LATER_S = 60  # a server that does not know us yet often wants us to come again: "greylisting"
MOST_SAID = 300


def on_the_way_in(what: str, error: Exception) -> PortFailure:
    """Before there was any mail to send: connecting, encrypting, logging in. Nothing was sent."""
    if _is_of_certificates(error):
        return Misconfigured(what, f"its certificate is not trusted: {said(error)}")
    if isinstance(error, SMTPResponseException):
        return Misconfigured(what, _answer(error)) if error.code >= FOR_GOOD else Unavailable(what, LATER_S)
    if isinstance(error, (SMTPNotSupported, ValueError)) or type(error) is SMTPException:  # which it says of STARTTLS
        return Misconfigured(what, said(error))
    return Unavailable(what)


def with_mail_in_hand(what: str, error: Exception) -> PortFailure:
    """While a mail was handed over. Where no answer came, it may have been taken."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]  # every mail of ours has one
    if isinstance(error, SMTPResponseException):
        if error.code < FOR_GOOD:
            return Unavailable(what, LATER_S)
        is_of_this_mail = isinstance(error, (SMTPRecipientRefused, SMTPDataError))
        return NoticeRefused(_answer(error)) if is_of_this_mail else Misconfigured(what, _answer(error))
    if isinstance(error, (SMTPNotSupported, ValueError)):
        return NoticeRefused(said(error))
    return OutcomeUnknown(what)


def said(error: Exception) -> str:
    """In one line of bounded length: some of it was said by somebody else."""
    return " ".join(str(error).split())[:MOST_SAID]


def _answer(error: SMTPResponseException) -> str:
    return f"{error.code} {' '.join(error.message.split())}"[:MOST_SAID]


def _is_of_certificates(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


FAILURES = (SMTPException, OSError, ValueError)
