"""Evidence of log lines, as people read it."""

from __future__ import annotations

from steps.drivers.logs import LogLine
from steps.results.logs import tell_early_lines


def test_an_early_line_stands_beside_the_time_of_its_completion():
    line = LogLine("any", "any", 1_000, '{"event_type": "csv-chunk-processing", "chunk": 2}')
    told = tell_early_lines([line], {("csv-chunk-processing", 2): 3_601_000})
    assert told.startswith("1 lines came before the work was done, such as ")
    assert told.endswith(
        ": csv-chunk-processing, chunk 2 logged it at 1970-01-01T00:00:01.000+00:00, "
        "and its timestamp in audit-logs is 1970-01-01T01:00:01.000+00:00"
    )
