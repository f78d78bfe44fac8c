"""What is left out of an upload, held to azure-ai-ml itself over generated folders and ignore files."""

from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path

import pytest

from rule_project import COMPONENT, write_project
from sweepgen.compiler.code_folder import uploads
from sweepgen.project.component import read_component
from sweepgen.project.loader import Loader

PATTERNS = (
    *(
        "*",
        "*.log",
        "a",
        "/a",
        "a/",
        "b/*",
        "!b/k.py",
        "!k.py",
        "lib",
        "lib/",
        "!lib/",
        "**/k.py",
        "d/**",
        "#x",
        "",
    ),
    *(
        "!a",
        "k.py ",
        "*.zip",
        ".amlignore",
        ".gitignore",
        "a/b",
        "/lib/a/",
        "[kx].py",
        "**",
        "!d",
        "lib.zip",
        "src",
    ),
)
INCLUDES = (
    [],
    ["../lib"],
    ["../lib", "../other.py"],
    ["../lib.zip"],
    ["../link"],
    ["../lib.zip", "../other.py"],
)
CODE = ("./src", "./src", "./src/train.py", None)


def grow(random_, folder, depth=0):
    """Fill a folder with files, folders and now and then an ignore file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in random_.sample(("k.py", "x.py", "a.log", "b.txt"), random_.randint(1, 3)):
        (folder / name).write_text(name)
    if random_.random() < 0.45:
        lines = random_.sample(PATTERNS, random_.randint(0, 4))
        mark = "\ufeff" if random_.random() < 0.2 else ""
        (folder / random_.choice((".amlignore", ".gitignore"))).write_text(
            mark + "\n".join(lines), encoding="utf-8"
        )
    for name in random_.sample(("a", "b", "d", "__pycache__"), random_.randint(0, 2)) if depth < 2 else ():
        grow(random_, folder / name, depth + 1)


def of_the_sdk(base, code, listed):
    """Return what azure-ai-ml uploads, archives by what is in them."""
    from azure.ai.ml._utils._asset_utils import get_upload_files_from_folder
    from azure.ai.ml.entities._component._additional_includes import AdditionalIncludes
    from azure.ai.ml.entities._component.code import ComponentIgnoreFile

    includes = AdditionalIncludes(origin_code_value=code, base_path=base, configs=listed)
    there = set()
    with includes.merge_local_code_and_additional_includes() as merged:
        if Path(merged).is_file():
            return {Path(merged).name}
        for path, _ in get_upload_files_from_folder(merged, ignore_file=ComponentIgnoreFile(merged)):
            relative = os.path.relpath(path, merged)
            if relative == "lib.zip":
                with zipfile.ZipFile(path) as file:
                    there |= {f"lib.zip/{name}" for name in file.namelist() if not name.endswith("/")}
            else:
                there.add(relative)
    return there


@pytest.mark.slow
def test_what_is_uploaded_is_what_the_sdk_uploads(tmp_path, quiet_azure):
    pytest.importorskip("azure.ai.ml")
    seen = set()
    for seed in range(80):
        random_ = random.Random(seed)  # noqa: S311 - folders, no secrets
        folder = tmp_path / str(seed)
        trial = folder / "trial"
        write_project(trial)
        grow(random_, trial / "src")
        grow(random_, folder / "lib")
        (folder / "other.py").write_text("x = 1\n")
        (folder / "link").symlink_to("lib")
        listed, code = random_.choice(INCLUDES), random_.choice(CODE)
        if code is None and not listed:
            continue
        text = COMPONENT.replace("code: ./src\n", f"code: {code}\n" if code is not None else "")
        (trial / "component.yaml").write_text(text + f"additional_includes: {listed}\n")
        ours = uploads(read_component(Loader().document(str(trial / "component.yaml"))))
        assert set(ours) == of_the_sdk(trial, code, listed), (seed, listed, code)
        seen.add((str(listed), code))
    assert len(seen) >= 15
