@local @own-execution
Feature: An upload that is announced twice is processed once
  EventBridge delivers at least once.

  @checklist:RUN-02
  Scenario: The event comes again
    When the file is delivered
    And its event is delivered again after its end
    Then the second execution answers with the first, and both are found for the upload
