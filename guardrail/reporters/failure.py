"""Why nothing was judged, for machines: whose fault it is, and every fault with its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from guardrail import __version__
from guardrail.errors import PolicyError, ProfileError
from guardrail.reporters.documents import API_VERSION

if TYPE_CHECKING:
    from typing import TextIO

    from guardrail.errors import GuardrailError

__all__ = ["write_failure"]


def write_failure(error: GuardrailError, stream: TextIO) -> None:
    """Writes the document, as `failure.schema.json` describes it."""
    faults = error.faults if isinstance(error, (PolicyError, ProfileError)) else ()
    document = {
        "apiVersion": API_VERSION,
        "kind": "Failure",
        "guardrail": __version__,
        "in": "policies" if isinstance(error, PolicyError) else "profile" if isinstance(error, ProfileError) else "configuration",
        "message": str(error),
        "faults": [
            {
                "path": fault.path,
                "line": fault.line or None,
                "column": fault.column or None,
                "where": fault.where or None,
                "message": fault.message,
            }
            for fault in faults
        ],
    }
    stream.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
