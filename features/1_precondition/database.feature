@local @aws-dev
Feature: The database lets the pipeline in

  @checklist:DAT-01
  Scenario: The database answers with the credentials held in Secrets Manager
    When the database is reached with the credentials held in Secrets Manager
    Then it answers
    And its tables hold what the pipeline writes

  @checklist:DAT-02
  Scenario: The ids and addresses of the test users belong to nobody else
    When the test users are looked for
    Then none of their ids and addresses belongs to somebody else
