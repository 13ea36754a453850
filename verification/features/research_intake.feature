Feature: Research intake
  Published images that clinical intake must refuse are scored through an intake of their own. It still judges what the
  release is labeled for, marks its results, and writes no DICOM.

  @SYS-011 @SYS-011/AC1 @SRS-037 @SRS-037/AC1 @SRS-037/AC3 @RC-013
  Scenario: Published JPEG files are for research intake alone
    Given the 16 published files
    When the device analyzes the folder
    Then none of the 16 files is analyzed
    When the device analyzes the folder through research intake
    Then all 16 files are analyzed
    And every result is marked research

  @SRS-037 @SRS-037/AC1
  Scenario Outline: Each form of published image is scored
    Given a published image as <form>
    When the device analyzes it through research intake
    Then its outcome is analyzed

    Examples:
      | form                     |
      | a gray PNG               |
      | a PNG with three equal channels |
      | a gray JPEG              |
      | a Secondary Capture      |

  @SRS-037 @SRS-037/AC3 @RC-013
  Scenario Outline: Clinical intake gives a published image no finding
    Given a published image as <form>
    When the device analyzes it
    Then its analysis is <outcome> without score and finding

    Examples:
      | form                | outcome      |
      | a gray PNG          | failed       |
      | a gray JPEG         | failed       |
      | a Secondary Capture | not_analyzed |

  @SRS-037 @SRS-037/AC2
  Scenario Outline: The shorter side has at least 64 pixels
    Given a published PNG of <rows> rows and <columns> columns
    When the device judges it through research intake
    Then <verdict>

    Examples:
      | rows | columns | verdict                                                       |
      | 64   | 64      | it is accepted                                                |
      | 64   | 500     | it is accepted                                                |
      | 63   | 500     | it is refused with the single reason SIZE on Rows of SRS-009  |
      | 500  | 63      | it is refused with the single reason SIZE on Rows of SRS-009  |

  @SRS-037
  Scenario: An image of 16 bits is not a published image of 8 bits
    Given a published image as a PNG of 16 bits
    When the device judges it through research intake
    Then it is refused with the single reason BITS on BitsStored of SRS-008
    And it expects "8 bits"

  @SRS-037
  Scenario Outline: A published image shows its stored values from 0 to 255
    Given a published image as <form>, all of value 51
    When the device judges it through research intake
    Then its pixels are seen as 0.200

    Examples:
      | form                            |
      | a gray PNG                      |
      | a PNG with three equal channels |
      | a PNG with a palette            |

  @SRS-021
  Scenario Outline: A file that only begins as a published image has failed
    Given a published image as <form>
    And its file ends after <count> bytes
    When the device judges it through research intake
    Then it fails with a reason that says "cannot be read as PNG or JPEG"

    Examples:
      | form        | count |
      | a gray PNG  | 8     |
      | a gray PNG  | 20    |
      | a gray JPEG | 10    |

  @SRS-013 @SRS-037 @RC-002
  Scenario Outline: A published image with color in any part of it is refused
    Given a published image as a PNG with <part> in color
    When the device judges it through research intake
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason is "color"

    Examples:
      | part         |
      | all of it    |
      | one pixel    |

  @SRS-012 @SRS-012/AC3 @SRS-037 @RC-002
  Scenario Outline: A published image that ends early is refused
    Given a published image as <form>
    And its file ends halfway
    When the device judges it through research intake
    Then it is refused with the single reason PIXELS_SHORT on PixelData of SRS-012

    Examples:
      | form        |
      | a gray PNG  |
      | a gray JPEG |

  @SRS-012 @SRS-037 @RC-002
  Scenario: A published image that ends early is refused where another library lets it pass
    Given a published image as a gray JPEG
    And its file ends halfway
    And another library of the process lets truncated images pass
    When the device judges it through research intake
    Then it is refused with the single reason PIXELS_SHORT on PixelData of SRS-012

  @SRS-013 @SRS-037
  Scenario: A published image whose pixels are damaged is refused
    Given a published image as a gray PNG
    And the middle of its file is overwritten with noise
    When the device judges it through research intake
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013

  @SRS-037
  Scenario: A published image of several frames is refused
    Given a published image as a PNG of two frames
    When the device judges it through research intake
    Then it is refused with the single reason FRAMES on NumberOfFrames of SRS-006

  @SRS-037
  Scenario: A path that does not exist fails in research, too
    Given a path where there is no file
    When the device judges it through research intake
    Then it fails with a reason that says "cannot be opened"

  @SRS-037
  Scenario: A Secondary Capture whose intent contradicts its class is refused in research, too
    Given a published image as a Secondary Capture
    And its PresentationIntentType is FOR PROCESSING
    When the device judges it through research intake
    Then it is refused with the single reason SOP_CLASS_CONTRADICTORY on SOPClassUID of SRS-017

  @SRS-038 @SRS-038/AC1
  Scenario Outline: What is neither stated nor asserted is refused
    Given a published image as a gray PNG
    And <keyword> is not asserted
    When the device judges it through research intake
    Then it is refused with the single reason <code> on <keyword> of SRS-015

    Examples:
      | keyword          | code           |
      | Modality         | MODALITY_BLANK |
      | BodyPartExamined | ANATOMY_BLANK  |
      | ViewPosition     | VIEW_BLANK     |
      | PatientAge       | AGE_BLANK      |

  @SRS-038 @SRS-038/AC1
  Scenario: Without any assertion all four are missing
    Given a published image as a gray PNG
    And nothing is asserted
    When the device judges it through research intake
    Then it is refused for exactly these reasons:
      | code           | attribute        | requirement |
      | MODALITY_BLANK | Modality         | SRS-015     |
      | ANATOMY_BLANK  | BodyPartExamined | SRS-015     |
      | VIEW_BLANK     | ViewPosition     | SRS-015     |
      | AGE_BLANK      | PatientAge       | SRS-015     |

  @SRS-038
  Scenario Outline: A wrong assertion is a wrong use
    Given a published image as a gray PNG
    When the device is called with `gate {file} <arguments>`
    Then the exit status is 2
    And no result is printed
    And the message names <word>

    Examples:
      | arguments                                           | word                      |
      | --assert Modality=DX                                | --intake research         |
      | --manifest nowhere.csv                              | --intake research         |
      | --intake research --assert Modality                 | expected Modality=VALUE   |
      | --intake research --assert Rows=100                 | found 'Rows'              |
      | --intake research --manifest nowhere.csv            | nowhere.csv: cannot be    |

  @SRS-038
  Scenario: A Secondary Capture of the other modality is accepted
    Given a published image as a Secondary Capture
    And its Modality is CR
    When the device judges it through research intake
    Then it is accepted

  @SRS-038 @SRS-038/AC2
  Scenario Outline: An asserted value outside the labeling is refused
    Given a published image as a gray PNG
    And <keyword> is asserted as <value>
    When the device judges it through research intake
    Then it is refused with the single reason <code> on <keyword> of <requirement>

    Examples:
      | keyword          | value   | code           | requirement |
      | Modality         | CT      | MODALITY       | SRS-002     |
      | BodyPartExamined | ABDOMEN | ANATOMY        | SRS-003     |
      | ViewPosition     | PA      | VIEW           | SRS-004     |
      | ViewPosition     | LL      | VIEW           | SRS-004     |
      | PatientAge       | 006Y    | AGE            | SRS-005     |
      | PatientAge       | 81      | AGE            | SRS-005     |
      | PatientAge       | young   | AGE_UNPARSABLE | SRS-016     |

  @SRS-038 @SRS-038/AC3
  Scenario: Asserted values are listed as asserted
    Given a published image as a gray PNG
    When the device analyzes it through research intake
    Then its asserted values are exactly:
      | keyword          | value |
      | BodyPartExamined | CHEST |
      | Modality         | DX    |
      | PatientAge       | 003Y  |
      | ViewPosition     | AP    |

  @SRS-038 @SRS-038/AC3
  Scenario: The image's own values go before asserted ones
    Given a published image as a Secondary Capture
    And its PatientAge is 040Y
    And its PatientBirthDate is absent
    And PatientAge is asserted as 003Y
    When the device judges it through research intake
    Then it is refused with the single reason AGE on PatientAge of SRS-005

  @SRS-038 @SRS-038/AC4
  Scenario: A manifest asserts values file by file
    Given the published files of this manifest:
      | path                          | Modality | BodyPartExamined | ViewPosition | PatientAge |
      | NORMAL2-IM-1427-0001.jpeg     | DX       | CHEST            | AP           | 003Y       |
      | NORMAL2-IM-1430-0001.jpeg     | DX       | CHEST            | LL           | 003Y       |
      | person1946_bacteria_4874.jpeg | DX       | CHEST            | AP           | 040Y       |
    When the device analyzes the folder through research intake
    Then the outcomes are:
      | file                          | outcome      |
      | NORMAL2-IM-1427-0001.jpeg     | analyzed     |
      | NORMAL2-IM-1430-0001.jpeg     | not_analyzed |
      | person1946_bacteria_4874.jpeg | not_analyzed |

  @SRS-038 @SRS-038/AC5
  Scenario Outline: A Secondary Capture states its projection in Patient Position and its age without form
    Given a published image as a Secondary Capture
    And its PatientPosition is <position>
    And its PatientBirthDate is absent
    And its PatientAge is <age>
    When the device judges it by the release <release> through research intake
    Then <verdict>

    Examples:
      | release              | position | age  | verdict                                                              |
      | paediatric-reference | AP       | 3    | it is accepted                                                       |
      | paediatric-reference | AP       | 3Y   | it is accepted                                                       |
      | paediatric-reference | AP       | 003Y | it is accepted                                                       |
      | adult-nih            | PA       | 81   | it is accepted                                                       |
      | paediatric-reference | PA       | 3    | it is refused with the single reason VIEW on ViewPosition of SRS-004 |
      | paediatric-reference | AP       | 81   | it is refused with the single reason AGE on PatientAge of SRS-005    |

  @SRS-031 @SRS-031/AC1 @RC-013
  Scenario Outline: Research results cannot be written as DICOM
    Given a published image as <form>
    When the device analyzes it through research intake with reports
    Then the exit status is 2
    And no result is printed
    And the message names --output
    And no report is written

    Examples:
      | form                |
      | a gray PNG          |
      | a gray JPEG         |
      | a Secondary Capture |

  @SRS-031 @RC-013
  Scenario: A program cannot have research results written as DICOM either
    Given a published image as a Secondary Capture
    When a program asks the device for its report through research intake
    Then no result is printed
    And the message names never DICOM
    And no report is written

  @SRS-031
  Scenario: Without a report, a program gets the research result
    Given a published image as a gray PNG
    When a program asks the device to analyze it through research intake
    Then it gets analyzed

  @SRS-031
  Scenario: A clinical result can be written as DICOM
    Given a complete DX radiograph
    When the device analyzes it with reports
    Then its outcome is analyzed
    And there is exactly 1 report

  @SRS-031
  Scenario: Research without reports is no wrong use
    Given a published image as a gray PNG
    When the device analyzes it through research intake
    Then the exit status is 0
    And its outcome is analyzed

  @SRS-031 @SRS-038 @RC-013
  Scenario: Clinical intake takes no assertion
    Given a complete DX radiograph
    When the device is called with `analyze {file} --assert PatientAge=003Y`
    Then the exit status is 2
    And no result is printed

  @SRS-039 @SRS-039/AC1 @SRS-039/AC2 @RC-013
  Scenario: Research results are marked for programs and for people
    Given a published image as a gray PNG
    When the device analyzes it through research intake
    Then every result is marked research
    When the device analyzes it through research intake for people to read
    Then the output says "(research)"
    And the output says "research intake"

  @SRS-039 @SRS-039/AC2 @RC-013
  Scenario: What is printed of a research result names what was asserted
    Given the published radiograph NORMAL2-IM-1427-0001.jpeg with its assertions
    When the device analyzes it through research intake for people to read
    Then the output is:
      """
      not flagged   …NORMAL2-IM-1427-0001.jpeg  score 0.…, threshold 0.…  (research)
          note: BurnedInAnnotation: absent or empty. Whether annotation is burned in is not stated.
          asserted: BodyPartExamined CHEST
          asserted: Modality DX
          asserted: PatientAge 003Y
          asserted: ViewPosition AP
      1 file: 1 not flagged
      Release paediatric-reference …, research intake.
      For prioritization only, not for diagnostic use; an unflagged image is not a normal image.
      """

  @SRS-039 @SRS-039/AC1 @RC-013
  Scenario: Clinical results are not marked research
    Given a complete DX radiograph
    When the device analyzes it
    Then every result is marked clinical

  @SRS-037 @SRS-037/AC4 @RC-002
  Scenario Outline: A picture of another depth than 8 bits is refused, whatever a library opens it as
    Given a published image as <form>
    When the device judges it through research intake
    Then it is refused with the single reason BITS on BitsStored of SRS-008
    And its reason says "<bits> bits stored"

    Examples:
      | form                          | bits |
      | a PNG of 16 bits              | 16   |
      | a PNG of 16 bits with alpha   | 16   |
      | a PNG of 2 bits               | 2    |

  @SRS-037 @SRS-037/AC4 @RC-002
  Scenario Outline: A picture that is to be turned is refused
    Given a published image as a gray JPEG
    And its Exif data say that it is to be turned, orientation <orientation>
    When the device judges it through research intake
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason is "Exif orientation <orientation>"

    Examples:
      | orientation |
      | 2           |
      | 3           |
      | 6           |

  @SRS-012 @SRS-013 @SRS-037 @RC-002
  Scenario Outline: A scan that ends before its picture is not filled up
    Given the published radiograph NORMAL2-IM-1427-0001.jpeg with its assertions
    And its scan ends after <share> % of it, with an end marker
    When the device judges it through research intake
    Then it is refused with the single reason PIXELS_SHORT on PixelData of SRS-012

    Examples:
      | share |
      | 50    |
      | 90    |
      | 99    |
