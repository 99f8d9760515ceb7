@robustness @requirement:ROB-13
Feature: Whatever breaks, and whenever, every record counts exactly once

  Scenario: Faults and moments that are drawn
    Given faults drawn from the seed of this session
    When a file is delivered to each
    Then each was processed or failed by a named error, and once started again every record counts once
