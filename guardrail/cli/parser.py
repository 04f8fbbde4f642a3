"""The flags of every command."""

from __future__ import annotations

import argparse

from guardrail import __version__

TYPE_CHECKING = False  # as in guardrail.cli
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["build_parser"]

_DESCRIPTION = "Guardrails for what AI workloads cost: judges Kubernetes manifests and Terraform plans by a library of CEL rules."

_EXIT_CODES = """\
exit codes:
  0  no finding of action deny        2  unusable input, configuration or policy
  1  findings of action deny          3  a rule failed to run
"""

_LINT_EXAMPLES = f"""\
examples:
  guardrail lint k8s/ --profile profile.yaml
  terraform show -json plan.out | guardrail lint - --stdin-filename plan.json

{_EXIT_CODES}"""


def build_parser() -> argparse.ArgumentParser:
    """The parser; a parsed command line has `command`: the words of the command, joined by hyphens."""
    parser = argparse.ArgumentParser(
        prog="guardrail",
        description=_DESCRIPTION,
        epilog=_EXIT_CODES,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"guardrail {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_lint(commands)
    _add_inspect(commands)
    _add_explain(commands)
    _add_policies(commands)
    _add_profile(commands)
    _add_test(commands)
    _add_new(commands)
    return parser


_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for the type


class _Once(argparse.Action):
    """Stores the value of a flag; a second one is refused, since either could be the one that is meant."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Called by argparse for every occurrence. Ends with a usage error at the second."""
        given: set[str] = getattr(namespace, "given_once", set())
        if option_string is not None and self.dest in given:
            parser.error(f"{option_string} is given twice; give it once")
        namespace.given_once = {*given, self.dest}
        setattr(namespace, self.dest, values)


def _command(commands: _Commands[argparse.ArgumentParser], name: str, summary: str, epilog: str = "") -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.register("action", None, _Once)  # every flag that does not say that it may be repeated
    return parser


def _add_lint(commands: _Commands[argparse.ArgumentParser]) -> None:
    lint = _command(commands, "lint", "Judge manifests and plans.", _LINT_EXAMPLES)
    lint.set_defaults(command="lint")
    _add_inputs(lint)
    _add_rules(lint)
    verdict = lint.add_argument_group("verdict")
    verdict.add_argument(
        "--fail-on", choices=("deny", "warn"), default="deny", help="the weakest action that fails the run (default: deny)"
    )
    verdict.add_argument(
        "--require-profile", action="store_true", help="exit 2 without a profile, or when a policy waits for facts that it does not give"
    )
    _add_allow_empty(verdict)
    report = _add_report(lint, "github")
    report.add_argument(
        "-q", "--quiet", action="store_true", help="findings, failed inputs, one line about what was not judged, and the last line"
    )


def _add_inspect(commands: _Commands[argparse.ArgumentParser]) -> None:
    inspect = _command(commands, "inspect", "Show what guardrail sees in the inputs, before any rule.")
    inspect.set_defaults(command="inspect")
    _add_inputs(inspect)
    _add_rules(inspect)
    _add_allow_empty(inspect)
    _add_report(inspect)


def _add_policies(commands: _Commands[argparse.ArgumentParser]) -> None:
    policies = _command(commands, "policies", "The policies in force.")
    actions = policies.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = _command(actions, "list", "List the policies, what they do in each environment, and which facts they wait for.")
    listing.set_defaults(command="policies-list")
    _add_rules(listing)
    _add_format(listing)
    show = _command(actions, "show", "Show one policy: what it says, its parameters and actions under the profile, its examples.")
    show.set_defaults(command="policies-show")
    show.add_argument("name", metavar="NAME", help="the policy")
    _add_rules(show)
    _add_format(show)
    docs = _command(actions, "docs", "Write the pages of policies: one for each, the index by category, the view that rules read.")
    docs.set_defaults(command="policies-docs")
    docs.add_argument("--policies", action="append", default=[], metavar="PATH", help="policies of your own (default: the shipped ones)")
    docs.add_argument("--out", metavar="DIR", help="where the pages go (default: beside the policies)")
    docs.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page differs from its sources")


_EXPLAIN_EXAMPLES = """\
examples:
  guardrail explain 4f2a91c0 k8s/ --profile profile.yaml    a finding of guardrail lint k8s/ --profile profile.yaml
  guardrail explain 4f2a91c0 --report report.json           the same inputs, profile and time as that report
"""


def _add_explain(commands: _Commands[argparse.ArgumentParser]) -> None:
    explain = _command(
        commands, "explain", "Show how a finding came about: the rule, its values, where each comes from.", _EXPLAIN_EXAMPLES
    )
    explain.set_defaults(command="explain")
    explain.add_argument("fingerprint", metavar="FINGERPRINT", help="of a finding, as lint prints it; its first digits will do")
    _add_inputs(explain)
    explain.add_argument("--report", metavar="FILE", help="a JSON report: its inputs, profile and time are taken, unless they are given")
    _add_rules(explain)
    _add_format(explain)
    explain.add_argument("-v", "--verbose", action="store_true", help="show every sub-expression with its value")


_INIT_EXAMPLES = """\
examples:
  guardrail profile init --from k8s/ plan.json               writes profile.yaml
  guardrail profile init --from k8s/ --output - | less       to look at it first
"""


def _add_profile(commands: _Commands[argparse.ArgumentParser]) -> None:
    profile = _command(commands, "profile", "The organisation's facts.")
    actions = profile.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = _command(actions, "check", "Check a profile: every fault, what it feeds, and which policies wait for which keys.")
    check.set_defaults(command="profile-check")
    _add_profile_path(check)
    _add_rules(check, profile=False)
    _add_format(check)
    show = _command(actions, "show", "Show a profile as it is in force: merged, completed, with defaults and where each value comes from.")
    show.set_defaults(command="profile-show")
    _add_profile_path(show)
    _add_rules(show, profile=False)
    show.add_argument("--format", choices=("yaml", "json"), default="yaml", help="default: yaml")
    init = _command(actions, "init", "Propose a profile from what there is today.", _INIT_EXAMPLES)
    init.set_defaults(command="profile-init", partial=False, stdin_filename="<stdin>", profile=None)
    init.add_argument("--from", dest="paths", nargs="+", required=True, metavar="PATH", help="manifests and plans, folders of them, globs")
    init.add_argument(
        "--output", default="profile.yaml", metavar="FILE", help="where it goes, - for standard output (default: profile.yaml)"
    )
    init.add_argument("--force", action="store_true", help="overwrite the file if it is there")
    _add_surroundings(init)
    _add_rules(init, profile=False)


def _add_profile_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "profile", nargs="?", metavar="PATH", help="a file, a folder of files, or starter (default: that of .guardrail.yaml, else starter)"
    )


_TEST_EXAMPLES = """\
examples:
  guardrail test                                    the cases of the shipped policies
  guardrail test no-latest-tag --policies rules/    of one policy of your own

exit codes:
  0  every case passed, and every validation is shown to pass and to fail
  1  a case differs, or is missing        2  a policy or its cases cannot be read
"""


def _add_test(commands: _Commands[argparse.ArgumentParser]) -> None:
    test = _command(commands, "test", "Run the cases of policies.", _TEST_EXAMPLES)
    test.set_defaults(command="test")
    test.add_argument("names", nargs="*", metavar="POLICY", help="policies by name (default: all)")
    test.add_argument("--policies", action="append", default=[], metavar="PATH", help="your own policies, in place of the shipped ones")
    test.add_argument(
        "--profile", metavar="PATH", help="what the cases are judged by (default: fixtures/profile.yaml beside or above the policy)"
    )
    _add_engine(test)
    _add_format(test)
    test.add_argument("-v", "--verbose", action="store_true", help="list the cases that passed too")


def _add_new(commands: _Commands[argparse.ArgumentParser]) -> None:
    new = _command(commands, "new", "Begin something of your own.")
    kinds = new.add_subparsers(title="commands", metavar="COMMAND", required=True)
    policy = _command(kinds, "policy", "Begin a policy: a rule that works, with its cases. Never overwrites a file.")
    policy.set_defaults(command="new-policy")
    policy.add_argument("name", metavar="CATEGORY/NAME", help="for example storage/no-public-buckets")
    policy.add_argument("--dir", default="policies", metavar="DIR", help="the folder of your policies (default: policies)")


def _add_engine(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--engine", choices=("guardrail", "cel-python"), default="guardrail", help="the CEL runtime (default: guardrail)")


def _add_format(parser: argparse._ActionsContainer, *more: str) -> None:
    parser.add_argument("--format", choices=("text", "json", *more), default="text", help="default: text")


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    inputs = parser.add_argument_group("inputs")
    inputs.add_argument(
        "paths", nargs="*", metavar="PATH", help="files, folders (.yaml, .yml, .json), globs, or - for standard input (default: .)"
    )
    _add_surroundings(inputs)
    inputs.add_argument("--partial", action="store_true", help="the inputs are not the whole: what is missing proves nothing")
    inputs.add_argument("--stdin-filename", default="<stdin>", metavar="NAME", help="what to call standard input in the report")


def _add_surroundings(inputs: argparse._ActionsContainer) -> None:
    inputs.add_argument(
        "--context", action="append", default=[], metavar="PATH", help="what exists beside the input: read and joined, not judged"
    )
    inputs.add_argument("--namespace", metavar="NAME", help="the namespace of objects that name none")
    inputs.add_argument("--cluster", metavar="NAME", help="the cluster that the manifests are for")
    inputs.add_argument(
        "--ignore", action="append", default=[], metavar="GLOB=REASON", help="paths that are not read (** crosses folders), and why"
    )


def _add_rules(parser: argparse.ArgumentParser, *, profile: bool = True) -> None:
    rules = parser.add_argument_group("rules")
    if profile:
        rules.add_argument(
            "--profile", metavar="PATH", help="the organisation's facts, or starter for the built-in ones (default: starter)"
        )
    rules.add_argument("--policies", action="append", default=[], metavar="PATH", help="further policies, beside the shipped ones")
    rules.add_argument(
        "--config", metavar="PATH", help="configuration (default: the nearest .guardrail.yaml up to the top of the repository)"
    )
    rules.add_argument(
        "--now",
        metavar="INSTANT",
        help="the time to judge by, 2026-12-31 or 2026-12-31T08:00:00Z (default: $GUARDRAIL_NOW, else the clock)",
    )
    _add_engine(rules)
    rules.add_argument(
        "--no-cache",
        action="store_true",
        help="compile the rules anew and keep nothing (default: compiled rules are kept in $GUARDRAIL_CACHE_DIR, else ~/.cache/guardrail)",
    )


def _add_allow_empty(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--allow-empty", action="store_true", help="nothing to judge is no error")


def _add_report(parser: argparse.ArgumentParser, *formats: str) -> argparse._ArgumentGroup:
    report = parser.add_argument_group("report")
    _add_format(report, *formats)
    report.add_argument("--output", metavar="FILE", help="write the report in --format to a file, and the text report to standard output")
    report.add_argument("-v", "--verbose", action="store_true", help="list every input and every object")
    return report
