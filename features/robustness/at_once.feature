@robustness @requirement:ROB-04
Feature: What arrives at once counts as if it had arrived one after the other

  Scenario: Two events of one upload
    Given no upload starts anything by itself
    And a file of 30 records
    When the file is uploaded
    And two events of it arrive at once
    Then one of the two has it, and the other leaves it to that
    And every record counts exactly once, and nothing is left over

  Scenario Outline: Files of the same users
    Given <count> files of <records> records each, of the same users
    When they are delivered at once
    Then the status of each is "SUCCEEDED"
    And every record of each of them counts exactly once, and nothing is left over

    Examples:
      | count | records |
      | 2     | 30      |
      | 10    | 10      |
