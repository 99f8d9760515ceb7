@local @own-execution
Feature: Users that are not registered are noticed, and nothing is made up for them

  @checklist:DAT-09
  Scenario: None of the test users is registered
    Given none of the test users is registered
    When the file is delivered
    Then every record is rejected as "UserNotFoundError"
    And the execution fails with "ProcessingError", saying that every record is a "UserNotFoundError"
    And nothing was tried again but what the platform failed at
    And batch-jobs holds its status as "FAILED"
    And its lock is given back
    And the logs name "UserNotFoundError"
    And no statistics change
    And the rejected records are kept as a file that can be delivered again
    And each of them is explained by its line and its reason
