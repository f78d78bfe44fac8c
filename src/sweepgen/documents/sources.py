"""Every file of a run, read once, as bytes from a regular file of bounded size."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from sweepgen.documents.files import SIZE_LIMIT, UnreadableError, read_bytes
from sweepgen.documents.yaml_reader import Document, read_yaml, split_lines
from sweepgen.errors import UsageError
from sweepgen.filesystem import STANDARD_INPUT, Observations, real_path, remembered
from sweepgen.findings import Place
from sweepgen.rules import reading

if TYPE_CHECKING:
    from collections.abc import Mapping


class Sources:
    """The files of one run. Every answer is kept: many specs share one circuits.yaml and one trial."""

    def __init__(self) -> None:
        self._documents: dict[str, tuple[Document, Observations]] = {}
        self._streams: dict[str, tuple[Document, Observations]] = {}
        self._written: dict[str, str] = {}
        self._json: set[str] = set()
        self._shown: tuple[str, str] = ("", "")
        self._split: tuple[str, list[str]] = ("", [])
        self._lines: dict[str, tuple[Document, list[str]]] = {}
        self._unparsed: dict[str, tuple[bytes, Observations]] = {}
        self._given: bytes | None = None
        self._planned: dict[str, bytes] = {}

    def keep(self, path: str, text: str) -> None:
        """Keep a text that was just written to a file, for `lines` to show."""
        self._written[path] = text

    def plan(self, path: str, text: str) -> None:
        """Take `text` for the content of a file, before it is written."""
        self._planned[real_path(path)] = text.encode()

    def planned(self, texts: Mapping[str, str]) -> Sources:
        """Return the files of another run, with `texts` for the content of some, by their paths."""
        again = Sources()
        again._given = self._given
        for path, text in texts.items():
            again.plan(path, text)
        return again

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises UnreadableError and OverflowError as `read_bytes` does."""
        if self._planned and (planned := self._planned.get(real_path(path))) is not None:
            return planned
        if path != STANDARD_INPUT:
            return read_bytes(path)
        if self._given is None:
            self._given = _standard_input()
        return self._given

    def json(self, path: str) -> dict[str, Any] | None:
        """Return a file that is an object of JSON and in which nothing is wrong, as data; its text is not kept.

        None where it is anything else, which `document` then reports. Raises UnreadableError as that does.
        """
        if path in self._documents:
            return None
        from sweepgen.documents.plain_json import plain_json  # noqa: PLC0415 - specs are never JSON

        try:
            data = plain_json(remembered(self._unparsed, path, partial(self.read, path)))
        except OverflowError:
            return None
        if data is not None:
            self._json.add(path)
            del self._unparsed[path]
        return data

    def text(self, path: str) -> str:
        """Return the text of a file without its byte order mark, read again; none where it cannot be (any more)."""
        if self._shown[0] != path:
            try:
                content = self.read(path)
            except (UnreadableError, OverflowError):
                content = b""
            self._shown = path, content.decode(errors="replace").removeprefix(_MARK)
        return self._shown[1]

    def document(self, path: str) -> Document:
        """Return the YAML file at `path` (`-`: standard input) under that very name.

        Raises UnreadableError where it cannot be read at all; every other fault is among its findings.
        """
        return remembered(self._documents, path, partial(self._document, path))

    def stream(self, path: str) -> Document:
        """Return a YAML file that may hold several documents, as `document` does."""
        return remembered(self._streams, path, partial(self._document, path, several=True))

    def lines(self, path: str) -> list[str]:
        """Return the lines of a file for a reporter to show; none where it cannot be read (any more)."""
        kept = self._documents.get(path) or self._streams.get(path)
        if kept is None:
            written = path in self._written and path not in self._json
            text = self._written[path] if written else self.text(path)
            if self._split[0] is not text:
                self._split = text, split_lines(text)
            return self._split[1]
        document = kept[0]
        if path not in self._lines or self._lines[path][0] is not document:
            self._lines[path] = document, split_lines(document.text)
        return self._lines[path][1]

    def _document(self, path: str, *, several: bool = False) -> Document:
        try:
            content = remembered(self._unparsed, path, partial(self.read, path))
        except OverflowError:
            return _too_large(path)
        del self._unparsed[path]
        return _parsed(path, content, several=several)


def _too_large(path: str) -> Document:
    message = f"the file is larger than {SIZE_LIMIT // 1024 // 1024} MiB"
    return Document(
        path,
        "",
        None,
        (reading.TOO_LARGE.finding(Place(path), message, "check that this is the file you meant"),),
    )


def _parsed(path: str, content: bytes, *, several: bool = False) -> Document:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as fault:
        before = split_lines(content[: fault.start].decode("utf-8", errors="replace"))
        place = Place(path, len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 2)
        message = f"byte 0x{content[fault.start]:02x} is not UTF-8"
        finding = reading.ENCODING.finding(place, message, "save the file as UTF-8")
        return Document(path, content.decode("utf-8", errors="replace"), None, (finding,))
    mark = _MARK if text.startswith(_MARK) else ""
    document = read_yaml(_json_escapes(text.removeprefix(mark)), path, several=several)
    return document._replace(mark=mark)


_MARK = "\ufeff"
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def _json_escapes(text: str) -> str:
    """Return JSON text as YAML reads it: characters beyond 16 bits, which JSON writes as two escapes, as one."""
    if text[:1] not in "{[" or "\\u" not in text:
        return text

    def character(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"

    return _PAIR.sub(character, text)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UsageError("'-' reads standard input, and there is none")
    content = sys.stdin.buffer.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise OverflowError
    return content
