@local @own-execution
Feature: An execution can be started by hand when EventBridge starts none

  @checklist:CTM-03
  Scenario: The manual start brings the same result as the automatic one
    Given the same records of other users
    And no upload starts anything by itself
    When the file is uploaded
    And it is started by hand
    Then it takes the same way to the same result as the automatic one
    And each record of the file has one fate, on which all stores agree
