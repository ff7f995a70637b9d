"""Everything that speaks HTTP to people: one blueprint a kind of person."""

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from ticketing.config import Settings
from ticketing.extensions import csrf
from ticketing.web import (
    accounts,
    backoffice,
    booker,
    embed,
    errors,
    forms,
    holder,
    made_pdfs,
    pictures,
    shop,
    styleguide,
    unsubscribe,
    visitor,
)
from ticketing.web.accounts.sign_in import init_sign_in, session_settings, sign_in_settings
from ticketing.web.around import (
    assets,
    converters,
    cookies,
    leading,
    locale,
    observed,
    packing,
    protection,
    wording,
)
from ticketing.web.around.locale import select_locale
from ticketing.web.machines import health, hooks, metrics, well_known

__all__ = ["init_app", "init_sign_in", "select_locale", "session_settings", "sign_in_settings"]


def init_app(app: Flask, settings: Settings) -> None:
    """Register blueprints, protections and what templates need."""
    if settings.proxies:
        n = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    observed.init_app(app)
    converters.init_app(app)
    cookies.init_app(app)
    protection.init_app(app)
    errors.init_app(app)
    forms.init_app(app)
    assets.init_app(app)
    embed.init_app(app)
    packing.init_app(app)
    leading.init_app(app)  # before pages are packed: what comes last is done first
    locale.init_app(app)
    booker.init_app(app)
    wording.init_app(app)
    pictures.init_app(app)
    made_pdfs.init_app(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    app.register_blueprint(well_known.blueprint)
    app.register_blueprint(assets.blueprint)
    app.register_blueprint(embed.blueprint)
    app.register_blueprint(pictures.blueprint)
    if settings.styleguide:
        app.register_blueprint(styleguide.blueprint)
    app.register_blueprint(backoffice.blueprint)
    csrf.exempt(hooks.blueprint)  # programs have no session; the address is the secret
    app.register_blueprint(hooks.blueprint)
    csrf.exempt(accounts.blueprint)  # its forms refuse a bad token without losing what was typed
    app.register_blueprint(accounts.blueprint)

    # Pages reached by a link have no session: their forms carry a token bound to the link.
    for blueprint in link_blueprints():
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)


def link_blueprints() -> list[Blueprint]:
    return [
        booker.blueprint,
        visitor.blueprint,
        visitor.suggestions,
        holder.blueprint,
        unsubscribe.blueprint,
        shop.blueprint,
    ]
