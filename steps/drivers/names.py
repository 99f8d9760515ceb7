"""The names that the pipeline's parts go by, in any account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """Every physical name follows from project, environment, account and region."""

    account: str
    region: str = "ap-northeast-1"
    project: str = "csv-parallel-processing"
    environment: str = "dev"

    @property
    def bucket(self) -> str:
        return f"csv-processing-{self.account}-{self.environment}"

    @property
    def state_machine(self) -> str:
        return self._named("csv-processing")

    @property
    def state_machine_arn(self) -> str:
        return f"arn:aws:states:{self.region}:{self.account}:stateMachine:{self.state_machine}"

    @property
    def functions(self) -> tuple[str, str]:
        return self._named("csv-splitter"), self._named("csv-processor")

    @property
    def log_groups(self) -> tuple[str, ...]:
        return tuple(f"/aws/lambda/{function}" for function in self.functions)

    @property
    def audit_logs(self) -> str:
        return self._named("audit-logs")

    @property
    def batch_jobs(self) -> str:
        return self._named("batch-jobs")

    @property
    def processing_metadata(self) -> str:
        return self._named("processing-metadata")

    @property
    def job_locks(self) -> str:
        return self._named("job-locks")

    @property
    def rule(self) -> str:
        return self._named("csv-upload")

    def _named(self, thing: str) -> str:
        return f"{self.project}-{thing}-{self.environment}"
