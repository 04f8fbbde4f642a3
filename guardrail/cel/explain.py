"""Why an expression has the value it has: every sub-expression that was evaluated, its value, and the path it was read from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardrail.cel.errors import EvaluationError
from guardrail.cel.nodes import Call, Const, Fold, Ident, Node, Select
from guardrail.cel.text import text_of
from guardrail.cel.tree import walk
from guardrail.cel.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from guardrail.cel.source import Source
    from guardrail.cel.state import State

    Run = Callable[[State], Any]

__all__ = ["MAX_STEPS", "Explanation", "Path", "Step", "Tracer"]

MAX_STEPS = 10_000
"""Evaluations of sub-expressions that are recorded; what comes after them is evaluated but not told."""

Path = tuple[str | int, ...]
"""Where a value was found: the variable's name, then fields and indices."""

_INDEX = frozenset(("_[_]", "_[?_]"))
_SAME_VALUE = frozenset(("or", "orValue", "value"))


@dataclass(slots=True, eq=False)
class Step:
    """One evaluation of one sub-expression; in a loop there is one for each turn."""

    node: Node
    line: int
    column: int
    value: Any = None
    path: Path | None = None
    """Where the value stands in the variables; None for what was computed."""
    steps: list[Step] = field(default_factory=list)
    """The evaluations it needed, in their order."""
    turn: int = -1

    @property
    def text(self) -> str:
        """The sub-expression."""
        return text_of(self.node)

    def every(self) -> Iterator[Step]:
        """Itself and all steps below it, in the order they began."""
        todo = [self]
        while todo:
            step = todo.pop()
            yield step
            todo.extend(reversed(step.steps))


@dataclass(frozen=True, slots=True)
class Explanation:
    """The result of an evaluation with the steps that led to it; `step` is None where the expression was too deep to record."""

    value: Any
    cost: int
    step: Step | None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every path that was read, most exact only, in the order of reading."""
        return _paths(self.step.every()) if self.step is not None else ()

    @property
    def decisive(self) -> tuple[Step, ...]:
        """The smallest conditions that made the result what it is.

        Of `a && b` that is false, the operands that are false; of `all` that is false, the element that failed; of a comparison, itself.
        """
        return tuple(_decisive(self.step)) if self.step is not None else ()

    @property
    def blamed(self) -> tuple[Path, ...]:
        """The paths that the decisive steps read: of a filter only what it kept, of a condition only what made it so."""
        return _paths(step for decisive in self.decisive for step in _relevant(decisive))


def _paths(steps: Iterator[Step]) -> tuple[Path, ...]:
    """Paths without those that only lead to a longer one."""
    found = dict.fromkeys(step.path for step in steps if step.path is not None)
    inner = {path[:length] for path in found for length in range(1, len(path))}
    return tuple(path for path in found if path not in inner)


def _decisive(root: Step) -> Iterator[Step]:
    todo = [root]
    while todo:
        step = todo.pop()
        causes = _causes(step)
        if causes:
            todo.extend(reversed(causes))
        else:
            yield step


def _relevant(root: Step) -> Iterator[Step]:
    """A step and the steps below it that its value rests on, in the order they began."""
    todo = [root]
    while todo:
        step = todo.pop()
        yield step
        todo.extend(reversed(_causes(step) or _kept(step)))


def _kept(step: Step) -> list[Step]:
    """The steps below one, of a filter without the elements that it left out; all of them where it left out every one."""
    if not isinstance(step.node, Fold) or step.node.kind != "filter":
        return step.steps
    chosen = [turn for turn in step.steps[1:] if turn.value is True]
    return [*step.steps[:1], *chosen] if chosen else step.steps


def _causes(step: Step) -> list[Step]:
    """The steps below one that decide its value; none where it decides itself."""
    node, value = step.node, step.value
    if isinstance(node, Fold):
        return _causes_of_loop(node, step)
    if type(value) is EvaluationError or type(value) is Unknown:
        return _alike(step.steps, value)
    function = node.function if isinstance(node, Call) else ""
    if function in ("_&&_", "_||_"):
        return _alike(step.steps, value)
    if function == "_?_:_":
        return step.steps if len(step.steps) > 1 and type(value) is bool else []
    return step.steps if function == "!_" else []


def _alike(steps: list[Step], value: Any) -> list[Step]:
    """The operands that came to the same as the whole."""
    if type(value) is bool:
        return [below for below in steps if below.value is value]
    return [below for below in steps if type(below.value) is type(value)]


def _causes_of_loop(node: Fold, step: Step) -> list[Step]:
    below = step.steps[1:] if node.kind != "bind" else step.steps
    if node.kind in ("bind", "optMap", "optFlatMap"):
        return below[-1:]
    if node.kind in ("all", "exists"):
        return _alike(below, step.value)
    return []


class Tracer:
    """Records one evaluation while a planner's closures run, then the next."""

    def __init__(self, tree: Node, source: Source) -> None:
        self.source = source
        self.open: list[Step] = []
        self.root: Step | None = None
        self.count = 0
        folds = [node for node, _ in walk(tree) if isinstance(node, Fold)]
        self._turns = {id(node.condition if node.condition is not None else node.body) for node in folds}
        self._binds = {id(node.range): node for node in folds if node.kind == "bind"}
        self._bound: dict[int, Path | None] = {}
        self._places: dict[int, tuple[Any, Path]] = {}
        self._told: dict[int, Path] = {}

    def taken(self) -> Step | None:
        """The first step of what was recorded, which is then forgotten."""
        root, self.root = self.root, None
        self.open, self.count = [], 0
        self._bound, self._places, self._told = {}, {}, {}
        return root

    def trace(self, node: Node, run: Run) -> Run:
        """A closure that records what `run` does."""
        if isinstance(node, Const) and id(node) not in self._turns:
            return run
        line, column = self.source.place(node.offset)

        def traced(s: State) -> Any:
            self.count += 1
            if self.count > MAX_STEPS:
                return run(s)
            step = Step(node, line, column)
            if self.open:
                above = self.open[-1]
                above.steps.append(step)
                above.turn += id(node) in self._turns
            else:
                self.root = step
            self.open.append(step)
            try:
                step.value = run(s)
            finally:
                self.open.pop()
            self._finish(step)
            return step.value

        return traced

    def _finish(self, step: Step) -> None:
        step.path = self._path(step)
        if not isinstance(step.value, (list, dict)):
            return
        if step.path is None:
            known = self._places.get(id(step.value))
            step.path = known[1] if known is not None else None
        elif self._told.get(id(step.value)) != step.path:  # a loop reads the same container in every turn
            self._told[id(step.value)] = step.path
            self._remember(step.path, enumerate(step.value) if isinstance(step.value, list) else step.value.items())

    def _remember(self, path: Path, entries: Any) -> None:
        """Where containers stand, so that they are known again when they come out of a function. Kept alive with their place."""
        for key, value in entries:
            if isinstance(value, (list, dict)):
                self._places[id(value)] = value, (*path, key)

    def _path(self, step: Step) -> Path | None:
        node, below = step.node, step.steps
        if isinstance(node, Ident) or (isinstance(node, Select) and node.name):
            return self._of_name(step, node)
        if not below:
            return None
        if isinstance(node, Select):
            return _longer(below[0].path, node.field)
        if isinstance(node, Call):
            return _of_call(node, below)
        return below[-1].path if isinstance(node, Fold) and node.kind == "bind" else None

    def _of_name(self, step: Step, node: Ident | Select) -> Path | None:
        if node.constant is not None:
            return None
        if isinstance(node, Select):
            return tuple(node.name.split("."))
        loop = self._scope(step, node.name) if not node.rooted else None
        if loop is None:
            return (node.name,)
        assert isinstance(loop.node, Fold)
        if loop.node.kind == "bind":  # its value is computed where it is first read
            if step.steps:
                self._bound[id(loop)] = step.steps[-1].path
            return self._bound.get(id(loop))
        return _of_variable(loop.node, loop, loop.node.names.index(node.name))

    def _scope(self, step: Step, name: str) -> Step | None:
        """The innermost macro being evaluated that declares a name. What is bound was written outside its own macro."""
        chain = [*self.open, step]
        at = len(chain) - 1
        while at > 0:
            macro = self._binds.get(id(chain[at].node))
            while macro is not None and chain[at].node is not macro:
                at -= 1
            above = chain[at - 1]
            if isinstance(above.node, Fold) and name in above.node.names and chain[at].node is not above.node.range:
                return above
            at -= 1
        return None


def _of_variable(node: Fold, loop: Step, index: int) -> Path | None:
    """The path of a macro's variable: of the element or entry of this turn, or of the value of an optional."""
    given = loop.steps[0]
    if node.kind in ("optMap", "optFlatMap"):
        return given.path
    if index == 0 and len(node.names) > 1:
        return None
    if isinstance(given.value, list):
        return _longer(given.path, loop.turn)
    keys = list(given.value) if isinstance(given.value, dict) else []
    return _longer(given.path, keys[loop.turn]) if 0 <= loop.turn < len(keys) else None


def _of_call(node: Call, below: list[Step]) -> Path | None:
    """The path of an entry, or of the value that a call hands on."""
    if node.function in _INDEX:
        return _longer(below[0].path, _key(node.args[1], below))
    if node.function == "@in" and isinstance(below[-1].value, dict):
        return _longer(below[-1].path, below[0].value if len(below) > 1 else _key(node.args[0], []))
    return below[-1].path if node.function == "_?_:_" or node.function in _SAME_VALUE else None


def _key(node: Node, below: list[Step]) -> Any:
    if isinstance(node, Const):
        return node.value
    return below[1].value if len(below) > 1 else None


def _longer(path: Path | None, key: Any) -> Path | None:
    if path is None or type(key) not in (str, int):
        return None
    return (*path, key)
