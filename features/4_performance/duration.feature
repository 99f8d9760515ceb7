@local @aws-dev
Feature: A file is processed in time

  @checklist:PRF-01
  Scenario: From the upload to the end at most 15 minutes
    When the execution has ended
    Then from the upload to its end at most 15 minutes have passed
