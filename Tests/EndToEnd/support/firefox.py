"""Headless Firefox with a fake camera, driven by WebDriver BiDi: Debian has no geckodriver."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import pathlib
import subprocess
from collections.abc import Mapping
from typing import Any

from websockets.sync.client import connect

from support.callpage import CALL_LIMIT, CallPage
from support.certificates import Certificate
from support.chromium import program
from support.waiting import eventually

START_LIMIT = 60.0
SETTINGS: dict[str, bool | int | str] = {
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # Windows that nobody looks at are no reason to stop.
    "dom.suspend_inactive.enabled": False,
    "media.suspend-background-video.enabled": False,
    # Nothing of what it does on its own account.
    "app.normandy.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
}
# Scripts take and give JSON, which spares us BiDi's own encoding of values.
WRAPPED = """async (given) => {
  const result = await (function () { %s }).apply(null, JSON.parse(given));
  return JSON.stringify(result) ?? "null";
}"""


class Firefox:
    """One Firefox process."""

    def __init__(
        self, profile: pathlib.Path, certificate: Certificate, settings: Mapping[str, bool | int | str] = {}
    ) -> None:
        """The profile is a directory of its own; the certificate's authority is trusted; settings are added."""
        trust(profile, certificate)
        preferences = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in (SETTINGS | dict(settings)).items()
        ]
        (profile / "user.js").write_text("\n".join(preferences) + "\n")
        command = [program("firefox-esr", "firefox"), "--headless", "--no-remote", "--profile", str(profile)]
        self._log = profile / "firefox.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--remote-debugging-port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={
                    "HOME": str(profile),
                    "TMPDIR": str(profile),
                    "PATH": "/usr/bin:/bin",
                    "MOZ_DISABLE_AUTO_SAFE_MODE": "1",
                },
            )
        self._running = contextlib.ExitStack()
        self._ids = itertools.count(1)
        try:
            address = eventually(lambda: self._address(profile), START_LIMIT, "Firefox has started", 0.1)
            connection = connect(address, proxy=None, max_size=None, ping_interval=None)
            self._socket = self._running.enter_context(connection)
            self.call("session.new", capabilities={})
        except BaseException:
            self.quit()
            raise

    def _address(self, profile: pathlib.Path) -> str:
        """Where its BiDi is, once it has said so; until then nothing."""
        assert self._process.poll() is None, self._log.read_text(errors="replace")
        try:
            where = json.loads((profile / "WebDriverBiDiServer.json").read_text())
        except (FileNotFoundError, ValueError):  # not written yet, or not to its end
            return ""
        return f"ws://{where['ws_host']}:{where['ws_port']}/session"

    def call(self, method: str, **parameters: object) -> Any:
        """Carries out a command of WebDriver BiDi and gives its result."""
        id = next(self._ids)
        self._socket.send(json.dumps({"id": id, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=2 * CALL_LIMIT))
            if answer.get("id") == id:
                assert answer["type"] == "success", answer
                return answer["result"]

    def page(self) -> FirefoxPage:
        """A new page in a window of its own."""
        return FirefoxPage(self, self.call("browsingContext.create", type="window")["context"])

    def quit(self) -> None:
        self._process.kill()
        self._process.wait()
        self._running.close()


def trust(profile: pathlib.Path, certificate: Certificate) -> None:
    """Makes the certificate's authority one that the profile's owner trusts for servers."""
    certutil = [program("certutil"), "-d", f"sql:{profile}"]
    authority = ["-n", "tests", "-t", "C,,", "-i", str(certificate.authority)]
    for command in (["-N", "--empty-password"], ["-A", *authority]):
        subprocess.run([*certutil, *command], check=True, capture_output=True, timeout=30)


class FirefoxPage(CallPage):
    """One window."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox = firefox
        self._context = context

    def go(self, url: str) -> None:
        self._firefox.call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def run(self, script: str, *arguments: object) -> Any:
        outcome = self._firefox.call(
            "script.callFunction",
            functionDeclaration=WRAPPED % script,
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self._context},
            awaitPromise=True,
        )
        assert outcome["type"] == "success", outcome["exceptionDetails"]["text"]
        return json.loads(outcome["result"]["value"])

    def save_screenshot(self, path: pathlib.Path) -> None:
        picture = self._firefox.call("browsingContext.captureScreenshot", context=self._context)
        path.write_bytes(base64.b64decode(picture["data"]))
