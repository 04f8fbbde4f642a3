"""What the service is told when it starts; nothing of it changes while it runs."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Config"]


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one service.

    `profile` is a path or `starter`; `policies` are folders of further policies. `cluster` is the name of the
    cluster that it guards, which the profile may know more of. `in_flight` is how many requests are judged at
    once before further ones are turned away. `timeout_s` holds where a request names none; `margin_s` is kept
    back of it for the way home.
    """

    profile: str | None = None
    policies: tuple[str, ...] = ()
    cluster: str | None = None
    engine: str = "guardrail"
    in_flight: int = 16
    timeout_s: float = 10.0
    margin_s: float = 0.5
    poll_s: float = 5.0  # how often files are looked at when nothing says that they changed
    client_certificates: bool = False  # /validate is answered to those who present one
