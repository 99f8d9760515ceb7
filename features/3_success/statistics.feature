@local @aws-dev
Feature: Every record is added to its user's statistics, and to nobody else's

  @checklist:AUR-02
  Scenario: Every test user's statistics are updated
    When the execution has ended
    Then the database counts every test user as updated within the hour

  @checklist:AUR-03
  Scenario: The statistics equal the file
    When the execution has ended
    Then the statistics of the test users equal the file, record by record
    And nobody else's statistics have changed

  @checklist:AUR-01
  Scenario: The first ten statistics are this run's
    When the execution has ended
    Then the first ten are recently updated, by this execution
