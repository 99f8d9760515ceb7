@local @own-execution
Feature: A file that breaks a rule for all of it is refused, and adds nothing

  @checklist:LOG-04
  Scenario Outline: It is refused as a whole
    Given a file of 10 records
    And all in all it "<what>"
    When the file is delivered
    Then the execution fails with what points to "file-rejected"
    And batch-jobs holds its status as "FAILED"
    And its lock is given back
    And the database holds nothing of it
    And no statistics change

    Examples:
      | what                        |
      | has a header of other names |
      | ends within a character     |
