"""The blueprint that all rooms of the API hang their routes on."""

from flask import Blueprint

from ticketing.api import answers, audited, leftovers

blueprint = Blueprint("api", __name__, url_prefix="/api")
answers.init_blueprint(blueprint)
blueprint.after_request(leftovers.read_leftovers)
blueprint.after_request(audited.note)
