@local @aws-dev
Feature: The functions' logs can be watched

  @checklist:MON-02
  Scenario: The logs are followed while the execution runs, and kept
    When every invocation of the execution has reported
    Then its log lines were followed while it ran
    And all of them are kept as evidence
