"""Why a mail didn't go out, and whether it may later."""

from ticketing import links
from ticketing.mailing.letter import one_line


class NotSent(Exception):
    """The mail didn't go out. `code` is the server's, `detail` is for the organiser's eyes."""

    def __init__(self, detail: str, code: int | None = None, cause: str = "") -> None:
        super().__init__(cause or type(self).__name__)  # what a log may hold
        self.detail = _safe(f"{code} {detail}" if code else detail)
        self.code = code


class Unreachable(NotSent):
    """The server can't be reached, or won't have us at all: no fault of any mail."""


class Lost(NotSent):
    """The connection broke, or no answer came in time, in the middle of a mail."""

    def __init__(self, detail: str, cause: str, *, timed_out: bool) -> None:
        super().__init__(detail, cause=cause)
        self.timed_out = timed_out


class PutOff(NotSent):
    """Not now; the same mail may pass later."""


class Refused(NotSent):
    """Never: the server refuses this recipient or this mail for good."""


class BadHeader(Refused):
    """A header would hold control characters."""


def _safe(text: str) -> str:
    """What a server said, short and on one line. Spam filters quote links: these stay out."""
    return links.TOKEN.sub("…", one_line(text))[:300]
