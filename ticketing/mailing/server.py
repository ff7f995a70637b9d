"""Talking to the mail server: one connection, a patience, and what its refusals mean."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import flask_mail
from flask import current_app

from ticketing.config import settings
from ticketing.mailing.mails import Composed
from ticketing.mailing.message import Envelope, ascii_where_possible, message_of
from ticketing.mailing.refusals import Lost, NotSent, PutOff, Refused, Unreachable
from ticketing.running.patience import ended_after

PATIENCE: Final = 10.0  # seconds for each answer; Flask-Mail itself would wait for ever
# Seconds for connecting, and for a mail: a server that says its answers letter by letter is heard
# out no longer. Less than a lease lasts, or somebody else would send the mail meanwhile.
WHOLE: Final = 60.0
_FAREWELL_PATIENCE: Final = 2.0


class MailServer:
    """The server of the settings. Connects when asked, keeps the connection over many mails."""

    def __init__(self) -> None:
        self._connection = _Connection(current_app.extensions["mail"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        host = self._connection.host
        if host is not None and host.sock is not None:
            host.sock.settimeout(_FAREWELL_PATIENCE)
            with suppress(smtplib.SMTPException, OSError):  # everything is sent already
                host.quit()
        self._drop()

    def connect(self) -> None:
        """Be connected; raises `Unreachable`."""
        host = self._connection.host
        if host is not None and host.sock is not None:
            return
        try:
            self._connection.__enter__()
        except smtplib.SMTPResponseException as error:
            raise Unreachable(_text(error.smtp_error), error.smtp_code, _name(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(str(error) or _name(error), cause=_name(error)) from error

    def send(self, envelope: Envelope, composed: Composed) -> None:
        """Hand one mail over; returns once the server has taken it. Be connected first.

        Raises `PutOff`, `Refused`, `BadHeader` or `Lost`.
        """
        message = message_of(envelope, composed)
        try:
            self._within_reason(message, ascii_where_possible(envelope.recipient))
        except smtplib.SMTPRecipientsRefused as error:
            code, reply = next(iter(error.recipients.values()))
            raise _refusal(code)(_text(reply), code, _name(error)) from error
        except smtplib.SMTPSenderRefused as error:
            # Mostly about us, not about this mail – save that it is too big (RFC 1870).
            kind = Refused if error.smtp_code == 552 else PutOff
            raise kind(_text(error.smtp_error), error.smtp_code, _name(error)) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(str(error), cause=_name(error)) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code)(
                _text(error.smtp_error), error.smtp_code, _name(error)
            ) from error
        except ValueError as error:
            # An address or header that can't be written the way the protocol wants it.
            raise Refused(
                "The mail server can't be given this mail.", cause=_name(error)
            ) from error
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            timed_out = isinstance(error, TimeoutError) or isinstance(
                error.__context__, TimeoutError
            )
            raise Lost(str(error) or _name(error), _name(error), timed_out=timed_out) from error

    def _within_reason(self, message: flask_mail.Message, recipient: str) -> None:
        late = threading.Event()
        try:
            with _ended_after(WHOLE, self._connection.host, late), self._transaction_ended():
                self._hand_over(message, recipient)
        except (smtplib.SMTPException, OSError) as error:
            if not late.is_set():
                raise
            self._drop()  # whatever it seems to have said: it hadn't finished
            raise Lost("timed out", _name(error), timed_out=True) from error

    @contextmanager
    def _transaction_ended(self) -> Iterator[None]:
        """smtplib leaves it open where DATA is refused: the next mail would be a nested one."""
        try:
            yield
        except smtplib.SMTPDataError:
            if self._connection.host is not None:
                with suppress(smtplib.SMTPServerDisconnected):
                    self._connection.host.rset()
            raise

    def _hand_over(self, message: flask_mail.Message, recipient: str) -> None:
        sender = settings().mail_sender
        if recipient.isascii():
            self._connection.send(message, envelope_from=sender)
        elif self._connection.host is not None:
            # Letters beyond ASCII before the @ need SMTPUTF8, which Flask-Mail doesn't know.
            self._connection.host.sendmail(sender, [recipient], message.as_bytes(), ["SMTPUTF8"])

    def _drop(self) -> None:
        if self._connection.host is not None:
            self._connection.host.close()
            self._connection.host = None


class _Smtp(smtplib.SMTP):
    """Waits for a greeting no longer than for all else, and takes no mail back in vain."""

    def connect(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        with _ended_after(WHOLE, self):
            return super().connect(*args, **kwargs)

    def rset(self) -> tuple[int, bytes]:
        """Hangs up where the mail isn't taken back, or the next one would begin within it.

        smtplib itself asks for this after a refusal, which then says what is the matter: so all
        that goes wrong here is the one error that it ignores, `SMTPServerDisconnected`.
        """
        try:
            code, reply = super().rset()
        except smtplib.SMTPResponseException as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(_text(error.smtp_error)) from error
        if code != 250:
            self.close()
        return code, reply


class _SmtpOverTls(_Smtp, smtplib.SMTP_SSL):
    pass


@contextmanager
def _ended_after(
    seconds: float, host: smtplib.SMTP | None, late: threading.Event | None = None
) -> Iterator[None]:
    """End the connection then, even amid an answer: each piece of one starts a new patience."""

    def end() -> None:
        if late is not None:
            late.set()
        if host is not None and host.sock is not None:
            with suppress(OSError):  # it is over already
                # Not TLS's own, which would forget who it talks to while that is being read.
                socket.socket.shutdown(host.sock, socket.SHUT_RDWR)

    with ended_after(seconds, end):
        yield


class _Connection(flask_mail.Connection):
    """Flask-Mail's connection, with a patience, verified certificates and our own name."""

    def __enter__(self) -> Self:
        # Whether anything is sent is decided by the settings' mail server, not by TESTING.
        self.host = self.configure_host()
        self.num_emails = 0
        return self

    def configure_host(self) -> smtplib.SMTP:
        mail = self.mail
        # Without a name smtplib asks the name service for one, which may take for ever.
        own_name = urlsplit(settings().base_url).hostname or "localhost"
        host: smtplib.SMTP
        if mail.use_ssl:
            host = _SmtpOverTls(
                mail.server,
                mail.port,
                own_name,
                timeout=PATIENCE,
                context=ssl.create_default_context(),
            )
        else:
            host = _Smtp(mail.server, mail.port, own_name, timeout=PATIENCE)
        try:
            with _ended_after(WHOLE, host):
                if mail.use_tls:
                    host.starttls(context=ssl.create_default_context())
                if mail.username and mail.password:
                    host.login(mail.username, mail.password)
                else:
                    host.ehlo_or_helo_if_needed()
        except BaseException:
            host.close()
            raise
        return host


def _refusal(code: int) -> type[NotSent]:
    return Refused if code >= 500 else PutOff


def _name(error: Exception) -> str:
    return type(error).__name__


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
