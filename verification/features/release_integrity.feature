Feature: The release that gives the results
  A release is verified file by file each time it is read. An unbuilt release judges images and scores none.

  @SYS-006 @SYS-006/AC1 @SRS-025 @RC-006
  Scenario: An unchanged copy of the release gives results
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    When the device analyses it
    Then its outcome is analysed
    And its release digest is that of the release

  @SYS-006 @SYS-006/AC1 @SRS-025 @SRS-025/AC1 @RC-006
  Scenario Outline: One changed byte in any file of the release stops the analysis
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And <place> byte of its <file> is changed
    When the device analyses it
    Then no result is printed
    And the message names <file>
    And the exit status is 4

    Examples:
      | file         | place      |
      | model.tflite | the first  |
      | model.tflite | the middle |
      | model.tflite | the last   |
      | card.yaml    | the middle |
      | release.yaml | the middle |

  @SYS-006 @SYS-006/AC1 @SRS-025 @RC-006
  Scenario: A changed list of digests stops the analysis
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And the first byte of its SHA256SUMS is changed
    When the device analyses it
    Then no result is printed
    And the exit status is 4

  @SRS-025 @SRS-025/AC2 @RC-006 @RC-007
  Scenario Outline: An edited limit or threshold stops the analysis
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And its release.yaml states another <key>
    When the device analyses it
    Then no result is printed
    And the message names release.yaml
    And the exit status is 4

    Examples:
      | key               |
      | threshold         |
      | maximum_age_years |

  @SRS-025 @SRS-025/AC3 @RC-006
  Scenario: A missing file stops the analysis
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And its model.tflite is deleted
    When the device analyses it
    Then no result is printed
    And the message names model.tflite
    And the exit status is 4

  @SRS-025 @RC-006
  Scenario: A file that the release does not list stops the analysis
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And its folder holds an additional file notes.txt
    When the device analyses it
    Then no result is printed
    And the message names notes.txt
    And the exit status is 4

  @SRS-025 @RC-006
  Scenario: A release with a changed file cannot be shown either
    Given a copy of the release paediatric-reference
    And the middle byte of its card.yaml is changed
    When the device is called with `release show {release}`
    Then no result is printed
    And the message names card.yaml
    And the exit status is 1

  @SRS-028 @SRS-028/AC1
  Scenario Outline: A release without weights judges images
    Given a complete DX radiograph of a patient of <age>
    And a copy of the release adult-nih
    And its weights are taken out
    When the device judges it
    Then <verdict>

    Examples:
      | age  | verdict                                                           |
      | 040Y | it is accepted                                                    |
      | 003Y | it is refused with the single reason AGE on PatientAge of SRS-005 |

  @SRS-028 @SRS-028/AC2 @RC-003
  Scenario: A release without weights analyses nothing and says what would build it
    Given a complete DX radiograph of a patient of 040Y
    And a copy of the release adult-nih
    And its weights are taken out
    When the device analyses it
    Then its analysis fails with a reason that says "not built"
    And its analysis fails with a reason that says "clearway train"
    And the exit status is 4

  @SRS-028
  Scenario: A release without weights says what would build it when it is shown
    Given a copy of the release adult-nih
    And its weights are taken out
    When the device is called with `release show {release}`
    Then the output says "not built"
    And the output says "clearway train adult-nih"
    And the exit status is 0
