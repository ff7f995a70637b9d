"""A demo to try everything with, made once and found again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from flask_security.utils import verify_password
from sqlalchemy import func, select

from tests import builders
from tests.installations import Installations
from ticketing import create_app
from ticketing.carried import barcodes
from ticketing.config import PROJECT, Settings
from ticketing.extensions import db
from ticketing.links import Kind, keys, read
from ticketing.members import api_keys
from ticketing.models import OPEN, Membership, Order, Organiser, Shop, Ticket, User, now
from ticketing.organising import images
from ticketing.trying import demo
from ticketing.trying.demo import Demo

KEYS = {
    "shop_url",
    "overview_url",
    "backoffice_url",
    "email",
    "password",
    "api_key",
    "shop",
    "ticket_types",
}


@pytest.fixture(scope="module")
def demo_app(
    installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """One demo for the tests that only look at it."""
    folder = tmp_path_factory.mktemp("demo") / "instance"
    with installations.copy("sqlite", folder) as settings:
        app = create_app({"TESTING": True}, settings)
        with app.app_context():
            demo.demo()
            yield app


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def order_at(found: Demo | Mapping[str, Any]) -> Order:
    url = found.overview_url if isinstance(found, Demo) else found["overview_url"]
    link = read(keys(), Kind.ORDER, url.rpartition("/o/")[2])
    db.session.rollback()
    return db.session.scalars(select(Order).where(Order.link_id == link.link_id)).one()


def opens(user: User, password: str) -> bool:
    return user.password is not None and bool(verify_password(password, user.password))


def test_the_command_makes_everything_and_prints_one_object(tmp_path: Path) -> None:
    """On an empty folder, as on a fresh clone; base URL from the environment."""
    ended = subprocess.run(
        [sys.executable, "-m", "flask", "demo", "--json"],
        cwd=PROJECT,
        env={
            **os.environ,
            "PASSALONG_INSTANCE_PATH": str(tmp_path / "new"),
            "PASSALONG_BASE_URL": "https://tickets.example.org",
        },
        capture_output=True,
        timeout=60,
        check=True,
    )
    found = json.loads(ended.stdout)
    assert set(found) == KEYS
    assert found["shop_url"] == "https://tickets.example.org/shop/riverside"
    assert found["overview_url"].startswith("https://tickets.example.org/o/")
    assert found["backoffice_url"].startswith("https://tickets.example.org/backoffice")
    assert found["shop"] == "riverside"
    assert found["ticket_types"] == ["weekend", "friday", "parking"]


def test_its_event_has_a_picture(demo_app: Flask) -> None:
    """On the pages and beneath a link: what somebody sees first."""
    shop = db.session.scalars(select(Shop).where(Shop.slug == demo.demo().shop)).one()
    picture = shop.event.image
    assert picture is not None
    assert (picture.content_type, picture.width, picture.height) == ("image/jpeg", 1200, 675)
    client = demo_app.test_client()
    page = client.get(f"/shop/{shop.slug}").text
    assert f'src="{images.path_of(picture)}"' in page
    shown = client.get(images.path_of(picture))
    assert shown.status_code == 200
    assert len(shown.data) < 90_000


def test_asked_again_it_says_the_same(runner: FlaskCliRunner) -> None:
    once = runner.invoke(args=["demo", "--json"]).stdout
    again = runner.invoke(args=["demo", "--json"]).stdout
    assert once == again
    assert db.session.scalar(select(func.count()).select_from(Organiser)) == 1


def test_the_overview_has_five_tickets_that_nobody_touched(demo_app: Flask) -> None:
    order = order_at(demo.demo())
    assert [ticket.state for ticket in order.tickets] == [OPEN] * 5
    assert all(ticket.share is None for ticket in order.tickets)


@pytest.mark.parametrize("touch", [builders.claim, builders.share])
def test_who_used_the_overview_gets_a_fresh_one(app: Flask, touch: Any) -> None:
    first = demo.demo()
    touch(order_at(first).tickets[0])
    second = demo.demo()
    assert second.overview_url != first.overview_url
    assert [ticket.state for ticket in order_at(second).tickets] == [OPEN] * 5
    assert second.password == first.password
    assert demo.demo() == second


def test_the_account_and_the_key_open_the_backoffice_and_the_api(demo_app: Flask) -> None:
    found = demo.demo()
    user = db.session.scalars(select(User).where(User.email == found.email)).one()
    assert len(found.password) >= 12
    assert opens(user, found.password)
    membership = db.session.scalars(select(Membership).where(Membership.user_id == user.id)).one()
    assert membership.role == "owner"
    key = api_keys.find(found.api_key)
    assert key is not None
    assert key.organiser.name == "Riverside Collective"


def test_password_and_key_lie_in_a_file_for_the_owner_alone(demo_app: Flask) -> None:
    path = Path(demo_app.instance_path) / "demo.json"
    assert path.stat().st_mode & 0o777 == 0o600
    found = demo.demo()
    files = Path(demo_app.instance_path).glob("passalong.db*")  # with what isn't merged yet
    database = b"".join(file.read_bytes() for file in files)
    assert found.email.encode() in database
    assert found.password.encode() not in database
    assert found.api_key.encode() not in database


def test_a_lost_file_means_a_new_password_that_works(app: Flask) -> None:
    first = demo.demo()
    (Path(app.instance_path) / "demo.json").unlink()
    second = demo.demo()
    assert second.password != first.password
    user = db.session.scalars(select(User).where(User.email == second.email)).one()
    assert opens(user, second.password)
    assert api_keys.find(second.api_key) is not None


def test_the_event_is_about_half_a_year_ahead(demo_app: Flask) -> None:
    shop = db.session.scalars(select(Shop).where(Shop.slug == "riverside")).one()
    assert 150 < (shop.event.starts_at - now()).days < 220
    assert shop.event.ends_at is not None
    assert shop.event.ends_at > shop.event.starts_at
    assert shop.consumer_desk is not None
    assert phonenumbers.is_valid_number(phonenumbers.parse(shop.consumer_desk))
    assert [each.needs_personal_data for each in shop.event.ticket_types] == [True, True, False]


def test_the_backoffice_has_orders_in_every_state(demo_app: Flask) -> None:
    states = set(db.session.scalars(select(Ticket.state)))
    assert states == {"open", "personalised", "checked_in", "cancelled"}
    assert set(db.session.scalars(select(Order.state))) == {"placed", "cancelled"}
    names = " ".join(db.session.scalars(select(Ticket.first_name)))
    for script in ("Łukasz", "Γιώργος", "Ольга", "נועה", "محمد", "प्रिया", "王", "さくら", "지우"):
        assert script in names


def test_the_demo_is_none_of_a_real_installations_business(app: Flask) -> None:
    from ticketing.running.start import make_ready

    builders.make_shop(organiser_name="In earnest")
    assert make_ready(app) is None
    assert db.session.scalar(select(func.count()).select_from(Organiser)) == 1


def test_processes_that_start_at_once_make_one_demo(tmp_path: Path) -> None:
    environment = {**os.environ, "PASSALONG_INSTANCE_PATH": str(tmp_path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "flask", "demo", "--json"],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    assert len({out for out, _err in answers}) == 1


class TestApiKeys:
    def test_a_key_is_found_by_its_plain_text_alone(self, app: Flask) -> None:
        organiser = builders.make_shop().organiser
        key, plain = api_keys.create(organiser, "Till", ["orders:write"])
        assert plain.startswith(f"psl_{key.prefix}_")
        assert api_keys.find(plain) == key
        assert key.scopes == ["orders:write"]

    def test_nothing_else_finds_it(self, app: Flask) -> None:
        key, plain = api_keys.create(builders.make_shop().organiser, "Till", [])
        other = api_keys.generate()
        for wrong in ("", "psl_", plain[:-1], plain + "0", other, key.digest):
            assert api_keys.find(wrong) is None
        assert api_keys.find(f"psl_{key.prefix}_{other.rpartition('_')[2]}") is None

    def test_a_revoked_key_is_no_key(self, app: Flask) -> None:
        key, plain = api_keys.create(builders.make_shop().organiser, "Till", [])
        key.revoked_at = now()
        db.session.commit()
        assert api_keys.find(plain) is None


class TestOtherCommands:
    def test_a_person_can_be_let_in_without_a_demo(self, runner: FlaskCliRunner) -> None:
        done = runner.invoke(
            args=["user", "create", "Olga@Example.org", "--organiser", "Dock 9"],
            input="a long passphrase\na long passphrase\n",
        )
        assert done.exit_code == 0, done.output
        user = db.session.scalars(select(User).where(User.email == "olga@example.org")).one()
        assert opens(user, "a long passphrase")
        assert user.memberships[0].role == "owner"
        assert user.memberships[0].organiser.name == "Dock 9"

    @pytest.mark.parametrize(
        ("email", "password", "said"),
        [
            ("olga@example.org", "too short", "at least 12 characters"),
            ("olga", "a long passphrase", "email address"),
            ("demo@example.org", "a long passphrase", "has an account already"),
        ],
    )
    def test_a_person_is_refused_with_the_reason(
        self, runner: FlaskCliRunner, email: str, password: str, said: str
    ) -> None:
        demo.demo()
        done = runner.invoke(
            args=["user", "create", email, "--organiser", "Dock 9", "--password", password]
        )
        assert done.exit_code == 1
        assert said in done.output

    def test_the_door_lets_in_once(self, runner: FlaskCliRunner, order_of_five: Order) -> None:
        ticket = builders.claim(order_of_five.tickets[0])
        barcode, code = barcodes.text_of(ticket), ticket.code
        looked = runner.invoke(args=["door", barcode])
        assert looked.exit_code == 0
        assert looked.stdout == f"admitted: {code} Weekend Anna Visser\n"
        assert runner.invoke(args=["door", barcode, "--check-in"]).exit_code == 0
        again = runner.invoke(args=["door", barcode, "--check-in"])
        assert again.exit_code == 1
        assert "refused: checked_in" in again.output

    def test_the_door_refuses_what_is_not_ours(self, runner: FlaskCliRunner, app: Flask) -> None:
        refused = runner.invoke(args=["door", "HELLO"])
        assert refused.exit_code == 1
        assert "refused: unknown" in refused.output

    def test_keys_rotate_and_old_links_go_on(
        self, runner: FlaskCliRunner, app: Flask, settings: Settings, order_of_five: Order
    ) -> None:
        from ticketing import links

        link_id, token = order_of_five.link_id, links.order_token(order_of_five)
        assert "key 2" in runner.invoke(args=["keys", "rotate"]).stdout
        restarted = create_app({"TESTING": True}, settings)
        with restarted.app_context():
            assert read(keys(), Kind.ORDER, token).link_id == link_id
            order = db.session.scalars(select(Order).where(Order.link_id == link_id)).one()
            assert links.order_token(order) != token

    def test_the_outbox_says_what_it_did(self, runner: FlaskCliRunner, app: Flask) -> None:
        builders.make_order()
        done = runner.invoke(args=["outbox"])
        assert done.exit_code == 0, done.output
        assert "0 sent" in done.stdout
        assert "1 waiting" in done.stdout
