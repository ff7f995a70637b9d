"""Laws that want names on tickets, as profiles that an organiser chooses for an event.

`italy`: shows for more than 5,000 spectators. Each ticket bears first and last name of who uses
it, and a change of name is on record (article 1, paragraph 545-bis, law 232/2016; Agenzia delle
Entrate, provvedimento 223774 of 27 June 2019, as changed until 356768 of 25 September 2025). What
Passalong does about it, and what stays the box office's business, says docs/privacy.md.
"""

from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

ITALY: Final = "italy"
RULES: Final[dict[str, LazyString]] = {
    "": _l("None"),
    ITALY: _l("Italy: shows for more than 5,000 people (law 232/2016, 545-bis)"),
}
NAMES: Final = frozenset({"first_name", "last_name"})


def asks_for(rule: str, key: str) -> bool:
    """Whether a detail is required by the rule, whatever the event's settings say."""
    return bool(rule) and key in NAMES
