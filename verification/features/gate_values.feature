Feature: Values that the gate cannot judge
  A judged attribute without a value, with a malformed value or at odds with another attribute refuses the image. Each
  way has a code of its own, and nothing is assumed in its place.

  @SRS-015 @SRS-015/AC1 @SRS-015/AC2 @RC-001
  Scenario Outline: A judged attribute without a value refuses the image
    Given a complete DX radiograph
    And its <keyword> is <value>
    When the device judges it
    Then it is refused with the single reason <code> on <attribute> of SRS-015

    Examples: Absent
      | keyword                   | value  | code              | attribute                 |
      | SOPClassUID               | absent | SOP_CLASS_BLANK   | SOPClassUID               |
      | Modality                  | absent | MODALITY_BLANK    | Modality                  |
      | SamplesPerPixel           | absent | SAMPLES_BLANK     | SamplesPerPixel           |
      | PhotometricInterpretation | absent | PHOTOMETRIC_BLANK | PhotometricInterpretation |
      | BitsStored                | absent | BITS_BLANK        | BitsStored                |
      | BitsAllocated             | absent | BITS_BLANK        | BitsStored                |
      | HighBit                   | absent | BITS_BLANK        | BitsStored                |
      | PixelRepresentation       | absent | BITS_BLANK        | BitsStored                |
      | Rows                      | absent | SIZE_BLANK        | Rows                      |
      | Columns                   | absent | SIZE_BLANK        | Rows                      |

    Examples: Empty
      | keyword                   | value | code              | attribute                 |
      | SOPClassUID               | empty | SOP_CLASS_BLANK   | SOPClassUID               |
      | Modality                  | empty | MODALITY_BLANK    | Modality                  |
      | SamplesPerPixel           | empty | SAMPLES_BLANK     | SamplesPerPixel           |
      | PhotometricInterpretation | empty | PHOTOMETRIC_BLANK | PhotometricInterpretation |
      | BitsStored                | empty | BITS_BLANK        | BitsStored                |
      | Rows                      | empty | SIZE_BLANK        | Rows                      |
      | Columns                   | empty | SIZE_BLANK        | Rows                      |

  @SRS-015 @SRS-015/AC1 @SRS-015/AC2 @RC-001
  Scenario Outline: A property that two attributes may state, and neither does, refuses the image
    Given a complete DX radiograph
    And its <first> is <value>
    And its <second> is <value>
    When the device judges it
    Then it is refused with the single reason <code> on <attribute> of SRS-015

    Examples:
      | first            | second                 | value  | code          | attribute        |
      | BodyPartExamined | AnatomicRegionSequence | absent | ANATOMY_BLANK | BodyPartExamined |
      | BodyPartExamined | AnatomicRegionSequence | empty  | ANATOMY_BLANK | BodyPartExamined |
      | ViewPosition     | ViewCodeSequence       | absent | VIEW_BLANK    | ViewPosition     |
      | ViewPosition     | ViewCodeSequence       | empty  | VIEW_BLANK    | ViewPosition     |
      | PatientAge       | PatientBirthDate       | absent | AGE_BLANK     | PatientAge       |
      | PatientAge       | PatientBirthDate       | empty  | AGE_BLANK     | PatientAge       |
      | PatientAge       | StudyDate              | absent | AGE_BLANK     | PatientAge       |
      | PatientAge       | StudyDate              | empty  | AGE_BLANK     | PatientAge       |

  @SRS-015 @SRS-015/AC2 @RC-001
  Scenario: A file that states no transfer syntax is refused
    Given a complete DX radiograph
    And its file states the transfer syntax ""
    When the device judges it
    Then it is refused with the single reason TRANSFER_SYNTAX_BLANK on TransferSyntaxUID of SRS-015

  @SRS-015 @RC-001
  Scenario: The reason of an absent value says what is expected
    Given a complete DX radiograph
    And its SamplesPerPixel is absent
    When the device judges it
    Then it is refused with the single reason SAMPLES_BLANK on SamplesPerPixel of SRS-015
    And its reason says "absent or empty"
    And it expects "1"

  @SRS-016 @SRS-016/AC1 @RC-001
  Scenario Outline: A malformed value refuses the image
    Given a complete DX radiograph
    And its <keyword> is <value>
    When the device judges it
    Then it is refused with the single reason <code> on <attribute> of SRS-016

    Examples: Not of the form of their value representation
      | keyword                   | value       | code                   | attribute                 |
      | Modality                  | dx          | MODALITY_UNPARSABLE    | Modality                  |
      | BodyPartExamined          | Chest       | ANATOMY_UNPARSABLE     | BodyPartExamined          |
      | ViewPosition              | a.p.        | VIEW_UNPARSABLE        | ViewPosition              |
      | PatientAge                | 3Y          | AGE_UNPARSABLE         | PatientAge                |
      | PatientAge                | 003         | AGE_UNPARSABLE         | PatientAge                |
      | PatientAge                | 36          | AGE_UNPARSABLE         | PatientAge                |
      | PatientAge                | 003y        | AGE_UNPARSABLE         | PatientAge                |
      | PatientAge                | three       | AGE_UNPARSABLE         | PatientAge                |
      | PatientBirthDate          | 2021        | AGE_UNPARSABLE         | PatientAge                |
      | PatientBirthDate          | 20210230    | AGE_UNPARSABLE         | PatientAge                |
      | StudyDate                 | 06.05.2024  | AGE_UNPARSABLE         | PatientAge                |
      | NumberOfFrames            | one         | FRAMES_UNPARSABLE      | NumberOfFrames            |
      | PhotometricInterpretation | Monochrome2 | PHOTOMETRIC_UNPARSABLE | PhotometricInterpretation |
      | BurnedInAnnotation        | no          | BURNED_IN_UNPARSABLE   | BurnedInAnnotation        |

    Examples: Not one of the terms that the standard defines
      | keyword                | value                         | code                 | attribute          |
      | ViewPosition           | FRONTAL                       | VIEW_UNPARSABLE      | ViewPosition       |
      | ViewCodeSequence       | 399348003 99LOCAL             | VIEW_UNPARSABLE      | ViewPosition       |
      | AnatomicRegionSequence | CHEST 99LOCAL                 | ANATOMY_UNPARSABLE   | BodyPartExamined   |
      | BurnedInAnnotation     | MAYBE                         | BURNED_IN_UNPARSABLE | BurnedInAnnotation |
      | PixelRepresentation    | 2                             | BITS_UNPARSABLE      | BitsStored         |

    Examples: Several values where there is one
      | keyword                   | value                                                   | code                   | attribute                 |
      | SOPClassUID               | 1.2.840.10008.5.1.4.1.1.1\1.2.840.10008.5.1.4.1.1.1.1   | SOP_CLASS_UNPARSABLE   | SOPClassUID               |
      | Modality                  | DX\CR                                                   | MODALITY_UNPARSABLE    | Modality                  |
      | BodyPartExamined          | CHEST\ABDOMEN                                           | ANATOMY_UNPARSABLE     | BodyPartExamined          |
      | ViewPosition              | AP\LL                                                   | VIEW_UNPARSABLE        | ViewPosition              |
      | ViewCodeSequence          | 399348003 SCT + 399173006 SCT                           | VIEW_UNPARSABLE        | ViewPosition              |
      | SamplesPerPixel           | 1\1                                                     | SAMPLES_UNPARSABLE     | SamplesPerPixel           |
      | PhotometricInterpretation | MONOCHROME2\MONOCHROME1                                 | PHOTOMETRIC_UNPARSABLE | PhotometricInterpretation |
      | BitsStored                | 12\12                                                   | BITS_UNPARSABLE        | BitsStored                |
      | Rows                      | 1024\1024                                               | SIZE_UNPARSABLE        | Rows                      |

  @SRS-016 @SRS-016/AC1 @RC-001
  Scenario: A file that states two transfer syntaxes is refused
    Given a complete DX radiograph
    And its file states the transfer syntax "1.2.3.4\1.2.3.4.5"
    When the device judges it
    Then it is refused with the single reason TRANSFER_SYNTAX_UNPARSABLE on TransferSyntaxUID of SRS-016

  @SRS-016 @SRS-016/AC1 @RC-001
  Scenario: A birth date after the study refuses the image
    Given a complete DX radiograph
    And its PatientAge is absent
    And its PatientBirthDate is 20240507
    When the device judges it
    Then it is refused with the single reason AGE_UNPARSABLE on PatientAge of SRS-016

  @SRS-017 @RC-001
  Scenario Outline: Attributes that contradict each other refuse the image, and the reason names both
    Given a complete DX radiograph
    And its <keyword> is <value>
    When the device judges it
    Then it is refused with the single reason <code> on <attribute> of SRS-017
    And its reason says "<one>"
    And its reason says "but <other>"

    @SRS-017/AC1
    Examples: The view as text and as a code
      | keyword          | value         | code               | attribute    | one             | other            |
      | ViewCodeSequence | 399173006 SCT | VIEW_CONTRADICTORY | ViewPosition | ViewPosition AP | ViewCodeSequence |
      | ViewCodeSequence | 272479007 SCT | VIEW_CONTRADICTORY | ViewPosition | ViewPosition AP | ViewCodeSequence |
      | ViewPosition     | LL            | VIEW_CONTRADICTORY | ViewPosition | ViewPosition LL | ViewCodeSequence |
      | ViewPosition     | PA            | VIEW_CONTRADICTORY | ViewPosition | ViewPosition PA | ViewCodeSequence |

    @SRS-017/AC2
    Examples: The anatomy as text and as a code
      | keyword                | value        | code                  | attribute        | one                    | other                  |
      | AnatomicRegionSequence | 85562004 SCT | ANATOMY_CONTRADICTORY | BodyPartExamined | BodyPartExamined CHEST | AnatomicRegionSequence |
      | BodyPartExamined       | HAND         | ANATOMY_CONTRADICTORY | BodyPartExamined | BodyPartExamined HAND  | AnatomicRegionSequence |

    @SRS-017/AC3
    Examples: The age, and the dates, which make it 3 years
      | keyword          | value    | code              | attribute  | one                   | other                               |
      | PatientAge       | 005Y     | AGE_CONTRADICTORY | PatientAge | PatientAge of 5 years | 3 years from birth to study date    |
      | PatientAge       | 001Y     | AGE_CONTRADICTORY | PatientAge | PatientAge of 1 years | 3 years from birth to study date    |
      | PatientBirthDate | 19800301 | AGE_CONTRADICTORY | PatientAge | PatientAge of 3 years | 44 years from birth to study date   |

    @SRS-017/AC4
    Examples: The SOP class and the presentation intent
      | keyword                | value          | code                    | attribute   | one              | other                                 |
      | PresentationIntentType | FOR PROCESSING | SOP_CLASS_CONTRADICTORY | SOPClassUID | For Presentation | PresentationIntentType FOR PROCESSING |

    @SRS-017/AC5
    Examples: The photometric interpretation and the presentation LUT shape
      | keyword                   | value       | code                      | attribute                 | one         | other                         |
      | PhotometricInterpretation | MONOCHROME1 | PHOTOMETRIC_CONTRADICTORY | PhotometricInterpretation | MONOCHROME1 | PresentationLUTShape IDENTITY |
      | PresentationLUTShape      | INVERSE     | PHOTOMETRIC_CONTRADICTORY | PhotometricInterpretation | MONOCHROME2 | PresentationLUTShape INVERSE  |

    @SRS-017/AC6
    Examples: The bits stored and the high bit
      | keyword | value | code               | attribute  | one           | other      |
      | HighBit | 15    | BITS_CONTRADICTORY | BitsStored | BitsStored 12 | HighBit 15 |

  @SRS-017 @SRS-017/AC3
  Scenario Outline: An age that differs by one year from the dates is no contradiction
    Given a complete DX radiograph
    And its PatientAge is <age>
    When the device judges it
    Then it is accepted

    Examples: The dates make it 3 years
      | age  |
      | 002Y |
      | 003Y |
      | 004Y |
