Feature: Score and finding
  The score of an image compared with the locked threshold gives the finding. The 16 published radiographs are wrapped
  as complete clinical DX images: each 8-bit value v is stored as 16 v in 12 bits, and the window (centre 2040.5, width
  4081) shows it as v / 255; age 003Y and view AP are those of the published set.

  @SYS-005 @SYS-005/AC1 @SRS-026 @SRS-026/AC1 @SRS-027 @SRS-027/AC1 @RC-007
  Scenario: Sixteen published radiographs are scored and compared with the threshold
    Given the 16 published radiographs as complete DX images
    When the device analyzes the folder
    Then all 16 files are analyzed
    And every score lies from 0 to 1
    And every file is flagged exactly if its score is at least the threshold
    And every threshold is that of the release

  @SRS-026 @SRS-026/AC2
  Scenario: Another process gives the same score, digit for digit
    Given the published radiograph person1946_bacteria_4874.jpeg as a complete DX image
    When the device analyzes it
    And the device analyzes it in a process of its own
    Then both results are the same in every field

  @SRS-027 @SRS-027/AC2 @RC-007
  Scenario Outline: The threshold itself is flagged
    Given the published radiograph <picture> as a complete DX image
    And the release, locked anew with a threshold <where> its score
    When the device analyzes it
    Then its finding is <finding>

    Examples:
      | picture                       | where      | finding     |
      | person1946_bacteria_4874.jpeg | equal to   | flagged     |
      | person1946_bacteria_4874.jpeg | just above | not_flagged |
      | person1946_bacteria_4874.jpeg | just below | flagged     |
      | NORMAL2-IM-1427-0001.jpeg     | equal to   | flagged     |
      | NORMAL2-IM-1427-0001.jpeg     | just above | not_flagged |

  @SRS-027 @SRS-027/AC3 @RC-007
  Scenario Outline: No option changes the threshold
    Given a complete DX radiograph
    When the device is called with `analyze {file} <option>`
    Then the exit status is 2
    And no result is printed

    Examples:
      | option                        |
      | --threshold 0.9               |
      | --operating-point 0.9         |
      | --assert threshold=0.9        |
