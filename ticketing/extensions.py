"""The Flask extensions, made once and bound to an app in `create_app()`."""

from flask_babel import Babel
from flask_mail import Mail
from flask_security import Security
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from ticketing.models.base import Base

db = SQLAlchemy(metadata=Base.metadata)  # models derive from Base itself, so types are known
mail = Mail()
babel = Babel()
csrf = CSRFProtect()
security = Security()
