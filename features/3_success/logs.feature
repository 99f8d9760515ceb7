@local
Feature: The functions' logs show a clean run
  All lines of both functions from the upload on count, but for those of other executions.

  @checklist:LOG-01
  Scenario: No line holds ERROR
    When every invocation of the execution has reported
    Then no line of the logs holds "ERROR"

  @checklist:LOG-07
  Scenario: Every event type reports success
    When every invocation of the execution has reported
    Then "EVENT_PROCESSED_SUCCESSFULLY" is logged once for each step and each chunk
