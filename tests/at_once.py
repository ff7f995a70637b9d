"""The same thing done several times in the same instant, within one process."""

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask


def at_once(app: Flask, *actions: Callable[[], Any]) -> list[Any]:
    """What each action returned or raised, each in a thread and an app context of its own."""
    barrier = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(index: int, action: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait(10)
            try:
                results[index] = action()
            except Exception as error:  # noqa: BLE001 - handed to the test, which looks at it
                results[index] = error

    threads = [
        threading.Thread(target=run, args=(index, action)) for index, action in enumerate(actions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def kinds(results: list[Any]) -> list[str]:
    """The names of what was raised, "" for what went well; sorted."""
    return sorted(type(each).__name__ if isinstance(each, Exception) else "" for each in results)
