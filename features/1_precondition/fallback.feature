@local @aws-dev @own-command
Feature: There is another way in when EventBridge starts nothing

  @checklist:KNO-04
  Scenario: The manual start is ready
    When a manual start is rehearsed
    Then it names the state machine that it would start
    And it hands on all that the state machine reads of what the rule hands on
