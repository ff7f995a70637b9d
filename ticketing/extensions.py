"""The Flask extensions, made once and bound to an app in `create_app()`."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import Babel
from flask_mail import Mail
from flask_security import Security
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from flask_wtf import CSRFProtect
from sqlalchemy.exc import DBAPIError

from ticketing.models.base import Base


class PatientSession(Session):
    """Where a transaction is given up and its connection is gone already, that is done.

    It would be an error otherwise, for an answer too that was about to go out.
    """

    def rollback(self) -> None:
        with _gone_is_done():
            super().rollback()

    def close(self) -> None:
        with _gone_is_done():
            super().close()


@contextmanager
def _gone_is_done() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise


db = SQLAlchemy(  # models derive from Base itself, so types are known
    metadata=Base.metadata, session_options={"class_": PatientSession}
)
mail = Mail()
babel = Babel()
csrf = CSRFProtect()
security = Security()
