"""Logs that hold no link and nothing about anybody: whoever reads them can't open an order.

Loaded on its own by `server.py` in gunicorn's master too, which must not import our package: so
nothing of ours is imported here, and nothing that makes a lock.
"""

import datetime as dt
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TextIO

FORMATS: Final = ("text", "json")

# /o/<token>, /s/<token>, /t/<token>, /u/<token> and the three of accounts, anywhere in a text; a
# token may have been cut or encoded.
_LINK: Final = re.compile(
    r"(/(?:[ostu]|invitations|new-password|new-email|hooks/pretix)/)[^\s/?#\"'<>]{20,}"
)
# A token (`links.TOKEN`) wherever it stands; longer runs are digests and the like.
_TOKEN: Final = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{36}(?![A-Za-z0-9_-])")
# What stands behind the "?" of an address: people search for names.
_QUERY: Final = re.compile(r"((?:^|[\s\"'])(?:https?://)?[\w.:-]*/[^\s?\"'<>]*)\?[^\s\"'<>]*")
_WORD: Final = r"[^\s\"'<>(),;:=\[\]]"
# From a word's beginning alone: tried at each of its letters, a long word would take the square
# of its length.
_MAIL: Final = re.compile(rf"(?<!{_WORD})@*(?:(?!@){_WORD})+@{_WORD}+")
_PHONE: Final = re.compile(r"(?<![\w+])\+\d(?:[ ()./-]?\d){6,14}(?!\w)")
# PostgreSQL quotes the row that it refuses: "DETAIL:  Key (email)=(anna@…) already exists."
_DETAIL: Final = re.compile(r"^(\s*(?:DETAIL|CONTEXT):).*$")
_ASKED_FROM: Final = re.compile(r"(?<=\bfrom ip=)\S+?(?=: |$)")  # gunicorn, of a bad request
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_LINE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")

ACCESS_LOGGERS: Final = frozenset({"gunicorn.access", "werkzeug"})


@dataclass(slots=True)
class Traced:
    """What may be said of a request: its id, its method, and which route it took.

    `typed` gives what people filled in, which must not be quoted by an error.
    """

    id: str
    method: str = ""
    route: str = ""
    typed: Callable[[], Iterable[str]] = tuple


# The request that this greenlet or thread is at, if any.
traced: Final[ContextVar[Traced | None]] = ContextVar("traced", default=None)


def redact(text: str) -> str:
    """The text without tokens of links, queries of addresses, mail addresses, phone numbers."""
    text = _QUERY.sub(r"\1?…", _TOKEN.sub("…", _LINK.sub(r"\1…", text)))
    if "@" in text:
        text = _MAIL.sub("…@…", text)
    if "+" in text:
        text = _PHONE.sub("+…", text)
    return _ASKED_FROM.sub("…", text) if "from ip=" in text else text


class RedactedRecord(logging.LogRecord):
    """A log record whose message and traceback hold no link, whatever logger it comes from."""

    _exc_text: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.traced = traced.get()

    def getMessage(self) -> str:  # noqa: N802 - logging's own name
        message = redact(super().getMessage())
        if self.name in ACCESS_LOGGERS:
            # An address with an encoded line break must not write a line of its own.
            message = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", message)
        return message

    # Formatters write the traceback here before they print it.
    @property
    def exc_text(self) -> str | None:
        return self._exc_text

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self._exc_text = self._discreet(text) if text else text

    def _discreet(self, text: str) -> str:
        typed = list(self.traced.typed()) if self.traced else []
        return "\n".join(_without(line, typed) for line in redact(text).splitlines())


def _without(line: str, typed: list[str]) -> str:
    """What an error says, without what was filled in; the lines of our own code are left alone."""
    line = _DETAIL.sub(r"\1 …", line)
    if not line.startswith("  "):
        for value in typed:
            line = line.replace(value, "…")
    return line


class TextFormatter(logging.Formatter):
    """For people: when, which process, how bad, who says it, what."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s [%(process)d] %(levelname)s %(name)s: %(message)s")
        self.default_time_format = "%Y-%m-%d %H:%M:%S %z"
        self.default_msec_format = None

    def format(self, record: logging.LogRecord) -> str:
        """Only a record begins at the edge: a line end in a name or an error can't forge one."""
        return _visible(super().format(record)).replace("\n", "\n    ")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        request: Traced | None = getattr(record, "traced", None)
        answered: dict[str, Any] = getattr(record, "answered", {})
        line = super().formatMessage(record)
        if answered:
            line += ", {milliseconds} ms, {bytes} bytes".format(**answered)
        return f"{line} ({request.id})" if request else line


class JsonFormatter(logging.Formatter):
    """For programs: one object a line, its keys always the same."""

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        request: Traced | None = getattr(record, "traced", None)
        if request:
            line |= {"request_id": request.id, "method": request.method, "route": request.route}
        line |= getattr(record, "answered", {})  # status, milliseconds, bytes: see server.py
        line |= getattr(record, "about", {})  # event and who: see security_log.py
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["exception"] = record.exc_text
        if record.stack_info:
            line["stack"] = redact(self.formatStack(record.stack_info))
        return _visible(json.dumps(line, ensure_ascii=False, default=str))


def _visible(text: str) -> str:
    """Without what moves a terminal's cursor or ends a line unseen."""
    return _CONTROL_IN_LINE.sub("\N{REPLACEMENT CHARACTER}", text)


def formatter(name: str) -> logging.Formatter:
    """The one that a setting's name means."""
    return JsonFormatter() if name == "json" else TextFormatter()


def redact_all() -> None:
    """From now on every log record of this process is redacted."""
    logging.setLogRecordFactory(RedactedRecord)


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to whatever `sys.stderr` is at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        """It isn't ours to choose."""


def set_up(name: str) -> None:
    """Log redacted, in this format, to stderr: warnings of everybody, our own news as well."""
    redact_all()
    handler = next((each for each in logging.root.handlers if isinstance(each, _ToStderr)), None)
    if handler is None:
        handler = _ToStderr()
        logging.root.addHandler(handler)
    handler.setFormatter(formatter(name))
    logging.getLogger("ticketing").setLevel(logging.INFO)
    logging.captureWarnings(True)
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_failed


def _thread_failed(what: threading.ExceptHookArgs) -> None:
    """Python's own way would print it, links and all."""
    if what.exc_type is not SystemExit and what.exc_value is not None:
        about = (what.exc_type, what.exc_value, what.exc_traceback)
        logging.getLogger("ticketing").critical("A thread ended by an error", exc_info=about)
