"""What opens a door: signatures, keys, passwords and tokens, by their shape and by what this process knows."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_IS = r"(?:=|%(?:25)*3D)"
_SLASHES = r"(?::|%(?:25)*3A)(?:\\?/|%(?:25)*2F){2}"
_SIGNATURE = rf"([?&;]|%(?:25)*(?:3F|26))(sig{_IS})[^&\s\"'<>\\;,|)\]}}]+"
_ACCOUNT_KEY = r"(\b)(AccountKey=)[^;\s\"'<>\\]+"
_USERINFO = r"(\b[a-z][a-z0-9+.-]*://)([^\s/?#@:\"'<>{}$\\]*:)[^\s/?#@\"'<>{}$\\]+(?=@)"
_SHOWN = f"(?i){_SIGNATURE}|{_ACCOUNT_KEY}|{_USERINFO}"
_HINTS = ("sig", "accountkey", "@")
_KINDS = (
    ("a SAS URL", r"[?&]sig=[A-Za-z0-9+/_=-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9+/_=-]*)*"),
    ("an account key", r"(?i)\bAccountKey=[A-Za-z0-9+/]{20,}=*"),
    ("a URL with a password", f"(?i){_USERINFO}"),
)
_SHORTEST_SIGNATURE = 25

_NAME = (
    r"(?:sig|sas|token|key\d*|secret|passwords?|passwd|passphrase|passcode|pass|pwd|pat|pin|otp|jwt|assertion|"
    r"credentials?|cookies?|session(?:_?id)?|sid|auth|bearer|connection_?string)"
)
_EQUALS = r"\\*[\"']?\s*(?:[=:]|%(?:25)*3D)\s*"
_SCRUBBED = (
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*",
    rf"({_SLASHES})[^/\s]*(?=@|%(?:25)*40)",
    rf"({_SLASHES})[^/\s:@]*:(?!\d+(?:[/?\s]|$))\S*(?=@|%(?:25)*40)",
    r"((?<![\w/:.]))(?!azureml:)[\w.+%-]+:[^\s:/@]+(?=@[\w-]+\.)",
    rf"(\b(?:proxy-)?authorization{_EQUALS}).+",
    rf"(\b(?:set-)?cookie2?{_EQUALS}).+",
    rf"(\b[\w-]*{_NAME}{_EQUALS}\\*\").*?(?=\\*\"|$)",
    rf"(\b[\w-]*{_NAME}{_EQUALS}\\*').*?(?=\\*'|$)",
    rf"(\b[\w-]*{_NAME}{_EQUALS})(?!\\*[\"'])[^&\s,;]+",
    rf"(<[\w-]*{_NAME}>)[^<]*",
    rf"(\b[\w-]*{_NAME} (?:is|was|of|=>|->)\s+)\S+",
    rf"((?<!\S)--?[\w-]*{_NAME}\s+)\S+",
    r"((?<!\S)(?:-u|--user)[\s=]+)\S+",
    rf"((?:[?&]|%(?:25)*(?:3F|26))(?:code|state|nonce|ticket|t|k|access|refresh){_EQUALS})[^&\s,;\"']+",
    r"(\b(?:basic|bearer|negotiate|ntlm|digest|sharedkey(?:lite)?)\s+)[\w.~+/:=-]+",
    r"()eyJ[\w-]+(?:\.[\w-]*){1,4}",
    r"()\b(?:gh[opsur]_|github_pat_|glpat-|xox[a-z]-|sk-|hf_|dapi|AKIA|ASIA|AIza|npm_|pypi-)[\w-]{8,}",
    r"()(?<![\w+/])[A-Za-z0-9+/]{42,}(?:={1,2}|%3D)",
    r"()(?<![\w+/])[a-z2-7]{52}(?![\w+/])",
)
"""What follows these is left out, in whichever quotes."""
_NAMED = rf"(?i)(?:^|[_-]){_NAME}(?:$|[_-])|connection_?string|apikey|accesskey"
_SHORTEST = 6
_WORDS = frozenset(("default", "enabled", "disabled", "required", "optional", "password", "secret", "public"))


def masked(text: str) -> str:
    """Return text with stars for the signature of a SAS URL, an account's key, and the password in a URL."""
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS):
        return text
    return re.sub(_SHOWN, lambda found: "".join(each or "" for each in found.groups()) + "***", text)


def kind_of_secret(text: str) -> str | None:
    """Return what secret a value holds, such as `a SAS URL`; None where it holds none, or only a place for one."""
    for kind, pattern in _KINDS:
        found = re.search(pattern, text)
        if found is not None and (kind != "a SAS URL" or len(found.group()) > _SHORTEST_SIGNATURE):
            return kind
    return None


def scrubbed(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Return text without anything that opens a door; what might be a secret is taken for one.

    That is by its shape and its name, and by the secrets in the environment: values of variables that are named so, and
    what is in the addresses of servers.
    """
    for secret in known_secrets(os.environ if environment is None else environment):
        text = text.replace(secret, "…")
    for pattern in _scrubbers():
        text = pattern.sub(lambda found: f"{found[1] or ''}…", text)
    return text


@cache
def _scrubbers() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of what is left out, made when something is: most runs hear nothing from a service."""
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _SCRUBBED)


def known_secrets(environment: Mapping[str, str]) -> list[str]:
    """Return the secrets that an environment holds, in each of their spellings, the longest first."""
    from urllib.parse import quote, unquote  # noqa: PLC0415 - most runs hear nothing from a service

    found = {
        spelling
        for name, value in environment.items()
        for secret in _secrets(name, value)
        if len(secret) >= _SHORTEST and secret.lower() not in _WORDS and not secret.isdigit()
        for spelling in (secret, quote(secret, safe=""), quote(secret), unquote(secret))
    }
    return sorted(found, key=lambda each: (-len(each), each))


def _secrets(name: str, value: str) -> Iterator[str]:
    if re.search(_NAMED, name) and not value.startswith(("/", "http://", "https://")):
        yield value.strip()
    if "@" in value and "://" in value:
        from urllib.parse import urlsplit  # noqa: PLC0415

        try:
            password = urlsplit(value).password
        except ValueError:
            return
        if password:
            yield password
