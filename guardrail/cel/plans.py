"""What a node is planned to: a closure, and what is known of it before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail.cel.attributes import Attribute, Conditional, resolver

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.cel.state import State

    Run = Callable[[State], Any]
    Step = Callable[[State, Any], Any]

__all__ = ["Plan", "attribute_plan", "chained", "constant_plan"]


class Plan:
    """How a node is evaluated: a closure, and what is known of it before it runs.

    The closure of an attribute is made when it is asked for: most attributes only become part of a longer one.
    """

    __slots__ = ("_run", "attribute", "constant", "first", "steps", "value")

    def __init__(
        self,
        run: Run | None,
        *,
        attribute: Attribute | Conditional | None = None,
        first: Run | None = None,
        steps: list[Step] | None = None,
    ) -> None:
        self._run = run
        self.attribute = attribute
        self.first = first
        self.steps = steps
        self.constant = False
        self.value: Any = None

    @property
    def run(self) -> Run:
        """The closure."""
        if self._run is None:
            assert self.attribute is not None
            self._run = _attribute_run(self.attribute)
        return self._run

    @run.setter
    def run(self, run: Run) -> None:
        self._run = run


def chained(plan: Plan, step: Step) -> Plan:
    """A plan with one more step on its value. A chain is one loop: its length costs no recursion when it runs."""
    if plan.steps is None:
        first = plan.run
        return Plan(lambda s: step(s, first(s)), first=first, steps=[step])
    steps, start = plan.steps, plan.first
    assert start is not None
    steps.append(step)

    def run(s: State) -> Any:
        value = start(s)
        for following in steps:
            value = following(s, value)
        return value

    return Plan(run, first=start, steps=steps)


def constant_plan(value: Any) -> Plan:
    """The plan of a constant."""
    plan = Plan(lambda _: value)
    plan.constant, plan.value = True, value
    return plan


def _attribute_run(attribute: Attribute | Conditional) -> Run:
    """An attribute as a value: resolving it and a unit for its root (none for a conditional)."""
    resolve = resolver(attribute)
    if isinstance(attribute, Conditional):
        return resolve

    def run(s: State) -> Any:
        value = resolve(s)
        s.cost += 1
        return value

    return run


def attribute_plan(attribute: Attribute | Conditional) -> Plan:
    """The plan of an attribute."""
    return Plan(None, attribute=attribute)
