"""A real mail server on the loopback interface, which can be told to misbehave."""

import asyncio
import dataclasses
import email
import email.policy
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from functools import cache, partial
from typing import Any, Final, Literal

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.live_server import free_port
from ticketing.config import Settings

# Where a server may be odd: at its greeting, at what the client says, at a mail's end before it
# has taken it, and when it has.
Stage = Literal["greeting", "EHLO", "MAIL", "RCPT", "DATA", "end", "taken", "RSET"]
_COMMANDS: Final[dict[str, Stage]] = {
    "EHLO": "EHLO",
    "HELO": "EHLO",
    "MAIL": "MAIL",
    "RCPT": "RCPT",
    "DATA": "DATA",
    "RSET": "RSET",
}

# What it may do there: never answer; answer letter by letter and never come to the end; hang up.
HANG, DRIP, HANG_UP = "hang", "drip", "hang up"


@dataclasses.dataclass(frozen=True)
class Received:
    """A mail as it arrived: who it was handed over for, its bytes, and its parts."""

    recipients: list[str]
    raw: bytes
    message: EmailMessage

    @property
    def text(self) -> str:
        return self._part("text/plain")

    @property
    def html(self) -> str:
        return self._part("text/html")

    @property
    def files(self) -> dict[str, EmailMessage]:
        return {str(part.get_filename()): part for part in self.message.iter_attachments()}

    def _part(self, content_type: str) -> str:
        [found] = [p for p in self.message.walk() if p.get_content_type() == content_type]
        return str(found.get_content())


@dataclasses.dataclass(frozen=True)
class _Odd:
    what: str
    for_good: bool = False


class SmtpServer:
    """Started and stopped at will, always on the same port."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.received: list[Received] = []
        self.connections = 0
        # {recipient: reply}, for example "550 5.1.1 No such user".
        self.refused: dict[str, str] = {}
        self._odd: dict[Stage, deque[_Odd]] = {}
        self.tls: ssl.SSLContext | None = None  # set before start(): STARTTLS is asked of everybody
        self.account: tuple[str, str] | None = None  # likewise: who may send, and their password
        self.on_data: Callable[[Received], None] = lambda _mail: None
        self._controller: Controller | None = None
        self._arrived = threading.Condition()

    def will(self, what: str, at: Stage, times: int | None = None) -> None:
        """HANG, DRIP, HANG_UP, or say this instead: always from now on, or so many times once it
        has done there what it was told before."""
        if times is None:
            self._odd[at] = deque([_Odd(what, for_good=True)])
        else:
            self._odd.setdefault(at, deque()).extend([_Odd(what)] * times)

    def has_yet_to(self) -> list[tuple[Stage, str]]:
        """What it was told to do some times and hasn't done as often."""
        return [
            (at, odd.what) for at, odds in self._odd.items() for odd in odds if not odd.for_good
        ]

    def behave(self) -> None:
        self._odd.clear()

    async def is_odd(self, at: Stage, line: SMTP) -> str | None:
        """What it says instead of what it should, if it is to; may never return."""
        what = self._next(at)
        if what == HANG:
            await _for_ever()
        if what == DRIP:
            await _drip(line)
        if what == HANG_UP:
            assert line.transport is not None
            line.transport.abort()  # type: ignore[attr-defined]
            await _for_ever()
        return what

    def _next(self, at: Stage) -> str | None:
        odds = self._odd.get(at)
        if not odds:
            return None
        return odds[0].what if odds[0].for_good else odds.popleft().what

    def start(self) -> None:
        self._controller = _Controller(self)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def wait_for(self, count: int, timeout: float = 15) -> list[Received]:
        """The mails received, once there are that many; fails if they don't come."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.received) >= count, timeout):
                raise AssertionError(f"{len(self.received)} of {count} mails arrived")
            return list(self.received)

    def to(self, recipient: str) -> list[Received]:
        return [each for each in self.received if recipient in each.recipients]

    def wait_for_mail_to(self, recipient: str, count: int = 1, timeout: float = 15) -> Received:
        """The newest mail for this address, once it got that many; fails if they don't come."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.to(recipient)) >= count, timeout):
                raise AssertionError(f"{len(self.to(recipient))} of {count} mails to {recipient}")
            return self.to(recipient)[-1]

    def settings(self, settings: Settings) -> Settings:
        """The settings with this server as their mail server."""
        return dataclasses.replace(
            settings, mail_server="127.0.0.1", mail_port=self.port, mail_starttls=False
        )

    def environment(self) -> dict[str, str]:
        """The same for an installation in a process of its own."""
        return {
            "PASSALONG_MAIL_SERVER": "127.0.0.1",
            "PASSALONG_MAIL_PORT": str(self.port),
            "PASSALONG_MAIL_STARTTLS": "no",
        }

    def take(self, mail: Received) -> None:
        with self._arrived:
            self.received.append(mail)
            self._arrived.notify_all()
        self.on_data(mail)


class _Controller(Controller):
    def __init__(self, owner: SmtpServer) -> None:
        super().__init__(_Handler(owner), hostname="127.0.0.1", port=owner.port)
        self.owner = owner

    def factory(self) -> SMTP:
        return _Smtp(
            self.owner,
            self.handler,
            enable_SMTPUTF8=True,
            ident="test server",
            tls_context=self.owner.tls,
            require_starttls=self.owner.tls is not None,
            auth_required=self.owner.account is not None,
            authenticator=self._authenticate,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self.owner.account, handled=False)

    def _trigger_server(self) -> None:
        odd, self.owner._odd = self.owner._odd, {}
        super()._trigger_server()  # type: ignore[no-untyped-call]
        self.owner._odd = odd
        self.owner.connections = 0


class _Smtp(SMTP):
    def __init__(self, owner: SmtpServer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        for name, at in _COMMANDS.items():
            self._smtp_methods[name] = partial(self._answer, at, self._smtp_methods[name])

    async def _handle_client(self) -> None:
        self.owner.connections += 1
        if says := await self.owner.is_odd("greeting", self):
            await self.push(says)
            await _for_ever()
        await super()._handle_client()

    async def _answer(self, at: Stage, method: Any, argument: str) -> None:
        if says := await self.owner.is_odd(at, self):
            await self.push(says)
        else:
            await method(argument)


class _Handler:
    def __init__(self, owner: SmtpServer) -> None:
        self.owner = owner

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address in self.owner.refused:
            return self.owner.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if says := await self.owner.is_odd("end", server):
            return says
        raw = envelope.content
        assert isinstance(raw, bytes)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.owner.take(Received([str(each) for each in envelope.rcpt_tos], raw, message))
        return await self.owner.is_odd("taken", server) or "250 2.0.0 Taken"


async def _drip(server: SMTP) -> None:
    while server.transport is not None and not server.transport.is_closing():
        server.transport.write(b"2")  # type: ignore[attr-defined]
        await asyncio.sleep(0.02)
    await _for_ever()


async def _for_ever() -> None:
    await asyncio.Event().wait()


@cache
def _usual_port() -> int:
    """One for the whole run, so that installations with the same mail server are the same."""
    return free_port()


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A running mail server. Import this fixture's name where you need it."""
    server = SmtpServer(_usual_port())
    server.start()
    yield server
    server.stop()
