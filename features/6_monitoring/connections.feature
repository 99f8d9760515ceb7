@local @aws-dev
Feature: The database's connections can be watched

  @checklist:MON-03
  Scenario: The functions' sessions are seen, and none is left open
    When the execution has ended
    Then sessions of its invocations were seen while it ran
    And none of them is left open
