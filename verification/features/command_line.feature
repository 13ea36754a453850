Feature: The command line
  Programs run the device, read one JSON object for each file, and see the worst outcome in the exit status.

  @SYS-010 @SYS-010/AC1 @SRS-034 @RC-003
  Scenario: A folder is processed from a shell
    Given a folder with these files:
      | file     | content                  |
      | bad.dcm  | noise                    |
      | ct.dcm   | a CT image               |
      | good.dcm | a complete DX radiograph |
    When the device analyses the folder in a process of its own
    Then the outcomes are:
      | file     | outcome      |
      | bad.dcm  | failed       |
      | ct.dcm   | not_analysed |
      | good.dcm | analysed     |
    And the exit status is 4

  @SRS-034 @SRS-034/AC1 @SRS-034/AC3
  Scenario: Each line of an analysis holds the fields of the contract
    Given a folder with these files:
      | file     | content                  |
      | bad.dcm  | noise                    |
      | ct.dcm   | a CT image               |
      | good.dcm | a complete DX radiograph |
    When the device analyses the folder
    Then every result has exactly these fields:
      """
      path outcome rejections notices finding score threshold failure
      release release_version release_digest intake asserted
      """
    And every rejection has exactly these fields:
      """
      code attribute found expected requirement
      """
    And every notice has exactly these fields:
      """
      code attribute found message
      """

  @SRS-034 @SRS-034/AC2
  Scenario: Each line of a gate run holds the outcome of the gate
    Given a folder with these files:
      | file     | content                  |
      | bad.dcm  | noise                    |
      | ct.dcm   | a CT image               |
      | good.dcm | a complete DX radiograph |
    When the device judges the folder
    Then the outcomes are:
      | file     | outcome  |
      | bad.dcm  | failed   |
      | ct.dcm   | refused  |
      | good.dcm | accepted |
    And every result has exactly these fields:
      """
      path outcome rejections notices finding score threshold failure
      release release_version release_digest intake asserted
      """

  @SRS-035 @SRS-035/AC1 @RC-003
  Scenario Outline: The exit status is that of the worst outcome
    Given a folder with <good> acceptable, <refused> refused and <failed> unreadable files
    When the device <does> the folder
    Then the exit status is <status>

    Examples:
      | does     | good | refused | failed | status |
      | judges   | 2    | 0       | 0      | 0      |
      | judges   | 1    | 1       | 0      | 3      |
      | judges   | 1    | 0       | 1      | 4      |
      | judges   | 1    | 1       | 1      | 4      |
      | judges   | 0    | 1       | 1      | 4      |
      | analyses | 2    | 0       | 0      | 0      |
      | analyses | 1    | 1       | 0      | 3      |
      | analyses | 1    | 0       | 1      | 4      |
      | analyses | 1    | 1       | 1      | 4      |

  @SRS-035 @SRS-035/AC2
  Scenario Outline: A wrong use has status 2 and a message
    Given a complete DX radiograph
    When the device is called with `<arguments>`
    Then the exit status is 2
    And no result is printed
    And the message names <word>

    Examples:
      | arguments                            | word         |
      | analyze                              | PATH         |
      | analyze {file} --release no-such     | no-such      |
      | analyze {file} --intake bedside      | bedside      |
      | analyze {file} --colour              | --colour     |
      | gate {file} --output reports         | --output     |
      | diagnose {file}                      | diagnose     |

  @SRS-035 @RC-003
  Scenario: A run whose results cannot be printed has failed
    Given a complete DX radiograph
    When the device prints its analysis to a full disk
    Then the exit status is 4
    And the message names No space left on device

  @SRS-036 @SRS-036/AC1
  Scenario: Files in nested folders are processed
    Given a folder with these files:
      | file               | content                  |
      | a/b/c/good.dcm     | a complete DX radiograph |
      | a/good             | a complete DX radiograph |
      | notes.txt          | a text                   |
    When the device judges the folder
    Then the outcomes are:
      | file               | outcome  |
      | a/b/c/good.dcm     | accepted |
      | a/good             | accepted |
      | notes.txt          | failed   |

  @SRS-036 @SRS-036/AC2
  Scenario: Dot-files and DICOMDIR are left out and counted
    Given a folder with these files:
      | file          | content                  |
      | .DS_Store     | noise                    |
      | a/.hidden.dcm | a complete DX radiograph |
      | DICOMDIR      | noise                    |
      | good.dcm      | a complete DX radiograph |
    When the device judges the folder
    Then the outcomes are:
      | file     | outcome  |
      | good.dcm | accepted |
    And the device says that 3 entries were skipped
