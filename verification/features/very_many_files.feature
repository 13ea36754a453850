Feature: Folders of very many files
  A run of days ends before its end, and several machines share it. What they give is what one run gives.

  @SRS-055/AC1 @SRS-055
  Scenario Outline: A run that ended is gone on with
    Given a folder with files, acceptable 2, refused 1, unreadable 1
    When the device is called with `analyze --record {results} {folder}`
    And the file of results is cut, to this number of lines and of characters: <lines>, <count>
    And the device is called with `analyze --record {results} {folder}`
    Then the exit status is 4
    And the file of results is what it was before

    Examples:
      | lines | count |
      | 0     | 1     |
      | 2     | 0     |
      | 2     | 40    |
      | 3     | 200   |

  @SRS-055/AC2 @SRS-055
  Scenario: Results of another release
    Given a folder with files, acceptable 1, refused 0, unreadable 0
    When the device is called with `gate --record {results} --release adult-nih {folder}`
    And the device is called with `gate --record {results} {folder}`
    Then the exit status is 4
    And the message names release 'adult-nih', expected 'paediatric-reference'

  @SRS-055/AC3 @SRS-055
  Scenario: Shares
    Given a folder with files, acceptable 4, refused 3, unreadable 2
    When the device is called with `gate --record {results} {folder}`
    And each of 2 shares of the folder is judged into a file of its own
    Then the results of the shares are together those of the folder, each once

  @SRS-055/AC4 @SRS-055
  Scenario: What is no DICOM file
    Given a folder with files, acceptable 1, refused 1, unreadable 2
    When the device is called with `gate --dicom-only --summary {summary} {folder}`
    Then the exit status is 3
    And the output says "2 left out (no DICOM file)"
    And the summary is:
      """
      what,name,files
      outcome,accepted,1
      outcome,refused,1
      reason,MODALITY,1
      reason,SOP_CLASS,1
      left out,dot-file or DICOMDIR,0
      left out,no DICOM file,2
      """
