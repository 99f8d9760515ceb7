"""The one error that a deployment ends with when it cannot be done."""


class DeployError(Exception):
    """Says in one sentence what stopped the deployment, then the evidence, then the remedy."""

    def __init__(self, cause: str, *, evidence: str = "", remedy: str) -> None:
        super().__init__(
            "\n".join(filter(None, [cause, evidence and f"  evidence: {evidence}", f"  remedy: {remedy}"]))
        )
