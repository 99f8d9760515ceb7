@local @aws-dev
Feature: The functions' logs can be watched

  @checklist:MON-02
  Scenario: The logs are followed while the execution runs, and kept
    When every invocation of the execution has reported
    Then its log lines were followed while it ran
    And all of them are kept as evidence

  @checklist:MON-02
  Scenario: The logs tell all that is looked for, and for long enough
    When the functions' log settings are looked up
    Then no level leaves out a line of INFO, or one of Lambda's own
    And each log group keeps its lines for at least 7 days
