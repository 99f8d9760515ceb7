@local @aws-dev
Feature: The functions are configured for this environment, and for no other

  @checklist:LAM-01
  Scenario: The functions know what they work on
    When the functions are looked up
    Then their environment names this bucket, these tables, this database and its secret

  @checklist:KNO-01
  Scenario: All 20 environment variables are set as declared
    When the functions are looked up
    Then their environment variables are as many as agreed and what the template declares, and no others

  @checklist:LAM-02
  Scenario: The functions are in the VPC
    When the functions are looked up
    Then each is ready, and has subnets and a security group

  @checklist:LAM-04
  Scenario: The layers are attached
    When the functions are looked up
    Then each has the layers that the template declares, and they fit it
