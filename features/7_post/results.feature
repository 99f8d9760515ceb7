@local @aws-dev
Feature: What the run came to is measured and verified

  @checklist:PST-01
  Scenario: Time and throughput are recorded
    When the execution has ended
    Then its time and its throughput are recorded

  @checklist:PST-02
  Scenario: Every record has a named fate
    When every invocation of the execution has reported
    Then every record has a named fate, and it is applied

  @checklist:PST-03
  Scenario: Errors and warnings are analysed
    When every invocation of the execution has reported
    Then the lines above INFO are grouped and counted, and there are none
