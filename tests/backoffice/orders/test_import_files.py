"""Which files can be read, and what is said of those that can't."""

import io
import unicodedata
import zipfile

import pytest

from tests import seen
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.files import (
    ANNA,
    HEADER,
    NOBODY,
    checked,
    errors,
    go_on,
    made_of,
    of,
    place,
    row,
    told,
    upload,
)
from tests.backoffice.orders.test_import_orders import all_orders
from tests.hostile import STRINGS
from ticketing.asking import names
from ticketing.imports import reading, steps
from ticketing.models import Question, Shop
from ticketing.storing.transactions import write
from ticketing.words.neutral import neutral

ZOE = ("Zoë", "Łukasiewicz-Ångström", "zoe@example.org", "")


def refused(browser: Browser, shop: Shop, content: bytes, name: str = "orders.csv") -> str:
    """Why a file is refused at once; nothing of it is kept."""
    before = seen.digest()
    answer = upload(browser, shop, content, name)
    assert answer.status_code == 422, answer.status
    assert seen.digest() == before
    return answer.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_characters_and_delimiters(
    olga: Browser, shop: Shop, encoding: str, delimiter: str
) -> None:
    text = made_of(row("A;1", booker=ZOE), delimiter=delimiter).decode()
    path = checked(olga, shop, text.encode(encoding))
    assert errors(path) == []
    place(olga, path)
    [order] = all_orders()
    assert (order.first_name, order.last_name, order.reference) == (ZOE[0], ZOE[1], "A;1")


def test_old_windows_characters_are_guessed_and_said_so(olga: Browser, shop: Shop) -> None:
    who = ("Zoë", "Muñoz – “x”", "zoe@example.org", "")
    path = checked(olga, shop, made_of(row("A-1", booker=who)).decode().encode("cp1252"))
    text = told(olga, path)
    assert "Please look at the accents" in text
    assert "“Zoë”" in text
    place(olga, path)
    assert all_orders()[0].last_name == "Muñoz – “x”"
    assert "Zoë" not in str(of(path).result)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_quotes_and_empty_lines(olga: Browser, shop: Shop, end: str) -> None:
    lines = [
        "sep=;",
        ";".join(HEADER),
        "",
        'A-1;Bea;"Booker; ""the first""";bea@example.org;;;weekend',
        ";;;;;;;;;;",
        f'A-2;"Zoë{end}Maria";;zoe@example.org;;;weekend',
        "A-3;;;nonsense;;;weekend",
    ]
    path = checked(olga, shop, end.join(lines).encode())
    # A cell with a line break: the line in an editor and the row in a spreadsheet differ.
    [first, _second] = of(path).errors
    assert (first["line"], first["row"]) == (8, 7)
    assert "row 7 in a spreadsheet" in told(olga, path)
    path = checked(olga, shop, end.join(lines[:-1]).encode())
    place(olga, path)
    assert [(o.first_name, o.last_name) for o in all_orders()] == [
        ("Bea", 'Booker; "the first"'),
        ("Zoë Maria", ""),
    ]


def test_headers_as_other_programs_write_them(olga: Browser, shop: Shop) -> None:
    header = [
        "ORDER NUMBER", "buyer_firstname", "Customer surname", "Booker E-Mail", "Buyer telephone",
        "locale", " Product ", "Attendee given name", "last name", "e-mail", "Mobile", "Seat",
    ]  # fmt: skip
    path = checked(olga, shop, made_of([*row("A-1", holder=ANNA), "12"], header=header))
    assert errors(path) == []
    assert "Columns that are left out" in told(olga, path)
    assert of(path).result["ignored"] == ["Seat"]
    place(olga, path)
    assert all_orders()[0].tickets[0].email == "anna@example.org"


def test_questions_of_the_organisers_own(olga: Browser, shop: Shop) -> None:
    def choice(key: str, label: str) -> dict[str, object]:
        return {"key": key, "label": {"en": label}}

    with write() as session:
        session.add_all(
            [
                Question(
                    event_id=shop.event_id,
                    kind="choices",
                    label={"en": "Meals", "nl": "Maaltijden"},
                    choices=[choice("a", "Soup, hot"), choice("b", "Salad")],
                ),
                Question(event_id=shop.event_id, kind="yes_no", label={"en": "Bus?"}),
            ]
        )
        shop.event.fields = {"date_of_birth": "optional"}
    header = [*HEADER, "maaltijden", "Bus", "Date of birth"]
    path = checked(
        olga,
        shop,
        made_of(
            [*row("A-1", holder=ANNA), "Soup, hot; salad", "TRUE", "31-12-1990"],
            [*row("A-2", holder=ANNA), "Salad,Soup, hot", "no", "12/31/1990"],
            [*row("A-3", holder=ANNA), "b,a", "", "1990-12-31"],
            [*row("A-4", holder=ANNA), "Steak", "maybe", "1/2/1990"],
            header=header,
        ),
    )
    assert errors(path) == [
        (3, "maaltijden"),  # a comma parts choices, and stands within one of them
        (5, "Date of birth"),
        (5, "maaltijden"),
        (5, "Bus"),
    ]
    good = made_of([*row("A-1", holder=ANNA), "Soup, hot; salad", "x", "31.12.1990"], header=header)
    place(olga, checked(olga, shop, good))
    meals, bus = (question.key for question in shop.event.questions)
    assert all_orders()[0].tickets[0].details == {
        "date_of_birth": "1990-12-31",
        meals: ["a", "b"],
        bus: "yes",
    }


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("Booker email", "Not found: “Booker email”."),
        ("Booker last name", "Not found: “Booker last name”."),
        ("Ticket type", "Not found: “Ticket type”."),
        ("Holder email", "Not found: “Holder email”."),
    ],
)
def test_a_column_that_is_missing(olga: Browser, shop: Shop, missing: str, said: str) -> None:
    header = ["Nonsense" if each == missing else each for each in HEADER]
    assert said in refused(olga, shop, made_of(row("A-1"), header=header))


def test_what_is_no_file_of_orders(olga: Browser, shop: Shop) -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    good = made_of(row("A-1"))
    for content, said in (
        (b"", "The file is empty."),
        (b"   \n\n", "The file is empty."),
        (",".join(HEADER).encode(), "no row below it"),
        (b"Not,a,header\n1,2,3\n", "Not found: "),
        (book.getvalue(), "This is a spreadsheet"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "This is a spreadsheet"),
        (b"%PDF-1.7 \n", "This is a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "be read"),
        (bytes(range(1, 128)), "This is no text"),
        (good + b"\x00", "This is no text"),
        (b"\xff\xfe" + good + b"\x00", "be read"),
        (b"\x81\x8d\x8f\x90\x9d" + good, "be read"),
        (good + b'A-2,"Bea,x,bea@example.org\n', "From line 3 on the quotes"),
        (good + b'A-2,"Bea"x,x,bea@example.org\n', "From line 3 on the quotes"),
        (good + b"A-2," + b"x" * 30_000 + b"\n", "A cell in line 3 is very long"),
        (good + b'A-2,"' + b"x\n" * 100_000, "From line 3 on the quotes"),
        (b"sep=|\n" + good, "parted by commas"),
        (b"x," * 500 + b"\n1\n", "more than 200 columns"),
        (made_of(row("A-1"), header=[*HEADER[:-1], "Booker mail"]), "Two columns are both taken"),
        (made_of(*[row("A-1")] * 5_001), "more than 5,000 rows"),
    ):
        assert said in refused(olga, shop, content), said


def test_no_file_at_all(olga: Browser, shop: Shop) -> None:
    page = f"/backoffice/shops/{shop.id}/import"
    assert "Please choose a file." in olga.submit(page, file=None).text
    assert "Please choose a file." in olga.submit(page, file="just a text").text


def test_a_file_that_is_too_large(olga: Browser, shop: Shop) -> None:
    before = seen.digest()
    answer = upload(olga, shop, b"x" * (reading.MAX_BYTES + 100_000))
    assert answer.status_code == 413
    assert "larger than 8 MB" in answer.text
    assert upload(olga, shop, b"x" * (reading.MAX_BYTES + 1)).status_code == 422
    assert seen.digest() == before


def test_five_thousand_rows_of_long_names(olga: Browser, shop: Shop) -> None:
    long = "é" * 190
    rows = [row(f"A-{n}", booker=(long, long, f"bea{n}@example.org", "")) for n in range(5_000)]
    content = made_of(*rows)
    assert 3_000_000 < len(content) < reading.MAX_BYTES
    path = upload(olga, shop, content).location
    olga.submit(path, action=f"{path}/check")
    found = of(path)
    assert found.state == "checking"
    assert 0 < found.checked <= steps.ROWS_PER_STEP, "a step is bounded"
    assert f"{found.checked} of 5,000 rows checked" in told(olga, path)


def test_hostile_texts_come_out_as_they_went_in(olga: Browser, shop: Shop) -> None:
    """Formulas, scripts, templates: text like any other, or refused; never altered, never run."""
    good: list[str] = []
    bad: list[str] = []
    for text in STRINGS:
        if _is_no_text(text):
            with pytest.raises(reading.UnreadableFile):
                reading.decoded(made_of(row("A-1", booker=(text, "x", "b@example.org", ""))))
            continue
        try:
            (good if 0 < len(names.tidy(text)) <= 200 else bad).append(text)
        except names.RefusedCharacter:
            bad.append(text)
    assert len(good) > 100
    rows = [
        row(f"A-{n}", booker=(text, text, "bea@example.org", ""), holder=(text, *ANNA[1:]))
        for n, text in enumerate(good)
    ]
    content = made_of(*[[neutral(cell) for cell in each] for each in rows])
    path = go_on(olga, upload(olga, shop, content, "<script>alert(1)</script>.csv").location)
    assert of(path).errors == []
    place(olga, path, send_mails=None)
    found = {order.reference: order for order in all_orders()}
    for n, text in enumerate(good):
        order = found[f"A-{n}"]
        assert order.first_name == order.last_name == names.tidy(text), repr(text)
        assert order.tickets[0].first_name == names.tidy(text), repr(text)
    page = olga.get(path).text
    assert "<script>alert" not in page

    rows = [row(f"B-{n}", booker=(text, "x", "b@example.org", "")) for n, text in enumerate(bad)]
    path = go_on(olga, upload(olga, shop, made_of(*rows)).location)
    assert {each["row"] for each in of(path).errors} == set(range(2, len(rows) + 2))


def _is_no_text(text: str) -> bool:
    """No text file holds it, so the whole file is refused."""
    return any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in text)


def test_hostile_texts_in_every_other_place(olga: Browser, shop: Shop) -> None:
    """As headers, references, types, phone numbers: an answer, never an error of ours."""
    for text in STRINGS[::12]:
        cells = [row(text, text, (text,) * 4, (text,) * 4, text)]
        for content in (
            made_of(*cells),
            made_of(row("A-1"), header=[*HEADER[:-1], text]),
            text.encode(),
        ):
            answer = upload(olga, shop, content, text)
            assert answer.status_code in {303, 422}, repr(text)
            if answer.status_code == 303:
                page = olga.get(answer.location)
                assert page.status_code == 200
                if f"{answer.location}/check" in forms_in(page.text):
                    olga.submit(answer.location, action=f"{answer.location}/check")
    assert all_orders() == []


def test_holders_named_for_tickets_that_need_no_name(olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(row("A-1", "parking", holder=ANNA), row("A-1", "parking")))
    assert "One row names a holder for a ticket that needs no name" in told(olga, path)
    place(olga, path)
    assert [t.first_name for t in all_orders()[0].tickets] == ["", ""]
    assert NOBODY == ("",) * 4
