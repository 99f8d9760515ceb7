@local @aws-dev
Feature: The file to deliver is the one that was agreed

  @checklist:FIL-01
  Scenario: The file has its agreed name
    Then the file is named "test-user-stats-20250807-100records.csv"

  @checklist:FIL-02
  Scenario: The file holds 100 records
    Then the file holds 100 records on 101 lines

  @checklist:FIL-03
  Scenario: The file has the agreed header
    Then the header reads "ユーザーID,ログイン回数,投稿回数"
