"""A trial's processes: whose commands they find, and that none outlives its trial, wherever it went."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import pytest

from sweepgen.errors import UsageError
from sweepgen.local.interpreter import Interpreter
from sweepgen.local.process import Process, Workplace

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="no /proc to find processes in"
)
DAEMON = """\
import os, pathlib, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(300)
"""
WAYS = {
    "a child": "sleep 300 & echo $! >{pid}",
    "nohup": "nohup sleep 300 >/dev/null 2>&1 & echo $! >{pid}",
    "a session of its own": "setsid sh -c 'echo $$ >{pid}; exec sleep 300' &",
    "a session of its own, without the environment": "env -i setsid /bin/sh -c 'echo $$ >{pid}; exec sleep 300' &",
    "a daemon": "python {daemon} {pid}",
    "a daemon without the environment": "env -i {python} {daemon} {pid}",
    "one that is deaf": "setsid sh -c 'trap \"\" TERM INT HUP; echo $$ >{pid}; while :; do sleep 1; done' &",
}


@pytest.fixture
def workplace():
    made = Workplace(sys.executable)
    yield made
    made.close()
    assert not Path(made.folder).exists()


def started(workplace, command, name="trial", environments=({},)):
    folder = Path(workplace.folder, name)
    folder.mkdir()
    return Process(workplace, command, str(folder), f"{workplace.folder}/{name}.log", environments)


def ended(process, seconds=60):
    deadline = time.monotonic() + seconds
    while process.status is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process.status


def output(process):
    process.finish(60)
    return process.tail()


def pid_in(path, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text().strip()):
            return int(text)
        time.sleep(0.01)
    raise AssertionError(f"{path} was never written")


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def filled(way, tmp_path):
    (tmp_path / "daemon.py").write_text(DAEMON)
    python = shlex.quote(sys.executable)
    return WAYS[way].format(pid=tmp_path / "pid", daemon=tmp_path / "daemon.py", python=python)


@needs_proc
@pytest.mark.parametrize("way", WAYS)
def test_what_a_trial_leaves_behind_ends_with_it(way, workplace, tmp_path):
    other = started(workplace, "setsid sleep 300 & echo $! >other; wait", "other")
    command = filled(way, tmp_path)
    process = started(workplace, f"{command}\nwhile [ ! -s {tmp_path}/pid ]; do sleep 0.01; done")
    assert ended(process) == 0
    process.finish(0)
    assert not alive(pid_in(tmp_path / "pid"))
    assert other.status is None
    beside = pid_in(Path(workplace.folder, "other", "other"))
    assert alive(beside)
    other.finish(0)
    assert not alive(beside)


@needs_proc
@pytest.mark.parametrize("way", ["a daemon without the environment", "one that is deaf"])
def test_a_trial_that_is_ended_ends_as_a_whole(way, workplace, tmp_path):
    process = started(workplace, f"{filled(way, tmp_path)}\nsleep 300")
    pid = pid_in(tmp_path / "pid")
    process.ask()
    assert ended(process) == -signal.SIGTERM
    process.finish(0)
    assert not alive(pid)


@needs_proc
def test_a_supervisor_that_is_killed_leaves_what_is_marked_to_the_run(workplace, tmp_path):
    process = started(workplace, f"{filled('a daemon', tmp_path)}\nsleep 300")
    pid = pid_in(tmp_path / "pid")
    supervisor = process._process.pid
    os.kill(supervisor, signal.SIGKILL)
    assert ended(process) == -signal.SIGKILL
    process.finish(0)
    assert not alive(pid)


KILLED = """\
import sys, time
from pathlib import Path
from sweepgen.local.process import Process, Workplace
place = Workplace(sys.executable)
Path(place.folder, "trial").mkdir()
Process(place, sys.argv[1], f"{place.folder}/trial", f"{place.folder}/log", [{}])
print(place.folder, flush=True)
time.sleep(300)
"""


@needs_proc
@pytest.mark.parametrize("way", ["a session of its own", "a daemon without the environment"])
def test_a_run_that_is_killed_leaves_nothing(way, tmp_path):
    command = f"{filled(way, tmp_path)}\nsleep 300"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, command], stdout=subprocess.PIPE, text=True
    ) as process:
        folder = Path(process.stdout.readline().strip())
        pid = pid_in(tmp_path / "pid")
        process.kill()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (alive(pid) or folder.exists()):
        time.sleep(0.01)
    assert not alive(pid)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("command", "status"),
    [("true", 0), ("exit 3", 3), ("kill -9 $$", -9), ("kill -SEGV $$", -11), ("no-such-command", 127)],
)
def test_a_trial_ends_as_its_command_does(command, status, workplace):
    process = started(workplace, command)
    assert ended(process) == status
    process.finish(0)


def test_one_command_in_several_environments_fails_as_the_first_that_fails(workplace):
    several = [{"RANK": str(rank)} for rank in range(3)]
    process = started(workplace, "echo rank $RANK", "right", several)
    assert ended(process) == 0
    assert sorted(output(process).split("\n"))[1:] == ["rank 0", "rank 1", "rank 2"]
    began = time.monotonic()
    process = started(workplace, '[ "$RANK" = 1 ] && exit 7; sleep 300', "wrong", several)
    assert ended(process) == 7
    process.finish(0)
    assert time.monotonic() - began < 60


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Another environment than the tests' own, with a command; its pip is that of the interpreter below it."""
    folder = tmp_path_factory.mktemp("other") / "an environment"
    venv.create(folder, system_site_packages=True, with_pip=False)
    command = folder / "bin" / "greeting"
    command.write_text("#!/bin/sh\necho hello\n")
    command.chmod(0o700)
    return folder


@pytest.fixture
def there(environment):
    made = Workplace(str(environment / "bin" / "python"))
    yield made
    made.close()


def test_commands_are_those_of_the_interpreter(there, environment, monkeypatch):
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere/else")
    prefix = "import sys; print(sys.prefix)"
    command = f"for each in python python3; do $each -c '{prefix}'; done; greeting; echo $VIRTUAL_ENV"
    assert output(started(there, command)).splitlines() == [
        *[str(environment)] * 2,
        "hello",
        str(environment),
    ]


@pytest.mark.slow
def test_pip_installs_into_the_environment_of_the_interpreter(there, environment, tmp_path):
    wheel = tmp_path / "tiny_package-1.0-py3-none-any.whl"
    info = "tiny_package-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("tiny_package.py", "")
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-package\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    install = f"--disable-pip-version-check install --no-index --force-reinstall {wheel}"
    both = [started(there, f"{pip} {install}", pip) for pip in ("pip", "pip3")]
    for process in both:
        assert ended(process) == 0, output(process)
        process.finish(0)
    assert list(environment.glob("lib/python*/site-packages/tiny_package.py"))


def test_what_is_no_interpreter_is_said(tmp_path):
    for text in ("#!/bin/sh\necho hello\n", "#!/bin/sh\nexit 1\n"):
        path = tmp_path / "python"
        path.write_text(text)
        path.chmod(0o700)
        with pytest.raises(UsageError, match="is not a working Python interpreter"):
            Interpreter.at(str(path))
