@local @aws-dev
Feature: A delivered file is processed without anybody's doing
  Nothing is started by hand: the upload has to do it.

  @checklist:RUN-01
  Scenario: The file is uploaded under incoming/
    When the file is uploaded
    Then the inbox holds it unchanged under "incoming/"

  @checklist:RUN-02
  Scenario: The upload starts the execution
    When the file is delivered
    Then the upload starts an execution by itself
    And it is watched to its end
    And it is the only one for this upload
