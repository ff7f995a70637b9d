"""Several machines serve one installation: what they share is the database and the secrets."""

import shutil
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests import builders
from tests.installations import Installations
from tests.links.test_flow_pages import hidden, token_in
from tests.live_server import running_server
from tests.watching import Watching
from ticketing import create_app, links
from ticketing.extensions import db


def ask(url: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request(
        "POST" if form else "GET",
        path,
        urlencode(form) if form else None,
        {"Content-Type": "application/x-www-form-urlencoded"} if form else {},
    )
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@pytest.mark.engine("postgresql")
def test_an_overview_on_one_shows_what_was_claimed_on_the_other(
    engine: str, installations: Installations, tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with installations.empty(engine, tmp_path) as empty:
        variables = {"PASSALONG_DATABASE_URL": empty.database_url}
        one.mkdir()
        with running_server(one, **variables) as here:
            (other / "instance").mkdir(parents=True)
            shutil.copy(here.instance / "secrets.json", other / "instance")
            with running_server(other, **variables) as there:
                app = create_app({"TESTING": True}, here.settings)
                with app.app_context():
                    order = builders.make_order(tickets=2)
                    overview = f"/o/{links.order_token(order)}"
                    share = builders.share(order.tickets[0])
                    version = order.version
                    db.session.remove()
                    db.engine.dispose()
                with Watching(here.url, [overview] * 4) as watching:
                    watching.wait_for(version=version)
                    status, page = ask(there.url, share)
                    assert status == 200
                    form = {
                        "csrf_token": token_in(page),
                        "round": hidden(page, "round"),
                        "first_name": "Łucja",
                        "last_name": "Nowak",
                        "email": "lucja@example.org",
                    }
                    status, _page = ask(there.url, share, form)
                    assert status == 303
                    watching.wait_for(version=version + 1)
                assert "Łucja" in ask(here.url, overview)[1]
