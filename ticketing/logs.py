"""Logs that hold no link: whoever reads them must not be able to open an order with it."""

import logging
import re
from typing import Final

# /o/<token>, /s/<token>, /t/<token>, /u/<token> and the three of accounts, anywhere in a text; a
# token may have been cut or encoded.
_LINK: Final = re.compile(
    r"(/(?:[ostu]|invitations|new-password|new-email|hooks/pretix)/)[^\s/?#\"'<>]{20,}"
)
# A token (`links.TOKEN`) wherever it stands; longer runs are digests and the like.
_TOKEN: Final = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{36}(?![A-Za-z0-9_-])")
# What stands behind the "?" of an address: people search for names.
_QUERY: Final = re.compile(r"((?:^|[\s\"'])(?:https?://)?[\w.:-]*/[^\s?\"'<>]*)\?[^\s\"'<>]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

ACCESS_LOGGERS: Final = frozenset({"gunicorn.access", "werkzeug"})


def redact(text: str) -> str:
    """The text without the tokens of links and without the queries of addresses."""
    return _QUERY.sub(r"\1?…", _TOKEN.sub("…", _LINK.sub(r"\1…", text)))


class RedactedRecord(logging.LogRecord):
    """A log record whose message and traceback hold no link, whatever logger it comes from."""

    _exc_text: str | None = None

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
        self._exc_text = redact(text) if text else text


def redact_all() -> None:
    """From now on every log record of this process is redacted."""
    logging.setLogRecordFactory(RedactedRecord)
