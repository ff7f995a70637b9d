"""A composed mail as the bytes that travel: headers, parts, encodings."""

import re
from dataclasses import dataclass
from email import charset
from email.header import Header
from email.mime.text import MIMEText
from email.policy import Compat32
from typing import Any, Final

import email_validator
import flask_mail

from ticketing.config import settings
from ticketing.mailing.mails import Composed
from ticketing.mailing.refusals import BadHeader, Refused

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST_WORD: Final = 60  # what is longer can't be folded as it stands
_QUOTED: Final = charset.Charset("utf-8")
_QUOTED.body_encoding = charset.QP


class _Policy(Compat32):
    """Python's usual one, but for an address that must not begin with a folded line.

    A first line that is empty but for the header's name is no good: some servers drop it.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name == "List-Unsubscribe":
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY: Final = _Policy(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Envelope:
    recipient: str
    message_id: str
    sender_name: str  # shown beside our own address


def message_of(envelope: Envelope, composed: Composed) -> flask_mail.Message:
    """The mail with its headers; raises `BadHeader`, `Refused`."""
    sender = settings().mail_sender
    for value in (
        envelope.recipient,
        envelope.message_id,
        envelope.sender_name,
        composed.subject,
        sender,
        *(part for header in composed.headers for part in header),
    ):
        if _CONTROLS.search(value):
            raise BadHeader("A header of this mail would hold control characters.")
    message = _Message(
        subject=composed.subject,
        body=composed.text,
        html=composed.html,
        sender=sender,
        extra_headers={"Auto-Submitted": "auto-generated", **dict(composed.headers)},
        attachments=[
            flask_mail.Attachment(each.filename, each.content_type, each.data)
            for each in composed.attachments
        ],
    )
    message.sender_name = envelope.sender_name
    message.msgId = envelope.message_id
    recipient = ascii_where_possible(envelope.recipient)
    # What SMTPUTF8 alone can carry stands in the envelope, not in a header.
    message.recipients = [recipient] if recipient.isascii() else []
    return message


def ascii_where_possible(address: str) -> str:
    """The address with its domain in the form that mail servers know (IDNA 2008)."""
    try:
        found = email_validator.validate_email(
            address, check_deliverability=False, test_environment=True
        )
    except email_validator.EmailNotValidError:
        raise Refused("This is no email address.") from None
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


class _Message(flask_mail.Message):
    """Flask-Mail's message in 7 bits and short lines, so that every server passes it unaltered."""

    sender_name = ""

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        part = MIMEText("", subtype, "utf-8")
        del part["Content-Transfer-Encoding"]
        part.set_payload(text or "", _QUOTED)
        return part

    def as_bytes(self) -> bytes:
        message = self._message()
        message.policy = _POLICY
        # Flask-Mail lets words through that only look encoded, and folds names of any length as
        # if they were short.
        message.replace_header("Subject", _encoded("Subject", self.subject))  # type: ignore[arg-type]
        sender = _encoded("From", self.sender_name)
        sender.append(f"<{self.sender}>", "us-ascii")
        message.replace_header("From", sender)  # type: ignore[arg-type]
        if not self.recipients:
            message.replace_header("To", "undisclosed-recipients:;")
        return message.as_bytes()


def _encoded(header: str, text: str) -> Header:
    """The text as RFC 2047 wants it, in lines that fit behind the header's name."""
    plain = (
        header == "Subject"
        and text.isascii()
        and "=?" not in text
        and all(len(word) <= _LONGEST_WORD for word in text.split())
    )
    return Header(text, "us-ascii" if plain else "utf-8", header_name=header)
