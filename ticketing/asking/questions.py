"""An organiser's own questions: what a good one is, and how they change.

A choice has a key of its own that never changes and is never given to another: whoever chose it
has chosen the same thing under its new words, and one that was withdrawn keeps its words.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.asking import names
from ticketing.asking.needs import NEEDS
from ticketing.extensions import db
from ticketing.models import Event, Question, Shop, now
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.words import languages

KINDS: Final = ("text", "long_text", "choice", "choices", "yes_no", "date")
CHOOSING: Final = {"choice", "choices"}
MOST: Final = 50  # of an event, not counting what isn't asked any more
MOST_CHOICES: Final = 100
MAX_LABEL: Final = 300
MAX_HELP: Final = 500
MAX_CHOICE: Final = 200


class TooManyQuestions(Exception):
    """The event asks as many questions as anybody would answer, and more."""


def languages_of(event: Event) -> list[str]:
    """The languages an event's shops speak, that of the first shop first."""
    spoken = db.session.scalars(
        select(Shop.languages)
        .where(Shop.event_id == event.id)
        .order_by(Shop.archived_at.is_not(None), Shop.id)
    )
    return list(dict.fromkeys(one for shop in spoken for one in shop)) or [languages.FIRST]


def add(event: Event, given: Mapping[str, Any], speaks: Sequence[str]) -> Question:
    """Ask one thing more, after all others.

    `given`: kind, need, label and help as {language: text}, choices as a list of {"key", "label":
    {language: text}, "off"}; `speaks` are the languages, of which the first can't be left out.
    Raises `InvalidSettings`, `TooManyQuestions`.
    """
    cleaned = clean(given, speaks)
    event_id = event.id
    with write() as session:
        asked = _asked(session, event_id)
        if len(asked) >= MOST:
            raise TooManyQuestions
        last = max((each.position for each in asked), default=0)
        question = Question(event_id=event_id, position=last + 1, **cleaned)
        session.add(question)
    return question


def change(
    question: Question, given: Mapping[str, Any], speaks: Sequence[str], *, revision: int
) -> Question:
    """Word a question otherwise; its kind stays, for there may be answers.

    Texts in languages that no shop speaks now stay too. `revision` is the question's when the
    form was drawn. Raises `InvalidSettings`, and `EditedMeanwhile` if somebody changed it since.
    """
    question_id = question.id
    cleaned = clean({**given, "kind": question.kind}, speaks, former=question)
    with write() as session:
        question = lock(session, Question, question_id)
        if question.revision != revision:
            raise EditedMeanwhile
        for column, value in cleaned.items():
            setattr(question, column, value)
        question.revision += 1
    return question


def move(question: Question, *, up: bool) -> None:
    """One place up or down among the questions that are asked; at the end nothing happens."""
    question_id, event_id = question.id, question.event_id
    with write() as session:
        asked = _asked(session, event_id)
        at = next((i for i, each in enumerate(asked) if each.id == question_id), None)
        to = None if at is None else at + (-1 if up else 1)
        if at is None or to is None or not 0 <= to < len(asked):
            return
        asked[at], asked[to] = asked[to], asked[at]
        for position, each in enumerate(asked, start=1):
            each.position = position


def archive(question: Question) -> None:
    """Ask it no more; answers stay, and keep their question."""
    question_id = question.id
    with write() as session:
        question = lock(session, Question, question_id)
        question.archived_at = question.archived_at or now()


def restore(question: Question) -> None:
    """Ask it again, after all others. Raises `TooManyQuestions`."""
    question_id, event_id = question.id, question.event_id
    with write() as session:
        asked = _asked(session, event_id)
        question = lock(session, Question, question_id)
        if question.archived_at is None:
            return
        if len(asked) >= MOST:
            raise TooManyQuestions
        question.position = max((each.position for each in asked), default=0) + 1
        question.archived_at = None


def clean(
    given: Mapping[str, Any], speaks: Sequence[str], former: Question | None = None
) -> dict[str, Any]:
    """A question's columns as they are stored.

    Raises `InvalidSettings`; its keys are kind, need, label_LANGUAGE, help_LANGUAGE, choices, and
    choice_NUMBER_LANGUAGE, counted from 0.
    """
    errors: dict[str, str] = {}
    if given.get("kind") not in KINDS:
        errors["kind"] = _("Please choose what kind of answer you want.")
    if given.get("need") not in NEEDS:
        errors["need"] = _("Please choose one of these.")

    def texts(name: str, typed: Any, before: Mapping[str, Any], most: int) -> dict[str, str]:
        found = {language: str(text) for language, text in before.items()}
        for language in speaks:
            try:
                found[language] = _line(str((typed or {}).get(language) or ""), most)
            except ValueError as error:
                errors[f"{name}_{language}"] = _told(error)
        return {language: text for language, text in found.items() if text}

    label = texts("label", given.get("label"), former.label if former else {}, MAX_LABEL)
    if speaks[0] not in label:
        errors.setdefault(f"label_{speaks[0]}", _("Please write the question."))
    help = texts("help", given.get("help"), former.help if former else {}, MAX_HELP)
    choices = []
    if given.get("kind") in CHOOSING:
        choices = _choices(given.get("choices") or [], former, speaks[0], texts, errors)
    if errors:
        raise InvalidSettings(errors)
    return {
        "kind": given["kind"],
        "need": given["need"],
        "label": label,
        "help": help,
        "choices": choices,
    }


_Texts = Callable[[str, Any, Mapping[str, Any], int], dict[str, str]]


def _choices(
    given: Sequence[Mapping[str, Any]],
    former: Question | None,
    first: str,
    texts: _Texts,
    errors: dict[str, str],
) -> list[dict[str, Any]]:
    known = {choice["key"]: choice for choice in (former.choices if former else [])}
    highest = max((int(key.removeprefix("c")) for key in known), default=0)
    found: list[dict[str, Any]] = []
    for number, typed in enumerate(given):
        before = known.pop(typed.get("key") or "", None)
        label = texts(
            f"choice_{number}", typed.get("label"), before["label"] if before else {}, MAX_CHOICE
        )
        off = bool(typed.get("off"))
        if before is None and not label:
            continue  # a line that stayed empty
        if first not in label:
            if before is not None and off:
                label = before["label"]
            else:
                errors.setdefault(
                    f"choice_{number}_{first}",
                    _("Please say what it is called, or withdraw it.")
                    if before
                    else _("Please say what it is called."),
                )
        if before is None:
            highest += 1
        key = before["key"] if before else f"c{highest}"
        same = next((one for one in found if not one["off"] and one["label"] == label), None)
        if label and not off and same is not None:
            errors.setdefault(f"choice_{number}_{first}", _("This choice is there already."))
        found.append({"key": key, "label": label, "off": off})
    # What the form didn't show, perhaps because somebody cut it short, is withdrawn, not lost.
    found += [{**choice, "off": True} for choice in known.values()]
    if len(found) > MOST_CHOICES:
        errors["choices"] = _("Please offer at most %(n)d choices.", n=MOST_CHOICES)
    elif sum(not one["off"] for one in found) < 2:
        errors["choices"] = _("Please offer at least two choices.")
    return found


def _asked(session: Session, event_id: int) -> list[Question]:
    """What an event asks, of which nobody else changes the sequence now."""
    lock(session, Event, event_id)
    return list(
        session.scalars(
            select(Question)
            .where(Question.event_id == event_id, Question.archived_at.is_(None))
            .order_by(Question.position, Question.id)
            .execution_options(populate_existing=True)
        )
    )


def _line(text: str, most: int) -> str:
    line = names.tidy(text)
    if len(line) > most:
        raise ValueError(_("Please use at most %(n)d characters.", n=most))
    return line


def _told(error: ValueError) -> str:
    if isinstance(error, names.RefusedCharacter):
        return str(_("This holds a character that can’t be printed. Please type it anew."))
    return str(error)
