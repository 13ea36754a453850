Feature: What the device says of an image that it does not analyse
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

  @SRS-018
  Scenario: All reasons are printed for people to read
    Given a complete DX radiograph
    And its Modality is CT
    And its BurnedInAnnotation is YES
    When the device analyses it for people to read
    Then the output says "MODALITY: Modality: found CT"
    And the output says "BURNED_IN: BurnedInAnnotation: found YES"

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

  @SRS-019 @SRS-019/AC1
  Scenario Outline: An image that does not say whether annotation is burned in is accepted with a notice
    Given a complete DX radiograph
    And its BurnedInAnnotation is <value>
    When the device judges it
    Then it is accepted
    And it carries a notice of BurnedInAnnotation with the value absent or empty

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
    And it carries a notice of LossyImageCompression with the value 01, ratio 12

  @SRS-019 @SRS-019/AC3
  Scenario Outline: The image type is stated and not judged
    Given a complete DX radiograph
    And its ImageType is <value>
    When the device judges it
    Then it is accepted
    And it carries a notice of ImageType with the value <value>

    Examples:
      | value                       |
      | ORIGINAL\PRIMARY            |
      | DERIVED\SECONDARY\POST_PROC |

  @SRS-020 @SRS-020/AC1 @SRS-020/AC2 @RC-003
  Scenario Outline: A refused image has no finding and no report
    Given a complete DX radiograph
    And its <keyword> is <value>
    When the device analyses it with reports
    Then its analysis is not_analysed without score and finding
    And no report is written

    Examples:
      | keyword    | value |
      | PatientAge | 040Y  |
      | HighBit    | 15    |

  @SRS-020 @SRS-020/AC1 @SRS-020/AC2 @RC-003
  Scenario: An image that is refused for its pixels has no finding and no report
    Given a complete DX radiograph
    And its pixel data lack the last 2 bytes
    When the device analyses it with reports
    Then its analysis is not_analysed without score and finding
    And no report is written

  @SRS-020 @SRS-020/AC3 @RC-003
  Scenario: The printed result of a refused image says that it was not analysed
    Given a complete DX radiograph
    And its Modality is CT
    When the device analyses it for people to read
    Then the output says "not analysed"
    And the output says "MODALITY"
    And the output does not say "not flagged"

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

  @SYS-003 @SYS-003/AC1 @SRS-021 @SRS-021/AC3 @RC-003
  Scenario: One bad file hides no other
    Given a folder with these files:
      | file        | content                        |
      | a_empty.dcm | nothing                        |
      | b_good.dcm  | a complete DX radiograph       |
      | c_noise.dcm | a DICOM prefix followed by noise |
      | d_ct.dcm    | a CT image                     |
      | e_good.dcm  | a complete DX radiograph       |
    When the device analyses the folder
    Then the outcomes are:
      | file        | outcome      |
      | a_empty.dcm | failed       |
      | b_good.dcm  | analysed     |
      | c_noise.dcm | failed       |
      | d_ct.dcm    | not_analysed |
      | e_good.dcm  | analysed     |
    And every file that is not analysed has a reason, no score and no finding
    And the exit status is 4
