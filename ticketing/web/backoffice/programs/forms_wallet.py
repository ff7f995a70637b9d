"""The forms with which an organiser gives what tickets are signed with."""

from typing import Final

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import PasswordField, StringField

from ticketing.web.backoffice.forms import RevisedForm
from ticketing.web.details_form import Wanted

_CERTIFICATES: Final = ".cer,.crt,.pem,.p12,.pfx"


class AppleWalletForm(RevisedForm):
    certificate = FileField(
        _l("Pass Type ID certificate"), [Wanted()], render_kw={"accept": _CERTIFICATES}
    )
    intermediate = FileField(
        _l("Apple’s intermediate certificate"), render_kw={"accept": _CERTIFICATES}
    )
    key = FileField(_l("Private key"), render_kw={"accept": ".pem,.key,.der"})
    # Of a file, not of a person: no program shall offer one of theirs, or keep this one.
    password = PasswordField(_l("Password of the file"), render_kw={"autocomplete": "off"})


class GoogleWalletForm(RevisedForm):
    issuer_id = StringField(
        _l("Issuer ID"),
        [Wanted()],
        render_kw={
            "maxlength": "40",
            "autocomplete": "off",
            "inputmode": "numeric",
            "spellcheck": "false",
        },
    )
    key_file = FileField(
        _l("Key of the service account"), render_kw={"accept": ".json,application/json"}
    )
