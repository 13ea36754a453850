Feature: The gate on the header
  The device applies to frontal chest radiographs of the patients that the release is labeled for, and says so of
  every other image. Each image below is complete and acceptable except for what the scenario states.

  @SYS-001 @SYS-001/AC1 @SRS-001 @SRS-001/AC1 @SRS-002 @SRS-002/AC1 @RC-001
  Scenario Outline: A complete radiograph is accepted
    Given a complete <kind> radiograph
    When the device judges it
    Then it is accepted

    Examples:
      | kind |
      | DX   |
      | CR   |

  @SRS-001 @SRS-001/AC2 @RC-001
  Scenario Outline: Another SOP class is refused
    Given a complete DX radiograph
    And its SOPClassUID is <uid>
    When the device judges it
    Then it is refused with the single reason SOP_CLASS on SOPClassUID of SRS-001

    Examples:
      | uid                           | name                                            |
      | 1.2.840.10008.5.1.4.1.1.1.1.1 | Digital X-Ray Image Storage - For Processing     |
      | 1.2.840.10008.5.1.4.1.1.1.2   | Digital Mammography X-Ray - For Presentation     |
      | 1.2.840.10008.5.1.4.1.1.12.1  | X-Ray Angiographic Image Storage                 |
      | 1.2.840.10008.5.1.4.1.1.7     | Secondary Capture Image Storage                  |

  @SRS-001 @SRS-001/AC2 @SRS-002 @SRS-002/AC2 @RC-001
  Scenario: A CT image is refused for its SOP class and for its modality
    Given a complete DX radiograph
    And its SOPClassUID is 1.2.840.10008.5.1.4.1.1.2
    And its Modality is CT
    When the device judges it
    Then it is refused for exactly these reasons:
      | code      | attribute   | requirement |
      | SOP_CLASS | SOPClassUID | SRS-001     |
      | MODALITY  | Modality    | SRS-002     |

  @SRS-002 @SRS-002/AC2 @RC-001
  Scenario Outline: A modality other than that of the SOP class is refused
    Given a complete <kind> radiograph
    And its Modality is <modality>
    When the device judges it
    Then it is refused with the single reason MODALITY on Modality of SRS-002

    Examples:
      | kind | modality |
      | DX   | CR       |
      | DX   | RF       |
      | DX   | MG       |
      | CR   | DX       |
      | CR   | OT       |

  @SRS-003 @SRS-003/AC1
  Scenario: The chest as text alone is accepted
    Given a complete DX radiograph
    And its AnatomicRegionSequence is absent
    When the device judges it
    Then it is accepted

  @SRS-003 @SRS-003/AC2
  Scenario Outline: The chest as a code alone is accepted
    Given a complete DX radiograph
    And its BodyPartExamined is <text>
    And its AnatomicRegionSequence is <code>
    When the device judges it
    Then it is accepted

    Examples:
      | text   | code          |
      | absent | 816094009 SCT |
      | empty  | 816094009 SCT |
      | absent | 51185008 SCT  |
      | absent | T-D3000 SRT   |

  @SRS-003 @SRS-003/AC3 @RC-001
  Scenario Outline: Another body part is refused
    Given a complete DX radiograph
    And its BodyPartExamined is <text>
    And its AnatomicRegionSequence is <code>
    When the device judges it
    Then it is refused with the single reason ANATOMY on BodyPartExamined of SRS-003

    Examples:
      | text     | code          |
      | ABDOMEN  | absent        |
      | HAND     | absent        |
      | SKULL    | empty         |
      | absent   | 818983003 SCT |
      | EXTREMITY | 85562004 SCT |

  @SRS-004 @SRS-004/AC1
  Scenario Outline: A labeled view as text is accepted
    Given a complete DX radiograph of a patient of <age>
    And its ViewPosition is <view>
    And its ViewCodeSequence is <code>
    When the device judges it by the release <release>
    Then it is accepted

    Examples:
      | release              | age  | view | code   |
      | paediatric-reference | 003Y | AP   | absent |
      | paediatric-reference | 003Y | AP   | empty  |
      | adult-nih            | 040Y | AP   | absent |
      | adult-nih            | 040Y | PA   | absent |

  @SRS-004 @SRS-004/AC2
  Scenario Outline: A labeled view as a code alone is accepted
    Given a complete DX radiograph of a patient of <age>
    And its ViewPosition is <view>
    And its ViewCodeSequence is <code>
    When the device judges it by the release <release>
    Then it is accepted

    Examples:
      | release              | age  | view   | code          |
      | paediatric-reference | 003Y | absent | 399348003 SCT |
      | paediatric-reference | 003Y | empty  | 399348003 SCT |
      | paediatric-reference | 003Y | absent | R-10206 SRT   |
      | adult-nih            | 040Y | absent | 272479007 SCT |
      | adult-nih            | 040Y | absent | R-10214 SRT   |

  @SRS-004 @SRS-004/AC3 @RC-001 @RC-015
  Scenario Outline: Another projection is refused
    Given a complete DX radiograph of a patient of <age>
    And its ViewPosition is <view>
    And its ViewCodeSequence is <code>
    When the device judges it by the release <release>
    Then it is refused with the single reason VIEW on ViewPosition of SRS-004

    Examples:
      | release              | age  | view   | code          |
      | paediatric-reference | 003Y | LL     | absent        |
      | paediatric-reference | 003Y | RL     | absent        |
      | paediatric-reference | 003Y | LLD    | absent        |
      | paediatric-reference | 003Y | RLO    | absent        |
      | paediatric-reference | 003Y | LL     | 399173006 SCT |
      | paediatric-reference | 003Y | absent | 399173006 SCT |
      | adult-nih            | 040Y | LL     | absent        |

  @SRS-004 @SRS-004/AC3 @SRS-004/AC4
  Scenario Outline: The views are those of the release
    Given a complete DX radiograph of a patient of <age>
    And its ViewPosition is PA
    And its ViewCodeSequence is 272479007 SCT
    When the device judges it by the release <release>
    Then <verdict>

    Examples:
      | release              | age  | verdict                                                                   |
      | paediatric-reference | 003Y | it is refused with the single reason VIEW on ViewPosition of SRS-004      |
      | adult-nih            | 040Y | it is accepted                                                            |

  @SRS-005 @SRS-005/AC1 @SRS-005/AC3
  Scenario Outline: An age within the labeled limits is accepted
    Given a complete DX radiograph of a patient of <age>
    When the device judges it by the release <release>
    Then it is accepted

    Examples: The limits themselves
      | release              | age  |
      | paediatric-reference | 001Y |
      | paediatric-reference | 005Y |
      | adult-nih            | 022Y |
      | adult-nih            | 099Y |

    Examples: Months, weeks and days make completed years
      | release              | age  |
      | paediatric-reference | 012M |
      | paediatric-reference | 071M |
      | paediatric-reference | 053W |
      | paediatric-reference | 366D |

  @SRS-005 @SRS-005/AC2 @SRS-005/AC3 @RC-001
  Scenario Outline: An age outside the labeled limits is refused
    Given a complete DX radiograph of a patient of <age>
    When the device judges it by the release <release>
    Then it is refused with the single reason AGE on PatientAge of SRS-005
    And it expects "<labeled>"

    Examples: One year beyond the limits
      | release              | age  | labeled          |
      | paediatric-reference | 000Y | 1 to 5 years      |
      | paediatric-reference | 006Y | 1 to 5 years      |
      | adult-nih            | 021Y | 22 years or older |

    Examples: Months, weeks and days make completed years
      | release              | age  | labeled          |
      | paediatric-reference | 011M | 1 to 5 years      |
      | paediatric-reference | 072M | 1 to 5 years      |
      | paediatric-reference | 052W | 1 to 5 years      |
      | paediatric-reference | 365D | 1 to 5 years      |
      | adult-nih            | 263M | 22 years or older |

  @SRS-005 @SRS-005/AC1 @SRS-005/AC4
  Scenario Outline: Without an age, the dates within the limits are accepted
    Given a complete DX radiograph
    And its PatientAge is absent
    And its PatientBirthDate is <birth>
    And its StudyDate is <study>
    When the device judges it
    Then it is accepted

    Examples:
      | birth    | study    | completed years                     |
      | 20230506 | 20240506 | 1, on the first birthday            |
      | 20180507 | 20240506 | 5, on the day before the sixth      |
      | 20200229 | 20210301 | 1, born on a leap day               |

  @SRS-005 @SRS-005/AC2 @SRS-005/AC4 @RC-001
  Scenario Outline: Without an age, the dates outside the limits are refused
    Given a complete DX radiograph
    And its PatientAge is absent
    And its PatientBirthDate is <birth>
    And its StudyDate is <study>
    When the device judges it
    Then it is refused with the single reason AGE on PatientAge of SRS-005

    Examples:
      | birth    | study    | completed years                       |
      | 20230507 | 20240506 | 0, on the day before the first        |
      | 20180506 | 20240506 | 6, on the sixth birthday              |
      | 20200229 | 20210228 | 0, born on a leap day                 |

  @SRS-005 @SRS-005/AC5
  Scenario Outline: The ages are those of the release
    Given a complete DX radiograph of a patient of 030Y
    When the device judges it by the release <release>
    Then <verdict>

    Examples:
      | release              | verdict                                                            |
      | paediatric-reference | it is refused with the single reason AGE on PatientAge of SRS-005  |
      | adult-nih            | it is accepted                                                     |

  @SRS-006 @SRS-006/AC1
  Scenario Outline: One frame is accepted, stated or not
    Given a complete DX radiograph
    And its NumberOfFrames is <frames>
    When the device judges it
    Then it is accepted

    Examples:
      | frames |
      | 1      |
      | absent |
      | empty  |

  @SRS-006 @SRS-006/AC2 @RC-001
  Scenario Outline: More frames than one are refused
    Given a complete DX radiograph
    And its NumberOfFrames is <frames>
    When the device judges it
    Then it is refused with the single reason FRAMES on NumberOfFrames of SRS-006

    Examples:
      | frames |
      | 2      |
      | 0      |

  @SRS-006 @SRS-006/AC3 @RC-001
  Scenario: More samples per pixel than one are refused
    Given a complete DX radiograph
    And its SamplesPerPixel is 3
    When the device judges it
    Then it is refused with the single reason SAMPLES on SamplesPerPixel of SRS-006
    And it expects "1"

  @SRS-007 @SRS-007/AC1
  Scenario Outline: Both monochrome interpretations are accepted
    Given a complete DX radiograph
    And its values are <values>
    And its PhotometricInterpretation is <photometric>
    And its PresentationLUTShape is <shape>
    When the device judges it
    Then it is accepted

    Examples:
      | values           | photometric | shape    |
      | inverted         | MONOCHROME1 | INVERSE  |
      | left as they are | MONOCHROME2 | IDENTITY |
      | inverted         | MONOCHROME1 | absent   |

  @SRS-007 @SRS-007/AC2 @RC-001
  Scenario Outline: Another photometric interpretation is refused
    Given a complete DX radiograph
    And its PhotometricInterpretation is <photometric>
    When the device judges it
    Then it is refused with the single reason PHOTOMETRIC on PhotometricInterpretation of SRS-007

    Examples:
      | photometric   |
      | RGB           |
      | PALETTE COLOR |
      | YBR_FULL      |

  @SRS-008 @SRS-008/AC1
  Scenario Outline: 10 to 16 bits stored are accepted
    Given a complete DX radiograph
    And its pixels are stored in <bits> bits
    When the device judges it
    Then it is accepted

    Examples:
      | bits |
      | 10   |
      | 12   |
      | 16   |

  @SRS-008 @SRS-008/AC1
  Scenario: Signed values are accepted
    Given a complete DX radiograph
    And its pixels are stored in 12 bits, half of them negative
    When the device judges it
    Then it is accepted

  @SRS-008 @SRS-008/AC2 @RC-001
  Scenario Outline: Other bits are refused
    Given a complete DX radiograph
    And its BitsAllocated is <allocated>
    And its BitsStored is <stored>
    And its HighBit is <high>
    When the device judges it
    Then it is refused with the single reason BITS on BitsStored of SRS-008
    And it expects "10 to 16 bits stored of 16 allocated"

    Examples:
      | allocated | stored | high |
      | 16        | 8      | 7    |
      | 16        | 9      | 8    |
      | 8         | 8      | 7    |
      | 32        | 12     | 11   |
      | 32        | 17     | 16   |

  @SRS-009 @SRS-009/AC1 @SRS-009/AC2
  Scenario Outline: A size within the limits is accepted
    Given a complete DX radiograph of <rows> rows and <columns> columns
    When the device judges it
    Then it is accepted

    Examples:
      | rows | columns |
      | 512  | 512     |
      | 512  | 8192    |
      | 8192 | 512     |

  @SRS-009 @SRS-009/AC1 @SRS-009/AC2 @RC-001
  Scenario Outline: A size outside the limits is refused
    Given a complete DX radiograph of <rows> rows and <columns> columns
    When the device judges it
    Then it is refused with the single reason SIZE on Rows of SRS-009

    Examples:
      | rows | columns |
      | 511  | 1024    |
      | 1024 | 511     |
      | 8193 | 512     |
      | 512  | 8193    |

  @SRS-009 @SRS-009/AC3 @RC-014
  Scenario: A header that claims an enormous image reserves no memory
    Given a complete DX radiograph
    And its Rows is 60000
    And its Columns is 60000
    When the device judges it in a process of its own
    Then it is refused with the single reason SIZE on Rows of SRS-009
    And the process never held more than 500 MB

  @SRS-010 @SRS-010/AC1 @RC-001 @RC-015
  Scenario: Burned-in annotation is refused
    Given a complete DX radiograph
    And its BurnedInAnnotation is YES
    When the device judges it
    Then it is refused with the single reason BURNED_IN on BurnedInAnnotation of SRS-010

  @SRS-010 @SRS-010/AC2 @SRS-019
  Scenario: An image stated to be without annotation is accepted without a notice of it
    Given a complete DX radiograph
    And its BurnedInAnnotation is NO
    When the device judges it
    Then it is accepted
    And it carries no notice of BurnedInAnnotation

  @SYS-001 @SYS-001/AC2 @RC-001
  Scenario Outline: Of a public collection of DICOM files, a release accepts those that it is labeled for
    Given the files of the public collection pydicom-data
    When the device judges the folder by the release <release>
    Then of its files exactly these are accepted: <accepted>
    And every other file is refused or failed with a reason

    Examples:
      | release              | accepted                                                   |
      | adult-nih            | RG1_J2KI.dcm, RG1_J2KR.dcm, RG1_UNCI.dcm, RG1_UNCR.dcm     |
      | paediatric-reference | none                                                       |

  @SYS-001 @SYS-001/AC2 @SRS-004/AC3 @SRS-005/AC2 @RC-001
  Scenario: A real radiograph of an adult is refused for its view and its age by a release for children
    Given the file RG1_UNCR.dcm of the public collection pydicom-data
    When the device judges it by the release paediatric-reference
    Then it is refused for exactly these reasons:
      | code | attribute    | requirement |
      | VIEW | ViewPosition | SRS-004     |
      | AGE  | PatientAge   | SRS-005     |

  @SRS-042 @SRS-042/AC1 @RC-001
  Scenario Outline: An upright image
    Given a complete DX radiograph
    And its PatientOrientation is <stated>
    When the device judges it
    Then it is accepted

    Examples:
      | stated |
      | L\F    |
      | LP\F   |
      | L\FP   |
      | absent |
      | empty  |

  @SRS-042 @SRS-042/AC2 @RC-001
  Scenario Outline: An image that is turned, mirrored, or seen from the side
    Given a complete DX radiograph
    And its PatientOrientation is <stated>
    When the device judges it
    Then it is refused with the single reason ORIENTATION on PatientOrientation of SRS-042

    Examples:
      | stated |
      | R\F    |
      | L\H    |
      | R\H    |
      | F\L    |
      | H\R    |
      | A\F    |
      | P\F    |

  @SRS-042 @SRS-016 @RC-001
  Scenario Outline: An orientation that is none
    Given a complete DX radiograph
    And its PatientOrientation is <stated>
    When the device judges it
    Then it is refused with the single reason ORIENTATION_UNPARSABLE on PatientOrientation of SRS-016

    Examples:
      | stated  |
      | L       |
      | L\F\A   |
      | X\F     |
      | left    |

  @SRS-004 @SRS-004/AC5 @RC-001
  Scenario: A view that is modified
    Given a complete DX radiograph
    And its coded view is modified as 408746007 SCT
    When the device judges it
    Then it is refused with the single reason VIEW on ViewPosition of SRS-004
    And its reason says "modified by"
