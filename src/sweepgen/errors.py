"""The faults that end a run: everything else about a user's input is a finding."""

from __future__ import annotations


class SweepgenError(Exception):
    """The run cannot continue; its text is one sentence for the user, its exit status is 2."""


class NotKnownError(Exception):
    """A part that a check needs is faulty or missing; that has its finding, and the check is left out."""


class UsageError(SweepgenError):
    """The call itself is wrong: an option, or a file that the command line names."""


class SettingsError(SweepgenError):
    """The configuration file cannot be used, so nothing can be judged by it."""


class WriteError(SweepgenError):
    """A file could not be written; the files before it in the same run were."""
