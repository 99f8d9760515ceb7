@local @own-execution
Feature: Whatever a lawful file looks like, each record is added to what its user has
  The agreed file has each user once, users without statistics, and the plainest of forms. Others have not.

  @checklist:AUR-03
  Scenario: Users of many records, with statistics, in a file as a spreadsheet saves it
    Given a record of a user that is inactive
    And a file of 130 records of the same 10 users
    And they have statistics of an earlier day, of which every tenth is locked
    And a bad record of each kind, among 7 more good ones
    And it is saved as a spreadsheet saves it, with quotes, a blank line, large counts and no line break at its end
    When the file is uploaded
    And its functions wait for the lock, and it is released
    Then every bad record is rejected for its own reason
    And the logs name the reason of each of them
    And its status is "SUCCEEDED"
    And each record of the file has one fate, on which all stores agree
    And the statistics of its users are updated by this execution
    And the database has seen no deadlock
