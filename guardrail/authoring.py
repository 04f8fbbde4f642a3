"""The composition for those who write policies: their cases are run, their pages made, new ones begun. Prints nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail.app import ENGINES, load_library
from guardrail.case_runner import CaseRunner, Remembering
from guardrail.errors import ConfigError, Fault, PolicyError
from guardrail.facts import DEFAULT_ENVIRONMENT
from guardrail.policy.cases import CaseFile, read_cases
from guardrail.policy.docs import PageSource, render_all
from guardrail.policy.documents import read_documents
from guardrail.policy.scaffold import scaffold
from guardrail.policy.schema import did_you_mean
from guardrail.policy.sheet import sheet_of
from guardrail.policy.verdicts import Gap, PolicyResult
from guardrail.stores.policy_dir import PolicyFolder, from_here, read_folders, shipped_folder, write_new
from guardrail.stores.profile_file import read_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from guardrail.app import Options
    from guardrail.model import ProfileInfo
    from guardrail.policy.sheet import Sheet
    from guardrail.ports import CelRuntime

__all__ = ["new_policy", "pages", "runner_of", "show", "test"]

_PROFILE = "profile.yaml"


def test(names: Sequence[str], folders: Sequence[str], *, profile: str | None, engine: str) -> tuple[PolicyResult, ...]:
    """The cases of the policies in the folders, or of the shipped ones; `names` chooses some of them.

    Without a profile the nearest `fixtures/profile.yaml` applies, else the built-in environments.
    Raises ConfigError, ProfileError, and PolicyError with the faults of all policies and cases.
    """
    runtime = Remembering(ENGINES[engine]())
    results: list[PolicyResult] = []
    faults: list[Fault] = []
    for folder in chosen(read_folders(folders), names):
        try:
            results.append(_tested(folder, profile, runtime))
        except PolicyError as error:
            faults.extend(error.faults)
    if faults:
        raise PolicyError(faults)
    return tuple(results)


def new_policy(name: str, folder: str) -> list[str]:
    """Begins a policy `category/name` below a folder and returns the paths of its files.

    Raises ConfigError for a name that will not do, that a shipped policy has, or whose files are there.
    """
    files = scaffold(name)
    policy = name.strip("/").rpartition("/")[2]
    shipped = next((known for known in read_folders([]) if _name(known) == policy), None)
    if shipped is not None:
        raise ConfigError(f"{name}: {policy} is the name of a shipped policy; names are unique in a library")
    return write_new(folder, files)


def show(options: Options, name: str) -> tuple[Sheet, ProfileInfo]:
    """Everything about one policy, shipped or of the options, under their profile. Raises ConfigError, ProfileError or PolicyError."""
    (folder,) = chosen([*read_folders([]), *(read_folders(options.policies) if options.policies else ())], [name])
    library = load_library(replace(options, cache=None))  # what is kept has no places
    documents, _ = read_documents(str(from_here(Path(folder.source.path))), folder.source.text)
    document = documents[0]
    policy = next(policy for policy in library.policies if policy.name == document.value["metadata"]["name"])
    cases = CaseFile(folder.cases_path) if folder.cases is None else read_cases(folder.cases_path, folder.cases)
    environments = tuple(dict.fromkeys((*library.environments, *((DEFAULT_ENVIRONMENT,) if library.profile.path is None else ()))))
    return sheet_of(policy, document, read_profile(options.profile), cases, environments), library.profile


def pages(folders: Sequence[str], out: str | None) -> dict[Path, str]:
    """The pages of the policies below the folders by where they belong: beside the policies, or in the folder `out`.

    Raises ConfigError, and PolicyError for policies and cases that cannot be read.
    """
    if not folders and out is None:
        raise ConfigError("pages are written beside policies of your own (--policies PATH), or to a folder (--out DIR)")
    made: dict[Path, str] = {}
    for folder in [Path(folder) for folder in folders] or [shipped_folder()]:
        sources = [PageSource(read.source.path, read.source.text, read.cases_path, read.cases) for read in read_folders([str(folder)])]
        examples = sorted(path.relative_to(folder).as_posix() for path in folder.glob("profiles/example.yaml"))
        for path, text in render_all(folder, sources, examples).items():
            made[path if out is None else Path(out) / path.relative_to(folder)] = text
    return made


def _tested(folder: PolicyFolder, profile: str | None, runtime: CelRuntime) -> PolicyResult:
    runner = runner_of(folder, profile, runtime)
    if folder.cases is None:
        gap = Gap(0, "", "", "", f"{runner.policy.name} has no cases (cases.yaml beside {folder.source.path})")
        return PolicyResult(runner.policy.name, folder.cases_path, gaps=(gap,))
    return runner.run()


def runner_of(folder: PolicyFolder, profile: str | None, runtime: CelRuntime) -> CaseRunner:
    """The runner of a policy's cases. Raises ConfigError, ProfileError or PolicyError."""
    cases = CaseFile(folder.cases_path) if folder.cases is None else read_cases(folder.cases_path, folder.cases)
    return CaseRunner(folder.source, cases, base=_base(folder.fixtures, profile), fixtures=folder.fixtures, runtime=runtime)


def _base(fixtures: Iterable[Path], profile: str | None) -> Mapping[str, Any] | None:
    beside = next((str(folder / _PROFILE) for folder in fixtures if (folder / _PROFILE).is_file()), None)
    given = profile or beside
    return None if given is None else read_profile(given).document


def chosen(folders: Sequence[PolicyFolder], names: Sequence[str]) -> list[PolicyFolder]:
    """The policies of those names (`name` or `category/name`), all without names. Raises ConfigError for one that is not there."""
    known = {_name(folder): folder for folder in folders}
    wanted = [name.rstrip("/").rpartition("/")[2] for name in names]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ConfigError("\n".join(f"no policy {name}{did_you_mean(name, known)}" for name in unknown))
    return [folder for name, folder in known.items() if not wanted or name in wanted]


def _name(folder: PolicyFolder) -> str:
    home, _, file = folder.source.path.replace("\\", "/").rpartition("/")
    return home.rpartition("/")[2] if file == "policy.yaml" else file.rpartition(".")[0]
