"""*Wallet*: what tickets are signed with for the wallets of phones."""

from typing import Final

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf.file import FileField
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import NotFound

from ticketing.extensions import db
from ticketing.mailing import sample
from ticketing.models import AppleWallet, Event, GoogleWallet, Shop, Ticket
from ticketing.posting import outbox
from ticketing.refusals import EditedMeanwhile
from ticketing.wallet import accounts, apple_settings, google_settings, offers
from ticketing.wallet.accounts import InvalidWallet
from ticketing.wallet.apple_settings import Upload
from ticketing.wallet.certificates import MAX_BYTES
from ticketing.wallet.google_link import GOOGLE
from ticketing.web import send
from ticketing.web.around import protection
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.confirming import fresh, fresh_to_look
from ticketing.web.backoffice.forms import BackofficeForm, RevisedForm
from ticketing.web.backoffice.forms_set_up import show
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.programs.forms_wallet import AppleWalletForm, GoogleWalletForm
from ticketing.web.backoffice.roles import needs

_REQUEST: Final = "passalong.certSigningRequest"  # the ending that Apple's page asks for


@blueprint.get("/wallet")
@needs("owner")
@fresh_to_look  # before files are chosen: a question in between would lose them
def wallet() -> ResponseReturnValue:
    return _page()


@blueprint.post("/wallet/apple")
@needs("owner")
@fresh
def apple_wallet() -> ResponseReturnValue:
    form = AppleWalletForm()
    if form.validate_on_submit():
        given = Upload(
            certificate=_file(form.certificate),
            password=form.password.data or "",
            key=_file(form.key),
            intermediate=_file(form.intermediate),
        )
        try:
            apple_settings.save(scope.organiser_id(), given, revision=form.seen)
        except InvalidWallet as invalid:
            show(form, invalid.errors)
        except EditedMeanwhile:
            return _changed(apple_form=form)
        else:
            flash(_("Tickets can be added to Apple Wallet from now on."), "success")
            return redirect(url_for(".wallet"), 303)
    return _page(apple_form=form), 422


@blueprint.post("/wallet/apple/request")
@needs("owner")
@fresh
def apple_wallet_request() -> ResponseReturnValue:
    """What Apple makes a certificate from; its private key stays here."""
    organiser = scope.organiser()
    return Response(
        apple_settings.request(organiser.id, organiser.name),
        mimetype="application/pkcs10",
        headers={"Content-Disposition": f'attachment; filename="{_REQUEST}"'},
    )


@blueprint.get("/wallet/apple/sample.pkpass")
@needs("owner")
def apple_wallet_sample() -> ResponseReturnValue:
    account = offers.offers_of(scope.organiser_id()).apple
    return send.apple_pass(offers.pkpass(_sample_ticket(), account, str(get_locale())))


@blueprint.route("/wallet/apple/stop", methods=["GET", "POST"])
@needs("owner")
@fresh
def stop_apple_wallet() -> ResponseReturnValue:
    return _stop(AppleWallet, _("No more tickets are added to Apple Wallet."))


@blueprint.post("/wallet/google")
@needs("owner")
@fresh
def google_wallet() -> ResponseReturnValue:
    form = GoogleWalletForm()
    if form.validate_on_submit():
        try:
            google_settings.save(
                scope.organiser_id(),
                form.issuer_id.data or "",
                _file(form.key_file),
                revision=form.seen,
            )
        except InvalidWallet as invalid:
            show(form, invalid.errors)
        except EditedMeanwhile:
            return _changed(google_form=form)
        else:
            flash(_("Tickets can be added to Google Wallet from now on."), "success")
            return redirect(url_for(".wallet"), 303)
    return _page(google_form=form), 422


@blueprint.post("/wallet/google/sample")
@needs("owner")
def google_wallet_sample() -> ResponseReturnValue:
    account = offers.offers_of(scope.organiser_id()).google
    return redirect(offers.save_url(_sample_ticket(), account, str(get_locale())), 303)


@blueprint.route("/wallet/google/stop", methods=["GET", "POST"])
@needs("owner")
@fresh
def stop_google_wallet() -> ResponseReturnValue:
    return _stop(GoogleWallet, _("No more tickets are added to Google Wallet."))


def _page(
    apple_form: AppleWalletForm | None = None, google_form: GoogleWalletForm | None = None
) -> str:
    apple, google = accounts.of_organiser(scope.organiser_id())
    protection.may_send_forms_to(GOOGLE)
    if google_form is None:
        known = {"issuer_id": google.issuer_id if google else ""}
        google_form = GoogleWalletForm(formdata=None, data=known)
    google_form.key_file.flags.required = google is None  # else the one there is can go on
    return news.page(
        "backoffice/programs/wallet.html",
        nav="wallet",
        apple=apple,
        apple_standing=accounts.apple_standing(apple).value,
        apple_form=_seen(apple_form or AppleWalletForm(formdata=None), apple),
        google=google,
        google_standing=accounts.google_standing(google).value,
        google_form=_seen(google_form, google),
        has_event=_latest_event() is not None,
    )


def _seen(form: RevisedForm, account: AppleWallet | GoogleWallet | None) -> RevisedForm:
    """The form, about the account as it is now."""
    form.revision.data = str(account.revision if account else 0)
    return form


def _changed(
    *, apple_form: AppleWalletForm | None = None, google_form: GoogleWalletForm | None = None
) -> ResponseReturnValue:
    flash(
        _("Somebody changed this meanwhile, and nothing was overwritten. If yours shall count, "
          "choose the files once more."),
        "warning",
    )  # fmt: skip
    return _page(apple_form, google_form), 409


def _stop(kind: type[AppleWallet] | type[GoogleWallet], done: str) -> ResponseReturnValue:
    form = BackofficeForm()
    if form.validate_on_submit():
        accounts.forget(kind, scope.organiser_id())
        flash(done, "success")
        return redirect(url_for(".wallet"), 303)
    return news.dialog(
        "backoffice/programs/stop_wallet.html", nav="wallet", form=form, apple=kind is AppleWallet
    )


def _file(field: FileField) -> bytes:
    """What was uploaded, or so much of it that it is found to be too large."""
    upload = field.data
    return bytes(upload.read(MAX_BYTES + 1)) if upload else b""


def _latest_event() -> Event | None:
    return db.session.scalar(scope.select_events().order_by(Event.id.desc()).limit(1))


def _sample_ticket() -> Ticket:
    """An invented person's ticket for the latest event; the door refuses it."""
    event = _latest_event()
    if event is None:
        raise NotFound
    shop = db.session.scalar(
        scope.select_shops()
        .where(Shop.event_id == event.id)
        .options(joinedload(Shop.logo))
        .order_by(Shop.archived_at.is_not(None), Shop.id.desc())
        .limit(1)
    )
    _mail, _order, ticket = sample.of(event, shop, outbox.TICKET, str(get_locale()), {})
    return ticket
