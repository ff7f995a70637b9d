"""What templates can say: filters for times, globals for names, the page's language."""

from flask import Flask
from flask_babel import get_locale

from ticketing import whatsapp
from ticketing.asking import names
from ticketing.web.around.locale import direction_of
from ticketing.words import formats, localtime
from ticketing.words.money import money


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        event_day=localtime.event_day,
        day_short=localtime.day_short,
        event_when=localtime.event_when,
        clock=localtime.clock,
        moment=localtime.moment,
        money=money,
        number=formats.number,
        listed=formats.listed,
        apart=formats.apart,
        clock_in=localtime.clock_in,
        first_line=lambda text: text.partition("\n")[0],
    )
    app.jinja_env.globals["short_name"] = names.short
    app.jinja_env.globals["full_name"] = names.full
    app.jinja_env.globals["desk_url"] = whatsapp.desk
    app.context_processor(_language)


def _language() -> dict[str, str]:
    lang = str(get_locale() or "en").replace("_", "-")
    return {"lang": lang, "dir": direction_of(lang)}
