@local @aws-dev
Feature: The roles may do what the pipeline needs, and little else

  @checklist:LAM-03
  Scenario: The roles made by Terraform carry the permissions needed
    When IAM is asked what the three roles may do
    Then the functions, the state machine and the rule use them
    And every action that the pipeline needs is allowed
    And the functions' role may use the keys that encrypt what they read and write
    And nothing is allowed that none of them may do
