@robustness @requirement:ROB-06
Feature: Nothing is published that does not add up
  The merge proves it by the database. Each of these is a second fault, which nothing else would show.

  Scenario Outline: What the merge finds is not what was planned
    Given a file of 30 records
    And a record of a user that is not registered
    And the merging is held at its start
    When the file is uploaded
    And "<damage>" before the merging goes on
    Then the execution fails with "ProcessingError", saying "<saying>"
    And batch-jobs holds its status as "FAILED"
    And its lock is given back

    Examples:
      | damage                        | saying                                       |
      | a chunk is not done           | only 3 of 4 chunks are done                  |
      | a chunk is not in the plan    | do not add up: 31 in the file, 21 in the plan |
      | a rejected record is not kept | 30 applied and 1 rejected, 0 of them kept    |
