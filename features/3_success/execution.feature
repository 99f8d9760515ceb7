@local @aws-dev
Feature: The execution of the upload ends well and in time

  @checklist:SFN-01
  Scenario: The execution succeeds
    When the execution has ended
    Then its status is "SUCCEEDED"

  @checklist:SFN-02
  Scenario: The execution takes at most 15 minutes
    When the execution has ended
    Then it has taken at most 15 minutes
    And so would the 200 chunks of the largest file, at the pace of these

  @checklist:SFN-03
  Scenario: Every step is green
    When the execution has ended
    Then every state of the happy path was entered and left, and no other
    And every step that a file has to take was taken
    And nothing was tried again but what the platform failed at
