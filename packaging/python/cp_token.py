"""Owns how a Python program asks cp-token for a token. It asks no server and keeps nothing beyond the last token.

    import pycpg.sdk
    from cp_token import Provider

    url = "https://console.us2.crashplan.com"
    sdk = pycpg.sdk.from_jwt_provider(url, Provider(url=url))

One file, Python 3.8 or later, the standard library alone. Copy it beside your program.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CpTokenError", "Provider", "profiles", "token"]

# The exit code that cp-token itself has where something it needs cannot be had.
_UNAVAILABLE = 69


class CpTokenError(Exception):
    """There is no token. The text is cp-token's one line, which says why and what to do next.

    ``exit_code`` is cp-token's: with 75 it helps to try again later, with 77 the server refused the secret.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def __reduce__(self) -> Any:
        # Without it the exception could not come back from a worker process.
        return type(self), (str(self), self.exit_code)


def token(
    *,
    profile: str | None = None,
    url: str | None = None,
    rejected: str | None = None,
    timeout: float = 30.0,
    program: str = "cp-token",
) -> str:
    """A token that is good now, of the profile of this name or of this URL, else of the default one.

    Say the URL that you ask: then no token of another server can come. Ask before each request; it costs about a millisecond. ``rejected`` is the token to which the API has just
    answered 401: the same one is then not given again. ``timeout`` counts in seconds. Raises CpTokenError.
    """
    if profile is not None and url is not None:
        raise ValueError("a profile is named either by its name or by its url")
    arguments = ["get", "--timeout", f"{max(1, round(timeout * 1000))}ms"]
    if profile is not None:
        arguments.append(f"--profile={profile}")
    if url is not None:
        # The official SDK takes hosts without a scheme, too.
        arguments.append(f"--url={url if '://' in url else f'https://{url}'}")
    if rejected is not None:
        arguments.append("--rejected")
    printed = _run(program, arguments, rejected or "")
    line = printed[:-1]
    if not printed.endswith("\n") or not line or not all("!" <= character <= "~" for character in line):
        raise CpTokenError(f"{program} printed no token; is it another program?", _UNAVAILABLE)
    return line


def profiles(*, program: str = "cp-token") -> list[dict[str, Any]]:
    """The profiles, as ``cp-token profile list --json`` has them; no secret among it. Raises CpTokenError."""
    listed = json.loads(_run(program, ["profile", "list", "--json"], ""))
    return [dict(profile) for profile in listed]


class Provider:
    """A token source for ``pycpg.sdk.from_jwt_provider``; takes what ``token`` takes, but ``rejected``.

    pycpg asks once, and again after a 401, without a word on which token was refused. So this remembers the last
    one, and looks at the answers that pycpg gets: only a token that was really answered with 401 is reported, so
    late 401s of several threads, or of several SDK objects with this one provider, throw no newer token away.
    Where these answers cannot be seen, being asked again counts as a refusal of the last token; other programs
    that do so may then have it, one object for each of them.
    """

    def __init__(
        self,
        *,
        profile: str | None = None,
        url: str | None = None,
        timeout: float = 30.0,
        program: str = "cp-token",
    ) -> None:
        if profile is not None and url is not None:
            raise ValueError("a profile is named either by its name or by its url")
        self._profile, self._url, self._timeout, self._program = profile, url, timeout, program
        self._asking = threading.Lock()
        self._noting = threading.Lock()
        self._last: str | None = None
        self._is_refused = False

    def __call__(self) -> str:
        with self._asking:
            given = token(
                profile=self._profile,
                url=self._url,
                rejected=self._suspect(),
                timeout=self._timeout,
                program=self._program,
            )
            with self._noting:
                # What was refused while this was under way is not forgotten where it was given again.
                self._is_refused = self._is_refused and given == self._last
                self._last = given
            return given

    def _suspect(self) -> str | None:
        is_watched = _watch(self)
        with self._noting:
            return self._last if self._is_refused or not is_watched else None

    def _refused(self, refused: str) -> None:
        # Never waits for cp-token: whoever has this answer still holds one of pycpg's few connections.
        with self._noting:
            self._is_refused = self._is_refused or refused == self._last


_watching = threading.Lock()
_providers: weakref.WeakSet[Provider] = weakref.WeakSet()


def _watch(provider: Provider) -> bool:
    """Has this provider told of every 401 that pycpg gets from now on. False where there is no pycpg."""
    module = sys.modules.get("pycpg.services._connection")
    hooks = getattr(getattr(module, "ROOT_SESSION", None), "hooks", None)
    if not isinstance(hooks, dict):
        return False
    with _watching:
        _providers.add(provider)
        answered = hooks.setdefault("response", [])
        if _answered not in answered:
            answered.append(_answered)
    return True


def _answered(response: Any, *_more: Any, **_options: Any) -> None:
    """Runs for each answer, before pycpg itself looks at it."""
    if response.status_code != 401:
        return
    scheme, _space, refused = str(response.request.headers.get("Authorization")).partition(" ")
    if scheme == "Bearer":
        with _watching:
            providers = list(_providers)
        for provider in providers:
            provider._refused(refused)


def _run(program: str, arguments: Sequence[str], given: str) -> str:
    """What cp-token prints. A token goes to it by a pipe, because anybody can read arguments."""
    try:
        done = subprocess.run([program, *arguments], input=given.encode(), capture_output=True, check=False)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = "put it into a folder of PATH, or say where it is with program="
        raise CpTokenError(f"{program} cannot be run: {reason}; {hint}", _UNAVAILABLE) from None
    if done.returncode != 0:
        told = done.stderr.decode("ascii", "replace").strip()
        raise CpTokenError(told or f"{program} ended with code {done.returncode}", done.returncode)
    return done.stdout.decode("ascii", "replace")
