from flask import Blueprint, Response

blueprint = Blueprint("accounts", __name__, url_prefix="/backoffice")


@blueprint.after_request
def keep_to_yourself(response: Response) -> Response:
    """Their addresses are capabilities: no copy is kept, no search engine lists them."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
