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
_CONNECTION = r"(\b)((?:AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd)=)[^;\s\"'<>\\&]+"
_USERINFO = r"(\b[a-z][a-z0-9+.-]*://)([^\s/?#@:\"'<>{}$\\]*:)[^\s/?#@\"'<>{}$\\]+(?=@)"
_HEADER = r"(authorization\\*[\"']?\s*[:=]\s*\\*[\"']?)((?:bearer|basic|token|sharedkey)\s+)[^\s\"'\\]+"
_SHAPES = (
    r"(?:\bgh[opsur]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{20,}|\bxox[abeoprs]-[\w-]{10,}"
    r"|\bhf_[A-Za-z0-9]{30,}|\bdapi[0-9a-f]{32}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{35}|\bnpm_[A-Za-z0-9]{36}"
    r"|\bpypi-AgE[\w-]{12,}|\bsk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{20,}|\b[sr]k_(?:live|test)_(?=\w*\d)\w{16,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|\bya29\.[\w-]{20,}|\bhvs\.[\w-]{16,}|[\w.~-]{3}[78]Q~[\w.~-]{31,34}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)?"
    r"|\b\w{20,}(?:AZDO|JQQJ99)\w{4,}|(?<![\w+/])(?<!sha512-)[A-Za-z0-9+/]{86}==)"
)
_HOOK = r"(?:hooks\.slack\.com/services|webhook\.office\.com/\w+|discord(?:app)?\.com/api/webhooks)/"
_PRIVATE_KEY = r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----|[\s\S]*)"
_SHOWN = f"(?i:{_SIGNATURE}|{_CONNECTION}|{_USERINFO}|{_HEADER}|({_HOOK})[\\w/@-]+)|{_SHAPES}|{_PRIVATE_KEY}"
_TOKEN_HINTS = (
    "gho_",
    "ghp_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xox",
    "hf_",
    "dapi",
    "akia",
    "asia",
    "aiza",
    "npm_",
    "pypi-",
    "sk-",
    "k_live",
    "k_test",
    "sg.",
    "ya29.",
    "hvs.",
    "q~",
    "eyj",
    "azdo",
    "jqqj99",
    "==",
)
_HINTS = (
    "sig",
    "accountkey",
    "sharedaccess",
    "password",
    "pwd=",
    "@",
    "authorization",
    "private key",
    "services/",
    "webhook",
    *_TOKEN_HINTS,
)
"""What a text has, in small letters, that holds any of those."""
_KINDS = (
    ("a SAS URL", ("sig=",), r"[?&]sig=[A-Za-z0-9+/_=-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9+/_=-]*)*"),
    ("an account key", ("key=",), r"(?i)\b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{20,}=*"),
    ("a URL with a password", ("@",), f"(?i){_USERINFO}"),
    ("a private key", ("private key",), r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]"),
    ("a token", _TOKEN_HINTS, _SHAPES),
)
"""Kinds of secrets, with what a text that holds one has, in small letters, and their patterns."""
_SHORTEST_SIGNATURE = 25

_ALONE = r"(?:(?<![a-z])|(?<=%[0-9a-f]{2})|(?<=%25[0-9a-f]{2})|(?<=%2525[0-9a-f]{2}))"
_HARD = (
    rf"(?:secret|passwords?|passwd|passphrase|passcode|pwd|{_ALONE}(?:pin|otp|credentials?)|assertion|cookies?"
    r"|connection_?string|saml(?:response|request)|x-[\w-]{0,30}signature(?:-\d+)?)"
)
_SHORT = r"(?:key\d*|pass|pat|sid|sas|sig|auth|jwt)"
_SOFT = (
    rf"(?:tokens?|bearer|session(?:_?id)?|{_ALONE}{_SHORT}|(?-i:(?<=[a-z0-9])(?:Key\d*|Pass|Pat|Sas|Sig|Auth|Jwt))"
    r"|(?:account|api|access|primary|secondary|shared|master|private|storage|function|host|admin|subscription|auth)key\d*"
    r"|(?:user|db|root|admin|my|proxy)pass)"
)
_NAME = rf"(?:{_HARD}|{_SOFT})"
"""Names of secrets, of which the soft ones are also those of what is none: `pass: 3`, `key: 'epochs'`."""
_EQUALS = r"\\*[\"']?\s*(?:=>|->|:=|[=:]|%(?:25)*3D)\s*"
_NUMBER = r"(?!\\*[\"']?(?:None|null|true|false|nan|-?\d{1,6}(?:\.\d*)?(?:e[+-]?\d+)?)(?![\w.+/~:@%-]))"
_WORD = r"(?-i:(?!(?<=\bkey: ')[a-z_]+'|(?<=\bkey: )[a-z_]+(?!\S)|(?<=[\s(]key=)[a-z_.]+(?![\w-])))"
_NO_VALUE = r"(?!(?:not|no|none|missing|required|needed|invalid|unknown|empty|unset|set|expired|wrong|unique|a|the)\b)"
_NAMED_VALUE = rf"(?:{_HARD}{_EQUALS}|{_SOFT}{_EQUALS}{_NUMBER})"
_SCRUBBED = (
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    r"()(?<![\w+/=])(?:[A-Za-z0-9+/=]{16,}\s+)+(?=-----END [A-Z ]*PRIVATE KEY-----)",
    rf"((?:key|name)\\*[\"']?\s*[=:]\s*\\*[\"'][\w.-]*?{_NAME}\\*[\"'],?\s*\\*[\"']?value\\*[\"']?\s*[=:]\s*\\*[\"'])[^\"'\\]*",
    rf"({_SLASHES})[^/\s]*(?=@|%(?:25)*40)",
    rf"({_SLASHES})[^/\s:@]*:(?!\d+(?:[/?\s]|$))(?:(?!{_SLASHES})\S)*(?=@|%(?:25)*40)",
    r"((?<![\w/:.+%-]))(?!azureml:)[\w.+%-]+:[^\s:/@]+(?=@[\w-]+\.)",
    rf"({_HOOK})\S+",
    rf"(\b(?:proxy-)?authorization{_EQUALS}).+",
    rf"(\b(?:set-)?cookie2?{_EQUALS}).+",
    rf"({_NAME}{_EQUALS}[|>][+-]?\d?[ \t]*\n)(?:[ \t]+.*(?:\n|\Z))+",
    rf"({_NAMED_VALUE}b?\\*\"){_WORD}.*?(?=\\*\"|$)",
    rf"({_NAMED_VALUE}b?\\*'){_WORD}.*?(?=\\*'|$)",
    rf"({_NAMED_VALUE})(?!b?\\*[\"'…]){_WORD}[^&\s,;]+",
    rf"({_NAME}\\*[\"'],\s*b?\\*[\"'])[^\"'\\]*",
    rf"(<(?:[\w-]*[_-])?{_NAME}>)[^<]*",
    rf"({_NAME} (?:is|was)\s+){_NUMBER}{_NO_VALUE}\S+",
    rf"((?<!\S)--?(?:[\w-]*[_-])?{_NAME}\s+)\S+",
    rf"(\b(?:set|setx|setenv|export)\s+(?:\w*_)?{_NAME}\s+)\S+",
    r"(\bpass(?:word|phrase|wd) for [^:\n]{1,100}:\s*)\S+",
    r"(\b(?:password|passwd|passphrase|pwd|token|secret|api[_-]?key)\s+\\*[\"']?)(?=[^\s\"']*\d)(?=[^\s\"']*[a-z])[^\s\"']{8,}",
    r"(\b(?:sshpass|mysql\w*|(?:az|docker|podman|helm)\b[^\n]{0,100}?\blogin)\b[^\n]{0,200}?\s-p\s*)\S+",
    r"((?<!\S)(?:-u|--user)[\s=]+)(?!\S+\.(?:py|sh)\b|-)\S+",
    rf"((?:[?&]|%(?:25)*(?:3F|26))(?:code|state|nonce|ticket|t|k|access|refresh){_EQUALS})[^&\s,;\"']+",
    r"(\b(?:x-amz-)?signature=)[^&\s,;\"']+",
    r"(\b(?:bearer|negotiate|ntlm|sharedkey(?:lite)?)\s+)(?-i:(?=\S*[\dA-Z]))[\w.~+/:=-]+",
    r"(\bbasic\s+)(?-i:(?=\w+[A-Z]))[\w+/-]{7,}={0,2}",
    r"(\bdigest\s+)\w+=.+",
    r"()(?<![A-Za-z0-9])eyJ[\w-]+(?:\.[\w-]*){1,4}",
    r"()(?-i:\b(?:gh[opsur]_|github_pat_|glpat-|xox[a-z]-|sk-|hf_|dapi|AKIA|ASIA|AIza|npm_|pypi-)(?=\S*\d)[\w-]{8,})",
    rf"()(?-i:{_SHAPES})",
    r"()(?<![\w+/])[A-Za-z0-9+/]{42,}(?:={1,2}|%3D)",
    r"()(?<![\w+/.])(?-i:(?=\w*[A-Z])(?=\w*[a-z])(?=(?:\w*?\d){3})[A-Za-z0-9+]{40,})(?![\w/.])",
    r"()(?<![\w+/])[a-z2-7]{52}(?![\w+/])",
)
"""What follows these is left out, in whichever quotes."""
_NAMED = (
    r"(?i)(?:^|[_-])(?:sig|sas|token|key\d*|secret|passwords?|passwd|passphrase|passcode|pass|pwd|pat|pin|otp|jwt|assertion|"
    r"credentials?|cookies?|session(?:_?id)?|sid|auth|bearer)(?:$|[_-])|connection_?string|apikey|accesskey"
)
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
    lower = text.lower()
    for kind, hints, pattern in _KINDS:
        found = re.search(pattern, text) if any(hint in lower for hint in hints) else None
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
