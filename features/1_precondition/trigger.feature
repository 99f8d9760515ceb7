@local @aws-dev
Feature: An upload can start the pipeline

  @checklist:EVB-01
  Scenario: The bucket tells EventBridge of its events
    When the S3 bucket is looked up
    Then its events go to EventBridge

  @checklist:EVB-02
  Scenario: The rule is enabled, and matches what it has to
    When the rule is looked up
    Then it is enabled
    And EventBridge finds that it matches an upload under incoming/, and nothing else

  @checklist:EVB-03
  Scenario: The rule starts the state machine
    When the rule is looked up
    Then it starts the state machine once, with an input that names the uploaded object
    And no other rule starts it
