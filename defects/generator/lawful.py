"""Changes that any operator may make: each has to be GO."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from defects.generator.change import Change, Replacement, identify
from defects.generator.templates import entries, insert, is_of

_PROPERTIES: tuple[tuple[str, str, str], ...] = (
    ("tags", "AWS::Serverless::Function", "Tags: {team: data}"),
    ("tags", "AWS::DynamoDB::Table", "Tags: [{Key: team, Value: data}]"),
    ("tags", "AWS::S3::Bucket", "Tags: [{Key: team, Value: data}]"),
    ("more memory", "AWS::Serverless::Function", "MemorySize: 1024"),
    ("longer timeout", "AWS::Serverless::Function", "Timeout: 305"),
    ("logging on", "AWS::Serverless::Function", "LoggingConfig: {LogFormat: JSON, ApplicationLogLevel: INFO}"),
    ("logging on", "AWS::Serverless::Function", "LoggingConfig: {LogFormat: JSON}"),
    ("description", "AWS::Serverless::Function", "Description: another one"),
    (
        "lifecycle for results",
        "AWS::S3::Bucket",
        "LifecycleConfiguration: {Rules: [{Status: Enabled, Prefix: results/, ExpirationInDays: 90}]}",
    ),
    (
        "encryption",
        "AWS::S3::Bucket",
        "BucketEncryption: {ServerSideEncryptionConfiguration: "
        "[{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}",
    ),
    (
        "recovery",
        "AWS::DynamoDB::Table",
        "PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}",
    ),
    ("protection", "AWS::DynamoDB::Table", "DeletionProtectionEnabled: true"),
    ("encryption", "AWS::DynamoDB::Table", "SSESpecification: {SSEEnabled: true}"),
    ("protection", "AWS::RDS::DBCluster", "DeletionProtection: true"),
    ("tags", "AWS::Serverless::StateMachine", "Tags: {team: data}"),
)
_TRACING = ("AWS::Serverless::Function", "Tracing: Active")
_XRAY = "{Sid: Trace, Effect: Allow, Action: [xray:PutTraceSegments, xray:PutTelemetryRecords], Resource: '*'}"
_ALARM = """  ErrorsAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub ${ProjectName}-errors-${Environment}
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold

"""
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS user_statistics_updated ON user_statistics (updated_at);",
    "CREATE INDEX IF NOT EXISTS users_name ON users (username);",
)


def find_changes(sources: Mapping[str, str]) -> list[Change]:
    """Return every lawful change that fits these sources."""
    return identify(sources, _changes(sources))


def _changes(sources: Mapping[str, str]) -> Iterator[Change]:
    texts = {file: text for file, text in sources.items() if file.endswith(".yaml")}
    for operator, kind, entry in _PROPERTIES:
        if added := _to_each(texts, kind, entry):
            yield Change("template", operator, f"{kind}: {entry.partition(':')[0]}", added)
    statement = [
        Replacement(file, (at := each.value.value[0].start_mark.index), at, f"{_XRAY}\n" + _indent(text, at) + "- ")
        for file, text in texts.items()
        for each in entries(text)
        if each.key.value == "Statement" and "LambdaRole" in each.path[1] and "Policies" in each.path
    ]
    if statement:
        yield Change("template", "tracing", "functions and their role", (*_to_each(texts, *_TRACING), statement[0]))
    for file, text in texts.items():
        yield from _of_template(file, text)
    for file, text in sources.items():
        if file.endswith(".json"):
            yield from _of_state_machine(file, text)
        if file.endswith(".py") and not file.endswith("__init__.py"):
            yield Change("python", "comments", file, (Replacement(file, len(text), len(text), "# Reviewed.\n"),))
        if file.endswith(".sql"):
            for index in _INDEXES:
                place = index.split()[5]
                yield Change("sql", "further index", place, (Replacement(file, len(text), len(text), f"\n{index}\n"),))


def _indent(text: str, position: int) -> str:
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip())]


def _to_each(texts: Mapping[str, str], kind: str, entry: str) -> tuple[Replacement, ...]:
    """Set a property of each resource of a type: where it is already set, its value is replaced if it is a scalar."""
    found = []
    for file, text in texts.items():
        all_ = entries(text)
        kinds = {each.path[1]: each.value.value for each in all_ if each.path[2:] == ("Type",)}
        name = entry.partition(":")[0]
        for each in all_:
            if not isinstance(each.value, yaml.MappingNode) or not is_of(each, kinds, kind):
                continue
            present = [value for key, value in each.value.value if key.value == name]
            if not present:
                found.append(insert(file, each.value, entry))
            elif isinstance(present[0].value, str):
                start, end = present[0].start_mark.index, present[0].end_mark.index
                found.append(Replacement(file, start, end, entry.partition(": ")[2]))
    return tuple(found)


def _of_template(file: str, text: str) -> Iterator[Change]:
    all_ = entries(text)
    for each in all_:
        if each.path[0] == "Resources" and len(each.path) == 2:
            name = each.path[1]
            renamed = tuple(
                Replacement(file, found.start(), found.end(), f"Our{name}")
                for found in re.finditer(rf"(?<=[ \[{{.]){name}(?=[:.\]}}\s,])", text)
            )
            yield Change("template", "another logical id", name, renamed)
    resources = next(each for each in all_ if each.path == ("Resources",))
    if len(resources.value.value) > 2:
        first, second = (pair[0].start_mark.index for pair in resources.value.value[:2])
        third = resources.value.value[2][0].start_mark.index
        swapped = text[second:third] + text[first:second]
        yield Change("template", "another order", "Resources", (Replacement(file, first, third, swapped),))
    at = text.rfind("\n", 0, resources.value.value[0][0].start_mark.index) + 1
    if "ProjectName" in text:
        yield Change("template", "an alarm", "ErrorsAlarm", (Replacement(file, at, at, _ALARM),))
    if found := re.search(r"(?<=LogRetentionDays: \{Type: Number, Default: )\d+", text):
        longer = (Replacement(file, found.start(), found.end(), "90"),)
        yield Change("template", "longer retention", "LogRetentionDays", longer)


def _of_state_machine(file: str, text: str) -> Iterator[Change]:
    for state in re.findall(r'^ +"([^"\n]+)": \{\n +"Type": "(?:Task|Map|Choice|Pass|Succeed|Fail)"', text, re.M):
        renamed = tuple(
            Replacement(file, found.start(), found.end(), f"Our {state}")
            for found in re.finditer(rf'(?<="){re.escape(state)}(?=")', text)
        )
        yield Change("state machine", "another state name", state, renamed)
    for seconds in re.finditer(r'(?<="TimeoutSeconds": )(3\d\d)', text):
        longer = (Replacement(file, seconds.start(), seconds.end(), str(int(seconds[0]) + 20)),)
        yield Change("state machine", "longer timeout", "TimeoutSeconds", longer)
    for attempts in re.finditer(r'(?<="MaxAttempts": )(\d)', text):
        more = (Replacement(file, attempts.start(), attempts.end(), str(int(attempts[0]) + 1)),)
        yield Change("state machine", "one more retry", "MaxAttempts", more)
    if found := re.search(r'"Mode": "INLINE"', text):
        distributed = '"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"'
        change = (Replacement(file, found.start(), found.end(), distributed),)
        yield Change("state machine", "distributed map", "ProcessorConfig", change)
    for comment in list(re.finditer(r'(?<="Comment": ")[^"]+', text))[:1]:
        change = (Replacement(file, comment.start(), comment.end(), "Reviewed."),)
        yield Change("state machine", "comments", "Comment", change)
