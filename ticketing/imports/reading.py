"""A file of rows, as shops and spreadsheets write it: which characters, which delimiter."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from ticketing.words.formats import number

MAX_ROWS: Final = 5_000
MAX_BYTES: Final = 8 * 1024 * 1024
LONGEST_CELL: Final = 20_000  # characters; what is longer is a quote that never ends
MOST_COLUMNS: Final = 200
DELIMITERS: Final = (",", ";", "\t")
_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)  # Excel's own first line
# What begins other kinds of files that people take for CSV.
_ZIP, _OLE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"


class UnreadableFile(Exception):
    """No rows can be made of this file; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where it begins in the file, `row` its number in a spreadsheet; both from 1."""

    line: int
    row: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows below the header, without the empty ones.

    `guessed`: the characters were taken for those of old Windows programs, and `example` is a
    cell by which people can see whether that was right.
    """

    header: list[str]
    rows: list[Row]
    delimiter: str
    guessed: bool
    example: str


def read(content: bytes, known: Callable[[str], bool]) -> Sheet:
    """Make rows of a file; `known` says whether a header is one of ours, which finds the
    delimiter. Raises `UnreadableFile`.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFile(
            _("The file is larger than %(n)d MB. Please split it.", n=MAX_BYTES // 1024 // 1024)
        )
    text, guessed = decoded(content)
    skipped = 0
    delimiter = ""
    if match := _SEPARATOR_LINE.match(text):
        delimiter, skipped = match[1], 1
        text = text[match.end() :]
        if delimiter not in DELIMITERS:
            raise UnreadableFile(_("Cells must be parted by commas, semicolons or tabs."))
    delimiter = delimiter or _delimiter(text, known)
    records = _records(text, delimiter, skipped)
    header = next(records, None)
    if header is None:
        raise UnreadableFile(_("The file is empty."))
    if len(header.cells) > MOST_COLUMNS:
        raise UnreadableFile(_("The file has more than %(n)d columns.", n=MOST_COLUMNS))
    rows: list[Row] = []
    for record in records:
        if len(rows) == MAX_ROWS:
            raise UnreadableFile(
                _("The file has more than %(n)s rows. Please split it.", n=number(MAX_ROWS))
            )
        rows.append(record)
    if not rows:
        raise UnreadableFile(_("The file has a header, and no row below it."))
    return Sheet(header.cells, rows, delimiter, guessed, _example(rows) if guessed else "")


def decoded(content: bytes) -> tuple[str, bool]:
    """The text of a file, and whether its characters had to be guessed; raises `UnreadableFile`."""
    if content.startswith((_ZIP, _OLE)):
        raise UnreadableFile(
            _(
                "This is a spreadsheet, not a CSV file. Open it in your spreadsheet program and "
                "save it as “CSV UTF-8”."
            )
        )
    if content.startswith(_PDF):
        raise UnreadableFile(_("This is a PDF, not a CSV file."))
    text, guessed = _text_of(content)
    if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in set(text)):
        raise UnreadableFile(
            _(
                "This is no text: it holds characters that no CSV file has. Save it anew as "
                "“CSV UTF-8”."
            )
        )
    return text, guessed


def _text_of(content: bytes) -> tuple[str, bool]:
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), None)
    start = content[:200]
    if encoding is None and start.count(0) * 3 > len(start):
        # UTF-16 without its mark: of plain letters every other byte is 0.
        encoding = "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
    try:
        return content.decode(encoding or "utf-8").removeprefix("\ufeff"), False
    except UnicodeDecodeError:
        if encoding is not None:
            raise _unknown_characters() from None
    try:
        return content.decode("cp1252"), True
    except UnicodeDecodeError:
        raise _unknown_characters() from None


def _unknown_characters() -> UnreadableFile:
    return UnreadableFile(_("The file’s characters can’t be read. Save it anew as “CSV UTF-8”."))


def _delimiter(text: str, known: Callable[[str], bool]) -> str:
    """The one with which the header holds most of our columns; else most columns at all."""

    def worth(delimiter: str) -> tuple[int, int]:
        try:
            header = next(_records(text, delimiter, 0), None)
        except UnreadableFile:
            return 0, 0
        cells = header.cells if header else []
        return sum(known(cell) for cell in cells), len(cells)

    return max(DELIMITERS, key=worth)


def _records(text: str, delimiter: str, skipped: int) -> Iterator[Row]:
    """The records that aren't empty; `skipped` lines of the file stand above the text."""
    # Strict: a quote that is never closed would swallow the rest of the file as one cell.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = skipped
    while True:
        line = lines.line_num + skipped + 1
        row += 1
        try:
            cells = next(lines, None)
        except csv.Error:
            raise UnreadableFile(
                _("From line %(line)s on the quotes don’t match: one is missing or too many.",
                  line=line)
            ) from None  # fmt: skip
        if cells is None:
            return
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise UnreadableFile(
                _("A cell in line %(line)s is very long. Is a quote missing there?", line=line)
            )
        if any(cell.strip() for cell in cells):
            yield Row(line, row, cells)


def _example(rows: list[Row]) -> str:
    return next(
        (cell[:60] for row in rows for cell in row.cells if not cell.isascii()),
        "",
    )
