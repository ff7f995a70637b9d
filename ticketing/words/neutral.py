"""Cells that no spreadsheet takes for a formula, in a form that people and programs can undo.

Excel, LibreOffice and Google Sheets run a cell of a CSV file that begins with =, +, -, @ or one of
their full-width forms, whatever stands before it that they don't see
(https://owasp.org/www-community/attacks/CSV_Injection). An apostrophe before it makes it a text.
Where semicolons part cells, as they do for half of Europe, a cell may also begin within a text.
"""

import re
from typing import Final

_UNSEEN: Final = r"(?:[^\S\t\r\n]|[\u00ad\u200b-\u200f\u2060\ufeff])*"
_FORMULA: Final = rf"(?='*(?:{_UNSEEN}[=+\-@＝＋－＠﹢﹣﹫﹦−]))"
_BLANK: Final = r"(?='*[\t\r\n])"
_DANGER: Final = re.compile(rf"(?:^|(?<=[;\t\r\n])){_FORMULA}|\A{_BLANK}")
_MARKED: Final = re.compile(rf"(?:^|(?<=[;\t\r\n]))'{_FORMULA}|\A'{_BLANK}")


def neutral(text: str) -> str:
    """The text for a cell of a CSV file: with an apostrophe before what could be run.

    Phone numbers in E.164 begin with + and get one too: in a spreadsheet they would become a
    number and lose their +. A text that already has such an apostrophe gets another, so that
    `plain` gives back exactly what went in.
    """
    return _DANGER.sub("'", text)


def plain(cell: str) -> str:
    """A cell as it was before `neutral`."""
    return _MARKED.sub("", cell)
