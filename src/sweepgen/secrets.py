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
_USERINFO = r"(://)([^\s/?#@:\"'<>{}$\\]*:)[^\s/?#@\"'<>{}$\\]+(?=@)"
_HEADER = r"(authorization\\*[\"']?\s*[:=]\s*\\*[\"']?)((?:bearer|basic|token|sharedkey)\s+)[^\s\"'\\]+"
_TOKENS = {
    **{f"gh{kind}_": rf"\bgh{kind}_[A-Za-z0-9]{{30,}}" for kind in "opsur"},
    "github_pat_": r"\bgithub_pat_\w{20,}",
    **{f"gl{kind}-": rf"\bgl{kind}-[\w-]{{20,}}" for kind in ("pat", "rt", "dt", "ptt", "ft", "soat", "cbt")},
    "glsa_": r"\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}",
    "xox": r"\bxox[abeoprs]-[\w-]{10,}",
    "hf_": r"\bhf_[A-Za-z0-9]{30,}",
    "dapi": r"\bdapi[0-9a-f]{32}",
    **{kind.lower(): rf"\b{kind}[A-Z0-9]{{16}}\b" for kind in ("AKIA", "ASIA")},
    "ltai": r"\bLTAI(?=[A-Za-z]*\d)[A-Za-z0-9]{16,26}\b",
    "aiza": r"\bAIza[\w-]{35}",
    "gocspx-": r"\bGOCSPX-[\w-]{28}",
    "npm_": r"\bnpm_[A-Za-z0-9]{36}",
    "pypi-": r"\bpypi-AgE[\w-]{12,}",
    "rubygems_": r"\brubygems_[0-9a-f]{48}",
    "sk-": r"\bsk-(?=[\w-]*\d)(?=[\w-]*[A-Z])(?:(?:proj|ant|svcacct|admin|or)-[\w-]{20,}|[A-Za-z0-9]{32,})",
    "gsk_": r"\bgsk_[A-Za-z0-9]{40,}",
    "r8_": r"\br8_[A-Za-z0-9]{37}",
    "nvapi-": r"\bnvapi-[\w-]{60,}",
    **{f"k_{kind}_": rf"\b[sr]k_{kind}_(?=[A-Za-z_]*\d)\w{{16,}}" for kind in ("live", "test")},
    "whsec_": r"\bwhsec_[A-Za-z0-9+/]{32,}=*",
    **{f"shp{kind}_": rf"\bshp{kind}_[0-9a-f]{{32}}" for kind in ("at", "ca", "pa", "ss")},
    **{f"do{kind}_v1_": rf"\bdo{kind}_v1_[0-9a-f]{{64}}" for kind in "opr"},
    "sbp_": r"\bsbp_[0-9a-f]{40}",
    "figd_": r"\bfigd_[\w-]{40,}",
    "lin_api_": r"\blin_api_[A-Za-z0-9]{40}",
    "pmak-": r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "dckr_pat_": r"\bdckr_pat_[\w-]{27}",
    "atatt3": r"\bATATT3[\w=-]{40,}",
    "age-secret": r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}",
    "sg.": r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    "ya29.": r"\bya29\.[\w-]{20,}",
    "hvs.": r"\bhvs\.[\w-]{16,}",
    "q~": r"[\w.~-]{3}[78]Q~[\w.~-]{31,34}",
    "eyj": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)?",
    **{kind.lower(): rf"\b\w{{20,}}{kind}\w{{4,}}" for kind in ("AZDO", "JQQJ99")},
    "==": r"(?<![\w+/])(?<!sha512-)[A-Za-z0-9+/]{86}==",
}
"""What a text has, in small letters, that holds a token, and what such a token looks like."""
_SHAPES = f"(?:{'|'.join(_TOKENS.values())})"
_HOOK = (
    r"(?:hooks\.slack\.com/services|webhook\.office\.com/webhook\w*|discord(?:app)?\.com/api/webhooks"
    r"|hooks\.zapier\.com/hooks/catch)/"
)
_KEY_BEGINS, _KEY_ENDS = (rf"-----{end} [A-Z ]*PRIVATE KEY(?: BLOCK)?-----" for end in ("BEGIN", "END"))
_PRIVATE_KEY = rf"{_KEY_BEGINS}(?:[\s\S]*?{_KEY_ENDS}|[\s\S]*)"
_TOKEN_SHAPES = tuple(((hint,), shape) for hint, shape in _TOKENS.items())
_MASKED = (
    (("sig=", "sig%"), f"(?i){_SIGNATURE}"),
    (
        ("accountkey=", "sharedaccesskey=", "sharedaccesssignature=", "password=", "pwd="),
        f"(?i){_CONNECTION}",
    ),
    (("@",), _USERINFO),
    (("authorization",), f"(?i){_HEADER}"),
    (("/services/", "/webhook", "/api/webhooks/", "/hooks/"), f"(?i)({_HOOK})[\\w/@-]+"),
    (("private key",), _PRIVATE_KEY),
    *_TOKEN_SHAPES,
)
"""What a text has, in small letters, that holds what is masked, and its pattern."""
_KINDS = (
    ("a SAS URL", ("sig=",), r"[?&]sig=[A-Za-z0-9+/_=-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9+/_=-]*)*"),
    ("an account key", ("key=",), r"(?i)\b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{20,}=*"),
    ("a URL with a password", ("@",), _USERINFO),
    ("a private key", ("private key",), rf"{_KEY_BEGINS}\s*[A-Za-z0-9+/]"),
    *(("a token", *token) for token in _TOKEN_SHAPES),
)
"""Kinds of secrets, with what a text that holds one has, in small letters, and their patterns."""
_SHORTEST_SIGNATURE = 25

_ALONE = r"(?:(?<![a-z])|(?<=%[0-9a-f]{2})|(?<=%25[0-9a-f]{2})|(?<=%2525[0-9a-f]{2}))"
_OWNERS = (
    "account|api|access|shared|master|private|storage|function|host|admin|secret|subscription|auth|encryption|signing"
    "|license|deploy|service"
)
_HARD = (
    r"(?:secret(?:_key_base)?|passwords?|passwd|passphrase|passcode|passwort|kennwort|mot_?de_?passe|contrase(?:n|ñ)a"
    r"|pwd(?!\s*[=:]\s*[\"']?/[\w.-]+/)"
    rf"|{_ALONE}(?:pin|otp|credentials?)|assertion|cookies?|identity_header|connection_?string"
    r"|saml(?:response|request)|x-[\w-]{0,30}signature(?:-\d+)?)"
)
_KEY = rf"(?:{_ALONE}{''.join(f'(?<!{owner}[_-])' for owner in _OWNERS.split('|'))}key)"
_SOFT = (
    rf"(?:tokens?|bearer|session(?:_?id)?|{_ALONE}(?:key\d+|pass|pat|sid|sas|sig|auth|jwt|pw)"
    r"|(?-i:(?<=[a-z0-9])(?:Key\d*|Pass|Pat|Sas|Sig|Auth|Jwt))"
    rf"|(?:{_OWNERS})[_-]?key\d*|(?:primary|secondary)key|(?:user|db|root|admin|my|proxy)pass)"
)
_NAME = rf"(?:{_HARD}|{_SOFT}|{_KEY})"
"""Names of secrets. The soft ones have other uses too: `pass: 3`, `pad_token: '<pad>'`, `key: 'epochs'`."""
_QUOTE = r"(?:\\*[\"']|\\+u002[27]|&quot;|&#3[49];|%(?:25)*2[27])"
_SPACE = r"(?:\s|%(?:25)*20|\\+[nrt])*"
_EQUALS = rf"(?:{_QUOTE}\]?)?\s*(?:=>|->|:=|[=:]|%(?:25)*3[AD]){_SPACE}(?:&quot;|&#3[49];)?"
_NUMBER = r"(?!\\*[\"']?(?:None|null|true|false|nan|-?\d{1,6}(?:\.\d*)?(?:e[+-]?\d+)?)(?![\w.+/~:@%-]))"
_MARK = r"(?!\\*[\"']?(?:</?\w{1,10}>|\[[a-z]{1,10}\]|\{\\*[\"']))"
_FIELD = r"(?-i:(?!\\*[\"']?[a-z]{1,16}(?:[_.][a-z]{1,16})*(?![\w.+/~:@%=-])))"
"""Values that are left in: numbers after soft names, marks of a tokenizer, fields after a key."""
_NO_VALUE = r"(?!(?:not|no|none|missing|required|needed|invalid|unknown|empty|unset|set|expired|wrong|unique|a|the)\b)"


def _followed_by(between: str) -> str:
    """Return the pattern of a secret's name with the text between it and its value."""
    return rf"(?:{_HARD}{between}|{_SOFT}{between}{_NUMBER}{_MARK}|{_KEY}{between}{_NUMBER}{_FIELD})"


_NAMED_VALUE = _followed_by(_EQUALS)
_PAIR = _followed_by(rf"{_QUOTE}?(?:[,\s]|\\+[nrt])+{_QUOTE}?value{_QUOTE}?\s*[=:]\s*(?!\s)")
_TOLD = r"(?:password|passwd|passphrase|pwd|token|secret|(?:api|access|subscription)[_-]?key)"
_MIXED = r"(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[a-z])(?=(?:[A-Za-z+/]*\d){3})"
_RANDOM = r"(?=(?:[A-Za-z]*\d+[A-Za-z]){4})(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])"
_SCRUBBED = (
    rf"({_KEY_BEGINS})[\s\S]*?(?:{_KEY_ENDS}|\Z)",
    rf"()(?<![\w+/=])(?:[A-Za-z0-9+/=]{{16,}}\s+)+(?={_KEY_ENDS})",
    rf"()(?<!\S)(?-i:{_MIXED}[A-Za-z0-9+/]{{64}})(?!\S)",
    rf"((?:key|name){_QUOTE}?\s*[=:]\s*{_QUOTE}?[\w.-]*?{_PAIR}\\*[\"']?)[^\"'\\\n]+",
    rf"({_SLASHES})(?!git@)[^/\s]*(?=@|%(?:25)*40)",
    rf"({_SLASHES})[^/\s:@]*:(?!\d+(?:[/?\s]|$))(?:(?!{_SLASHES})\S)*(?=@|%(?:25)*40)",
    r"((?<![\w/:.+%-]))(?!azureml:)[\w.+%-]+:[^\s:/@]+(?=@[\w-]+\.)",
    r"(\bjdbc:oracle:\w+:[^/\s@]*/)[^@\s]+(?=@)",
    rf"({_HOOK}|/bot(?=\d{{6,}}:))\S+",
    rf"(\b(?:proxy-)?authorization{_EQUALS}).+",
    rf"(\b(?:set-)?cookie2?{_EQUALS}).+",
    rf"({_NAME}{_EQUALS}[|>][+-]?\d?[ \t]*\n)(?:[ \t]+.*(?:\n|\Z))+",
    rf"({_NAMED_VALUE}b?\\*\"(?:\"\")?).*?(?=\\*\"|$)",
    rf"({_NAMED_VALUE}b?\\*'(?:'')?).*?(?=\\*'|$)",
    rf"({_NAMED_VALUE})(?!b?\\*[\"'…])[^&\s,;]+",
    rf"({_NAME}\\*[\"'],\s*b?\\*[\"'])[^\"'\\]*",
    rf"(<(?:[\w-]*[_-])?{_NAME}>(?:<!\[CDATA\[)?)[^<\]]*",
    rf"({_NAME} (?:is|was)\s+){_NUMBER}{_NO_VALUE}\S+",
    rf"((?<!\S)--?(?:[\w-]*[_-])?{_followed_by(' +')})\S+",
    rf"(\b(?:set|setx|setenv|export)\s+(?:\w*_)?{_NAME}\s+)\S+",
    r"(\bpass(?:word|phrase|wd) for [^:\n]{1,100}:\s*)\S+",
    rf"((?<![a-z]){_TOLD}\s+\\*[\"']?)(?=[^\s\"']*\d)(?=[^\s\"']*[a-z])[^\s\"']{{8,}}",
    r"(\b(?:sshpass|mysql\w*|(?:az|docker|podman|helm)\b[^\n]{0,100}?\blogin)\b[^\n]{0,200}?\s-p\s*)\S+",
    r"(\becho\s+(?:-\w+\s+)?)[^|\n]{1,200}(?=\|[^\n]{0,200}--password-stdin)",
    r"(\bwandb\s+login\s+(?:--\w+\s+)*)(?=\S*\d)[\w-]{32,}",
    r"((?<!\S)(?:-u|--user)[\s=]+)(?!\S+\.(?:py|sh)\b|-)\S+",
    r"(\bcurl\b[^\n]{0,200}?\s-u)[^\s:]+:\S+",
    rf"((?:[?&]|%(?:25)*(?:3F|26))(?:code|state|nonce|ticket|t|k|access|refresh){_EQUALS})[^&\s,;\"']+",
    r"(\b(?:x-amz-)?signature=)[^&\s,;\"']+",
    r"(\b(?:bearer|negotiate|ntlm|sharedkey(?:lite)?)\s+)(?-i:(?=\S*[\dA-Z]))[\w.~+/:=-]+",
    r"(\bbasic\s+)(?-i:(?=\w+[A-Z]))[\w+/-]{7,}={0,2}",
    r"(\bdigest\s+)\w+=.+",
    r"()(?<![A-Za-z0-9])eyJ[\w-]+(?:\.[\w-]*){1,4}",
    r"()(?-i:\b(?:gh[opsur]_|github_pat_|glpat-|xox[a-z]-|sk-|hf_|dapi|AKIA|ASIA|AIza|npm_|pypi-)(?=\S*\d)[\w-]{8,})",
    rf"()(?-i:{_SHAPES})",
    r"()(?-i:\b(?:[01]\.A|AQ\.|sl\.(?:u\.)?|1//0)(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{40,})",
    rf"()(?-i:\b(?:[A-Za-z][A-Za-z0-9]{{0,9}}[_-]){{1,3}}{_RANDOM}[A-Za-z0-9]{{24,}}(?![\w/.]))",
    r"()(?<![\w+/])(?<!sha256-)(?<!sha384-)(?<!sha512-)[A-Za-z0-9+/]{42,}(?:={1,2}|%3D)",
    rf"()(?<![\w+/.])(?-i:{_MIXED}[A-Za-z0-9+]{{40,}})(?![\w/.])",
    r"()(?<![\w+/])[a-z2-7]{52}(?![\w+/])",
)
"""What follows these is left out, in whichever quotes."""
_SHORTEST = 6
_PLAIN = r"[a-z]+(?:[ _-][a-z]+)*"
"""Plain words, which are no secret under a name with other uses: `XDG_SESSION_DESKTOP=ubuntu`."""
_WORDS = frozenset(("default", "enabled", "disabled", "required", "optional", "password", "secret", "public"))


def masked(text: str) -> str:
    """Return text with stars for the signature of a SAS URL, an account's key, and the password in a URL."""
    lower = text.lower()
    for hints, pattern in _MASKED:
        for hint in hints:
            if hint in lower:
                text = re.sub(
                    pattern, lambda found: "".join(each or "" for each in found.groups()) + "***", text
                )
                break
    return text


def kind_of_secret(text: str) -> str | None:
    """Return what secret a value holds, such as `a SAS URL`; None where it holds none, or only a place for one."""
    lower = text.lower()
    for kind, hints, pattern in _KINDS:
        if any(hint in lower for hint in hints):
            for found in re.finditer(pattern, text):
                if kind != "a SAS URL" or len(found.group()) > _SHORTEST_SIGNATURE:
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
    found = re.search(rf"(?i)(?:({_HARD})|{_SOFT}|{_KEY})(?:$|[_-])", name)
    if found is not None and not value.startswith(("/", "http://", "https://")):
        if found[1] or not re.fullmatch(_PLAIN, value.strip()):
            yield value.strip()
    if "@" in value and "://" in value:
        from urllib.parse import urlsplit  # noqa: PLC0415

        try:
            password = urlsplit(value).password
        except ValueError:
            return
        if password:
            yield password
