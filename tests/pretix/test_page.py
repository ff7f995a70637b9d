"""*pretix* in a shop's settings: without JavaScript, as somebody meets it for the first time."""

from dataclasses import replace

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser
from tests.pretix.conftest import ADULT, CHILD, FRIDAY, SHIRT, given, now_of
from tests.pretix.hearing import hear, say
from tests.pretix.replay import TOKEN, Replay, order
from ticketing import calls, links
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.models import Call, Order, PretixConnection, Shop
from ticketing.pretix import connections, sealed, trying
from ticketing.pretix.problems import words

PASSWORD = "correct horse battery"


@pytest.fixture
def olga(app: Flask, shop: Shop) -> Browser:
    builders.make_user(shop.organiser, role="manager", password=PASSWORD)
    browser = Browser(app)
    assert browser.sign_in("olga@example.org", PASSWORD).status_code == 302
    return browser


def page_of(shop: Shop) -> str:
    return f"/backoffice/shops/{shop.id}/pretix"


def connected(shop: Shop) -> PretixConnection | None:
    db.session.rollback()
    return connections.of_shop(shop.id)


def test_the_whole_way(olga: Browser, shop: Shop, pretix: Replay) -> None:
    """Connect, say what is what, copy the webhook's address; an order comes; names go back."""
    page = page_of(shop)
    assert page in olga.get(f"/backoffice/shops/{shop.id}").text, "there is a way to it"
    assert olga.submit(page, **given(pretix)).status_code == 303
    shown = olga.get(page).text
    assert TOKEN not in shown
    for product in ("Weekend – Adult", "Weekend – Child", "Friday", "T-shirt"):
        assert product in shown
    proposed = olga.fields(page, f"{page}/items")
    assert proposed["key"] == [ADULT, CHILD, FRIDAY, SHIRT]

    answer = olga.submit(page, action=f"{page}/items", code=["weekend", "weekend", "friday", ""])
    assert answer.status_code == 303
    found = connected(shop)
    assert found is not None
    assert found.items == {ADULT: "weekend", CHILD: "weekend", FRIDAY: "friday", SHIRT: ""}

    hook = links.pretix_hook_url(found)
    assert hook in olga.get(page).text
    code = pretix.has(order("paid"))
    body = {"code": code, "action": "pretix.event.order.paid", "event": "summer"}
    path = hook.removeprefix(settings().base_url)
    assert say(path, body).status_code == 200
    assert "Last heard from pretix" in olga.get(page).text
    calls.make_waiting()
    assert f"Order {code}" in olga.get(page).text
    assert db.session.query(Order).one().reference == code

    assert olga.submit(page, action=f"{page}/write-back").status_code == 303
    builders.claim(db.session.query(Order).one().tickets[2])
    calls.make_waiting()
    assert len(pretix.patched()) == 1
    olga.submit(page, action=f"{page}/write-back")
    assert not now_of(found).write_back

    assert olga.submit(page, action=f"{page}/fetch").status_code == 303
    assert "are being fetched" in olga.get(page).text
    calls.make_waiting()

    shown = olga.get(f"{page}/disconnect").text
    assert "Orders that are here stay as they are" in shown
    assert olga.submit(f"{page}/disconnect").status_code == 303
    assert connected(shop) is None
    assert db.session.query(Order).count() == 1
    assert say(path, body).status_code == 404
    assert olga.get(f"{page}/disconnect").status_code == 302


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"base_url": ""}, "base_url", "Please give the address"),
        ({"base_url": "ftp://pretix.eu"}, "base_url", "must begin with https"),
        ({"base_url": "http://127.0.0.1:1"}, "base_url", "can’t be reached there"),
        ({"organizer": ""}, "organizer", "Please give the short name"),
        ({"organizer": "../x"}, "organizer", "Please give the short name"),
        ({"organizer": "another"}, "organizer", "This token is for another organizer: festival"),
        ({"event": "winter"}, "event", "shows this token no such event"),
        ({"event": "a/b"}, "event", "Please give the short name"),
        ({"token": ""}, "token", "Please give the API token"),
        ({"token": "wrong"}, "token", "doesn’t accept the API token"),
        ({"token": "with\ttab"}, "token", "no API token of pretix’s"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    olga: Browser, shop: Shop, pretix: Replay, typed: dict[str, str], field: str, says: str
) -> None:
    answer = olga.submit(page_of(shop), **{**given(pretix), **typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert says in answer.text
    for key, value in {**given(pretix), **typed}.items():
        if key == "token":
            assert TOKEN not in answer.text
        else:
            assert f'value="{value}"' in answer.text, "nothing typed is lost"
    assert connected(shop) is None


def test_a_series_of_dates_is_refused(olga: Browser, shop: Shop, pretix: Replay) -> None:
    pretix.first.append((200, {}, {"slug": "summer", "has_subevents": True}))
    answer = olga.submit(page_of(shop), **given(pretix))
    assert answer.status_code == 422
    assert "series of dates in pretix" in answer.text


def test_a_token_without_rights_is_refused(olga: Browser, shop: Shop, pretix: Replay) -> None:
    """It may see the event, but not its orders."""
    pretix.first += [
        (200, {}, {"slug": "summer"}),
        (403, {}, {"detail": "You do not have permission to perform this action."}),
    ]
    answer = olga.submit(page_of(shop), **given(pretix))
    assert answer.status_code == 422
    assert 'id="token-error"' in answer.text
    assert "lacks a right" in answer.text


def test_inside_our_own_network_nothing_is_asked(app: Flask, shop: Shop, pretix: Replay) -> None:
    app.extensions["passalong.settings"] = replace(settings(), allow_private_targets=False)
    for url in (pretix.url, "https://localhost/", "https://10.0.0.1"):
        with pytest.raises(trying.InvalidConnection):
            connections.save(shop, given(pretix, base_url=url), revision=0)
    assert pretix.asked == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("pretix.eu", "https://pretix.eu"),
        (" https://pretix.eu/ ", "https://pretix.eu"),
        ("https://pretix.eu/control/", "https://pretix.eu"),
        ("https://pretix.eu/api/v1/", "https://pretix.eu"),
        ("https://example.org/tickets?x=1#y", "https://example.org/tickets"),
    ],
)
def test_addresses_are_taken_as_people_copy_them(app: Flask, typed: str, kept: str) -> None:
    assert trying.clean_base_url(typed) == kept


def test_the_kept_token_goes_nowhere_else(
    olga: Browser, shop: Shop, connection: PretixConnection, pretix: Replay
) -> None:
    """Who may change the address must not get the token sent to a machine of their own."""
    answer = olga.submit(page_of(shop), base_url="https://pretix.example.org")
    assert answer.status_code == 422
    assert "give its API token as well" in answer.text
    assert pretix.asked == []
    assert olga.submit(page_of(shop)).status_code == 303, "at the same address it goes on"
    assert sealed.unseal(now_of(connection).token, connection.link_id) == TOKEN


def test_the_token_is_not_in_the_database(connection: PretixConnection) -> None:
    assert TOKEN not in str(db.session.connection().exec_driver_sql(
        "SELECT * FROM pretix_connections"
    ).all())  # fmt: skip


def test_another_event_means_other_products(
    connection: PretixConnection, pretix: Replay, shop: Shop
) -> None:
    changed = given(pretix, base_url=f"{pretix.url}/")
    connections.save(shop, changed, revision=connection.revision)
    assert now_of(connection).items, "the same place, written another way"
    pretix.first += [(200, {}, {}), (200, {}, {"results": []}), (200, {}, {"results": []})]
    found = now_of(connection)
    connections.save(shop, given(pretix, event="winter"), revision=found.revision)
    assert now_of(connection).items == {}


def test_nobody_overwrites_anothers_settings(
    olga: Browser, shop: Shop, connection: PretixConnection, pretix: Replay
) -> None:
    page = page_of(shop)
    known, mapped = olga.fields(page), olga.fields(page, f"{page}/items")
    connections.save(shop, given(pretix), revision=now_of(connection).revision)
    answer = olga.send(page, known, organizer="other", token=TOKEN)
    assert answer.status_code in {409, 422}
    answer = olga.send(page, known, token=TOKEN)
    assert answer.status_code == 409
    assert "Somebody changed this meanwhile" in answer.text
    answer = olga.send(f"{page}/items", mapped, code=["friday", "friday", "friday", ""])
    assert answer.status_code == 409
    assert "Somebody changed this meanwhile" in answer.text
    assert answer.text.count('<option value="friday" selected>') == 3, "the choices are kept"
    assert now_of(connection).items[ADULT] == "weekend"


def test_a_stale_token_of_the_form_loses_no_choice(
    olga: Browser, shop: Shop, connection: PretixConnection
) -> None:
    page = page_of(shop)
    mapped = olga.fields(page, f"{page}/items")
    codes = ["friday", "friday", "friday", ""]
    answer = olga.send(f"{page}/items", mapped, code=codes, csrf_token="stale")
    assert answer.status_code == 422
    assert answer.text.count('<option value="friday" selected>') == 3


def test_another_type_for_tickets_that_are_out_is_asked_about(
    olga: Browser, shop: Shop, connection: PretixConnection, pretix: Replay
) -> None:
    hear(connection, pretix.has(order("paid")))
    page = page_of(shop)
    codes = ["friday", "weekend", "friday", ""]
    answer = olga.submit(page, action=f"{page}/items", code=codes)
    assert answer.status_code == 422
    assert "2 tickets have the type that a product stood for" in answer.text
    assert now_of(connection).items[ADULT] == "weekend"
    mapped = olga.fields(page, f"{page}/items")
    assert olga.send(f"{page}/items", mapped, code=codes, confirmed="y").status_code == 303
    assert now_of(connection).items[ADULT] == "friday"


def test_types_of_nobody_are_not_taken(
    olga: Browser, shop: Shop, connection: PretixConnection
) -> None:
    page = page_of(shop)
    codes = ["platinum", "weekend", "?", "weekend"]
    olga.submit(page, action=f"{page}/items", code=codes, confirmed="y")
    assert now_of(connection).items == {CHILD: "weekend", SHIRT: "weekend"}
    assert "2 products have no choice yet" in olga.get(page).text


def test_the_same_name_is_proposed(olga: Browser, shop: Shop, unmapped: PretixConnection) -> None:
    shown = olga.get(page_of(shop)).text
    assert shown.count('<option value="friday" selected>') == 1
    assert shown.count('<option value="" selected>') == 1, "what is no admission isn’t ours"
    assert "Fetch all paid orders now" not in shown, "first it must be said what is what"
    assert now_of(unmapped).items == {}


def test_trouble_is_shown_and_can_be_tried_again(
    olga: Browser, shop: Shop, connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    pretix.first.append((401, {}, {"detail": "Invalid token."}))
    hear(connection, code)
    page = page_of(shop)
    shown = olga.get(page).text
    assert "Something is wrong between pretix and here" in shown
    assert "doesn’t accept the API token" in shown
    assert olga.submit(page, action=f"{page}/again").status_code == 303
    calls.make_waiting()
    assert "Something is wrong" not in olga.get(page).text
    assert db.session.query(Order).count() == 1


def test_saving_the_connection_tries_again_what_waits(
    connection: PretixConnection, pretix: Replay, shop: Shop
) -> None:
    code = pretix.has(order("paid"))
    pretix.first.append((401, {}, {"detail": "Invalid token."}))
    hear(connection, code)
    assert calls.make_waiting().done == 0
    connections.save(shop, given(pretix), revision=now_of(connection).revision)
    assert calls.make_waiting().done == 1


def test_products_are_asked_for_again(
    olga: Browser, shop: Shop, connection: PretixConnection, pretix: Replay
) -> None:
    pretix.items.append({**pretix.items[1], "id": 9, "name": {"de": "Sonntag"}})
    page = page_of(shop)
    olga.submit(page, action=f"{page}/products")
    assert "Sonntag" in olga.get(page).text
    pretix.first.append((500, {}, ""))
    olga.submit(page, action=f"{page}/products")
    assert "fault of its own" in olga.get(page).text


def test_calls_know_their_organiser(connection: PretixConnection, shop: Shop) -> None:
    hear(connection, "NOBODY")
    assert {call.organiser_id for call in db.session.query(Call)} == {shop.organiser_id}


def test_after_new_secrets_the_token_is_asked_for_again(
    connection: PretixConnection, pretix: Replay, shop: Shop
) -> None:
    connection_id = connection.id
    db.session.execute(
        db.update(PretixConnection)
        .where(PretixConnection.id == connection_id)
        .values(token=sealed.seal(TOKEN, 4711))
    )
    db.session.commit()
    assert hear(connection, "ABCDE").failed == 1
    assert "secrets were replaced" in words(now_of(connection).last_error)
    with pytest.raises(trying.InvalidConnection):
        connections.save(shop, given(pretix, token=""), revision=now_of(connection).revision)
