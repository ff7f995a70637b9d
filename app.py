"""The WSGI entry, and with `uv run app.py` a ready demo on the real server."""

import sys

from ticketing import create_app
from ticketing.config import BadSetting

if __name__ == "__main__":
    from ticketing.running.start import main

    main()

try:
    app = create_app()
except BadSetting as problem:
    sys.exit(f"Passalong can't start: {problem}")
