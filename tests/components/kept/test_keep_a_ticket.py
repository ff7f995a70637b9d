"""The copy of a ticket page: when it is shown, and what takes its place."""

import threading

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keeping import kept, wait_until_kept
from tests.browser.out_of_sight import can_be_hidden, hide, show
from tests.components.kept.copies import (
    COPY,
    is_the_same,
    keep,
    look_again,
    open_a_copy,
    wait_for,
    wait_for_requests,
    wait_until_heard,
)
from tests.components.kept.ticket_pages import TicketPage
from tests.components.parts import Server


def test_on_a_connection_that_says_nothing_the_copy_is_shown(page: Page, parts: Server) -> None:
    keep(page)
    parts.ticket.go_on.clear()
    page.goto("/t/mine")
    expect(page.get_by_text(COPY)).to_be_visible()
    expect(page.get_by_text("Code 1")).to_be_visible()
    parts.ticket.go_on.set()  # it was the same, and nothing needs to be said any more
    expect(page.get_by_text(COPY)).to_have_count(0)
    expect(page.get_by_text("Code 1")).to_be_visible()


def test_a_server_in_trouble_leads_to_the_copy(page: Page, parts: Server) -> None:
    keep(page)
    parts.ticket.status = 503
    page.goto("/t/mine")
    expect(page.get_by_text(COPY)).to_be_visible()
    assert "/t/mine" in kept(page)["/t/mine"]
    parts.ticket.status, parts.ticket.code = 200, 2
    look_again(page)
    expect(page.get_by_text("Code 2")).to_be_visible()
    expect(page.get_by_text(COPY)).to_have_count(0)


def test_what_was_never_opened_fails_as_ever(page: Page, parts: Server) -> None:
    keep(page)
    parts.ticket.status = 503
    answer = page.goto("/t/another")
    assert answer is not None
    assert answer.status == 503
    assert set(kept(page)) == {"/t/mine"}


def test_a_copy_hears_of_a_new_code_even_if_there_is_no_room(page: Page, parts: Server) -> None:
    open_a_copy(page, parts)
    worker = page.context.service_workers[0]
    worker.evaluate("() => { Cache.prototype.put = async () => { throw new Error('no room') } }")
    parts.ticket.code = 2
    look_again(page)
    expect(page.get_by_text("Code 2")).to_be_visible()
    expect(page.get_by_text(COPY)).to_have_count(0)


@pytest.mark.parametrize(
    "answer",
    [
        *(TicketPage(is_ours=False, is_ticket=False, status=each) for each in (200, 403, 404, 410)),
        TicketPage(is_ticket=False),
        TicketPage(status=429, code=3),  # ours, and no word on the ticket
        TicketPage(leads_to="/t/another", code=3),
    ],
    ids=[
        "hotspot",
        "proxy forbids",
        "proxy finds nothing",
        "proxy says gone",
        "no ticket",
        "limit",
        "led away",
    ],
)
def test_only_our_word_on_the_ticket_is_believed(
    page: Page, parts: Server, answer: TicketPage
) -> None:
    keep(page)
    answer.go_on.set()
    parts.ticket = answer
    page.goto("/t/mine")
    expect(page.get_by_text("Code 1")).to_be_visible()
    expect(page.get_by_text(COPY)).to_be_visible()
    wait_for_requests(page, parts, 2)  # it looked by itself
    parts.ticket = TicketPage(status=503)
    parts.ticket.go_on.set()
    page.goto("/t/mine")
    wait_for_requests(page, parts, 1)
    expect(page.get_by_text("Code 1")).to_be_visible()
    expect(page.get_by_text(COPY)).to_be_visible()


def test_after_something_was_done_no_copy_comes_before_the_answer(
    page: Page, parts: Server
) -> None:
    """However long it takes: the copy knows nothing of it."""
    keep(page)
    parts.ticket.said = "Thank you"
    parts.ticket.go_on.clear()
    let_go = threading.Timer(4, parts.ticket.go_on.set)  # longer than a copy waits
    let_go.start()
    page.goto("/t/mine?completed=1")
    let_go.join()
    expect(page.get_by_text("Thank you")).to_be_visible()
    expect(page.get_by_text(COPY)).to_have_count(0)
    parts.ticket.status = 503
    page.goto("/t/mine?completed=1")
    expect(page.get_by_text(COPY)).to_be_visible()


def test_what_else_the_page_says_counts_too(page: Page, parts: Server) -> None:
    parts.ticket.asks = "First name"
    open_a_copy(page, parts)
    parts.ticket.asks = ""
    look_again(page)
    expect(page.get_by_label("First name")).to_have_count(0)
    expect(page.get_by_text(COPY)).to_have_count(0)


@pytest.mark.parametrize("said", ["Sent", ""])
def test_a_copy_that_is_right_is_not_loaded_anew(page: Page, parts: Server, said: str) -> None:
    """Each answer has a token of its own, and some say what was just done."""
    parts.ticket.asks, parts.ticket.said = "First name", "Sent"
    open_a_copy(page, parts)
    expect(page.get_by_text("Sent")).to_have_count(0)
    parts.ticket.said = said
    look_again(page)
    expect(page.get_by_text(COPY)).to_have_count(0)
    assert is_the_same(page)


def test_what_is_being_filled_in_stays(page: Page, parts: Server) -> None:
    parts.ticket.asks = "First name"
    open_a_copy(page, parts)
    page.get_by_label("First name").fill("Anna")
    parts.ticket.code = 2
    look_again(page)
    wait_until_heard(page)
    expect(page.get_by_label("First name")).to_have_value("Anna")
    expect(page.get_by_text(COPY)).to_be_visible()
    page.get_by_label("First name").fill("")
    look_again(page)
    expect(page.get_by_text("Code 2")).to_be_visible()


def test_each_look_asks_anew(page: Page, parts: Server) -> None:
    parts.ticket.asks = "First name"
    open_a_copy(page, parts)
    page.get_by_label("First name").fill("Anna")
    parts.ticket.code = 2
    look_again(page)
    wait_until_heard(page)
    parts.ticket.code = 1  # as the copy has it
    look_again(page)
    expect(page.get_by_text(COPY)).to_have_count(0)
    expect(page.get_by_label("First name")).to_have_value("Anna")


def test_what_came_back_with_an_error_stays(page: Page, parts: Server) -> None:
    parts.ticket.asks = "First name"
    open_a_copy(page, parts)
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Your first name").fill("Anna")  # it asks better
    parts.ticket.code = 2
    look_again(page)
    wait_until_heard(page)
    expect(page.get_by_label("Your first name")).to_have_value("Anna")
    assert is_the_same(page)


def test_a_phone_that_is_taken_out_again_looks(page: Page, parts: Server) -> None:
    can_be_hidden(page)
    open_a_copy(page, parts)
    hide(page)
    parts.ticket.code = 2
    show(page)
    expect(page.get_by_text("Code 2")).to_be_visible()
    expect(page.get_by_text(COPY)).to_have_count(0)


def test_a_copy_looks_in_the_language_that_it_was_asked_for(page: Page, parts: Server) -> None:
    keep(page)
    parts.ticket.status = 503
    page.goto("/t/mine?lang=nl")
    wait_for(page, lambda: parts.asked.count("GET /t/mine?lang=nl") == 2)


def test_while_an_answer_is_on_its_way_nobody_asks_again(page: Page, parts: Server) -> None:
    keep(page)
    before = parts.ticket.served
    parts.ticket.go_on.clear()
    page.goto("/t/mine")
    expect(page.get_by_text(COPY)).to_be_visible()
    page.evaluate("window.heard = 0")
    parts.ticket.go_on.set()
    expect(page.get_by_text(COPY)).to_have_count(0)
    assert is_the_same(page)
    assert parts.ticket.served == before + 1


def test_an_answer_from_before_the_last_one_counts_no_more(page: Page, parts: Server) -> None:
    keep(page)
    slow = parts.ticket
    slow.go_on.clear()
    another = page.context.new_page()
    another.goto("/t/mine")  # answered too late, with what was so when it asked
    expect(another.get_by_text(COPY)).to_be_visible()
    parts.ticket = TicketPage(code=2)
    parts.ticket.go_on.set()
    page.goto("/t/mine?lang=nl")  # a browser asks for the same address one after the other
    expect(page.get_by_text("Code 2")).to_be_visible()
    wait_until_kept(page, "/t/mine")
    slow.go_on.set()
    expect(another.get_by_text("Code 2")).to_be_visible()
    parts.ticket.status = 503
    page.goto("/t/mine")
    expect(page.get_by_text(COPY)).to_be_visible()
    expect(page.get_by_text("Code 2")).to_be_visible()
