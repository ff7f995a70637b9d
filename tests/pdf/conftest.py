from collections.abc import Iterator

import pytest

from ticketing.pdf import Renderer


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    """Two processes at most, none of which is started yet."""
    made = Renderer(workers=2, timeout=60)
    yield made
    made.close()
