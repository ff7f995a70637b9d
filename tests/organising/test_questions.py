"""An organiser's own questions: good ones, better words later, and answers that stay."""

from typing import Any

import pytest
from flask_babel import force_locale

from tests import builders
from tests.seen import changes, rows
from ticketing.asking import fields, questions
from ticketing.asking.fields import Asked, InvalidDetails
from ticketing.asking.questions import KINDS, MOST, MOST_CHOICES, TooManyQuestions
from ticketing.extensions import db
from ticketing.models import Event, Question, Shop
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.transactions import write

SPEAKS = ["en", "nl"]


@pytest.fixture
def shop(app: object) -> Shop:
    return builders.make_shop(languages=SPEAKS)


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


def typed(**other: Any) -> dict[str, Any]:
    return {
        "kind": "text",
        "need": "optional",
        "label": {"en": "What do you eat?", "nl": "Wat eet je?"},
        "help": {"en": "So that nobody goes hungry."},
        "choices": [],
        **other,
    }


def lines(*labels: str) -> list[dict[str, Any]]:
    return [{"key": "", "label": {"en": label}, "off": False} for label in labels]


def errors_of(given: dict[str, Any], former: Question | None = None) -> list[str]:
    with pytest.raises(InvalidSettings) as refused:
        questions.clean(given, SPEAKS, former)
    return sorted(refused.value.errors)


def labels(event: Event) -> list[str]:
    """What is asked, in its order."""
    db.session.rollback()
    return [each.label["en"] for each in event.questions if each.archived_at is None]


def change(question: Question, **other: Any) -> Question:
    known = {"need": question.need, "label": question.label, "help": question.help}
    given = {**known, "choices": question.choices, **other}
    return questions.change(question, given, SPEAKS, revision=question.revision)


# What a good question is


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_asked(event: Event, kind: str) -> None:
    choices = lines("Meat", "Fish") if kind in questions.CHOOSING else lines("ignored")
    before = rows()
    question = questions.add(event, typed(kind=kind, choices=choices), SPEAKS)
    assert set(changes(before)) == {"questions"}
    assert question.kind == kind
    assert question.label == {"en": "What do you eat?", "nl": "Wat eet je?"}
    assert question.help == {"en": "So that nobody goes hungry."}
    assert [each["label"]["en"] for each in question.choices] == (
        ["Meat", "Fish"] if kind in questions.CHOOSING else []
    )


def test_it_has_a_kind_a_need_and_words_in_the_first_language() -> None:
    wrong = typed(kind="essay", need="maybe", label={"nl": "Wat eet je?"})
    assert errors_of(wrong) == ["kind", "label_en", "need"]
    assert errors_of(typed(label={"en": " \u00a0 "})) == ["label_en"]


def test_words_are_tidied_and_no_longer_than_a_page() -> None:
    cleaned = questions.clean(typed(label={"en": "  Any\t allergies?  "}), SPEAKS)
    assert cleaned["label"] == {"en": "Any allergies?"}
    assert errors_of(typed(label={"en": "a" * 301, "nl": "a" * 301})) == ["label_en", "label_nl"]
    assert errors_of(typed(help={"nl": "a" * 501})) == ["help_nl"]
    assert errors_of(typed(label={"en": "a\x00b"})) == ["label_en"]


def test_choices_are_at_least_two_and_differ() -> None:
    def choosing(*choices: str) -> dict[str, Any]:
        return typed(kind="choice", choices=lines(*choices))

    assert errors_of(choosing("Meat", "", "")) == ["choices"]
    assert errors_of(choosing("Meat", "Fish", " Meat ")) == ["choice_2_en"]
    assert errors_of(choosing("Meat", "b" * 201)) == ["choice_1_en", "choices"]
    assert errors_of(choosing(*map(str, range(MOST_CHOICES + 1)))) == ["choices"]
    only_dutch = typed(
        kind="choice", choices=[*lines("Meat"), {"key": "", "label": {"nl": "Vis"}, "off": False}]
    )
    assert errors_of(only_dutch) == ["choice_1_en"]


def test_an_event_asks_so_much_and_no_more(event: Event) -> None:
    with write() as session:
        session.add_all(
            Question(event_id=event.id, kind="text", label={"en": str(n)}, position=n)
            for n in range(MOST)
        )
    with pytest.raises(TooManyQuestions):
        builders.ask(event, "One more?")
    db.session.rollback()
    first = event.questions[0]
    questions.archive(first)
    builders.ask(event, "One more?")
    with pytest.raises(TooManyQuestions):
        questions.restore(first)


# Their order


def test_new_ones_come_last_and_move_one_place(event: Event) -> None:
    a, b, c = (builders.ask(event, label) for label in "ABC")
    assert labels(event) == ["A", "B", "C"]
    questions.move(c, up=True)
    assert labels(event) == ["A", "C", "B"]
    questions.move(a, up=False)
    assert labels(event) == ["C", "A", "B"]
    for at_the_end, up in ((c, True), (b, False)):
        questions.move(at_the_end, up=up)
        assert labels(event) == ["C", "A", "B"]


def test_what_is_archived_does_not_count_for_the_order(event: Event) -> None:
    a, b, c = (builders.ask(event, label) for label in "ABC")
    questions.archive(b)
    questions.move(c, up=True)
    assert labels(event) == ["C", "A"]
    questions.move(b, up=True)  # it isn't asked, so there is nowhere to go
    questions.restore(b)
    assert labels(event) == ["C", "A", "B"]
    before = rows()
    questions.restore(b)
    assert changes(before) == {}
    assert a.archived_at is None


# Changes, later


def test_words_change_and_the_kind_stays(event: Event) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish")
    change(question, kind="text", label={"en": "Your diet?"}, need="required")
    assert (question.kind, question.need, question.revision) == ("choice", "required", 2)
    assert question.label == {"en": "Your diet?"}


def test_who_was_slower_overwrites_nothing(event: Event) -> None:
    question = builders.ask(event, "Diet?")
    change(question, label={"en": "Theirs?"})
    with pytest.raises(EditedMeanwhile):
        questions.change(question, typed(label={"en": "Mine?"}), SPEAKS, revision=1)
    db.session.rollback()
    assert question.label == {"en": "Theirs?"}


def test_a_language_that_no_shop_speaks_now_keeps_its_words(event: Event) -> None:
    question = questions.add(event, typed(), SPEAKS)
    given = typed(label={"en": "Diet?"})
    questions.change(question, given, ["en"], revision=question.revision)
    assert question.label == {"en": "Diet?", "nl": "Wat eet je?"}


def test_a_choice_keeps_its_key_under_new_words(event: Event) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish")
    meat, fish = question.choices
    change(question, choices=[fish, {**meat, "label": {"en": "Meat or poultry"}}])
    assert [(each["key"], each["label"]["en"]) for each in question.choices] == [
        (fish["key"], "Fish"),
        (meat["key"], "Meat or poultry"),
    ]


def test_a_key_is_never_given_to_another_choice(event: Event) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish", "Vegan")
    withdrawn = {**question.choices[2], "off": True}
    change(question, choices=[*question.choices[:2], withdrawn])
    change(question, choices=[*question.choices, *lines("Halal")])
    assert [each["key"] for each in question.choices] == ["c1", "c2", "c3", "c4"]
    foreign = [*question.choices, {"key": "c99", "label": {"en": "Kosher"}, "off": False}]
    change(question, choices=foreign)
    assert question.choices[-1]["key"] == "c5"


def test_a_form_cut_short_withdraws_and_loses_nothing(event: Event) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish", "Vegan")
    change(question, choices=question.choices[:2])
    assert [(each["label"]["en"], each["off"]) for each in question.choices] == [
        ("Meat", False),
        ("Fish", False),
        ("Vegan", True),
    ]


def test_a_choice_without_words_has_to_be_withdrawn(event: Event) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish", "Vegan")
    wordless = {**question.choices[2], "label": {"en": ""}}
    given = {"need": "optional", "label": {"en": "Diet?"}, "kind": "choice"}
    kept = question.choices[:2]
    assert errors_of({**given, "choices": [*kept, wordless]}, question) == ["choice_2_en"]
    cleaned = questions.clean(
        {**given, "choices": [*kept, {**wordless, "off": True}]}, SPEAKS, question
    )
    assert cleaned["choices"][2] == {"key": "c3", "label": {"en": "Vegan"}, "off": True}


# Answers


def test_whoever_chose_what_was_withdrawn_keeps_it(event: Event) -> None:
    question = builders.ask(event, "Diet?", "choices", "Meat", "Fish", "Vegan")
    withdrawn = {**question.choices[0], "off": True}
    change(question, choices=[withdrawn, *question.choices[1:]])
    assert [key for key, _ in questions_field(question)] == ["c2", "c3"]
    assert [key for key, _ in questions_field(question, ["c1", "c3"])] == ["c1", "c2", "c3"]
    kept = Asked(fields.question_field(question, ["c1"]), required=True)
    key = question.key
    assert fields.clean([kept], {key: ["c1", "c2"]}, region="NL") == {key: ["c1", "c2"]}
    anew = Asked(fields.question_field(question), required=True)
    with pytest.raises(InvalidDetails):
        fields.clean([anew], {key: ["c1"]}, region="NL")


def questions_field(question: Question, kept: Any = "") -> tuple[Any, ...]:
    return fields.question_field(question, kept).choices


def test_what_is_not_asked_any_more_keeps_its_answers(shop: Shop, event: Event) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish")
    order = builders.make_order(shop, tickets=1)
    ticket = builders.claim(order.tickets[0], **{question.key: "c2"})
    assert ticket.details == {question.key: "c2"}
    questions.archive(question)
    db.session.rollback()
    assert ticket.details == {question.key: "c2"}
    known = fields.known_fields(event)[question.key]
    assert (known.label, fields.in_words(known, "c2")) == ("Diet?", "Fish")


def test_words_are_in_the_readers_language(app: Any, event: Event) -> None:
    question = questions.add(
        event,
        typed(
            kind="choice",
            choices=[
                {"key": "", "label": {"en": "Meat", "nl": "Vlees"}, "off": False},
                {"key": "", "label": {"en": "Fish"}, "off": False},
            ],
        ),
        SPEAKS,
    )
    with app.test_request_context(), force_locale("nl"):
        asked = fields.question_field(question)
    assert asked.label == "Wat eet je?"
    assert asked.choices == (("c1", "Vlees"), ("c2", "Fish"))
    assert asked.help == "So that nobody goes hungry."


def test_an_event_speaks_what_its_shops_speak(shop: Shop, event: Event) -> None:
    assert questions.languages_of(event) == ["en", "nl"]
    with write() as session:
        session.add(
            Shop(
                organiser_id=shop.organiser_id,
                event_id=event.id,
                slug="polder",
                name="Polder",
                languages=["nl", "de"],
            )
        )
    assert questions.languages_of(event) == ["en", "nl", "de"]
