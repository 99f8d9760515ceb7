@local @aws-dev
Feature: The functions reach what they need, and nobody outside reaches them

  @checklist:KNO-03
  Scenario: Two private subnets and the security groups let the functions reach Aurora
    When the network around the functions is looked up
    Then its subnets are private and in two zones
    And Aurora, S3, DynamoDB and Secrets Manager can be reached from there
