"""What a component is compared with: the target of the pull request, the other side of a merge, the commit before."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.documents.git import Repository

TARGETS = {
    "GITHUB_BASE_REF": "GitHub",
    "SYSTEM_PULLREQUEST_TARGETBRANCH": "Azure DevOps",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "GitLab",
    "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME": "GitLab",
    "BITBUCKET_PR_DESTINATION_BRANCH": "Bitbucket",
    "CHANGE_TARGET": "Jenkins",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "Buildkite",
}
"""Where CI systems say which branch a pull request goes to.

https://docs.github.com/actions/reference/variables-reference,
https://learn.microsoft.com/azure/devops/pipelines/build/variables,
https://docs.gitlab.com/ci/variables/predefined_variables/,
https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
"""
BUILT = (
    "GITHUB_REF",
    "BUILD_SOURCEBRANCH",
    "CI_COMMIT_BRANCH",
    "BITBUCKET_BRANCH",
    "BRANCH_NAME",
    "BUILDKITE_BRANCH",
)
"""Where they say which branch is built."""
_IN_CI = ("CI", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI", "BITBUCKET_BUILD_NUMBER", "JENKINS_URL")


class Base(NamedTuple):
    """The commits that a component is compared with, and in one line which and why.

    `commit` is where this work began, None where there is nothing before it; `name` is how a finding names that.
    `target` is the newest commit of the branch that the work goes to, where that is another: whatever it has is
    registered, or will be. `sides` are the parents of a merge that is not committed yet.
    """

    commit: str | None
    text: str
    target: str | None = None
    target_name: str = ""
    sides: tuple[str, ...] = ()
    name: str = ""


def base_of(
    repository: Repository, named: str | None, branch: str, environment: Mapping[str, str] = os.environ
) -> Base:
    """Return what to compare with: `named`, the target of the pull request, or what `branch` says.

    Raises UsageError where that is not here, or the history that a shallow clone has does not reach that far.
    """
    if named is not None:
        return _named(repository, named)
    for variable, system in TARGETS.items():
        target = environment.get(variable, "").strip()
        if target not in ("", "false"):
            return _target(
                repository, target.removeprefix("refs/heads/"), f"{system}'s {variable}", environment
            )
    queued = _event(environment).get("merge_group")
    if isinstance(queued, dict) and queued.get("base_ref"):
        target = str(queued["base_ref"]).removeprefix("refs/heads/")
        return _target(repository, target, "GitHub's merge queue", environment)
    return _configured(repository, branch, environment)


def _event(environment: Mapping[str, str]) -> dict[str, object]:
    try:
        with open(environment["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
            event = json.load(file)
    except (KeyError, OSError, ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _named(repository: Repository, name: str) -> Base:
    commit = repository.commit(name)
    if commit is None:  # as CI systems write a branch, which a clone of theirs has as the remote's
        branch = next(iter(repository.branches(name.removeprefix("refs/heads/"))), name)
        name, commit = branch, repository.commit(branch)
    if commit is None:
        raise UsageError(
            f'git knows no commit "{name}": '
            + (
                "this clone is shallow, fetch the history (git fetch --unshallow)"
                if repository.shallow
                else f"git fetch origin {name}"
            )
        )
    if repository.full_name(name).startswith(("refs/heads/", "refs/remotes/")):
        found = repository.merge_base(name)
        if found is not None:
            return _forked(repository, found, name, f"{name} (--base)")
        if repository.head is not None:
            raise UsageError(_history(repository, f"HEAD and {name} have no commit in common"))
    return Base(commit, f"compared with {name} (--base), {commit[:10]}", name=name)


def _forked(repository: Repository, found: str, name: str, shown: str) -> Base:
    tip = repository.commit(name)
    sides = (repository.head, *repository.merging) if repository.merging and repository.head else ()
    if found == tip:
        return Base(found, f"compared with {shown}, {found[:10]}", sides=sides, name=_short(name))
    text = f"compared with where this work left {shown}, {found[:10]}, and with what is there now, {(tip or '')[:10]}"
    return Base(found, text, tip, _short(name), sides, name=f"{_short(name)} at {found[:10]}")


def _target(repository: Repository, branch: str, why: str, environment: Mapping[str, str]) -> Base:
    names = repository.branches(branch)
    for name in names:
        found = repository.merge_base(name)
        if found is not None:
            return _forked(repository, found, name, f"{_short(name)} ({why})")
    parents = repository.parents("HEAD")
    built = environment.get("GITHUB_REF", "") or environment.get("BUILD_SOURCEBRANCH", "")
    if not names and len(parents) == 2 and built.startswith("refs/pull/") and built.endswith("/merge"):
        first = repository.commit(parents[0])
        if first is not None:  # the merge that the system made of the target and the pull request
            text = f"compared with the target of this merge ({why}: {branch}), {first[:10]}"
            return Base(first, text, name=branch)
    what = (
        f"HEAD and {branch} ({why}) have no commit in common"
        if names
        else f"{why} says that this goes to {branch}, and this clone has no such branch"
    )
    fetch = f'git fetch origin "+refs/heads/{branch}:refs/remotes/origin/{branch}"'
    raise UsageError(_history(repository, what) if names or repository.shallow else f"{what}: {fetch}")


def _configured(repository: Repository, branch: str, environment: Mapping[str, str]) -> Base:
    names = repository.branches(branch)
    if repository.head is None:
        if not names:
            return Base(None, "compared with nothing: there is no commit yet")
        commit = repository.commit(names[0])
        text = f"compared with {_short(names[0])}: HEAD has no commit yet"
        return Base(commit, text, name=_short(names[0]))
    for name in names:
        found = repository.merge_base(name)
        if found is None:
            continue
        if found == repository.head and not repository.merging and _on(repository, branch, environment):
            return _on_the_branch(repository, _short(name), environment)
        return _forked(repository, found, name, _short(name))
    if names:
        raise UsageError(_history(repository, f"HEAD and {branch} have no commit in common"))
    what = f'there is no branch "{branch}" to compare with'
    if not repository.shallow and repository.ask("remote"):
        what += f' (git fetch origin "+refs/heads/{branch}:refs/remotes/origin/{branch}")'
    raise UsageError(_history(repository, what))


def _on(repository: Repository, branch: str, environment: Mapping[str, str]) -> bool:
    """Whether the base branch itself is checked out, or built."""
    built = next((environment[name] for name in BUILT if environment.get(name)), None)
    if built is not None:
        built = built.removeprefix("refs/heads/")
        if built == branch or built.startswith("refs/tags/"):
            return True
    current = repository.branch
    return current == branch or (current is None and built is None)


def _on_the_branch(repository: Repository, name: str, environment: Mapping[str, str]) -> Base:
    head = repository.head
    assert head is not None  # noqa: S101 - the caller looked
    # What CI itself leaves behind is not work of anyone's.
    if not any(environment.get(variable) for variable in _IN_CI) and repository.dirty:
        text = f"compared with HEAD, {head[:10]}: this is {name}, and something is not committed"
        return Base(head, text, name="HEAD")
    pushed = str(_event(environment).get("before") or environment.get("CI_COMMIT_BEFORE_SHA") or "")
    before = repository.commit(pushed) if pushed.strip("0") else None
    if before is not None and before != head and repository.is_ancestor(before, head):
        return Base(before, f"compared with {name} before this push, {before[:10]}", name=before[:10])
    parents = repository.parents(head)
    if not parents:
        return Base(None, f"compared with nothing: this is the first commit of {name}")
    first = repository.commit(parents[0])
    if first is None:
        raise UsageError(
            _history(repository, f"this is {name}, and the commit before HEAD, {parents[0][:10]}, is missing")
        )
    return Base(first, f"compared with the commit before on {name}, {first[:10]}", name=first[:10])


def _short(name: str) -> str:
    return name.removeprefix("refs/remotes/").removeprefix("refs/heads/")


def _history(repository: Repository, what: str) -> str:
    if repository.shallow:
        return (
            f"{what} in this shallow clone: fetch the history (git fetch --unshallow; actions/checkout with"
            " fetch-depth: 0), or name a commit with --base"
        )
    return f"{what}; name one with --base, or set base_branch in the configuration"
