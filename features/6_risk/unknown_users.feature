@local
Feature: Users that are not registered are noticed, and nothing is made up for them

  @checklist:DAT-09
  Scenario: None of the test users is registered
    Given none of the test users is registered
    When the file is delivered
    Then the execution fails with "ProcessingError", saying that every record is a "UserNotFoundError"
    And every record is rejected as "UserNotFoundError"
    And no statistics change
    And the rejected records are kept as a file that can be delivered again
