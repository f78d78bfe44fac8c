"""Versions as MAJOR.MINOR.PATCH: how much a change asks for, and whether a version rose by it.

https://semver.org/spec/v2.0.0.html
"""

from __future__ import annotations

from enum import IntEnum

Version = tuple[int, int, int]


class Level(IntEnum):
    """How much of a version a change asks for."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


LEVELS = {level.name.lower(): level for level in Level}


def parsed(version: str) -> Version:
    """Return MAJOR.MINOR.PATCH as numbers."""
    major, minor, patch = version.split(".")
    return int(major), int(minor), int(patch)


def raised(version: str, level: Level) -> str:
    """Return the next version of a level."""
    major, minor, patch = parsed(version)
    if level is Level.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if level is Level.MINOR else f"{major}.{minor}.{patch + 1}"


def answers(before: str, now: str, level: Level) -> bool:
    """Whether a version rose by at least a level."""
    parts = 4 - int(level)
    return parsed(now)[:parts] > parsed(before)[:parts]
