"""The pipeline in one process: the handlers of its functions, called with the events that the state machine sends."""

from __future__ import annotations

import importlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from local_aws import LocalAws
from tests.system_under_test.environment import BUCKET, client_of, make_bucket

HEADER = "ユーザーID,ログイン回数,投稿回数"
SPLITTER_STEPS = ("csv-validation", "csv-split")
Upload = dict[str, str]


@dataclass(frozen=True)
class Run:
    """An execution that steps are called for."""

    name: str = field(default_factory=lambda: str(uuid4()))
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def arn(self) -> str:
        """The ARN of the execution."""
        return f"arn:aws:states:ap-northeast-1:123456789012:execution:csv:{self.name}"


@dataclass(frozen=True)
class Context:
    """The context object with which Lambda invokes a handler."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-northeast-1:123456789012:function:csv"


class Pipeline:
    """Both functions, and what they work on."""

    def __init__(self, aws: LocalAws) -> None:
        """Make the bucket and load the handlers, whose environment must be there by now."""
        self.s3, self.dynamodb = client_of(aws, "s3"), client_of(aws, "dynamodb")
        make_bucket(self.s3, aws.region)
        self._splitter: Any = importlib.import_module("splitter")
        self._processor: Any = importlib.import_module("processor")
        self._numbers = itertools.count(1)

    @property
    def services(self) -> Any:
        """The current settings and clients of the functions."""
        return self._processor.services

    @contextmanager
    def configured(self, **settings: str) -> Iterator[None]:
        """Both functions with other values of these environment variables."""
        load_settings = importlib.import_module("csv_pipeline.settings").load_settings
        with self.talking_to(settings=load_settings(os.environ | settings)):
            yield

    @contextmanager
    def talking_to(self, **services: Any) -> Iterator[None]:
        """Both functions with other services."""
        changed = replace(self.services, **services)
        with pytest.MonkeyPatch.context() as patch:
            for module in (self._splitter, self._processor):
                patch.setattr(module, "services", changed)
            yield

    def upload(self, records: Iterable[str], *, header: str = HEADER, key: str | None = None) -> Upload:
        """Put a file with these records, and return its version as events name it."""
        body = "".join(f"{line}\n" for line in (header, *records))
        return self.upload_bytes(body.encode(), key=key)

    def upload_bytes(self, body: bytes, *, key: str | None = None) -> Upload:
        """Put a file of exactly these bytes."""
        key = key or f"incoming/{next(self._numbers)}.csv"
        version = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)["VersionId"]
        return {"bucket": BUCKET, "key": key, "version_id": version}

    def step(self, event_type: str, upload: Upload, run: Run, attempt: int = 0, **more: Any) -> dict[str, Any]:
        """Invoke the function of one step."""
        function, module = self._function_of(event_type)
        event = {
            "event_type": event_type,
            "execution": {"id": run.arn, "name": run.name, "started": run.started.isoformat()},
            "object": upload,
            "attempt": attempt,
            **more,
        }
        answer: dict[str, Any] = module.handler(json.loads(json.dumps(event)), Context(function, str(uuid4())))
        return answer

    def work(self, event_type: str, upload: Upload, run: Run, request_id: str = "-", **more: Any) -> dict[str, Any]:
        """One step below its handler, which serves one event at a time as in Lambda: for steps side by side."""
        function, module = self._function_of(event_type)
        model, work = module.STEPS[event_type]
        event = {
            "event_type": event_type,
            "execution": {"id": run.arn, "name": run.name, "started": run.started},
            "object": upload,
            "attempt": 0,
            "request_id": request_id,
            "function": function,
            **more,
        }
        answer: dict[str, Any] = work(model.model_validate(event), module.services)
        return answer

    def plan(self, upload: Upload, run: Run) -> list[int]:
        """Validate and split, and return the chunks."""
        records = self.step("csv-validation", upload, run)["records_total"]
        chunks: list[int] = self.step("csv-split", upload, run, records_total=records)["chunks"]
        return chunks

    def chunk(self, upload: Upload, run: Run, chunk: int = 1, request_id: str = "-") -> tuple[int, int]:
        """How many records of a chunk are applied and rejected, below the handler."""
        answer = self.work("csv-chunk-processing", upload, run, request_id, chunk=chunk)
        return answer["records_applied"], answer["records_rejected"]

    def merge(self, upload: Upload, run: Run) -> dict[str, Any]:
        """All chunks and the merge; returns the totals."""
        validated = self.step("csv-validation", upload, run)
        for chunk in self.step("csv-split", upload, run, records_total=validated["records_total"])["chunks"]:
            self.step("csv-chunk-processing", upload, run, chunk=chunk)
        return self.step("csv-merge", upload, run, **validated)

    def run(self, upload: Upload, run: Run | None = None) -> dict[str, Any]:
        """Run every step, and return the result of the last one."""
        run = run or Run()
        return self.step("batch-status-update", upload, run, totals=self.merge(upload, run))

    def fail(self, upload: Upload, run: Run, error: str = "ProcessingError", cause: str = "because") -> None:
        """Run the step that handles an error."""
        self.step("error-handling", upload, run, error=error, cause=cause)

    def _function_of(self, event_type: str) -> tuple[str, Any]:
        in_splitter = event_type in SPLITTER_STEPS
        return ("csv-splitter", self._splitter) if in_splitter else ("csv-processor", self._processor)
