"""O9: bookers are reminded of tickets without a name, on the day that was chosen, and not twice."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from tests import builders, seen
from ticketing import cancelling, history, links, personalisation, reminders, sharing
from ticketing.extensions import db
from ticketing.mailing import mails
from ticketing.models import Event, Order, OutboxMail, Shop, now
from ticketing.ordering.orders import Line
from ticketing.organising.shops import InvalidSettings
from ticketing.posting import mail_queue, outbox
from ticketing.refusals import EditedMeanwhile
from ticketing.reminders import moments as timing
from ticketing.storing.transactions import write

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY = dt.timedelta(days=1)

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def shop(app: Flask) -> Shop:
    """Its bookers are reminded seven days and one before the deadline, some months ahead."""
    shop = builders.make_shop()
    with write():
        shop.personalisation_deadline = local(shop.event, 0, 23, 59)
        shop.event.reminder_days = [7, 1]
    return shop


def local(event: Event, days_before: int, hour: int, minute: int = 0) -> dt.datetime:
    """So many days before the day that is 30 days before the event, on its clocks."""
    zone = ZoneInfo(event.timezone)
    day = event.starts_at.astimezone(zone).date() - dt.timedelta(days=30 + days_before)
    return dt.datetime.combine(day, dt.time(hour, minute), zone).astimezone(dt.UTC)


def at(shop: Shop, days_before: int, hour: int, minute: int = 0) -> Callable[[], dt.datetime]:
    """A clock that stands then."""
    moment = local(shop.event, days_before, hour, minute)
    return lambda: moment


def sent(clock: Callable[[], dt.datetime]) -> int:
    return sum(each.mails for each in reminders.remind(clock=clock))


def reminders_of(order: Order) -> list[OutboxMail]:
    return builders.mails_of(order, outbox.REMINDER)


def test_seven_days_before_at_ten_where_the_event_is(shop: Shop) -> None:
    order = builders.make_order(shop)
    assert sent(at(shop, 8, 15)) == 0
    assert sent(at(shop, 7, 9, 59)) == 0
    assert sent(at(shop, 7, 10)) == 1
    [mail] = reminders_of(order)
    assert (mail.recipient, mail.locale, mail.state) == ("bea@example.org", "en", "waiting")
    assert seen.last(order).action == "reminded"
    assert seen.last(order).actor == "system"


def test_each_moment_once_however_often_it_is_asked(shop: Shop) -> None:
    order = builders.make_order(shop)
    assert [sent(at(shop, 7, hour)) for hour in range(9, 20)] == [0, 1] + [0] * 9
    assert sent(at(shop, 6, 9, 30)) == 0
    assert [sent(at(shop, 1, hour)) for hour in range(9, 20)] == [0, 1] + [0] * 9
    assert len(reminders_of(order)) == 2


@pytest.mark.parametrize(
    ("days", "hour", "minute", "expected"),
    [
        (7, 19, 59, 1),  # the watcher was down all day
        (7, 20, 0, 0),  # people want their evening
        (7, 23, 0, 0),
        (6, 3, 0, 0),
        (6, 8, 59, 0),
        (6, 9, 0, 1),  # the next morning is still in time
        (6, 10, 0, 0),  # a day late is too late
        (4, 12, 0, 0),
    ],
)
def test_what_was_missed_is_made_up_within_a_day_and_in_daytime(
    shop: Shop, days: int, hour: int, minute: int, expected: int
) -> None:
    builders.make_order(shop)
    assert sent(at(shop, days, hour, minute)) == expected


def test_nothing_is_made_up_after_the_deadline(shop: Shop) -> None:
    builders.make_order(shop)
    with write():
        shop.personalisation_deadline = local(shop.event, 0, 9, 30)
    assert sent(at(shop, 0, 9, 29)) == 1
    builders.make_order(shop, email="late@example.org")
    assert sent(at(shop, 0, 9, 30)) == 0


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/Los_Angeles", "Asia/Tokyo"])
def test_the_day_is_the_events_own(shop: Shop, zone: str) -> None:
    with write():
        shop.event.timezone = zone
        shop.personalisation_deadline = local(shop.event, 0, 0, 30)
    [seven, one] = timing.moments(shop)
    assert seven.at.astimezone(ZoneInfo(zone)).hour == 10
    assert one.at.astimezone(ZoneInfo(zone)).hour == 10
    assert (
        one.until.astimezone(ZoneInfo(zone)).date() - one.at.astimezone(ZoneInfo(zone)).date()
        == DAY
    )
    builders.make_order(shop)
    assert sent(lambda: seven.at - dt.timedelta(seconds=1)) == 0
    assert sent(lambda: seven.at) == 1


def test_ten_is_ten_after_the_clocks_changed(shop: Shop) -> None:
    with write():
        shop.event.starts_at = dt.datetime(2027, 10, 31, 18, tzinfo=dt.UTC)  # back at 01:00 UTC
        shop.personalisation_deadline = None
        shop.event.reminder_days = [3, 1]
    hours = [each.at.hour for each in timing.moments(shop)]
    assert hours == [8, 8]
    with write():
        shop.event.starts_at += DAY
    assert [each.at.hour for each in timing.moments(shop)] == [8, 9]


def test_without_a_deadline_the_event_itself_counts(shop: Shop) -> None:
    with write():
        shop.personalisation_deadline = None
    builders.make_order(shop)
    assert sent(at(shop, 7, 12)) == 0
    starts = shop.event.starts_at.astimezone(AMSTERDAM)
    day = starts.date() - 7 * DAY
    assert sent(lambda: dt.datetime.combine(day, dt.time(12), AMSTERDAM)) == 1


def test_each_shop_has_its_own_deadline(shop: Shop) -> None:
    with write() as session:
        other = Shop(
            organiser_id=shop.organiser_id,
            event_id=shop.event_id,
            slug="other",
            name="Box office",
            personalisation_deadline=local(shop.event, -10, 12),
        )
        session.add(other)
    builders.make_order(shop)
    later = builders.make_order(other, email="late@example.org")
    assert sent(at(shop, 7, 12)) == 1
    assert reminders_of(later) == []
    assert sent(at(shop, -3, 12)) == 1
    assert len(reminders_of(later)) == 1


def test_without_days_nothing_goes_out(shop: Shop) -> None:
    builders.make_order(shop)
    with write():
        shop.event.reminder_days = []
    assert sent(at(shop, 7, 12)) == 0


def test_who_has_just_ordered_knows(shop: Shop) -> None:
    order = builders.make_order(shop)
    with write():
        order.created_at = local(shop.event, 8, 13)
    assert sent(at(shop, 7, 12)) == 0
    assert sent(at(shop, 7, 13)) == 1


def make_ready(order: Order) -> None:
    for ticket in order.tickets:
        builders.claim(ticket)


def cancel(order: Order) -> None:
    cancelling.cancel_order(order, builders.ORGANISER)


def cancel_the_open(order: Order) -> None:
    builders.claim(order.tickets[0])
    for ticket in order.tickets[1:]:
        cancelling.cancel_ticket(ticket, builders.ORGANISER)


def turn_off(order: Order) -> None:
    reminders.turn(order, off=True)


@pytest.mark.parametrize("happens", [make_ready, cancel, cancel_the_open, turn_off])
def test_who_isnt_reminded(shop: Shop, happens: Callable[[Order], None]) -> None:
    happens(builders.make_order(shop))
    builders.make_order(shop, lines=[Line("parking", 2)], email="p@example.org")
    assert sent(at(shop, 7, 12)) == 0
    assert reminders.send(shop.event, builders.ORGANISER) == 0


def test_nobody_gets_two_within_three_days(shop: Shop) -> None:
    order = builders.make_order(shop)
    assert reminders.send(shop.event, builders.ORGANISER, clock=at(shop, 9, 12)) == 1
    assert sent(at(shop, 7, 12)) == 0, "two days later"
    assert reminders.send(shop.event, builders.ORGANISER, clock=at(shop, 6, 11)) == 0
    assert reminders.send(shop.event, builders.ORGANISER, clock=at(shop, 6, 12)) == 1
    assert len(reminders_of(order)) == 2


def test_one_that_was_never_sent_doesnt_count(shop: Shop) -> None:
    order = builders.make_order(shop)
    assert reminders.send(shop.event, builders.ORGANISER) == 1
    [mail] = reminders_of(order)
    with write() as session:
        session.get_one(OutboxMail, mail.id).state = "withdrawn"
    assert reminders.send(shop.event, builders.ORGANISER) == 1


def test_a_withdrawn_one_isnt_written_again_by_itself(shop: Shop) -> None:
    order = builders.make_order(shop)
    assert sent(at(shop, 7, 10)) == 1
    with write() as session:
        session.get_one(OutboxMail, reminders_of(order)[0].id).state = "withdrawn"
    assert sent(at(shop, 7, 11)) == 0


def test_a_booker_of_several_orders_gets_one_mail(shop: Shop) -> None:
    first = builders.make_order(shop, tickets=2)
    second = builders.make_order(shop, tickets=1, email="BEA@example.org")
    make_ready(builders.make_order(shop, tickets=1))
    assert sent(at(shop, 7, 12)) == 1
    [mail] = reminders_of(first)
    assert reminders_of(second) == []
    assert sent(at(shop, 7, 13)) == 0
    assert seen.last(second).action == "reminded"
    composed = mails.compose(mail)
    assert "2 tickets still need a name" in composed.text
    assert f"Order {second.code}: 1 ticket still needs a name" in composed.text
    assert links.order_url(second) in composed.text
    cancelling.cancel_order(second, builders.ORGANISER)
    assert second.code not in mails.compose(mail).text


def test_another_events_reminder_doesnt_count(shop: Shop) -> None:
    other = builders.make_shop()
    builders.make_order(shop)
    builders.make_order(other)
    assert reminders.send(shop.event, builders.ORGANISER) == 1
    assert reminders.send(other.event, builders.ORGANISER) == 1


def test_the_mail_lists_what_is_open_and_who_has_it(shop: Shop) -> None:
    order = builders.make_order(shop)
    builders.claim(order.tickets[0])
    sharing.share_by_email(
        order.tickets[1], 1, "vera@example.org", history.booker(order), locale="en", asked_from=""
    )
    builders.share(order.tickets[2])
    sharing.opened(order.tickets[2], 1)
    builders.share(order.tickets[3])
    reminders.send(shop.event, builders.ORGANISER)
    text = mails.compose(reminders_of(order)[0]).text
    assert "Ticket 1" not in text
    assert "Ticket 2 – Weekend: shared with vera@example.org, not claimed yet" in text
    assert "Ticket 3 – Weekend: link opened, not claimed yet" in text
    assert "Ticket 4 – Weekend: shared, not claimed yet" in text
    assert "- Ticket 5 – Weekend\n" in text


def test_a_reminder_whose_time_is_over_is_withdrawn(shop: Shop) -> None:
    order = builders.make_order(shop)
    reminders.send(shop.event, builders.ORGANISER)
    make_ready(order)
    with pytest.raises(mails.Withdrawn) as withdrawn:
        mails.compose(reminders_of(order)[0])
    assert withdrawn.value.reason is mails.Reason.NOTHING_OPEN


def test_who_claims_and_is_reopened_is_due_again(shop: Shop) -> None:
    order = builders.make_order(shop, tickets=1)
    ticket = builders.claim(order.tickets[0])
    assert reminders.count(shop.event)["ready"] == 1
    personalisation.reopen(order, {ticket.id: ticket.revision}, "", builders.ORGANISER)
    assert reminders.count(shop.event)["due"] == 1


def test_a_dry_run_writes_nothing(shop: Shop) -> None:
    builders.make_order(shop)
    builders.make_order(shop, email="other@example.org")
    before = seen.digest()
    [done] = reminders.remind(dry_run=True, clock=at(shop, 7, 12))
    assert (done.event, done.shop, done.days, done.mails) == (
        "Riverside Festival", "Riverside tickets", 7, 2,
    )  # fmt: skip
    assert seen.digest() == before
    assert sent(at(shop, 7, 12)) == 2


def test_the_preview_tells_who_gets_one_and_why_others_dont(shop: Shop) -> None:
    due = builders.make_order(shop, email="due@example.org")
    builders.make_order(shop, email="Due@example.org", tickets=2)
    ready = builders.make_order(shop, email="ready@example.org", tickets=1)
    make_ready(ready)
    off = builders.make_order(shop, email="off@example.org")
    reminders.turn(off, off=True)
    cancel(builders.make_order(shop, email="gone@example.org"))
    assert reminders.count(shop.event) == {"due": 1, "ready": 1, "late": 0, "off": 1, "lately": 0}
    [row] = reminders.preview(shop.event, due=True, size=9).rows
    assert (row.order.id, row.reason, row.open, row.also) == (due.id, "due", 5, 1)
    left_out = reminders.preview(shop.event, due=False, size=9).rows
    assert [(row.order.id, row.reason) for row in left_out] == [
        (ready.id, "ready"),
        (off.id, "off"),
    ]
    assert reminders.send(shop.event, builders.ORGANISER) == 1
    rows = reminders.preview(shop.event, due=False, size=9).rows
    assert [row.reason for row in rows] == ["lately", "lately", "ready", "off"]
    assert all((row.reminded_at is not None) == (row.reason == "lately") for row in rows)
    with write():
        shop.personalisation_deadline = now()
    assert reminders.count(shop.event)["late"] == 3


def test_the_preview_comes_in_pages(shop: Shop) -> None:
    ids = [builders.make_order(shop, tickets=1, email=f"b{n}@example.org").id for n in range(7)]

    def page(**cursor: int) -> reminders.Page:
        return reminders.preview(shop.event, due=True, size=3, **cursor)  # type: ignore[arg-type]

    def ids_in(found: reminders.Page) -> list[int]:
        return [row.order.id for row in found.rows]

    first = page()
    assert (ids_in(first), first.before, first.after) == (ids[:3], None, ids[2])
    second = page(after=ids[2])
    assert (ids_in(second), second.before, second.after) == (ids[3:6], ids[3], ids[5])
    last = page(after=ids[5])
    assert (ids_in(last), last.before, last.after) == (ids[6:], ids[6], None)
    back = page(before=ids[3])
    assert (ids_in(back), back.before, back.after) == (ids[:3], None, ids[2])


def test_in_bulk_for_one_shop_alone_and_no_more_than_may_be(shop: Shop) -> None:
    with write() as session:
        other = Shop(
            organiser_id=shop.organiser_id, event_id=shop.event_id, slug="o", name="Box office"
        )
        session.add(other)
    for number in range(5):
        builders.make_order(shop, tickets=1, email=f"a{number}@example.org")
    builders.make_order(other, tickets=1, email="other@example.org")
    send = reminders.send
    assert send(shop.event, builders.ORGANISER, shop_id=shop.id, most=3) == 3
    assert reminders.count(shop.event, shop_id=shop.id)["due"] == 2
    assert reminders.count(shop.event)["due"] == 3
    assert send(shop.event, builders.ORGANISER, shop_id=shop.id) == 2
    assert send(shop.event, builders.ORGANISER) == 1
    assert send(shop.event, builders.ORGANISER) == 0


def test_many_are_written_in_several_transactions(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketing.reminders.writing._ORDERS_AT_ONCE", 2)
    made = [builders.make_order(shop, tickets=1, email=f"a{n}@example.org") for n in range(5)]
    assert reminders.send(shop.event, builders.ORGANISER) == 5
    meanwhile = builders.make_order(shop, email="meanwhile@example.org")
    [confirmation] = builders.mails_of(meanwhile, outbox.CONFIRMATION)
    later = now() + DAY  # when the mail server is there again, all are due
    taken = []
    while (held := mail_queue.lease(later)) is not None:
        taken.append(held.mail_id)
    assert len(taken) == 11
    assert taken[5:] == [confirmation.id, *(reminders_of(each)[0].id for each in made)]


def test_what_was_sent_is_told(shop: Shop) -> None:
    order = builders.make_order(shop)
    builders.make_order(shop, email="b@example.org")
    sent(at(shop, 7, 12))
    reminders.send(shop.event, builders.ORGANISER, clock=at(shop, 3, 12))
    with write() as session:
        session.get_one(OutboxMail, reminders_of(order)[0].id).state = "sent"
    bulk, automatic = reminders.runs(shop.event)
    assert (bulk.at, bulk.by, bulk.days, bulk.mails) == (
        at(shop, 3, 12)(), "Olga Organiser", None, 2,
    )  # fmt: skip
    assert (automatic.days, automatic.mails, automatic.sent) == (7, 2, 1)
    assert reminders.runs(builders.make_shop().event) == []


def test_what_will_go_out(shop: Shop) -> None:
    builders.make_order(shop)
    make_ready(builders.make_order(shop, email="ready@example.org", tickets=1))
    found = reminders.coming(shop.event, clock=at(shop, 7, 9))
    assert [(each.moment.days, each.bookers) for each in found] == [(7, 1), (1, None)]
    assert found[0].moment.at == at(shop, 7, 10)()
    found = reminders.coming(shop.event, clock=at(shop, 7, 11))
    assert [each.moment.days for each in found] == [1]
    reminders.send(shop.event, builders.ORGANISER, clock=at(shop, 9, 9))
    [seven, _one] = reminders.coming(shop.event, clock=at(shop, 8, 9))
    assert seven.bookers == 0, "reminded within three days by then"


def test_the_days_are_set(shop: Shop) -> None:
    event = reminders.change(shop.event, ["7", "14", "7"], " 10 ", revision=1)
    assert (event.reminder_days, event.revision) == ([14, 10, 7], 2)
    with pytest.raises(EditedMeanwhile):
        reminders.change(event, ["1"], "", revision=1)
    assert reminders.change(event, [], "", revision=2).reminder_days == []


@pytest.mark.parametrize(
    ("days", "other", "where"),
    [
        (["x"], "", "days"),
        (["0"], "", "days"),
        (["7"], "0", "other"),
        (["7"], "91", "other"),
        (["7"], "-3", "other"),
        (["7"], "٣", "other"),
        (["7"], "9" * 50, "other"),
        (["1", "2", "3", "4", "5", "6"], "7", "days"),
    ],
)
def test_days_that_make_no_sense(shop: Shop, days: list[str], other: str, where: str) -> None:
    with pytest.raises(InvalidSettings) as invalid:
        reminders.change(shop.event, days, other, revision=1)
    assert list(invalid.value.errors) == [where]
    db.session.rollback()
    assert shop.event.reminder_days == [7, 1]


def test_stopping_counts_for_all_of_the_bookers_orders_of_the_event(shop: Shop) -> None:
    order = builders.make_order(shop)
    other = builders.make_order(shop, email="Bea@Example.org")
    stranger = builders.make_order(shop, email="s@example.org")
    elsewhere = builders.make_order(builders.make_shop())
    reminders.turn(order, off=True)
    assert other.reminders_off_at is not None
    assert stranger.reminders_off_at is None
    assert elsewhere.reminders_off_at is None
    assert seen.last(other).action == "reminders_off"
    before = seen.digest()
    reminders.turn(order, off=True)
    assert seen.digest() == before, "twice is the same as once"
    reminders.turn(other, off=False)
    db.session.rollback()
    assert order.reminders_off_at is None
    assert reminders.send(shop.event, builders.ORGANISER) == 2


def test_the_command(app: Flask, shop: Shop) -> None:
    """`flask remind`, at a time of day that is daytime somewhere: the event is there."""
    order = builders.make_order(shop)
    offset = 12 - now().hour
    with write():
        order.created_at -= 2 * DAY
        shop.event.timezone = f"Etc/GMT{-offset:+d}"
        shop.personalisation_deadline = now() + 7 * DAY
    run = app.test_cli_runner().invoke
    told = run(args=["remind", "--dry-run"]).output
    assert "Riverside Festival, Riverside tickets, 7 days before: 1\n" in told
    assert "Reminders: 1 would be written\n" in told
    assert reminders_of(order) == []
    assert "Reminders: 1 written\n" in run(args=["remind"]).output
    assert "Reminders: 0 written\n" in run(args=["remind"]).output
    assert len(reminders_of(order)) == 1
