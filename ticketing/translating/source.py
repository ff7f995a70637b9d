"""The words in the code, and catalogues that follow them."""

import io
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import denormalize, write_po

from ticketing.config import PROJECT
from ticketing.words.catalogues import forms_of, languages_in, path_of, read

# Where, and what: (file, line, words, comments, context).
_Found = tuple[str, int, str | tuple[str, ...], list[str], str | None]

MAPPING: Final = PROJECT / "babel.cfg"
# How the code asks for words, beside Babel's own: which arguments are words, which the context.
_KEYWORDS: Final = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "_lp": ((1, "c"), 2),
    "lazy_gettext": None,
    "lazy_pgettext": ((1, "c"), 2),
}
_COMMENTS: Final = ("TRANSLATORS:",)
# What says nothing here, or changes with every run so that two people's would not merge.
_DROPPED: Final = tuple(
    f'"{header}:'.encode()
    for header in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Generated-By",
        "Report-Msgid-Bugs-To",
        "Last-Translator",
        "Language-Team",
    )
)

_HEADER: Final = """\
# Passalong, {name}.
# How to translate, and which words to use: docs/translating.md."""


def template() -> Catalog:
    """Everything that the code and the templates say."""
    catalogue = Catalog(project="Passalong", charset="utf-8", fuzzy=False)
    for name, line, message, comments, context in _found():
        catalogue.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return catalogue


@cache
def _found() -> list[_Found]:
    """Looked for once a process: it takes seconds."""
    with MAPPING.open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    return list(
        extract_from_dir(
            PROJECT,
            methods,
            options,
            _KEYWORDS,
            _COMMENTS,
            strip_comment_tags=True,
            directory_filter=_is_ours,
        )
    )


def told_apart_by_plural() -> list[str]:
    """What is counted in two ways: catalogues know a message by its singular alone."""
    plurals: dict[tuple[str | None, str], set[str]] = {}
    for _name, _line, message, _comments, context in _found():
        if isinstance(message, tuple):
            plurals.setdefault((context, message[0]), set()).add(message[1])
    return [singular for (_context, singular), found in plurals.items() if len(found) > 1]


def update(folder: Path, languages: list[str] | None = None) -> None:
    """Every catalogue of the folder follows the code; each of `languages` is begun if need be.

    What changed in English keeps its former translation, marked as fuzzy and with the English
    that it was of. What is no longer said goes.
    """
    source = template()
    for language in sorted({*languages_in(folder), *(languages or ())}):
        path = path_of(folder, language)
        catalogue = read(path) if path.exists() else Catalog(language)
        catalogue.update(source, update_creation_date=False)
        for message in catalogue:
            _remember_former(message)
            _forget_guesses(message, source)
        write(catalogue, path)


def write(catalogue: Catalog, path: Path) -> None:
    """The file, always in the same sequence and without what merges badly."""
    language = path.parent.parent.name
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = "Passalong", ""
    name = catalogue.locale.english_name if catalogue.locale else language
    catalogue.header_comment = _HEADER.format(name=name)
    file = io.BytesIO()
    write_po(
        file,
        catalogue,
        width=0,
        sort_by_file=True,
        include_lineno=False,
        ignore_obsolete=True,
        include_previous=True,
    )
    lines = [line for line in file.getvalue().splitlines(True) if not line.startswith(_DROPPED)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))


def _remember_former(message: Message) -> None:
    """Babel writes what something was in English (`#| msgid "…"`), and reads it as a remark."""
    former = [each for each in message.user_comments if each.startswith("| msgid")]
    if former and message.fuzzy and not message.previous_id:
        message.previous_id = [denormalize(each.partition(" msgid ")[2]) for each in former[:1]]
    message.user_comments = [each for each in message.user_comments if not each.startswith("|")]


def _forget_guesses(message: Message, source: Catalog) -> None:
    """Babel proposes what similar messages say, and empty ones: neither is a former translation."""
    former = message.previous_id[0] if message.previous_id else ""
    if not any(forms_of(message)):
        message.flags.discard("fuzzy")
    elif former and former in source:
        message.flags.discard("fuzzy")
        message.string = ("",) * len(forms_of(message)) if message.pluralizable else ""
    else:
        return
    message.previous_id = []


def _is_ours(folder: str) -> bool:
    """Templates and code: not what others wrote, nor what an installation keeps."""
    at = Path(folder)
    return at == PROJECT or at.relative_to(PROJECT).parts[0] in {"templates", "ticketing"}
