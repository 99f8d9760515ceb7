@local
Feature: The execution of the upload ends well and in time

  @checklist:SFN-01
  Scenario: The execution succeeds
    When the execution has ended
    Then its status is "SUCCEEDED"

  @checklist:SFN-02
  Scenario: The execution takes at most 15 minutes
    When the execution has ended
    Then it has taken at most 15 minutes
