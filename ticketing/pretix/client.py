"""pretix's REST API, as far as we need it: https://docs.pretix.eu/dev/api/"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from ticketing.calls import outbound
from ticketing.calls.outbound import Answer
from ticketing.models import now
from ticketing.pretix.problems import Problem, stored

PAGE: Final = 50  # pretix's own most
MOST_BYTES: Final = 16 * 1024 * 1024  # an order of 500 tickets is half a megabyte
SECONDS: Final = 25.0
_MOST_PAGES_OF_ITEMS: Final = 40


class PretixError(Exception):
    """pretix didn't give what was asked for; `text` is a kept problem."""

    def __init__(
        self,
        problem: Problem,
        status: int | None = None,
        *,
        detail: str = "",
        not_before: dt.timedelta | None = None,
    ) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.status = status
        self.text = stored(problem, detail)
        self.not_before = not_before


class Refused(PretixError):
    """Asking once more won't help before somebody has changed something."""


class TryLater(PretixError):
    """It may go better later; `not_before` is when pretix wants to be asked again."""


class NotThere(Exception):
    """pretix has no such thing."""


@dataclass(frozen=True, slots=True)
class Client:
    """One event of one pretix. Every method raises `Refused`, `TryLater`, `outbound.NotReached`."""

    base_url: str
    organizer: str
    event_slug: str
    token: str

    def event(self) -> dict[str, Any]:
        """The event's own data; `Refused` where there is none of that name for this token.

        pretix forbids what it doesn't know: whether there is such an event is no stranger's
        business.
        """
        try:
            return _object(self._ask("GET", ""))
        except NotThere:
            raise Refused(Problem.EVENT, 404) from None
        except Refused as refused:
            if refused.problem is Problem.RIGHTS:
                raise Refused(Problem.EVENT, refused.status) from None
            raise

    def organizers(self) -> list[str]:
        """The short names of the organizers that the token is for."""
        try:
            answer = _object(self._request("GET", "/api/v1/organizers/"))
        except NotThere:
            return []
        results = answer.get("results")
        return [
            str(_object(each).get("slug"))
            for each in (results if isinstance(results, list) else [])
        ]

    def name_scheme(self) -> str:
        """Which parts a name has at this event; "" where the token may not read settings."""
        try:
            return str(_object(self._ask("GET", "settings/")).get("name_scheme") or "")
        except (NotThere, Refused):
            return ""

    def items(self) -> list[dict[str, Any]]:
        """Everything the event sells, each with its variations."""
        found: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES_OF_ITEMS + 1):
            items, more = self._page("items/", page, {"ordering": "position"})
            found += items
            if not more:
                break
        return found

    def order(self, code: str) -> dict[str, Any]:
        """An order; raises `NotThere`."""
        return _object(self._ask("GET", f"orders/{quote(code, safe='')}/"))

    def paid_orders(self, since: str = "", page: int = 1) -> tuple[list[dict[str, Any]], bool]:
        """A page of the paid orders placed since then, oldest first, and if there is a next one."""
        query = {"status": "p", "ordering": "datetime"}
        if since:
            query["created_since"] = since
        return self._page("orders/", page, query)

    def position(self, position_id: str) -> dict[str, Any]:
        """A position of an order; raises `NotThere`, for a cancelled one as well."""
        return _object(self._ask("GET", f"orderpositions/{quote(position_id, safe='')}/"))

    def change_position(self, position_id: str, changed: Mapping[str, Any]) -> dict[str, Any]:
        """Change a position; returns it as it is then. Raises `NotThere`."""
        path = f"orderpositions/{quote(position_id, safe='')}/"
        return _object(self._ask("PATCH", path, changed))

    def _page(
        self, path: str, page: int, query: Mapping[str, str]
    ) -> tuple[list[dict[str, Any]], bool]:
        # By its number, never by the address in `next`: nobody else says where we send the token.
        query = {**query, "page": str(page), "page_size": str(PAGE)}
        try:
            answer = _object(self._ask("GET", f"{path}?{urlencode(query)}"))
        except NotThere:
            if page == 1:
                raise Refused(Problem.EVENT, 404) from None
            return [], False  # orders were deleted meanwhile
        results = answer.get("results")
        if not isinstance(results, list):
            raise Refused(Problem.NOT_PRETIX, 200)
        return [_object(each) for each in results], bool(answer.get("next"))

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        organizer, event = quote(self.organizer, safe=""), quote(self.event_slug, safe="")
        return self._request(method, f"/api/v1/organizers/{organizer}/events/{event}/{path}", body)

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Token {self.token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = outbound.request(
            method,
            self.base_url + path,
            headers=headers,
            body=None if body is None else json.dumps(body).encode(),
            total=SECONDS,
            most=MOST_BYTES,
        )
        return _read(answer)


def _read(answer: Answer) -> Any:
    status = answer.status
    if status == 401:
        raise Refused(Problem.TOKEN, status)
    if status == 403:
        raise Refused(Problem.RIGHTS, status)
    if status in {404, 410}:
        raise NotThere
    if 300 <= status < 400:
        raise Refused(Problem.MOVED, status, detail=_origin(answer.headers.get("location", "")))
    if status in {409, 429}:  # 409: the order is being changed at this moment
        raise TryLater(Problem.BUSY, status, not_before=_retry_after(answer.headers))
    if status >= 500:
        raise TryLater(Problem.BROKEN, status, not_before=_retry_after(answer.headers))
    if status >= 400:
        raise Refused(Problem.NOT_WRITTEN, status, detail=_complaint(answer.body))
    if answer.cut:
        raise TryLater(Problem.TOO_LONG, status)
    try:
        return json.loads(answer.body)
    except ValueError:
        raise Refused(Problem.NOT_PRETIX, status) from None


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise Refused(Problem.NOT_PRETIX, 200)
    return answer


def _origin(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError:
        return "…"
    return f"{parts.scheme}://{parts.netloc}"[:200] if parts.netloc else "…"


def _retry_after(headers: Mapping[str, str]) -> dt.timedelta | None:
    """Seconds or a date, as HTTP has it."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 7:
        return dt.timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(at - now(), dt.timedelta(0)) if at.tzinfo else None


def _complaint(body: bytes) -> str:
    """What pretix has against a request: {"field": ["sentence"]} as text, not too long."""
    try:
        said = json.loads(body)
    except ValueError:
        return "–"
    return "; ".join(dict.fromkeys(_sentences(said)))[:300] or "–"


def _sentences(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict):
        for name, inner in said.items():
            for sentence in _sentences(inner):
                yield sentence if name == "detail" else f"{name}: {sentence}"
    elif isinstance(said, list):
        for inner in said:
            yield from _sentences(inner)
