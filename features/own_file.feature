@own-file
Feature: A file of one's own
  pytest --file=PATH delivers it to the bundled pipeline, or to that of --system-under-test.

  Scenario: Each record of the file has one fate
    Given the file of --file, whose users are registered
    When the file is delivered
    Then each record of the file has one fate, on which all stores agree
    And the fates of its records are told
