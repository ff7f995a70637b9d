"""What whoever looks for an intrusion reads: one line each, of the logger `ticketing.security`.

Fixed words and numbers, never names, addresses or what was typed; the request's id leads to the
line of the request. What each event means stands in docs/running.md.
"""

import logging
from typing import Final

from sqlalchemy import event as events
from sqlalchemy.orm import Session

_log = logging.getLogger("ticketing.security")

SIGNED_IN: Final = "signed_in"
SIGNED_OUT: Final = "signed_out"
CONFIRMED: Final = "confirmed"  # showed once more that it is them
ACCOUNT: Final = "account"  # something of how somebody signs in was changed or asked for
# From here on something was refused.
WRONG_PASSWORD: Final = "wrong_password"  # noqa: S105 - the event of that name
WRONG_CODE: Final = "wrong_code"
TOO_MANY_TRIES: Final = "too_many_tries"
WRONG_FORM: Final = "wrong_form"  # its token isn't of this session
CROSS_SITE: Final = "cross_site"
WRONG_ROLE: Final = "wrong_role"
NOT_THEIRS: Final = "not_theirs"  # isn't there, or is another organiser's
WRONG_KEY: Final = "wrong_key"  # of the API, or one that may not do this
LIMIT: Final = "limit"  # as much as is allowed of something was done

_AS_IT_SHOULD: Final = frozenset({SIGNED_IN, SIGNED_OUT, CONFIRMED, ACCOUNT})
EVENTS: Final = _AS_IT_SHOULD | {
    *(WRONG_PASSWORD, WRONG_CODE, TOO_MANY_TRIES, WRONG_FORM, CROSS_SITE),
    *(WRONG_ROLE, NOT_THEIRS, WRONG_KEY, LIMIT),
}

About = str | int | None

_NOTED: Final = "security_log"  # in the session's info


def note(event: str, **about: About) -> None:
    """Log one of `EVENTS`; of `about` what is known, such as `user`, an id."""
    said = {"event": event, **{key: value for key, value in about.items() if value is not None}}
    text = " ".join([event, *(f"{key}={said[key]}" for key in said if key != "event")])
    level = logging.INFO if event in _AS_IT_SHOULD else logging.WARNING
    _log.log(level, "%s", text, extra={"about": said})


def note_once_committed(session: Session, event: str, **about: About) -> None:
    """The same, if the caller's transaction is committed: what is undone didn't happen."""
    session.info.setdefault(_NOTED, []).append((event, about))


@events.listens_for(Session, "after_commit")
def _note_all(session: Session) -> None:
    for event, about in session.info.pop(_NOTED, ()):
        note(event, **about)


@events.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_NOTED, None)
