@local @aws-dev
Feature: The functions' logs show a clean run
  All lines of both functions from the upload on count, but for those of other executions.

  @checklist:LOG-01
  Scenario: No line holds ERROR
    When every invocation of the execution has reported
    Then no line of the logs holds "ERROR"

  @checklist:LOG-02
  Scenario: No line is above INFO
    When every invocation of the execution has reported
    Then none of "ERROR, WARN, FATAL" is in any line of the logs

  @checklist:LOG-03
  Scenario: No user was unknown
    When every invocation of the execution has reported
    Then no line of the logs holds "UserNotFoundError"

  @checklist:LOG-04
  Scenario: No record was invalid
    When every invocation of the execution has reported
    Then no line of the logs holds "ValidationError"

  @checklist:LOG-05
  Scenario: Not too many records were rejected
    When every invocation of the execution has reported
    Then no line of the logs holds "ProcessingError"

  @checklist:LOG-06
  Scenario: The run reports that it is completed
    When every invocation of the execution has reported
    Then "processing completed successfully" is logged once

  @checklist:LOG-07
  Scenario: Every event type reports success
    When every invocation of the execution has reported
    Then "EVENT_PROCESSED_SUCCESSFULLY" is logged once for each step and each chunk
    And none of these lines came before the work was done
