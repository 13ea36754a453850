Feature: The release that gives the results
  A release is verified file by file each time it is read. An unbuilt release judges images and scores none.

  @SYS-006 @SYS-006/AC1 @SRS-025 @RC-006
  Scenario: An unchanged copy of the release gives results
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    When the device analyzes it
    Then its outcome is analyzed
    And its release digest is that of the release

  @SYS-006 @SYS-006/AC1 @SRS-025 @SRS-025/AC1 @RC-006
  Scenario Outline: One changed byte in any file of the release stops the analysis
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And <place> byte of its <file> is changed
    When the device analyzes it
    Then no result is printed
    And the message names <file>
    And the message does not say "CLEARWAY_DEBUG"
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
    When the device analyzes it
    Then no result is printed
    And the exit status is 4

  @SRS-025 @SRS-025/AC2 @RC-006 @RC-007
  Scenario Outline: An edited limit or threshold stops the analysis
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And its release.yaml states another <key>
    When the device analyzes it
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
    When the device analyzes it
    Then no result is printed
    And the message names model.tflite: listed, but not there
    And the exit status is 4

  @SRS-025 @RC-006
  Scenario: A file that the release does not list stops the analysis
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And its folder holds an additional file notes.txt
    When the device analyzes it
    Then no result is printed
    And the message names notes.txt
    And the exit status is 4

  @SRS-025 @RC-006
  Scenario: A folder that is no release gives no result
    Given a complete DX radiograph
    And a folder in the place of the release
    When the device analyzes it
    Then no result is printed
    And the message names unknown; expected adult-nih
    And the exit status is 4

  @SRS-025 @SRS-026 @RC-006
  Scenario Outline: Weights that are not those of release.yaml give no score
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And <change>
    And it is locked anew
    When the device analyzes it
    Then its analysis fails with a reason that says "<says>"
    And the exit status is 4

    Examples:
      | change                                         | says               |
      | the middle byte of its model.tflite is changed | expected litert    |
      | its release.yaml states another sha256         | expected litert    |
      | its release.yaml states another format         | expected litert    |
      | its release.yaml states another file           | cannot be opened   |

  @SRS-026
  Scenario Outline: The ends of the range are scores
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And its weights are multiplied by <factor>
    And it is locked anew
    When the device analyzes it
    Then its outcome is analyzed
    And its score is 0 or 1

    Examples:
      | factor |
      | 3      |
      | -3     |

  @SRS-026 @RC-006
  Scenario: What is no number is no score
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And its weights are no numbers
    And it is locked anew
    When the device analyzes it
    Then its analysis fails with a reason that says "not a score in [0, 1]"
    And the exit status is 4

  @SRS-025 @RC-006
  Scenario: A damaged release is not shown
    Given a copy of the release paediatric-reference
    And the middle byte of its card.yaml is changed
    When the device is called with `release show {release}`
    Then no result is printed
    And the message names card.yaml
    And the message does not say "CLEARWAY_DEBUG"
    And the exit status is 1

  @SRS-025
  Scenario: A release says everything of itself
    Given a copy of the release paediatric-reference
    When the device is called with `release show {release}`
    Then the exit status is 0
    And the output is:
      """
      release      paediatric-reference …: …
      status       reference: can never be filed
      population   children of 1 to 5 years, …; from 1 years to 5 years; views AP
      input        128 rows, 128 columns, bilinear-antialiased
      digest       …
      weights      model.tflite …
      threshold    0.…; …; locked on …
      study        paediatric-benchmark
      limitation   …
      For prioritization only, not for diagnostic use; an unflagged image is not a normal image.
      """

  @SRS-025
  Scenario: A candidate without a study says so
    Given a copy of the release paediatric-reference
    And its release.yaml states another status
    And its release.yaml states another study
    And it is locked anew
    When the device is called with `release show {release}`
    Then the exit status is 0
    And the output is:
      """
      release      …
      status       candidate
      population   …
      study        none
      limitation   …
      """

  @SRS-028
  Scenario: A release without weights says why, and what would build it
    Given a copy of the release adult-nih
    And its weights are taken out
    When the device is called with `release show {release}`
    Then the exit status is 0
    And the output is:
      """
      release      adult-nih …: …
      status       reference: can never be filed
      population   …; from 22 years; views PA, AP
      input        …
      digest       …
      weights      none here
      not built    …
      to build it  clearway train …
      study        …
      limitation   …
      For prioritization only, not for diagnostic use; an unflagged image is not a normal image.
      """

  @SRS-025
  Scenario: The releases are listed
    When the device is called with `release list`
    Then the exit status is 0
    And the output is:
      """
      adult-nih              … reference  …
      paediatric-reference   … reference  built           …
      """

  @SRS-025
  Scenario Outline: A release is named exactly where one is asked for
    When the device is called with `<arguments>`
    Then the exit status is 2
    And no result is printed
    And the message names <word>

    Examples:
      | arguments                       | word                        |
      | release                         | what                        |
      | release show                    | `show NAME`                 |
      | release list adult-nih          | `show NAME`                 |
      | release delete adult-nih        | choose from                 |

  @SRS-025
  Scenario: Programs read a release as JSON
    When the device is called with `release show adult-nih --json`
    Then the exit status is 0
    And the result has the digest of the release adult-nih

  @SRS-025
  Scenario Outline: A folder without a trained release cannot be locked or compared
    Given an empty folder
    When the device is called with `release <what> {folder}`
    Then the exit status is 1
    And no result is printed
    And the message names <says>

    Examples:
      | what    | says               |
      | lock    | no release to lock |
      | compare | unknown; expected  |

  @SRS-025
  Scenario: The command on releases says what it can do
    When the device is called with `release --help`
    Then the exit status is 0
    And the output says "List the releases, show one"

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
  Scenario: A release without weights analyzes nothing and says what would build it
    Given a complete DX radiograph of a patient of 040Y
    And a copy of the release adult-nih
    And its weights are taken out
    When the device analyzes it
    Then its analysis fails with a reason that says "not built"
    And its analysis fails with a reason that says "clearway train"
    And the exit status is 4
