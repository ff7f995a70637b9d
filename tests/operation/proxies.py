"""The proxies that `deploy/` has examples of, really running: on loopback, with a certificate."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import certificate_in
from tests.live_server import LiveServer, free_port, running_in_earnest
from tests.operation.service import eventually
from tests.surfing import Surfer
from ticketing.config import PROJECT

NAMES = ("nginx", "caddy")
DEPLOY = PROJECT / "deploy"


@dataclass(frozen=True)
class Proxied:
    """A server and what stands before it; `logs` are the files that the proxy writes."""

    url: str
    plain_url: str
    server: LiveServer
    trusted: ssl.SSLContext
    logs: list[Path]

    def surfer(self) -> Surfer:
        return Surfer(self.url, self.trusted)

    def logged(self) -> str:
        return "".join(each.read_text() for each in self.logs if each.exists())


@contextmanager
def running_behind(name: str, folder: Path, **variables: str) -> Iterator[Proxied]:
    """Start both; skips where the proxy isn't installed."""
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip(f"{name} isn't here; install it with: apt-get install {name}")
    https, http = free_port(), free_port()
    url = f"https://localhost:{https}"
    certificate, key = certificate_in(folder)
    prepared = _nginx if name == "nginx" else _caddy
    with running_in_earnest(
        folder, PASSALONG_BASE_URL=url, PASSALONG_PROXIES="1", PASSALONG_WORKERS="2", **variables
    ) as server:
        command, logs = prepared(program, folder, server, (http, https), (certificate, key))
        with (folder / "proxy.out").open("wb") as output:
            process = subprocess.Popen(
                command, cwd=folder, env=_environment(folder), stdout=output, stderr=output
            )
        trusted = ssl.create_default_context(cafile=str(certificate))
        plain = f"http://localhost:{http}"
        proxied = Proxied(url, plain, server, trusted, [folder / "proxy.out", *logs])
        try:
            eventually(lambda: _is_well(proxied, process))
            yield proxied
        finally:
            process.terminate()
            process.wait(30)


def _is_well(proxied: Proxied, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, proxied.logged()
    try:
        return proxied.surfer().get("/healthz").status == 200
    except OSError:
        return False


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}


def _nginx(
    program: str,
    folder: Path,
    server: LiveServer,
    ports: tuple[int, int],
    files: tuple[Path, Path],
) -> tuple[list[str], list[Path]]:
    site = (DEPLOY / "nginx.conf").read_text()
    live = "/etc/letsencrypt/live/tickets.example.org"
    for said, here in {
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{ports[0]};",
        "listen 443 ssl": f"listen 127.0.0.1:{ports[1]} ssl",
        "server_name tickets.example.org;": "server_name localhost;",
        "127.0.0.1:8000": server.url.removeprefix("http://"),
        f"{live}/fullchain.pem": str(files[0]),
        f"{live}/privkey.pem": str(files[1]),
        "/var/log/nginx/": f"{folder}/nginx-",
    }.items():
        assert said in site, said
        site = site.replace(said, here)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}pid {folder}/nginx.pid;\ndaemon off;\nerror_log {folder}/nginx-main.log;\n"
        f"events {{ }}\nhttp {{\n{temporary}{site}\n}}\n"
    )
    command = [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx-main.log")]
    names = ("main", "passalong", "passalong-error")
    return command, [folder / f"nginx-{each}.log" for each in names]


def _caddy(
    program: str,
    folder: Path,
    server: LiveServer,
    ports: tuple[int, int],
    files: tuple[Path, Path],
) -> tuple[list[str], list[Path]]:
    site = (DEPLOY / "Caddyfile").read_text()
    for said, here in {
        "\nhttp://{$PASSALONG_NAME:tickets.example.org} {\n": f"\nhttp://localhost:{ports[0]} {{\n"
        "\tbind 127.0.0.1\n",
        "\n{\n": f"\n{{\n\tadmin off\n\thttp_port {ports[0]}\n\thttps_port {ports[1]}\n"
        "\tskip_install_trust\n",
        ":tickets.example.org} {\n": f":https://localhost:{ports[1]}}} {{\n"
        f"\tbind 127.0.0.1\n\ttls {files[0]} {files[1]}\n",
        "127.0.0.1:8000": server.url.removeprefix("http://"),
    }.items():
        assert said in site, said
        site = site.replace(said, here, 1)
    (folder / "Caddyfile").write_text(site)
    return [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], []
