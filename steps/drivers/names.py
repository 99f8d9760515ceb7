"""The physical names of the pipeline's resources, in any account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from steps.drivers.partition import partition_of

USUAL = {
    "bucket": "csv-processing-{account}-{environment}",
    "state_machine": "{project}-csv-processing-{environment}",
    "splitter": "{project}-csv-splitter-{environment}",
    "processor": "{project}-csv-processor-{environment}",
    "audit_logs": "{project}-audit-logs-{environment}",
    "processing_metadata": "{project}-processing-metadata-{environment}",
    "batch_jobs": "{project}-batch-jobs-{environment}",
    "job_locks": "{project}-job-locks-{environment}",
    "rule": "{project}-csv-upload-{environment}",
    "cluster": "{project}-aurora-{environment}",
    "lambda_role": "csv-lambda-processor-role-{environment}",
    "state_machine_role": "csv-stepfunctions-execution-role-{environment}",
    "rule_role": "csv-eventbridge-invoke-role-{environment}",
}
"""The name pattern of each resource unless the settings override it; {braces} are filled with fields of Names."""


@dataclass(frozen=True)
class Names:
    """All physical names, derived from project, environment, account and region; `others` override USUAL patterns.

    `named_groups`: the log group of each function whose LoggingConfig names one. `qualifiers`: the version or alias of
    each function that the state machine invokes by one.
    """

    account: str
    region: str = "ap-northeast-1"
    project: str = "csv-parallel-processing"
    environment: str = "dev"
    others: Mapping[str, str] = field(default_factory=dict)
    named_groups: Mapping[str, str] = field(default_factory=dict)
    qualifiers: Mapping[str, str] = field(default_factory=dict)

    @property
    def bucket(self) -> str:
        return self.named("bucket")

    @property
    def state_machine(self) -> str:
        return self.named("state_machine")

    @property
    def state_machine_arn(self) -> str:
        return self.arn("states", f"stateMachine:{self.state_machine}")

    @property
    def longest_execution_arn(self) -> str:
        """An ARN of the greatest length: the name of an execution has 80 characters at most (StartExecution)."""
        return self.arn("states", f"execution:{self.state_machine}:{'e' * 80}")

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions without duplicates, since one function may serve all steps."""
        return tuple(dict.fromkeys((self.named("splitter"), self.named("processor"))))

    @property
    def function_arns(self) -> tuple[str, ...]:
        """The functions' ARNs as the state machine invokes them."""
        qualified = (f"{name}:{self.qualifiers[name]}" if name in self.qualifiers else name for name in self.functions)
        return tuple(self.arn("lambda", f"function:{each}") for each in qualified)

    @property
    def log_groups(self) -> tuple[str, ...]:
        """The functions' log groups without duplicates, since functions may share one."""
        groups = (self.named_groups.get(name, f"/aws/lambda/{name}") for name in self.functions)
        return tuple(dict.fromkeys(groups))

    @property
    def audit_logs(self) -> str:
        return self.named("audit_logs")

    @property
    def batch_jobs(self) -> str:
        return self.named("batch_jobs")

    @property
    def processing_metadata(self) -> str:
        return self.named("processing_metadata")

    @property
    def job_locks(self) -> str:
        return self.named("job_locks")

    @property
    def tables(self) -> tuple[str, ...]:
        return self.audit_logs, self.processing_metadata, self.batch_jobs, self.job_locks

    @property
    def rule(self) -> str:
        return self.named("rule")

    @property
    def cluster(self) -> str:
        return self.named("cluster")

    @property
    def lambda_role(self) -> str:
        return self.named("lambda_role")

    @property
    def state_machine_role(self) -> str:
        return self.named("state_machine_role")

    @property
    def rule_role(self) -> str:
        return self.named("rule_role")

    @property
    def bucket_arn(self) -> str:
        return f"arn:{partition_of(self.region)}:s3:::{self.bucket}"

    def role_arn(self, role: str) -> str:
        """The ARN of the role with this name, without a path."""
        return f"arn:{partition_of(self.region)}:iam::{self.account}:role/{role}"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in this account and region, such as `table/jobs` of `dynamodb`."""
        return f"arn:{partition_of(self.region)}:{service}:{self.region}:{self.account}:{resource}"

    def key_of(self, text: str) -> str | None:
        """The key of USUAL whose name is `text`, or the last part of `text` if it is an ARN or a log group's name."""
        by_name = {self.named(key): key for key in reversed(USUAL)}
        return by_name.get(text) or by_name.get(re.split("[:/]", text)[-1])

    def rename(self, text: str) -> str:
        """Replace in `text` the names of the bundled pipeline in dev, by which texts call things, where others hold."""
        usual, documented = Names(self.account), Names("{account}")
        for key in USUAL:
            if (own := self.named(key)) != usual.named(key):
                text = text.replace(documented.named(key), own)
        return text

    def named(self, thing: str) -> str:
        """The physical name of `thing`, a key of USUAL."""
        return (self.others.get(thing) or USUAL[thing]).format(
            account=self.account, region=self.region, project=self.project, environment=self.environment
        )
