"""Values changed in place: nothing but their own bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepgen.documents.editing import CannotEditError, Change, edited
from sweepgen.documents.nodes import Mapping, Scalar, Sequence, resolve, to_plain
from sweepgen.documents.yaml_reader import read_yaml

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared/corpus/yaml"


def change(text, path, value):
    return edited(read_yaml(text, "c.yaml", several=True), [Change(0, path, value)])


EDITS = {
    # text, path, value, and the text that it becomes
    "plain": ("a: 1\n", ("a",), 2, "a: 2\n"),
    "comment": ("a: 1  # one\t(tab)\nb: 2\n", ("a",), 10, "a: 10  # one\t(tab)\nb: 2\n"),
    "crlf": ("a: 1\r\nb: 2 \r\n", ("b",), 3, "a: 1\r\nb: 3 \r\n"),
    "no final newline": ("a: 1\nb: 2", ("b",), 3, "a: 1\nb: 3"),
    "flow": ("h: {a: 1,b: 2}\n", ("h", "a"), 30, "h: {a: 30,b: 2}\n"),
    "json": ('{"h":{"a":1}}', ("h", "a"), 2, '{"h":{"a":2}}'),
    "double quotes": ('a: "64"\n', ("a",), "128", 'a: "128"\n'),
    "single quotes": ("a: '64' # x\n", ("a",), "it's", "a: 'it''s' # x\n"),
    "quotes for a number": ('a: "64"\n', ("a",), 128, "a: 128\n"),
    "small number": ("a: 0.001\n", ("a",), 0.00001, "a: 0.00001\n"),
    "text that looks like a number": ("a: adam\n", ("a",), "1e5", 'a: "1e5"\n'),
    "sequence": ("a:\n- 1\n-   2\n", ("a", 1), 3, "a:\n- 1\n-   3\n"),
    "empty": ("a:\nb: 2\n", ("a",), 1, "a: 1\nb: 2\n"),
    "empty with comment": ("a:  # none\n", ("a",), 1, "a: 1  # none\n"),
    "empty item": ("a:\n- \n- 2\n", ("a", 0), 1, "a:\n- 1 \n- 2\n"),
    "anchor without an alias": ("a: &x 1\n", ("a",), 2, "a: &x 2\n"),
    "tag": ("a: !!float 1\n", ("a",), 2.5, "a: !!float 2.5\n"),
    "literal block": ("a: |\n  x\n  y\n\nb: 1\n", ("a",), "z", "a: z\n\nb: 1\n"),
    "literal block with comment": ("a: >-  # why\n  x\nb: 1\n", ("a",), 5, "a: 5  # why\nb: 1\n"),
    "several lines": ("a: one\n  two\nb: 1\n", ("a",), "x", "a: x\nb: 1\n"),
    "unicode": ("ä: 'ö'  # ü😀\nb: 😀\n", ("b",), "é", "ä: 'ö'  # ü😀\nb: é\n"),
    "next line separators": ("a: 1\x85b: 2\x85", ("b",), 3, "a: 1\x85b: 3\x85"),
    "the same value": ("a: 1.0e-3\n", ("a",), 0.001, "a: 1.0e-3\n"),
    "64.0 is 64": ("a: 64.0\n", ("a",), 64, "a: 64.0\n"),
    "a key is added": ("h:\n  a: 1 # c\n# d\nz: 1\n", ("h", "b"), 2, "h:\n  a: 1 # c\n  b: 2\n# d\nz: 1\n"),
    "added at the end": ("h:\n  a: 1", ("h", "b"), 2, "h:\n  a: 1\n  b: 2"),
    "added with crlf": ("h:\r\n    a: 1\r\n", ("h", "b"), 2, "h:\r\n    a: 1\r\n    b: 2\r\n"),
    "added in line": ("h: {a: 1}\n", ("h", "b"), 2, "h: {a: 1, b: 2}\n"),
    "added tightly": ('h: {"a":1,"b":2}\n', ("h", "c"), 3, 'h: {"a":1,"b":2,"c":3}\n'),
    "added to nothing": ("h: {}\n", ("h", "a"), 1, "h: {a: 1}\n"),
    "added over lines": (
        "h: {\n  a: 1,\n  b: 2,\n}\n",
        ("h", "c"),
        3,
        "h: {\n  a: 1,\n  b: 2,\n  c: 3,\n}\n",
    ),
    "added in a column": (
        "h:\n  lr:     1\n  longer: 2\nz: 1\n",
        ("h", "x"),
        3,
        "h:\n  lr:     1\n  longer: 2\n  x:      3\nz: 1\n",
    ),
    "added with quotes": ("h:\n  'a': 1\n", ("h", "b"), 2, "h:\n  'a': 1\n  'b': 2\n"),
    "added after a block": ("h:\n  a: |\n    x\nz: 1\n", ("h", "b"), 2, "h:\n  a: |\n    x\n  b: 2\nz: 1\n"),
    "added beside a merge key": (
        "d: &d {a: 1}\nh:\n  <<: *d\n",
        ("h", "a"),
        2,
        "d: &d {a: 1}\nh:\n  <<: *d\n  a: 2\n",
    ),
    "added after an alias": ("d: &d 1\nh: {a: *d}\n", ("h", "b"), 2, "d: &d 1\nh: {a: *d, b: 2}\n"),
    "added after a mapping that ends with an alias": (
        "d: &d 1\nh:\n  a:\n    k: *d\nz: 1\n",
        ("h", "b"),
        2,
        "d: &d 1\nh:\n  a:\n    k: *d\n  b: 2\nz: 1\n",
    ),
    "a mapping is added": (
        "c:\n- n: x\n- n: y\n",
        ("c", 0, "h", "a"),
        1,
        "c:\n- n: x\n  h:\n    a: 1\n- n: y\n",
    ),
    "an empty mapping is filled": ("n: x\nh:\nz: 1\n", ("h", "a"), 1, "n: x\nh:\n  a: 1\nz: 1\n"),
    "null is filled": ("n: x\nh: null # c\nz: 1\n", ("h", "a"), 1, "n: x\nh: {a: 1} # c\nz: 1\n"),
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_changes_the_value_alone(case):
    text, path, value, wanted = EDITS[case]
    assert change(text, path, value) == wanted


REFUSED = {
    "an alias": ("a: &x 1\nb: *x\n", ("b",)),
    "what an alias names": ("a: &x 1\nb: *x\n", ("a",)),
    "a mapping behind an alias": ("a: &x {k: 1}\nb: *x\n", ("b", "k")),
    "what is merged elsewhere": ("a: &x {k: 1}\nb:\n  <<: *x\n", ("a", "k")),
    "a mapping that a merge key brings": ("a: &x {h: {k: 1}}\nb:\n  <<: *x\n", ("b", "h", "k")),
    "a mapping": ("a: {k: 1}\n", ("a",)),
    "a list": ("a: [1]\n", ("a",)),
    "text where a mapping belongs": ("h: x\n", ("h", "a")),
    "a tag that says otherwise": ("a: !mine 1\n", ("a",)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_change_more_is_refused(case):
    text, path = REFUSED[case]
    with pytest.raises(CannotEditError):
        change(text, path, 2)


def test_several_documents_and_several_changes_at_once():
    text = "a: 1\n--- # two\nb: [1, 2]\n...\n"
    document = read_yaml(text, "c.yaml", several=True)
    done = edited(document, [Change(0, ("a",), 100), Change(1, ("b", 0), 200), Change(1, ("b", 1), 300)])
    assert done == "a: 100\n--- # two\nb: [200, 300]\n...\n"


def values_of(document):
    """Yield document, path and node of every scalar value that stands in its own place."""
    seen = set()

    def walk(node, path):
        if id(node) in seen:
            return
        seen.add(id(node))
        if isinstance(node, Scalar):
            yield path, node
        elif isinstance(node, Mapping):
            for key, entry in node.own().items():
                if (id(node), key) not in document.aliases:
                    yield from walk(entry.value, (*path, key))
        elif isinstance(node, Sequence):
            for index, item in enumerate(node.items):
                if (id(node), index) not in document.aliases:
                    yield from walk(item, (*path, index))

    for index, root in enumerate(document.roots):
        for path, node in walk(root, ()):
            yield index, path, node


def outside_is_untouched(before, after, span):
    start, end = span
    return after.startswith(before[:start]) and after[start:].endswith(before[end:])


def offsets(text, node):
    lines = text.splitlines(keepends=True) if "\x85" not in text and "\u2028" not in text else None
    assert lines is not None
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts[node.line - 1] + node.column - 1, starts[node.end_line - 1] + node.end_column - 1


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not part of the project")
@pytest.mark.parametrize("name", sorted(os.listdir(CORPUS)) if CORPUS.is_dir() else [])
def test_real_files_keep_every_other_byte(name):
    raw = CORPUS.joinpath(name).read_bytes()
    text = raw.decode().removeprefix("\ufeff")
    document = read_yaml(text, name, several=True)
    if not document.roots:
        assert name.startswith("39-")
        return
    scalars = list(values_of(document))
    assert scalars
    refused = 0
    for index, path, node in scalars[:: max(1, len(scalars) // 40)]:
        value = 0.00001 if isinstance(node.value, (int, float)) and node.plain else "new: value #1"
        try:
            done = edited(document, [Change(index, path, value)])
        except CannotEditError as fault:
            assert "share" in str(fault) or "does not fit" in str(fault)  # noqa: PT017
            refused += 1
            continue
        assert outside_is_untouched(text, done, offsets(text, node)), path
        after = read_yaml(done, name, several=True)
        assert resolve(after.roots[index], path)[1].value == value
    assert refused < len(scalars) // 4


keys = st.sampled_from(["lr", "units", "'quoted'", '"double"', "ключ", "a b"])
singles = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(1e-4, 1e4).map(lambda value: f"{value:.6f}"),
    st.sampled_from(["true", "text", "'single'", '"double"', "null", "0x1F", '"#no comment"', "ü😀"]),
)
comments = st.sampled_from(["", " # c", "\t# tab", "  "])
ends = st.sampled_from(["\n", "\r\n"])


@st.composite
def documents(draw):
    """Draw a mapping of mappings in mixed styles, and the paths of its values."""
    end = draw(ends)
    lines, paths = [], []
    for number in range(draw(st.integers(1, 4))):
        names = draw(st.lists(keys, min_size=1, max_size=4, unique_by=lambda key: key.strip("'\"")))
        values = [draw(singles) for _ in names]
        paths += [(f"c{number}", name.strip("'\"")) for name in names]
        if draw(st.booleans()):
            inner = ", ".join(f"{name}: {value}" for name, value in zip(names, values, strict=True))
            lines.append(f"c{number}: {{{inner}}}{draw(comments)}")
        else:
            lines.append(f"c{number}:{draw(comments)}")
            indent = " " * draw(st.integers(1, 4))
            lines += [
                f"{indent}{name}: {value}{draw(comments)}" for name, value in zip(names, values, strict=True)
            ]
        if draw(st.booleans()):
            lines.append(draw(st.sampled_from(["", "# between", "   "])))
    return end.join(lines) + draw(st.sampled_from(["", end])), paths


new_values = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30),
    st.text(max_size=12).filter(lambda text: text.isprintable()),
    st.booleans(),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(documents(), st.data())
def test_twice_is_once_and_other_bytes_stay(drawn, data):
    text, paths = drawn
    document = read_yaml(text, "c.yaml", several=True)
    plain = to_plain(document.roots[0])
    chosen = data.draw(st.lists(st.sampled_from(paths), min_size=1, max_size=3, unique=True))
    chosen += data.draw(st.sampled_from([[], [(chosen[0][0], "added")]]))
    changes = [Change(0, path, data.draw(new_values)) for path in chosen]
    done = edited(document, changes)
    again = edited(read_yaml(done, "c.yaml", several=True), changes)
    assert again == done
    for change in changes:
        plain[change.path[0]][change.path[1]] = (
            change.value
        )  # 0 and 0.0 are equal here, as they are to an edit
    assert to_plain(read_yaml(done, "c.yaml").root) == plain
    assert (
        yaml.load(done, Loader=yaml.CSafeLoader)[changes[0].path[0]][changes[0].path[1]] == changes[0].value
    )
    touched = {change.path[0] for change in changes}
    if len(touched) == 1:  # lines of the others are as they were
        (name,) = touched
        other = [
            line
            for line in text.splitlines(keepends=True)
            if line.startswith("c") and not line.startswith(name)
        ]
        assert all(line in done.splitlines(keepends=True) for line in other[:-1])
