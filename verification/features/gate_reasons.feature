Feature: What the device says of an image that it does not analyze
  All reasons are given at once, in a form that cannot be taken for a finding.

  @SRS-018 @SRS-018/AC1
  Scenario: Five defects of the header are five reasons
    Given a complete DX radiograph
    And its attributes are:
      | keyword            | value |
      | Modality           | CT    |
      | ViewPosition       | LL    |
      | ViewCodeSequence   | empty |
      | PatientAge         | 3Y    |
      | HighBit            | 15    |
      | BurnedInAnnotation | YES   |
    When the device judges it
    Then it is refused for exactly these reasons:
      | code               | attribute          | requirement |
      | MODALITY           | Modality           | SRS-002     |
      | VIEW               | ViewPosition       | SRS-004     |
      | AGE_UNPARSABLE     | PatientAge         | SRS-016     |
      | BITS_CONTRADICTORY | BitsStored         | SRS-017     |
      | BURNED_IN          | BurnedInAnnotation | SRS-010     |

  @SRS-018 @SRS-018/AC2 @RC-014
  Scenario Outline: The header is judged before the pixel data are decoded
    Given a complete DX radiograph
    And its Modality is CT
    And it is encoded in <uid>, <name>
    And its compressed pixel data are overwritten with noise
    When the device judges it
    Then it is refused with the single reason MODALITY on Modality of SRS-002

    Examples:
      | uid                    | name                      |
      | 1.2.840.10008.1.2.5    | RLE Lossless              |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only   |

  @SRS-018 @SRS-018/AC1
  Scenario: Missing pixel data are reported with the other defects of the header
    Given a complete DX radiograph
    And its ViewPosition is absent
    And its ViewCodeSequence is absent
    And its pixel data are absent
    When the device judges it
    Then it is refused for exactly these reasons:
      | code           | attribute    | requirement |
      | VIEW_BLANK     | ViewPosition | SRS-015     |
      | PIXELS_MISSING | PixelData    | SRS-012     |

  @SRS-018 @SRS-018/AC3 @SRS-014
  Scenario Outline: Two defects of the pixel data are two reasons
    Given a complete DX radiograph
    And all its pixels show <value> of the range from black to white
    When the device judges it
    Then it is refused for exactly these reasons:
      | code        | attribute | requirement |
      | BLANK_IMAGE | PixelData | SRS-014     |
      | SATURATED   | PixelData | SRS-014     |

    Examples:
      | value |
      | 0.0   |
      | 1.0   |

  @SRS-010 @SRS-019 @SRS-019/AC1
  Scenario Outline: An image that does not say whether annotation is burned in is accepted with a notice
    Given a complete DX radiograph
    And its BurnedInAnnotation is <value>
    When the device judges it
    Then it is accepted
    And it carries the notice BURNED_IN_UNKNOWN of BurnedInAnnotation with the value absent or empty

    Examples:
      | value  |
      | absent |
      | empty  |

  @SRS-019 @SRS-019/AC2
  Scenario: An image compressed with loss is accepted with a notice
    Given a complete DX radiograph
    And its LossyImageCompression is 01
    And its LossyImageCompressionRatio is 12
    When the device judges it
    Then it is accepted
    And it carries the notice LOSSY of LossyImageCompression with the value 01, ratio 12

  @SRS-019 @SRS-019/AC2
  Scenario: Of several statements about loss, one of loss is enough
    Given a complete DX radiograph
    And its LossyImageCompression is 00\01
    When the device judges it
    Then it is accepted
    And it carries the notice LOSSY of LossyImageCompression with the value 00\01, ratio not stated

  @SRS-019
  Scenario: An image that was never compressed with loss carries no notice of it
    Given a complete DX radiograph
    And its LossyImageCompression is 00
    When the device judges it
    Then it is accepted
    And it carries no notice of LossyImageCompression

  @SRS-019 @SRS-019/AC3
  Scenario Outline: The image type is stated and not judged
    Given a complete DX radiograph
    And its ImageType is <value>
    When the device judges it
    Then it is accepted
    And it carries the notice IMAGE_TYPE of ImageType with the value <value>

    Examples:
      | value                       |
      | ORIGINAL\PRIMARY            |
      | DERIVED\SECONDARY\POST_PROC |

  @SRS-020 @SRS-020/AC1 @SRS-020/AC2 @RC-003
  Scenario Outline: A refused image has no finding and no report
    Given a complete DX radiograph
    And its <keyword> is <value>
    When the device analyzes it with reports
    Then its analysis is not_analyzed without score and finding
    And no report is written

    Examples:
      | keyword    | value |
      | PatientAge | 040Y  |
      | HighBit    | 15    |

  @SRS-020 @SRS-020/AC1 @SRS-020/AC2 @RC-003
  Scenario: An image that is refused for its pixels has no finding and no report
    Given a complete DX radiograph
    And its pixel data lack the last 2 bytes
    When the device analyzes it with reports
    Then its analysis is not_analyzed without score and finding
    And no report is written

  @SRS-020 @SRS-020/AC3 @RC-003
  Scenario: The printed result of a refused image says that it was not analyzed
    Given a complete DX radiograph
    And its Modality is CT
    When the device analyzes it for people to read
    Then the output says "not analyzed"
    And the output says "MODALITY"
    And the output does not say "not flagged"

  @SRS-020 @SRS-020/AC3 @RC-003
  Scenario: What is printed of an image that was not analyzed holds no score
    Given a complete DX radiograph
    And its BurnedInAnnotation is absent
    And its Modality is CT
    When the device analyzes it for people to read
    Then the output is:
      """
      not analyzed  …image.dcm
          MODALITY: Modality: found CT; expected DX [SRS-002]
          note: ImageType: ORIGINAL\PRIMARY. The kind of image, as its maker states it.
          note: BurnedInAnnotation: absent or empty. Whether annotation is burned in is not stated.
      1 file: 1 not analyzed
      Release paediatric-reference …, clinical intake.
      For prioritization only, not for diagnostic use; an unflagged image is not a normal image.
      """

  @SRS-020 @RC-003
  Scenario Outline: What is printed of an image that was analyzed says what was found
    Given the published radiograph <picture> as a complete DX image
    When the device analyzes it for people to read
    Then the output is:
      """
      <finding>  …1.dcm  score 0.…, threshold 0.…
          note: ImageType: ORIGINAL\PRIMARY. The kind of image, as its maker states it.
      1 file: 1 <finding>
      Release paediatric-reference …, clinical intake.
      For prioritization only, not for diagnostic use; an unflagged image is not a normal image.
      """

    Examples:
      | picture                       | finding     |
      | NORMAL2-IM-1427-0001.jpeg     | not flagged |
      | person1946_bacteria_4874.jpeg | flagged     |

  @SRS-018 @SRS-018/AC1
  Scenario: All reasons are printed, one a line
    Given a complete DX radiograph
    And its Modality is CT
    And its HighBit is 15
    When the device judges it for people to read
    Then the output is:
      """
      refused  …image.dcm
          MODALITY: Modality: found CT; expected DX [SRS-002]
          BITS_CONTRADICTORY: BitsStored: found BitsStored 12, but HighBit 15; expected attributes that agree [SRS-017]
          note: …
      1 file: 1 refused
      Release paediatric-reference …
      """

  @SRS-021 @SRS-021/AC1 @RC-003 @RC-014
  Scenario Outline: A file that is not readable DICOM fails with the reason
    Given a file that holds <content>
    When the device judges it
    Then it fails with a reason that says "<reason>"

    Examples:
      | content                               | reason                 |
      | nothing                               | empty                  |
      | a text                                | not a DICOM file       |
      | noise                                 | not a DICOM file       |
      | a DICOM prefix followed by nothing    | DICOM                  |
      | a DICOM prefix followed by noise      | file meta information  |

  @SRS-021 @SRS-021/AC2 @RC-003
  Scenario: A path that does not exist fails with the reason
    Given a path where there is no file
    When the device judges it
    Then it fails with a reason that says "cannot be opened"

  @SRS-021 @RC-003
  Scenario: A pipe is not waited for
    Given a named pipe
    When the device judges it
    Then it fails with a reason that says "not a regular file"

  @SRS-021 @RC-003
  Scenario: The printed result of a file that cannot be read gives the reason
    Given a file that holds nothing
    When the device analyzes it for people to read
    Then the output is:
      """
      failed  …file.dcm
          …the file is empty
      1 file: 1 failed
      …
      """

  @SRS-021 @RC-003
  Scenario: A fault that nobody foresaw fails its own file
    Given a path that no file can have
    When a program asks the device to judge and to analyze it
    Then it gets failed twice, for a reason that says "ValueError: embedded null byte (CLEARWAY_DEBUG=1 shows where)"

  @SRS-021
  Scenario: A developer can have such a fault raised
    Given a path that no file can have
    And the environment variable CLEARWAY_DEBUG is 1
    When a program asks the device to judge and to analyze it
    Then it gets ValueError twice

  @SRS-021
  Scenario: A fault that was foreseen is told also to a developer
    Given a path where there is no file
    And the environment variable CLEARWAY_DEBUG is 1
    When a program asks the device to judge and to analyze it
    Then it gets failed twice, for a reason that says "cannot be opened"

  @SYS-003 @SYS-003/AC1 @SRS-021 @SRS-021/AC3 @RC-003
  Scenario: One bad file hides no other
    Given a folder with these files:
      | file        | content                        |
      | a_empty.dcm | nothing                        |
      | b_good.dcm  | a complete DX radiograph       |
      | c_noise.dcm | a DICOM prefix followed by noise |
      | d_ct.dcm    | a CT image                     |
      | e_good.dcm  | a complete DX radiograph       |
    When the device analyzes the folder
    Then the outcomes are:
      | file        | outcome      |
      | a_empty.dcm | failed       |
      | b_good.dcm  | analyzed     |
      | c_noise.dcm | failed       |
      | d_ct.dcm    | not_analyzed |
      | e_good.dcm  | analyzed     |
    And every file that is not analyzed has a reason, no score and no finding
    And the exit status is 4
