@local @aws-dev
Feature: The run can be watched

  @checklist:MON-01
  Scenario: The execution is shown while it runs
    When the execution has ended
    Then its states and its chunks were shown while it ran
    And the page of its console was named
