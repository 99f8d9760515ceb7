@local @aws-dev
Feature: The file to deliver is the one that was agreed
  What was agreed stands in acceptance.toml: the file, its header, how many records it holds and of how many users.

  @checklist:FIL-01
  Scenario: The file has its agreed name
    Then the file is there under its agreed name

  @checklist:FIL-02
  Scenario: The file holds the agreed records
    Then the file holds as many records as agreed, each on a line of its own below the header
    And they are those of the test users, and of nobody else

  @checklist:FIL-03
  Scenario: The file has the agreed header
    Then its header reads as agreed
