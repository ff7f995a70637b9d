"""gunicorn's configuration: `gunicorn -c ticketing/server.py app:app`.

Each worker is an event loop (gevent): an open overview costs a greenlet, not a thread.
This file is read by the master, which must not import our package: what is imported there is
imported before gevent patches the workers, and a lock made too early blocks a whole loop.
"""

import ctypes
import gc
import importlib.util
import mmap
import os
import resource
import signal
import sys
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import gevent
from gevent.select import select
from gevent.server import StreamServer
from gunicorn import glogging
from gunicorn.workers.ggevent import GeventWorker

LAST_WORD = 0.5  # seconds
_DOES_NOT_BOOT = 3  # at this exit code of a worker gunicorn ends, instead of trying it again
# How long at most the former workers go on at a reload, until the new ones are ready.
HANDING_OVER = 60.0


def _alone(name: str) -> ModuleType:
    """A module of ours without the package around it, for the master."""
    path = Path(__file__).parent / "running" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"passalong_{name}", path)
    assert spec is not None  # noqa: S101 - it is a file of Python
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there for their module
    spec.loader.exec_module(module)
    return module


_logs = _alone("logs")


class Logger(glogging.Logger):
    """gunicorn's log in our own format, and an access log that knows routes instead of paths."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        _logs.redact_all()
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(_logs.formatter(_log_format))

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        if not self.access_log_enabled:
            return
        traced = environ.get("passalong.traced")  # none, if it was too bad to reach the app
        status = int(str(resp.status).split(None, 1)[0])
        self.access_log.info(
            "%s %s %d",
            traced.method if traced else "-",
            traced.route if traced else "-",
            status,
            extra={
                "answered": {
                    "status": status,
                    "milliseconds": round(request_time.total_seconds() * 1000, 1),
                    "bytes": getattr(resp, "sent", None) or 0,
                }
            },
        )


class _Listener(StreamServer):
    """gevent's server, which ends without turning away who had already come to the door."""

    def close(self) -> None:
        if self.started:
            self.stop_accepting()
            while not self.full() and (came := self.do_read()):
                self.do_handle(*came)
        super().close()


class _Named:
    """All that gunicorn wants of the listener while it answers; by then that may be closed."""

    def __init__(self, listener: Any) -> None:
        self._name = listener.getsockname()

    def getsockname(self) -> Any:
        return self._name


class _Idle(gevent.Timeout):
    """How long a kept-alive connection may wait for its next request."""

    def __init__(self, seconds: float, waiting: "dict[gevent.Greenlet, _Idle]") -> None:
        super().__init__(seconds, False)
        self._waiting = waiting

    def __enter__(self) -> "_Idle":
        self._waiting[gevent.getcurrent()] = self
        super().__enter__()
        return self

    def __exit__(self, *raised: Any) -> bool | None:
        self._waiting.pop(gevent.getcurrent(), None)
        ended: bool | None = super().__exit__(*raised)
        return ended


class Worker(GeventWorker):
    """gevent's worker, which soon ends when it is told to, and answers whoever has asked.

    gunicorn's own would wait for streams, and for connections that proxies and browsers keep
    open though nothing is asked on them; and it drops connections that it hasn't taken up yet.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[gevent.Greenlet, _Idle] = {}
        self._connections: dict[gevent.Greenlet, Any] = {}
        self._listeners: list[_Listener] = []
        self._told = False
        self.seen: Seen  # see post_fork

    def server_class(self, listener: Any, *, spawn: Any, **_of_pywsgi: Any) -> _Listener:
        """gunicorn asks here for the server around a listening socket."""
        server = _Listener(listener, handle=partial(self.handle, _Named(listener)), spawn=spawn)
        if self.cfg.workers > 1:
            server.max_accept = 1  # as gunicorn has it: the others shall have their share
        self._listeners.append(server)
        return server

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        self._connections[gevent.getcurrent()] = client
        try:
            super().handle(listener, client, addr)
        finally:
            del self._connections[gevent.getcurrent()]

    def is_already_handled(self, respiter: Any) -> bool:
        """A stream's connection now belongs to the sender (ticketing/feed/sender.py)."""
        if getattr(respiter, "handed_over", False):
            raise StopIteration  # which to gunicorn means: this connection asks nothing more
        return False

    def timeout_ctx(self) -> _Idle:
        return _Idle(self.cfg.keepalive if self.alive else LAST_WORD, self._waiting)

    def handle_exit(self, sig: int, frame: Any) -> None:
        if not self._told:  # gunicorn says it again and again
            self._told = True
            # Not in the signal handler itself: it may have interrupted anything.
            gevent.spawn(self._end)

    # Ctrl+C on a terminal reaches every process; gunicorn's own way ends them amid their work.
    handle_quit = handle_exit

    def _end(self) -> None:
        """At a reload gunicorn ends the former workers before the new ones have loaded."""
        until = time.monotonic() + HANDING_OVER
        while not self.seen.stopping and self.seen.ready_after(self.age) < self.cfg.workers:
            if time.monotonic() > until:
                break
            gevent.sleep(0.1)
        self.alive = False
        # Now, not when gunicorn next looks: whoever comes back from a stream should meet the new
        # workers. If there are none, who waits at the door is still let in, see `_Listener`.
        for listener in self._listeners:
            listener.stop_accepting()
        self._let_go()

    def _let_go(self) -> None:
        _end_streams(self)
        gevent.sleep(LAST_WORD)  # a request may be on its way
        idle = {self._connections[each]: (each, time) for each, time in self._waiting.items()}
        asked, _, _ = select(list(idle), [], [], 0)  # some are just about to be heard
        for client in idle.keys() - set(asked):
            greenlet, time = idle[client]
            if self._waiting.get(greenlet) is time:  # others went on while we looked
                greenlet.kill(time, block=False)  # as if its time were up


def _end_streams(worker: Any) -> None:
    for name in ("passalong.feed", "passalong.sender"):
        found = _extensions(worker).get(name)
        if found is not None:
            found.close()


class Seen:
    """Memory that the master and all workers see: whether it stops, and who is ready."""

    def __init__(self) -> None:
        self._bytes = mmap.mmap(-1, 64 * 1024)  # one for the end, then one for each worker's age

    @property
    def stopping(self) -> bool:
        return self._bytes[0] == 1

    def stop(self) -> None:
        self._bytes[0] = 1

    def ready(self, age: int) -> None:
        self._bytes[age % len(self._bytes)] = 1

    def ready_after(self, age: int) -> int:
        """How many workers that were started later are ready."""
        return self._bytes[age + 1 :].count(1)


def when_ready(server: Any) -> None:
    """Before it stops, the server says at /readyz for a while that it will.

    gunicorn has no hook for the moment at which it is told to stop, so we step before its method.
    """
    stop = server.stop
    server.seen = Seen()

    def say_so_and_stop(graceful: bool = True) -> None:
        drains = graceful and not server.seen.stopping  # after Ctrl+C it is called twice
        server.seen.stop()
        if drains and _drain_seconds:
            _drain(server)
        stop(graceful)

    server.stop = say_so_and_stop


def _drain(server: Any) -> None:
    """Serve on while whoever sends people here finds out; told once more, it stops at once."""
    server.log.info("Stopping in %d s", _drain_seconds)
    until = time.monotonic() + _drain_seconds
    while time.monotonic() < until:
        told = server.wait_for_signals(timeout=0.2)
        if {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT} & set(told):
            return


def post_fork(server: Any, worker: Any) -> None:
    worker.seen = server.seen
    # Importing makes hardly any rubbish; looking for it is a fifth of a worker's start.
    gc.disable()


def post_worker_init(worker: Any) -> None:
    """Now that the app is there: it hears of the end, and counts together with other workers."""
    extensions = _extensions(worker)
    if "passalong.keys" in extensions:
        _check_keys(worker)
    extensions["passalong.draining"] = lambda: worker.seen.stopping
    if "passalong.share" in extensions:
        extensions["passalong.share"]("server")
    if "passalong.settings" in extensions:
        from ticketing.feed.sender import start_sender  # patched by now

        start_sender(worker.wsgi)
    _settle(worker)
    worker.seen.ready(worker.age)


def post_request(worker: Any, req: Any, environ: dict[str, Any], resp: Any) -> None:
    from ticketing.running import logs

    if environ.get("passalong.handed_over"):  # gunicorn doesn't see a stream end
        worker.log.access(resp, req, environ, timedelta(0))
    logs.traced.set(None)  # what is logged until the connection's next request concerns none


def _check_keys(worker: Any) -> None:
    """Don't serve a database of another installation's: its links would all be unknown."""
    from ticketing.storing import installation  # patched by now

    problem = installation.problem_of(worker.wsgi)
    if problem:
        worker.log.critical("Passalong can't start: %s", problem)
        sys.exit(_DOES_NOT_BOOT)


def _settle(worker: Any) -> None:
    """All that every request would need is there; from here on memory is what requests use."""
    env: Any = getattr(getattr(worker, "wsgi", None), "jinja_env", None)
    if env is not None:
        for name in env.list_templates(filter_func=_is_of_link_pages):
            env.get_template(name)
    gc.collect()
    gc.freeze()  # what stays for good is never searched again: that would be pauses of 50 ms
    gc.enable()
    _give_memory_back()


def _is_of_link_pages(template: str) -> bool:
    """Compiled before the first visitor waits for it; of the backoffice when it is looked at."""
    return not template.startswith(("accounts/", "backoffice/", "mail/", "security/"))


def _give_memory_back() -> None:
    """What compiling and importing used for a moment; only glibc keeps it unless told."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def worker_exit(_server: Any, worker: Any) -> None:
    """Let go of what the worker holds beyond its own process: streams, PDF processes."""
    _end_streams(worker)
    renderer = _extensions(worker).get("passalong.pdf_renderer")
    if renderer is not None:
        renderer.close()


def _extensions(worker: Any) -> dict[str, Any]:
    app = getattr(worker, "wsgi", None)  # none, if the worker failed to boot
    found: dict[str, Any] = getattr(app, "extensions", {})
    return found


def _number(variable: str, default: int) -> int:
    raw = os.environ.get(variable) or str(default)
    if not raw.isdecimal():
        sys.exit(f"Passalong can't start: {variable} must be a whole number, not {raw!r}")
    return int(raw)


def _raise_open_files() -> int:
    """Each connection is an open file, and many systems allow 1,024 unless asked."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def _choice(variable: str, choices: tuple[str, ...]) -> str:
    raw = os.environ.get(variable) or choices[0]
    if raw not in choices:
        sys.exit(f"Passalong can't start: {variable} must be one of {', '.join(choices)}")
    return raw


_NO = {"0", "false", "no", "off"}
_log_format = _choice("PASSALONG_LOG_FORMAT", _logs.FORMATS)
_drain_seconds = _number("PASSALONG_DRAIN_SECONDS", 0)
worker_class = Worker
logger_class = Logger
_host = os.environ.get("HOST") or "127.0.0.1"
bind = [f"{f'[{_host}]' if ':' in _host else _host}:{os.environ.get('PORT') or '8000'}"]
workers = _number("PASSALONG_WORKERS", 2)
# Requests at once, and connections that wait for the next. Open overviews don't count here; the
# other half of the files is theirs (PASSALONG_STREAMS, see ticketing/feed).
worker_connections = min(12_000, _raise_open_files() // 2 - 300)
backlog = 2048
timeout = 60
graceful_timeout = 20
keepalive = 15
# Behind a proxy the app itself counts the hops (PASSALONG_PROXIES); without one, nobody's word
# about another address is taken.
forwarded_allow_ips = "*" if int(os.environ.get("PASSALONG_PROXIES") or 0) else ""
accesslog = None if os.environ.get("PASSALONG_ACCESS_LOG", "").lower() in _NO else "-"
control_socket_disable = True
