"""News reach a page that is looked at, and disturb nobody."""

from playwright.sync_api import Page, Route, expect

from tests.browser.out_of_sight import can_be_hidden, hide, show
from tests.components.parts import Server, violations, wait_for_stream


def test_news_from_the_stream_leave_dialog_and_focus_alone(page: Page, parts: Server) -> None:
    page.goto("/")
    wait_for_stream(page, parts)
    page.locator("#claim-1").click()
    page.get_by_label("First name").fill("An")
    parts.send(2, "Ticket 1 changed")
    expect(page.locator("#ticket-1")).to_contain_text("version 2")
    expect(page.get_by_label("First name")).to_be_focused()
    expect(page.get_by_label("First name")).to_have_value("An")
    expect(page.locator("#dialog [data-news]")).to_have_text("Ticket 1 changed")
    page.keyboard.press("Escape")
    expect(page.locator("#claim-1")).to_be_focused()  # another element by now


def test_news_leave_the_page_where_it_is(page: Page, parts: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 200})
    page.goto("/")
    wait_for_stream(page, parts)
    page.evaluate("scrollTo(0, 100)")
    parts.send(2, "one")
    expect(page.locator("#ticket-1")).to_contain_text("version 2")
    assert page.evaluate("scrollY") == 100


def test_news_keep_the_focus_in_their_card(page: Page, parts: Server) -> None:
    page.goto("/")
    wait_for_stream(page, parts)
    page.locator("#claim-1").focus()
    parts.send(2, "one")
    expect(page.locator("#ticket-1")).to_contain_text("version 2")
    expect(page.locator("#claim-1")).to_be_focused()
    parts.send(3, "two")  # version 3 has no Claim button
    expect(page.locator("#ticket-1")).to_contain_text("version 3")
    expect(page.locator("#ticket-1-title")).to_be_focused()
    assert violations(page) == []


def test_news_give_the_focus_to_nobody_who_had_none(page: Page, parts: Server) -> None:
    page.goto("/")
    wait_for_stream(page, parts)
    page.locator("#claim-1").focus()
    page.evaluate("document.activeElement.blur()")  # as a tap beside everything does
    parts.send(2, "one")
    expect(page.locator("#ticket-1")).to_contain_text("version 2")
    expect(page.locator("#announcer")).to_have_text("one")
    expect(page.locator(":focus")).to_have_count(0)


def test_an_open_menu_survives_news(page: Page, parts: Server) -> None:
    page.goto("/")
    wait_for_stream(page, parts)
    page.get_by_role("button", name="Actions for ticket 1").click()
    parts.send(2, "one")
    expect(page.locator("#ticket-1")).to_contain_text("version 2")
    expect(page.locator("#menu-1")).to_be_visible()
    expect(page.locator("#menu-1 :focus")).to_have_count(1)


def test_old_news_are_dropped(page: Page, parts: Server) -> None:
    page.goto("/")
    wait_for_stream(page, parts)
    parts.send(5, "new")
    expect(page.locator("#ticket-1")).to_contain_text("version 5")
    parts.send(4, "old")
    parts.send(6, "newest")
    expect(page.locator("#announcer")).to_have_text("newest")
    assert page.locator("#ticket-1").inner_text().count("version 6") == 1


def test_without_a_stream_the_page_asks(page: Page, parts: Server) -> None:
    parts.streaming = False
    parts.poll = parts.news(2, "by polling")
    page.clock.install()
    page.goto("/")
    page.clock.fast_forward(4_900)  # B9: five seconds at most
    expect(page.locator("#ticket-1")).to_contain_text("version 2")
    assert "GET /changes?since=1&spoken=en" in parts.asked


def test_a_stream_that_opens_and_says_nothing_does_not_stop_the_asking(
    page: Page, parts: Server
) -> None:
    parts.buffering = True
    page.goto("/")
    wait_for_stream(page, parts)
    parts.poll = parts.news(2, "by polling")
    expect(page.locator("#ticket-1")).to_contain_text("version 2", timeout=30_000)


def test_a_stream_that_says_nothing_is_given_up_for_another(page: Page, parts: Server) -> None:
    page.clock.install()
    parts.buffering = True
    page.goto("/")
    wait_for_stream(page, parts)
    parts.buffering = False
    page.clock.fast_forward(61_000)
    wait_for_stream(page, parts, opened=2)
    parts.send(2, "two")
    expect(page.locator("#ticket-1")).to_contain_text("version 2")


def test_news_that_could_not_be_swapped_in_are_asked_for_again(page: Page, parts: Server) -> None:
    """For whatever reason: on an overview, htmx may not have come."""
    page.goto("/")
    wait_for_stream(page, parts)
    page.evaluate(
        "document.addEventListener('news', (event) => event.stopImmediatePropagation(),"
        " { capture: true, once: true })"
    )
    parts.send(2, "lost")
    parts.poll = parts.news(2, "once more")
    parts.beat()
    expect(page.locator("#ticket-1")).to_contain_text("version 2")


def test_while_the_stream_beats_nothing_is_asked(page: Page, parts: Server) -> None:
    page.clock.install()
    with page.expect_response("**/stream?since=1&spoken=en"):
        page.goto("/")
    wait_for_stream(page, parts)
    page.wait_for_timeout(200)
    page.clock.fast_forward(20_000)
    page.wait_for_timeout(200)
    assert "GET /changes?since=1&spoken=en" not in parts.asked


def test_a_late_answer_does_not_bring_back_what_was(page: Page, parts: Server) -> None:
    page.goto("/")
    wait_for_stream(page, parts)
    page.locator("#claim-1").click()
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Email").fill("anna@example.org")
    parts.send(5, "newer")
    expect(page.locator("#ticket-1")).to_contain_text("version 5")
    page.get_by_role("button", name="Save").click()  # its answer shows version 3
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#ticket-1")).to_contain_text("version 5")
    expect(page.locator("#announcer")).to_have_text("newer")
    expect(page.locator("#ticket-1 :focus")).to_have_count(1)


def test_a_dialog_that_comes_with_old_news_is_shown_without_them(page: Page, parts: Server) -> None:
    def and_old_news(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=parts.news(4, "old") + answer.text())

    page.route("**/share", and_old_news)
    page.goto("/")
    wait_for_stream(page, parts)
    parts.send(5, "newer")
    expect(page.locator("#ticket-1")).to_contain_text("version 5")
    page.locator("#share-1").click()
    expect(page.get_by_role("dialog", name="Share ticket 1")).to_be_visible()
    expect(page.locator("#ticket-1")).to_contain_text("version 5")
    expect(page.locator("#announcer")).to_have_text("newer")


def test_a_lost_stream_is_opened_again_from_where_it_was(page: Page, parts: Server) -> None:
    page.goto("/")
    wait_for_stream(page, parts)
    parts.send(3, "three")
    expect(page.locator("#ticket-1")).to_contain_text("version 3")
    parts.drop_streams()
    wait_for_stream(page, parts)
    assert parts.asked[-1] == "GET /stream?since=3&spoken=en"
    parts.send(4, "four")
    expect(page.locator("#ticket-1")).to_contain_text("version 4")


def test_coming_back_looks_at_once(page: Page, parts: Server) -> None:
    can_be_hidden(page)
    page.goto("/")
    wait_for_stream(page, parts)
    hide(page)
    parts.poll = parts.news(2, "meanwhile")
    page.wait_for_timeout(300)
    expect(page.locator("#ticket-1")).to_contain_text("version 1")
    show(page)
    expect(page.locator("#ticket-1")).to_contain_text("version 2", timeout=2000)


def test_of_many_windows_some_ask_until_a_stream_is_free(page: Page, parts: Server) -> None:
    others = [page.context.new_page() for _ in range(3)]
    for number, other in enumerate(others, 1):
        other.goto("/")
        wait_for_stream(other, parts, opened=number)
    page.clock.install()
    parts.poll = parts.news(2, "by polling")
    page.goto("/")
    page.clock.fast_forward(5_000)
    expect(page.locator("#ticket-1")).to_contain_text("version 2")
    assert len(parts.streams) == 3
    others[0].close()
    for _ in range(100):
        page.clock.fast_forward(2_000)
        if len(parts.streams) == 4:
            break
        page.wait_for_timeout(50)
    parts.send(3, "by the stream")
    expect(page.locator("#ticket-1")).to_contain_text("version 3")
