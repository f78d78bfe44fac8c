"""Since when there is a rule: the codes that each release brought."""

from __future__ import annotations

_CODES = {
    "0.1.0": """
    SG001 SG002 SG003 SG004 SG005 SG006 SG007 SG008 SG009 SG010 SG011 SG012 SG013 SG014 SG015 SG016
    SG017 SG050 SG051 SG052 SG053 SG054 SG101 SG102 SG103 SG104 SG105 SG106 SG107 SG108 SG109 SG110
    SG111 SG201 SG202 SG203 SG204 SG205 SG206 SG207 SG208 SG209 SG210 SG211 SG301 SG302 SG303 SG304
    SG305 SG306 SG307 SG308 SG309 SG310 SG401 SG402 SG403 SG404 SG405 SG406 SG407 SG408 SG409 SG410
    SG411 SG412 SG413 SG414 SG415 SG416 SG417 SG418 SG419 SG420 SG421 SG422 SG501 SG502 SG503 SG504
    SG505 SG506 SG507 SG508 SG509 SG510 SG511 SG901 SG902 SG903 SG904 SG905 SG906 SG907 SG908
    """,
}
RELEASES = {release: frozenset(codes.split()) for release, codes in _CODES.items()}
"""The codes of the rules that a release brought, by its version."""


def since(code: str) -> str:
    """Return the release that brought a rule, in words; one that no release has yet comes with the next."""
    found = [release for release, codes in RELEASES.items() if code in codes]
    return f"since {found[0]}" if found else f"since the release after {max(RELEASES, key=_numbers)}"


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))
