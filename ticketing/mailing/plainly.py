"""What a mail server said, in words that tell somebody what to do about it.

Servers answer with a code and, most of them, with a more telling second one (RFC 3463): "550 5.1.1
User unknown".
"""

import re
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

_CODE: Final = re.compile(r"\s*([245]\d\d)\b")
_MORE: Final = re.compile(r"\b[45]\.(\d{1,3})\.(\d{1,3})\b")

_NO_MAILBOX: Final = _l("There is no such mailbox. Is the address right?")
_FULL: Final = _l("The mailbox is full.")
_TOO_LARGE: Final = _l("The mail is too large for the recipient’s mail server.")
_UNWANTED: Final = _l(
    "The recipient’s mail server doesn’t want this mail, perhaps because it takes it for spam."
)
_LATER: Final = _l("The recipient’s mail server takes nothing just now. We try again by ourselves.")
_SIGN_IN: Final = _l(
    "Our mail server doesn’t let us in. Tell whoever runs this installation: user name and "
    "password need a look."
)
_OURS: Final = _l(
    "Our mail server can’t be reached. Tell whoever runs this installation if it goes on."
)
_NO_SUCH_DOMAIN: Final = _l("No mail server is known for this address. Is the address right?")
_NO_ADDRESS: Final = _l("This is no address that mail can be sent to.")
_NOT_MADE: Final = _l(
    "The mail or its PDF couldn’t be made. That is our fault: tell whoever runs this installation."
)
_REFUSED: Final = _l("The recipient’s mail server refuses this mail.")
_SENDER: Final = _l(
    "Our mail server doesn’t let us send from our address. Tell whoever runs this installation."
)

# The first number says what it is about, both together what exactly.
_BY_MORE: Final[dict[str, LazyString]] = {
    "1.1": _NO_MAILBOX,
    "1.2": _NO_SUCH_DOMAIN,
    "1.3": _NO_ADDRESS,
    "1.6": _NO_MAILBOX,
    "1.7": _SENDER,
    "1.8": _SENDER,
    "1.10": _NO_SUCH_DOMAIN,
    "2.1": _NO_MAILBOX,
    "2.2": _FULL,
    "2.3": _TOO_LARGE,
    "3.4": _TOO_LARGE,
    "4.4": _NO_SUCH_DOMAIN,
    "7.0": _UNWANTED,
    "7.1": _UNWANTED,
    "7.8": _SIGN_IN,
}
_BY_CODE: Final[dict[str, LazyString]] = {
    "421": _LATER,
    "450": _LATER,
    "451": _LATER,
    "452": _LATER,
    "501": _NO_ADDRESS,
    "530": _SIGN_IN,
    "534": _SIGN_IN,
    "535": _SIGN_IN,
    "550": _NO_MAILBOX,
    "551": _NO_MAILBOX,
    "552": _TOO_LARGE,
    "553": _NO_ADDRESS,
    "554": _UNWANTED,
}
# Without a code it is what our own side met, in the words of Python or of our own rooms.
_BY_WORDS: Final[tuple[tuple[str, LazyString], ...]] = (
    ("no email address", _NO_ADDRESS),
    ("can't be given this mail", _NO_ADDRESS),
    ("couldn't be", _NOT_MADE),
    ("control characters", _NOT_MADE),
    ("SMTPUTF8", _NO_ADDRESS),
)


def in_words(error: str) -> str:
    """Why a mail didn't go out, for people; "" for no error."""
    if not error:
        return ""
    code = _CODE.match(error)
    if code is None:
        return str(next((told for words, told in _BY_WORDS if words in error), _OURS))
    more = _MORE.search(error)
    if more and (told := _BY_MORE.get(f"{more[1]}.{more[2]}")):
        return str(told)
    if code[1] == "550" and re.search(r"spam|block|policy|reject|denied|relay", error, re.I):
        return str(_UNWANTED)
    return str(_BY_CODE.get(code[1]) or (_LATER if code[1].startswith("4") else _REFUSED))
