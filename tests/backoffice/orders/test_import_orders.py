"""O10: a file of orders is checked row by row, then placed at once, or not at all."""

import datetime as dt
import threading
import time

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from tests import builders, seen
from tests.at_once import at_once
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.files import (
    ANNA,
    BEA,
    HEADER,
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
from ticketing import history
from ticketing.extensions import db
from ticketing.imports import steps, writing
from ticketing.models import Import, Order, OutboxMail, Shop, Ticket, now
from ticketing.posting import mail_queue, outbox
from ticketing.storing import transactions
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")
ZOE = ("Zoë", "van den Berg", "zoe@example.org", "+31 6 87654321")


def all_orders() -> list[Order]:
    db.session.rollback()
    return list(db.session.scalars(select(Order).order_by(Order.id)))


def test_one_row_a_ticket(olga: Browser, shop: Shop) -> None:
    """Rows of one reference, or of one customer, are one order, wherever in the file they stand."""
    path = checked(
        olga,
        shop,
        made_of(
            row("A-1", "weekend", holder=ANNA),
            row("", "friday", ZOE),
            row("A-1", "Parking"),
            row("", "WEEKEND", ZOE, holder=("Suharto", "", "suharto@example.org", "")),
        ),
    )
    text = told(olga, path)
    assert "2 orders with 4 tickets are ready to import" in text
    assert "2 with their holder" in text
    assert all_orders() == [], "nothing before somebody says so"
    assert place(olga, path).location == path
    assert "2 orders with 4 tickets were added" in told(olga, path)

    first, second = all_orders()
    assert (first.reference, first.first_name, first.email) == ("A-1", "Bea", "bea@example.org")
    assert [(t.type.code, t.state) for t in first.tickets] == [
        ("weekend", "personalised"),
        ("parking", "personalised"),
    ]
    anna = first.tickets[0]
    assert (anna.first_name, anna.last_name, anna.phone) == ("Anna", "Visser", "+31612345678")
    assert second.reference.startswith("csv:")
    assert (second.first_name, second.phone) == ("Zoë", "+31687654321")
    assert [(t.type.code, t.state, t.first_name) for t in second.tickets] == [
        ("friday", "open", ""),
        ("weekend", "personalised", "Suharto"),
    ]
    assert seen.actions(first) == ["placed", "named"]
    assert seen.entries(first)[0].actor_name == "Olga Organiser"
    assert [mail.kind for mail in builders.mails_of(first)] == [outbox.CONFIRMATION, outbox.TICKET]
    assert "anna visser" in builders.found_by(first)
    assert first.code in olga.get("/backoffice/orders?q=visser").text


def test_the_same_file_twice_adds_nothing(olga: Browser, shop: Shop) -> None:
    rows = [row("A-1"), row("A-1", "friday"), row("", "friday", ZOE, ANNA), row("", "weekend", ZOE)]
    place(olga, checked(olga, shop, made_of(*rows)))
    before = [order.id for order in all_orders()]
    assert len(before) == 2
    # In another sequence, with another delimiter and more spaces it is still the same.
    again = [HEADER, *[[f" {cell} " for cell in each] for each in reversed(rows)]]
    path = checked(olga, shop, made_of(*again[1:], delimiter=";"))
    text = told(olga, path)
    assert "Nothing to add: all orders are here already" in text
    assert f"{path}/place" not in forms_in(olga.get(path).text)
    assert [order.id for order in all_orders()] == before


def test_new_rows_are_added_beside_known_ones(olga: Browser, shop: Shop) -> None:
    place(olga, checked(olga, shop, made_of(row("A-1"))))
    path = checked(olga, shop, made_of(row("A-1"), row("A-2"), row("A-2", "friday")))
    text = told(olga, path)
    assert "One order with 2 tickets is ready to import" in text
    assert "Here already one order" in text
    place(olga, path)
    assert [order.reference for order in all_orders()] == ["A-1", "A-2"]
    assert of(path).result == {"orders": 1, "tickets": 2, "named": 0, "known": 1, "known_rows": 1}


def test_a_known_reference_with_another_content_is_an_error(olga: Browser, shop: Shop) -> None:
    place(olga, checked(olga, shop, made_of(row("A-1"))))
    path = checked(olga, shop, made_of(row("A-2"), row("A-1", "friday")))
    assert errors(path) == [(3, "Reference")]
    assert all_orders()[0].code in told(olga, path)
    assert len(all_orders()) == 1


def test_every_error_is_listed_and_nothing_is_added(olga: Browser, shop: Shop) -> None:
    path = checked(
        olga,
        shop,
        made_of(
            row("A-1", "weekend", ("", "", "nonsense", "12")),
            row("A-2"),
            row("A-2", "weekend", ZOE),
            row("A-3", ""),
            row("A-4", holder=("", "Visser", "anna@", "")),
            row("web:5"),
            row("x" * 101),
            [*row("A-8"), "more"],
            row("A-9", "week\u202eend"),
        ),
    )
    assert errors(path) == [
        (2, "Booker first name"),
        (2, "Booker email"),
        (2, "Booker phone"),
        (4, "Reference"),
        (5, "Ticket type"),
        (6, "Holder first name"),
        (6, "Holder email"),
        (7, "Reference"),
        (8, "Reference"),
        (9, ""),
        (10, "Ticket type"),
    ]
    page = olga.get(path).text
    assert "11 things to correct" in page
    assert f"{path}/place" not in forms_in(page)
    refused = olga.post(f"{path}/place", {"csrf_token": olga.token(), "send_mails": "y"})
    assert refused.location == path
    assert all_orders() == []


def test_errors_beyond_a_thousand_are_counted(olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(*[row(f"A-{n}", "") for n in range(1200)]))
    assert len(errors(path)) == 1000
    text = told(olga, path)
    assert "1,200 things to correct" in text
    assert "And 200 more." in text


def test_an_order_of_which_a_row_is_wrong_gets_no_second_error(olga: Browser, shop: Shop) -> None:
    rows = [row("A-1"), row("A-1", "friday")]
    place(olga, checked(olga, shop, made_of(*rows)))
    path = checked(olga, shop, made_of(rows[0], row("A-1", "")))
    assert errors(path) == [(3, "Ticket type")]


def test_the_corrected_file_takes_the_place_of_the_former(olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(row("A-1", "")))
    form = forms_in(olga.get(path).text)[f"/backoffice/shops/{shop.id}/import"]
    answer = upload(olga, shop, made_of(row("A-1")), replaces=form["replaces"][0])
    place(olga, go_on(olga, answer.location))
    assert [order.reference for order in all_orders()] == ["A-1"]
    former = of(path)
    assert (former.state, former.content, former.errors) == ("dropped", None, [])


def test_types_are_mapped_by_hand_where_the_file_has_other_words(olga: Browser, shop: Shop) -> None:
    answer = upload(olga, shop, made_of(row("A-1", "Fri pass"), row("A-2", "Weekend")))
    path = answer.location
    page = olga.get(path).text
    assert "What are these ticket types?" in page
    assert "“Fri pass” is" in page
    assert "“Weekend” is" not in page
    olga.post(f"{path}/check", {"csrf_token": olga.token()})
    assert of(path).checked == 0, "the words come first"
    unchosen = olga.post(
        f"{path}/types", {"csrf_token": olga.token(), "word": "Fri pass", "code": "nonsense"}
    )
    assert unchosen.status_code == 422
    assert "Please choose one." in unchosen.text
    olga.submit(path, action=f"{path}/types", code="parking")
    go_on(olga, path)
    # A slip can be put right: the file is checked anew.
    olga.submit(path, action=f"{path}/types", code="friday")
    assert of(path).state == "checking"
    place(olga, go_on(olga, path))
    assert [o.tickets[0].type.code for o in all_orders()] == ["friday", "weekend"]


def test_a_column_of_anything_but_types_is_recognised(olga: Browser, shop: Shop) -> None:
    answer = upload(olga, shop, made_of(*[row(f"A-{n}", f"Seat {n}") for n in range(60)]))
    assert answer.status_code == 422
    assert "60 different texts" in answer.text


def test_mails_are_a_choice(olga: Browser, shop: Shop) -> None:
    for number, typed in enumerate(
        ({"send_mails": None, "mail_holders": None}, {"mail_holders": None})
    ):
        place(olga, checked(olga, shop, made_of(row(f"A-{number}", holder=ANNA))), **typed)
    silent, told_booker = all_orders()
    assert builders.mails_of(silent) == []
    assert [mail.kind for mail in builders.mails_of(told_booker)] == [outbox.CONFIRMATION]


def test_languages(olga: Browser, shop: Shop) -> None:
    with write():
        shop.languages = ["nl", "de"]
    languages = ["", "de", "DE-at", "en_GB", "xx"]
    rows = [row(f"A-{n}", language=each) for n, each in enumerate(languages)]
    place(olga, checked(olga, shop, made_of(*rows)))
    assert [order.locale for order in all_orders()] == ["nl", "de", "de", "en", "nl"]


def test_a_dropped_import_keeps_nothing(olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(row("A-1"), row("", holder=ANNA)))
    answer = olga.submit(path, action=f"{path}/drop")
    assert answer.location == f"/backoffice/shops/{shop.id}/import"
    dropped = of(path)
    assert (dropped.state, dropped.content, dropped.cleaned) == ("dropped", None, None)
    assert "bea" not in str(vars(dropped)).lower()
    assert "This import was dropped" in told(olga, path)
    for action in ("check", "types", "place", "drop"):
        assert olga.post(f"{path}/{action}", {"csrf_token": olga.token()}).status_code == 303
    assert of(path).state == "dropped"
    assert all_orders() == []


def test_a_done_import_keeps_only_what_it_came_to(olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(row("A-1", "Weekend")))
    place(olga, path)
    done = of(path)
    assert (done.content, done.cleaned, done.type_map, done.errors) == (None, None, {}, [])
    before = seen.digest()
    place_again = olga.post(f"{path}/place", {"csrf_token": olga.token(), "send_mails": "y"})
    assert place_again.location == path
    assert seen.digest() == before
    assert "1 order added" in olga.get(f"/backoffice/shops/{shop.id}/import").text


def test_what_nobody_goes_on_with_is_forgotten(olga: Browser, shop: Shop) -> None:
    old, new = (checked(olga, shop, made_of(row(f"A-{n}"))) for n in range(2))
    with write() as session:
        session.get_one(Import, of(old).id).created_at = now() - dt.timedelta(days=8)
    assert steps.forget() == 1
    assert (of(old).state, of(old).content) == ("dropped", None)
    assert of(new).state == "checked"


def test_settings_that_change_meanwhile_have_the_file_checked_again(
    olga: Browser, shop: Shop
) -> None:
    bob = ("Bob", "de Boer", "bob@example.org", "")
    path = checked(olga, shop, made_of(row("A-1", holder=ANNA), row("A-1", holder=bob)))
    with write():
        shop.event.fields = {"phone": "required"}
    answer = place(olga, path)
    assert answer.location == path
    assert of(path).state == "checking"
    assert all_orders() == []
    go_on(olga, path)
    assert errors(path) == [(3, "Holder phone")]


def test_settings_that_ask_for_another_column(olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(row("A-1", "weekend", holder=ANNA)))
    with write():
        shop.event.fields = {"city": "required"}
    place(olga, path)
    assert "Not found: “Holder city”" in told(olga, go_on(olga, path))
    assert errors(path) == [(1, "")]
    assert all_orders() == []


def test_an_order_that_arrives_meanwhile_is_not_overwritten(olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(row("A-0"), row("A-1")))
    other = checked(olga, shop, made_of(row("A-1", "friday")))
    place(olga, other)
    place(olga, path)
    assert [order.reference for order in all_orders()] == ["A-1"], "all or nothing"
    go_on(olga, path)
    assert errors(path) == [(3, "Reference")]


def test_a_type_that_is_no_longer_sold(olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(row("A-1", "friday")))
    with write():
        next(each for each in shop.event.ticket_types if each.code == "friday").archived_at = now()
    place(olga, path)
    go_on(olga, path)
    assert errors(path) == [(2, "Ticket type")]


def test_an_archived_shop_takes_nothing(olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(row("A-1")))
    with write():
        shop.archived_at = now()
    assert place(olga, path).status_code == 410
    assert "This shop is archived" in olga.get(f"/backoffice/shops/{shop.id}/import").text
    assert all_orders() == []


def test_steps_at_the_same_time_do_the_work_of_one(app: Flask, olga: Browser, shop: Shop) -> None:
    rows = [row(f"A-{n}", "weekend" if n % 7 else "") for n in range(1300)]
    path = upload(olga, shop, made_of(*rows)).location
    import_id = of(path).id

    def check() -> None:
        while (found := db.session.get_one(Import, import_id)).state == "checking":
            steps.check(found)

    assert at_once(app, *[check] * 4) == [None] * 4
    found = of(path)
    assert found.checked == 1300
    assert len(found.errors) == found.result["errors"] == len(range(0, 1300, 7))
    assert found.result["orders"] == 1300 - len(found.errors)


def test_placing_at_the_same_time_adds_everything_once(
    app: Flask, olga: Browser, shop: Shop
) -> None:
    path = checked(olga, shop, made_of(*[row(f"A-{n}") for n in range(300)]))
    import_id = of(path).id

    def go() -> int:
        found = writing.write_orders(
            db.session.get_one(Import, import_id),
            history.SYSTEM,
            send_mails=True,
            mail_holders=True,
        )
        return int(found.result["orders"])

    assert at_once(app, *[go] * 4) == [300] * 4
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Order)) == 300
    assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == 300


def test_five_thousand_rows_and_a_claim_meanwhile(app: Flask, olga: Browser, shop: Shop) -> None:
    """Placed within seconds; who claims a ticket meanwhile waits, and gets it."""
    ticket = builders.make_order(shop).tickets[0]
    ticket_id = ticket.id
    rows = [row(f"R-{n // 2}", holder=ANNA if n % 2 else ("",) * 4) for n in range(5000)]
    path = checked(olga, shop, made_of(*rows))
    import_id = of(path).id
    waits: list[float] = []
    begun = threading.Event()

    def watch(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO orders"):
            begun.set()

    event.listen(db.engine, "before_cursor_execute", watch)

    def go() -> float:
        found = db.session.get_one(Import, import_id)
        started = time.perf_counter()
        writing.write_orders(found, history.SYSTEM, send_mails=True, mail_holders=True)
        return time.perf_counter() - started

    def claim() -> None:
        assert begun.wait(20)
        started = time.perf_counter()
        while True:
            try:
                builders.claim(db.session.get_one(Ticket, ticket_id))
            except transactions.Busy:  # on a slow machine: the page says to try again
                continue
            break
        waits.append(time.perf_counter() - started)

    took, refused = at_once(app, go, claim)
    assert refused is None, refused
    print(f"5,000 rows placed in {took:.2f} s, a claim waited {waits[0]:.2f} s")
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 5005


def test_its_mails_let_others_go_first(olga: Browser, shop: Shop) -> None:
    """A booker whose order completes meanwhile doesn't wait for thousands of mails."""
    path = checked(olga, shop, made_of(*(row(f"R-{n}") for n in range(300))))
    writing.write_orders(of(path), history.SYSTEM, send_mails=True, mail_holders=True)
    order = builders.make_order(shop, email="meanwhile@example.org")
    [mail] = builders.mails_of(order, outbox.CONFIRMATION)
    later = mail.next_attempt_at + dt.timedelta(hours=1)  # however slow the mail server is
    taken = []
    while mail.id not in taken:
        held = mail_queue.lease(later)
        assert held is not None
        taken.append(held.mail_id)
    assert len(taken) == 1, "most mails of the import go afterwards"
    while (held := mail_queue.lease(later)) is not None:
        taken.append(held.mail_id)
    assert len(taken) == 301, "they go, too"


def test_only_managers_import(app: Flask, olga: Browser, shop: Shop) -> None:
    path = checked(olga, shop, made_of(row("A-1")))
    builders.make_user(shop.organiser, email="desk@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("desk@example.org", PASSWORD)
    for page in (f"/backoffice/shops/{shop.id}/import", path):
        assert desk.get(page).status_code == 403
    assert desk.post(f"{path}/place", {"csrf_token": desk.token()}).status_code == 403
    assert all_orders() == []


def test_the_template_is_a_file_that_can_be_imported(olga: Browser, shop: Shop) -> None:
    with write():
        shop.event.fields = {"date_of_birth": "required", "gender": "optional"}
    answer = olga.get(f"/backoffice/shops/{shop.id}/import/template.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Disposition"] == "attachment; filename=orders-template.csv"
    assert "Holder date of birth" in answer.text.splitlines()[0]
    path = checked(olga, shop, answer.data)
    assert errors(path) == []
    assert "2 orders with 3 tickets are ready" in told(olga, path)


def test_bookers_of_one_name_and_another_reference(olga: Browser, shop: Shop) -> None:
    """A reference parts what a customer would hold together."""
    suharto = ("Suharto", "", "suharto@example.org", "")
    rows = [row("A-1", booker=suharto), row("A-2", booker=suharto), row("", booker=suharto)]
    place(olga, checked(olga, shop, made_of(*rows, row("", booker=BEA))))
    assert [len(order.tickets) for order in all_orders()] == [1, 1, 1, 1]
