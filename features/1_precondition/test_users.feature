@local @aws-dev
Feature: The test users are ready before anything is delivered
  A run adds to the statistics of the test users: U00001, U00002 and so on, as many as acceptance.toml says. So they
  have to be registered, and what earlier runs added has to be gone, or nothing could be said about this one.

  @checklist:DAT-02
  Scenario: The test users are registered in bulk
    When the test users are prepared
    Then none of them is left out

  @checklist:DAT-03
  Scenario: The test users are counted
    When the test users are prepared
    Then the database counts every one of them

  @checklist:DAT-06
  Scenario: Earlier statistics are cleared
    When the test users are prepared
    Then their earlier statistics are gone, and nobody else's

  @checklist:DAT-07
  Scenario: No statistics of the test users are left
    When the test users are prepared
    Then the database counts 0 statistics of theirs

  @checklist:DAT-04
  Scenario: The sample users are as they should be
    When the test users are prepared
    Then the first, the middle and the last of them are registered under their own name and address, and active

  @checklist:DAT-05
  Scenario: The first ten test users list in order
    When the test users are prepared
    Then the first ten of them are listed in order

  @checklist:DAT-08
  Scenario: The whole table is counted before the run
    When the test users are prepared
    Then the whole table of statistics is counted, and none of its rows is theirs
