Feature: The command line
  Programs run the device, read one JSON object for each file, and see the worst outcome in the exit status.

  @SYS-010 @SYS-010/AC1 @SRS-034 @SRS-035 @RC-003
  Scenario: A folder is processed from a shell
    Given a folder with these files:
      | file     | content                  |
      | bad.dcm  | noise                    |
      | ct.dcm   | a CT image               |
      | good.dcm | a complete DX radiograph |
    When the device analyzes the folder in a process of its own
    Then the outcomes are:
      | file     | outcome      |
      | bad.dcm  | failed       |
      | ct.dcm   | not_analyzed |
      | good.dcm | analyzed     |
    And the exit status is 4

  @SRS-034 @SRS-034/AC1 @SRS-034/AC3
  Scenario: Each line of an analysis holds the fields of the contract
    Given a folder with these files:
      | file     | content                  |
      | bad.dcm  | noise                    |
      | ct.dcm   | a CT image               |
      | good.dcm | a complete DX radiograph |
    When the device analyzes the folder
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
    And the result of good.dcm has a finding, a score and a threshold
    And nothing else is printed

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
    Given a folder with files, acceptable <good>, refused <refused>, unreadable <failed>
    When the device <does> the folder
    Then the exit status is <status>

    Examples:
      | does     | good | refused | failed | status |
      | judges   | 2    | 0       | 0      | 0      |
      | judges   | 1    | 1       | 0      | 3      |
      | judges   | 1    | 0       | 1      | 4      |
      | judges   | 1    | 1       | 1      | 4      |
      | judges   | 0    | 1       | 1      | 4      |
      | analyzes | 2    | 0       | 0      | 0      |
      | analyzes | 1    | 1       | 0      | 3      |
      | analyzes | 1    | 0       | 1      | 4      |
      | analyzes | 1    | 1       | 1      | 4      |

  @SRS-035 @SRS-035/AC2
  Scenario Outline: A wrong use has status 2 and a message
    Given a complete DX radiograph
    When the device is called with `<arguments>`
    Then the exit status is 2
    And no result is printed
    And the message names <word>

    Examples:
      | arguments                            | word                       |
      | analyze                              | PATH                       |
      | analyze {file} --release no-such     | no-such                    |
      | analyze {file} --intake bedside      | bedside                    |
      | analyze {file} --intake clinicl      | did you mean clinical?     |
      | analyze {file} --color              | --color                   |
      | gate {file} --output reports         | --output                   |
      | diagnose {file}                      | diagnose                   |
      | transmogrify {file}                  | `clearway --help` lists    |
      | analyse {file}                       | did you mean analyze?      |
      | release shwo paediatric-reference    | did you mean show?         |

  @SRS-035 @RC-003
  Scenario: A run whose results cannot be printed has failed
    Given a complete DX radiograph
    When the device prints its analysis to a full disk
    Then the exit status is 4
    And the message names No space left on device

  @SRS-034
  Scenario: A result with a report has the same fields
    Given a complete DX radiograph
    When the device analyzes it with reports
    Then the result of image.dcm has a finding, a score and a threshold
    And there is exactly 1 report

  @SRS-034 @SRS-031
  Scenario Outline: Reports are for clinical results
    Given a published image as a gray PNG
    When the device is called with `analyze {file} <arguments>`
    Then the exit status is <status>

    Examples:
      | arguments                              | status |
      | --output reports --intake research     | 2      |
      | --intake research                      | 3      |

  @SRS-035 @SRS-035/AC2
  Scenario: A folder without files is a wrong use
    Given an empty folder
    When the device is called with `gate {folder}`
    Then the exit status is 2
    And no result is printed
    And the message names no file to read

  @SRS-035 @SRS-034
  Scenario Outline: Help is no wrong use
    When the device is called with `<arguments>`
    Then the exit status is 0
    And the output says "<says>"

    Examples:
      | arguments      | says                            |
      | -h             | usage: clearway COMMAND         |
      | --help         | usage: clearway COMMAND         |
      | help           | usage: clearway COMMAND         |
      | --version      | clearway                        |
      | gate --help    | usage: clearway gate            |
      | analyze --help | usage: clearway analyze         |
      | analyze --help | --output DIR                    |

  @SRS-035 @SRS-035/AC2
  Scenario: Without arguments the device says how it is used
    When the device is called without arguments
    Then the exit status is 2
    And the output says "usage: clearway COMMAND"

  @SRS-035
  Scenario Outline: A fault that nobody foresaw ends the run with the status of a failed file
    Given a path that no file can have
    When the device is called with `<command> {file}`
    Then the exit status is 4
    And no result is printed
    And the message names clearway <command>: ValueError: embedded null byte (CLEARWAY_DEBUG=1

    Examples:
      | command |
      | analyze |
      | gate    |

  @SRS-035
  Scenario Outline: What keeps another command from its work has a status and a message
    Given a command that meets <what>
    When the device is called with `met`
    Then the exit status is <status>
    And no result is printed
    And the message names <message>

    Examples:
      | what                    | status | message                                                             |
      | a fault                 | 1      | clearway met: RuntimeError: a fault (CLEARWAY_DEBUG=1 shows where)   |
      | an interruption         | 130    | clearway met: interrupted                                            |
      | a missing library       | 2      | clearway met: needs the extra [suite] (no_such_library.part is missing)   |
      | a missing module of its own | 1  | clearway met: ModuleNotFoundError: no device.module                  |
      | a nameless missing module | 1    | clearway met: ModuleNotFoundError: no name                           |

  @SRS-035
  Scenario: A missing library of the training names its extra
    Given a command of the training that meets a missing library
    When the device is called with `met`
    Then the exit status is 2
    And the message names clearway met: needs the extra [training] (no_such_library.part is missing)

  @SRS-035
  Scenario: A command may end itself with a message
    Given a command that meets an exit with a text
    When the device is called with `met`
    Then the exit status is 2

  @SRS-035
  Scenario: A developer can have a fault raised
    Given a command that meets a fault
    And the environment variable CLEARWAY_DEBUG is 1
    When the device is called with `met`
    Then it raises RuntimeError

  @SRS-035
  Scenario Outline: A reader that has gone ends the run without a word
    Given a folder with files, acceptable 2, refused 0, unreadable 0
    When the device is called with `<arguments>` for a reader that has gone
    Then the exit status is 4
    And nothing else is printed

    Examples:
      | arguments             |
      | gate --json {folder}  |
      | release list          |

  @SRS-035
  Scenario: A name that the terminal cannot show ends no run
    Given a folder with these files:
      | file       | content                  |
      | Müller.dcm | a complete DX radiograph |
    And the environment variable PYTHONIOENCODING is ascii
    When the device judges the folder for people to read in a process of its own
    Then the exit status is 0
    And the output says "M\xfcller.dcm"

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

  @SRS-036 @SRS-036/AC2 @SRS-035
  Scenario: The end of what is printed counts each outcome and what was left out
    Given a folder with these files:
      | file          | content                  |
      | .DS_Store     | noise                    |
      | a/.hidden.dcm | a complete DX radiograph |
      | DICOMDIR      | noise                    |
      | bad.dcm       | noise                    |
      | ct.dcm        | a CT image               |
      | good.dcm      | a complete DX radiograph |
      | good2.dcm     | a complete DX radiograph |
    When the device judges the folder for people to read
    Then the output says "4 files: 2 accepted, 1 failed, 1 refused; 3 skipped (dot-files, DICOMDIR)"
    And the exit status is 4

  @SRS-036 @SRS-036/AC1
  Scenario: A folder that links back to itself is processed once
    Given a folder with these files:
      | file       | content                  |
      | a/good.dcm | a complete DX radiograph |
    And its folder a holds a link back to it
    When the device judges the folder for people to read
    Then the output says "1 file: 1 accepted"
    And the output does not say "skipped"
    And the exit status is 0

  @SRS-036
  Scenario: A file that is named itself is processed whatever its name
    Given a complete DX radiograph
    And its file is named .hidden
    When the device judges it
    Then it is accepted
    And nothing else is printed

  @SRS-046 @SRS-046/AC1
  Scenario: Several processes give what one gives
    Given a folder with files, acceptable 7, refused 2, unreadable 1
    When the device analyzes the folder
    And the device analyzes the folder by 3 processes
    Then both results are the same in every field

  @SRS-046 @SRS-046/AC2
  Scenario: Of two images with one identifier the second fails, whichever process has it
    Given the folder holds a radiograph and another one with its SOP Instance UID
    When the device analyzes the folder by 2 processes with reports
    Then the outcomes are:
      | file      | outcome  |
      | first.dcm | analyzed |
      | next.dcm  | failed   |
    And the report states the score of first.dcm

  @SRS-046 @SRS-046/AC3 @RC-014
  Scenario: A process that ends costs one image
    Given a folder of 20 radiographs in JPEG-LS, the 11th of 513 rows, the others of 512
    When the device analyzes the folder while one of 2 processes is killed at 11.dcm
    Then all are analyzed but 11.dcm, which fails with a reason that says "ended by signal 9"
    And the exit status is 4
