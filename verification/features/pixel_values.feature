Feature: From stored values to what the model sees
  DICOM defines how stored values become a picture: Modality LUT, then VOI LUT, then polarity (PS3.4 N.2). Each image
  below stores a radiograph of five gray levels in its own way. The table says what each stored level shows between
  black (0) and white (1), worked out by hand from the standard. The image has to get the same score as an image that
  stores the shown levels plainly.

  @SRS-022 @SRS-022/AC1 @RC-004
  Scenario: Rescale slope and intercept
    Given a radiograph of five gray levels that stores and shows:
      | stored | 0    | 500  | 1000 | 1500 | 2000 |
      | shown  | 0.05 | 0.25 | 0.45 | 0.65 | 0.85 |
    And its RescaleSlope is 2
    And its RescaleIntercept is -1000
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 1250
    And its WindowWidth is 5000
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC1 @RC-004
  Scenario: A modality lookup table
    Given a radiograph of five gray levels that stores and shows:
      | stored | 100 | 101 | 102 | 103 | 104 |
      | shown  | 0.1 | 0.2 | 0.3 | 0.8 | 0.9 |
    And its ModalityLUTSequence maps from 100 in 16 bits: 100 200 300 800 900
    And its RescaleSlope is absent
    And its RescaleIntercept is absent
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 500
    And its WindowWidth is 1000
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC1 @RC-004
  Scenario: Signed stored values
    Given a radiograph of five gray levels that stores and shows:
      | stored | -800 | -400 | 0   | 400 | 800 |
      | shown  | 0.1  | 0.3  | 0.5 | 0.7 | 0.9 |
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 0
    And its WindowWidth is 2000
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: The window function LINEAR takes half a value off the center and one off the width (PS3.3 C.11.2.1.2.1)
    Given a radiograph of five gray levels that stores and shows:
      | stored | 9   | 10  | 12  | 13   | 14  |
      | shown  | 0.0 | 0.0 | 0.5 | 0.75 | 1.0 |
    And its WindowCenter is 12.5
    And its WindowWidth is 5
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: The window function LINEAR_EXACT takes nothing off (PS3.3 C.11.2.1.3.2)
    Given a radiograph of five gray levels that stores and shows:
      | stored | 9   | 10  | 11   | 12  | 13   |
      | shown  | 0.0 | 0.0 | 0.25 | 0.5 | 0.75 |
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 12
    And its WindowWidth is 4
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: The window function SIGMOID is 1 / (1 + exp(-4 (x - c) / w)) (PS3.3 C.11.2.1.3.1)
    Given a radiograph of five gray levels that stores and shows:
      | stored | 0       | 500     | 1000 | 1500    | 2000    |
      | shown  | 0.01799 | 0.11920 | 0.5  | 0.88080 | 0.98201 |
    And its VOILUTFunction is SIGMOID
    And its WindowCenter is 1000
    And its WindowWidth is 1000
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: A VOI lookup table goes before a window
    Given a radiograph of five gray levels that stores and shows:
      | stored | 50  | 51  | 52  | 53  | 60  |
      | shown  | 0.2 | 0.4 | 0.6 | 0.8 | 0.8 |
    And its VOILUTSequence maps from 50 in 8 bits: 51 102 153 204
    And its WindowCenter is 1000
    And its WindowWidth is 10
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: Of several windows the first applies
    Given a radiograph of five gray levels that stores and shows:
      | stored | 200 | 400 | 500 | 600 | 800 |
      | shown  | 0.2 | 0.4 | 0.5 | 0.6 | 0.8 |
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 500\2000
    And its WindowWidth is 1000\4000
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC3 @RC-004
  Scenario: The window applies to what the modality transformation gives
    Given a radiograph of five gray levels that stores and shows:
      | stored | 700 | 600 | 500 | 400 | 300 |
      | shown  | 0.1 | 0.3 | 0.5 | 0.7 | 0.9 |
    And its RescaleSlope is -10
    And its RescaleIntercept is 6000
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 1000
    And its WindowWidth is 5000
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC3 @SRS-023 @RC-004
  Scenario: The polarity applies to what the window gives
    Given a radiograph of five gray levels that stores and shows:
      | stored | 900 | 400 | 300 | 200 | 100 |
      | shown  | 0.0 | 0.4 | 0.6 | 0.8 | 1.0 |
    And its PhotometricInterpretation is MONOCHROME1
    And its PresentationLUTShape is INVERSE
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 350
    And its WindowWidth is 500
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC1 @RC-004
  Scenario Outline: Without a window, what is shown is the place of a value in the range that its bits allow
    Given a complete DX radiograph
    And all its pixels are stored as <stored> in 10 bits
    And its PixelRepresentation is <signed>
    And its RescaleSlope is <slope>
    And its RescaleIntercept is <intercept>
    When the device judges it
    Then its pixels are seen as <shown>

    Examples: From 0 to 1023, or from -512 to 511, then rescaled
      | stored | signed | slope  | intercept | shown | worked out                       |
      | 900    | 0      | 1      | 0         | 0.880 | 900 / 1023                       |
      | 100    | 0      | 1      | 0         | 0.098 | 100 / 1023                       |
      | 100    | 0      | absent | absent    | 0.098 | 100 / 1023                       |
      | 100    | 1      | 1      | 0         | 0.598 | (100 + 512) / 1023               |
      | 300    | 0      | -2     | 100       | 0.707 | (-500 + 1946) / (100 + 1946)     |
      | 100    | 1      | 2      | 50        | 0.598 | (250 + 974) / (1072 + 974)       |

  @SRS-022 @SRS-022/AC1 @RC-004
  Scenario: Without a window, a modality lookup table is shown from 0 to what its bits can hold
    Given a complete DX radiograph
    And all its pixels are stored as 101 in 12 bits
    And its RescaleSlope is absent
    And its RescaleIntercept is absent
    And its ModalityLUTSequence maps from 100 in 8 bits: 51 2 204 153
    When the device judges it
    Then its pixels are seen as 0.008

  @SRS-022 @SRS-022/AC2 @SRS-022/AC3 @RC-004
  Scenario Outline: What a window shows, worked out by hand
    Given a complete DX radiograph
    And all its pixels are stored as <stored> in 12 bits
    And its RescaleSlope is <slope>
    And its RescaleIntercept is <slope>
    And its VOILUTFunction is <function>
    And its WindowCenter is <center>
    And its WindowWidth is <width>
    When the device judges it
    Then its pixels are seen as <shown>

    Examples:
      | stored | slope  | function     | center | width | shown | worked out                          |
      | 97     | absent | absent       | 100    | 11    | 0.250 | (97 - 94.5) / 10                    |
      | 103    | absent | LINEAR       | 100    | 11    | 0.850 | (103 - 94.5) / 10                   |
      | 101    | absent | LINEAR       | 100.5  | 1     | 1.000 | a step above 100                    |
      | 98     | absent | LINEAR_EXACT | 100    | 10    | 0.300 | (98 - 95) / 10                      |
      | 100    | absent | LINEAR_EXACT | 100    | 0.5   | 0.500 | the center                          |
      | 49     | 2      | LINEAR_EXACT | 103    | 10    | 0.200 | (2 * 49 + 2 - 98) / 10              |
      | 105    | absent | SIGMOID      | 100    | 20    | 0.731 | 1 / (1 + exp(-1))                   |
      | 101    | absent | SIGMOID      | 100    | 0.5   | 1.000 | 1 / (1 + exp(-8)) = 0.9997          |

  @SRS-022 @RC-004
  Scenario Outline: A window that the standard does not define is refused, not guessed
    Given a complete DX radiograph
    And all its pixels are stored as 100 in 12 bits
    And its VOILUTFunction is <function>
    And its WindowCenter is <center>
    And its WindowWidth is <width>
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "<says>"

    Examples:
      | function     | center | width  | says           |
      | LINEAR       | 100    | absent | WindowWidth    |
      | LINEAR       | absent | 10     | WindowCenter   |
      | LINEAR       | 100    | 0.5    | WindowWidth    |
      | LINEAR       | 100    | 0      | WindowWidth    |
      | LINEAR_EXACT | 100    | 0      | WindowWidth    |
      | SIGMOID      | 100    | 0      | WindowWidth    |
      | LOGARITHMIC  | 100    | 10     | VOILUTFunction |

  @SRS-022 @SRS-022/AC3 @SRS-023 @RC-004
  Scenario Outline: White is the greatest value of MONOCHROME2, and the smallest of MONOCHROME1
    Given a complete DX radiograph
    And all its pixels are stored as 900 in 10 bits
    And its PhotometricInterpretation is <photometric>
    And its PresentationLUTShape is <shape>
    When the device judges it
    Then its pixels are seen as <shown>

    Examples:
      | photometric | shape    | shown |
      | MONOCHROME2 | IDENTITY | 0.880 |
      | MONOCHROME1 | INVERSE  | 0.120 |

  @SRS-023 @SRS-023/AC1 @RC-004
  Scenario Outline: MONOCHROME1 and MONOCHROME2 encodings of one radiograph have one score
    Given the published radiograph <picture> as a complete DX image
    And the same radiograph with inverted values as MONOCHROME1
    And the same radiograph with inverted values as MONOCHROME2
    When the device analyzes the folder
    Then the scores of the first 2 files are the same
    And the third file is refused with the single reason NOT_FRONTAL_CHEST

    Examples:
      | picture                        |
      | NORMAL2-IM-1427-0001.jpeg      |
      | person1946_bacteria_4874.jpeg  |

  @SYS-004 @SYS-004/AC1 @RC-004
  Scenario: One exposure has one score in every lossless encoding
    Given the published radiograph person1946_bacteria_4874.jpeg as a complete DX image
    And copies of it in these transfer syntaxes:
      | 1.2.840.10008.1.2      |
      | 1.2.840.10008.1.2.5    |
      | 1.2.840.10008.1.2.4.57 |
      | 1.2.840.10008.1.2.4.70 |
      | 1.2.840.10008.1.2.4.80 |
      | 1.2.840.10008.1.2.4.90 |
    When the device analyzes the folder
    Then the scores of all 7 files are the same

  @SRS-024 @SRS-024/AC1 @RC-005
  Scenario Outline: A published radiograph has one score through both intakes
    Given the published radiograph <picture> as a complete DX image
    When the device analyzes it
    And the device analyzes the published file itself through research intake
    Then both have the same score

    Examples:
      | picture                        |
      | NORMAL2-IM-1440-0001.jpeg      |
      | person1950_bacteria_4881.jpeg  |

  @SRS-024 @RC-005
  Scenario: Dark values keep their differences on the way to the model
    Given two radiographs of which what is darker than 0.3 of the range shows 0 in one and 0.29 in the other
    When the device analyzes the folder
    Then the scores of the 2 files differ

  @SRS-024 @RC-005
  Scenario Outline: A geometry that the device does not know gives no result
    Given a complete DX radiograph
    And a copy of the release paediatric-reference
    And its release.yaml states another <key>
    And it is locked anew
    When the device analyzes it
    Then its analysis fails with a reason that says "bilinear-antialiased without keeping the aspect"

    Examples:
      | key          |
      | resampling   |
      | keeps_aspect |

  @SRS-022 @SRS-022/AC4 @RC-004
  Scenario Outline: An overlay in the bits above those stored is not the picture
    Given the published radiograph person1946_bacteria_4874.jpeg as a complete DX image
    And a second DX image of it with an overlay in the bits above its 12 bits stored, encoded in <uid>
    When the device analyzes the folder
    Then the scores of all 2 files are the same

    Examples:
      | uid                    |
      | 1.2.840.10008.1.2      |
      | 1.2.840.10008.1.2.1    |
      | 1.2.840.10008.1.2.5    |
      | 1.2.840.10008.1.2.4.57 |
      | 1.2.840.10008.1.2.4.70 |
      | 1.2.840.10008.1.2.4.80 |
      | 1.2.840.10008.1.2.4.90 |

  @SRS-022 @SRS-022/AC4 @RC-004
  Scenario Outline: The sign of a value is in its bits stored, whatever the bits above them are
    Given the published radiograph person1946_bacteria_4874.jpeg as a complete DX image
    And a second DX image of it with signed values and <above> in the bits above its 12 bits stored, encoded in <uid>
    When the device analyzes the folder
    Then the scores of all 2 files are the same

    Examples:
      | above    | uid                    |
      | nothing  | 1.2.840.10008.1.2      |
      | nothing  | 1.2.840.10008.1.2.1    |
      | nothing  | 1.2.840.10008.1.2.5    |
      | nothing  | 1.2.840.10008.1.2.4.70 |
      | nothing  | 1.2.840.10008.1.2.4.80 |
      | nothing  | 1.2.840.10008.1.2.4.90 |
      | the sign | 1.2.840.10008.1.2      |
      | the sign | 1.2.840.10008.1.2.1    |
      | the sign | 1.2.840.10008.1.2.5    |
      | the sign | 1.2.840.10008.1.2.4.70 |
      | the sign | 1.2.840.10008.1.2.4.80 |
      | the sign | 1.2.840.10008.1.2.4.90 |

  @SRS-022 @SRS-022/AC5 @RC-004
  Scenario Outline: A rescale is whole or absent, and no lookup table stands beside it
    Given a complete DX radiograph
    And its ModalityLUTSequence maps from 0 in 16 bits: <table>
    And its RescaleSlope is <slope>
    And its RescaleIntercept is <intercept>
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "RescaleSlope"

    Examples:
      | table        | slope  | intercept |
      | 0 2048 65535 | 1      | 0         |
      | 0 2048 65535 | 2      | absent    |

  @SRS-022 @SRS-022/AC5 @RC-004
  Scenario Outline: Half of a rescale is refused, not completed
    Given a complete DX radiograph
    And its RescaleSlope is <slope>
    And its RescaleIntercept is <intercept>
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "RescaleSlope and RescaleIntercept: one of them has no value"

    Examples:
      | slope  | intercept |
      | 2      | absent    |
      | 1      | empty     |
      | absent | -1000     |
      | empty  | 0         |

  @SRS-022 @SRS-022/AC6 @RC-004
  Scenario Outline: A lookup table is within its descriptor, and makes use of it
    Given a complete DX radiograph
    And its <sequence> maps from 0 in <bits> bits: <entries>
    And its RescaleSlope is absent
    And its RescaleIntercept is absent
    And its WindowCenter is absent
    And its WindowWidth is absent
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "<says>"

    Examples:
      | sequence            | bits | entries           | says                              |
      | VOILUTSequence      | 10   | 0 500 1024        | LUTData reach 1024                |
      | VOILUTSequence      | 12   | 0 4095 16335      | LUTData reach 16335               |
      | VOILUTSequence      | 16   | 0 2000 4095       | not the upper half of 0 to 65535  |
      | VOILUTSequence      | 12   | 0 1000 2047       | not the upper half of 0 to 4095   |
      | ModalityLUTSequence | 8    | 0 255 256         | LUTData reach 256                 |

  @SRS-022 @SRS-022/AC7 @RC-004
  Scenario Outline: A lookup table for negative values
    Given a radiograph of five gray levels that stores and shows:
      | stored | 0   | 100 | 101 | 102 | 103 |
      | shown  | 0.2 | 0.2 | 0.4 | 0.8 | 0.6 |
    And its TransferSyntaxUID is <uid>
    And its RescaleSlope is 1
    And its RescaleIntercept is -1000
    And its VOILUTSequence maps from <first> in 8 bits: 51 102 204 153
    When the device analyzes it beside the plain image of what it shows
    Then both have the same score

    Examples: The first value, -900, as itself, and as it is read where its sign is not known
      | uid                 | first |
      | 1.2.840.10008.1.2.1 | 64636 |
      | 1.2.840.10008.1.2   | 64636 |

  @SRS-043 @SRS-043/AC1 @RC-004
  Scenario: A rectangular shutter
    Given the published radiograph person1946_bacteria_4874.jpeg as a complete DX image
    And a second DX image of it that is black outside of rows 101 to 800 and columns 201 to 900
    And a third DX image of it with a shutter at rows 101 to 800 and columns 201 to 900
    When the device analyzes the folder
    Then the scores of the last 2 files are the same, and that of the first another

  @SRS-043 @SRS-043/AC2 @RC-004
  Scenario Outline: Another shutter is refused
    Given a complete DX radiograph
    And its ShutterShape is <shape>
    And its ShutterPresentationValue is <value>
    And its ShutterUpperHorizontalEdge is <upper>
    And its ShutterLowerHorizontalEdge is 800
    And its ShutterLeftVerticalEdge is 101
    And its ShutterRightVerticalEdge is 900
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "<says>"

    Examples:
      | shape                 | value  | upper  | says                     |
      | CIRCULAR              | absent | 101    | ShutterShape             |
      | POLYGONAL             | absent | 101    | ShutterShape             |
      | RECTANGULAR\CIRCULAR | absent | 101    | ShutterShape             |
      | RECTANGULAR           | 65535  | 101    | ShutterPresentationValue |
      | RECTANGULAR           | 0      | absent | the edges of the shutter |
      | RECTANGULAR           | absent | 800    | the edges of the shutter |

  @SRS-043 @SRS-043/AC3 @RC-004
  Scenario Outline: Padding that shows as gray or white is refused
    Given a complete DX radiograph
    And its first 100 columns are stored as <stored>
    And its PixelPaddingValue is <value>
    And its PixelPaddingRangeLimit is <limit>
    When the device judges it
    Then it is refused with the single reason PIXELS_UNDECODABLE on PixelData of SRS-013
    And its reason says "102400 pixels hold PixelPaddingValue"

    Examples:
      | stored | value | limit  |
      | 4095   | 4095  | absent |
      | 2001   | 2001  | absent |
      | 2005   | 2001  | 2009   |
      | 2005   | 2009  | 2001   |

  @SRS-043 @SRS-043/AC3 @RC-004
  Scenario Outline: Padding that shows as black, and a padding value that no pixel holds
    Given a complete DX radiograph
    And its first 100 columns are stored as <stored>
    And its PixelPaddingValue is <value>
    When the device judges it
    Then it is accepted

    Examples:
      | stored | value |
      | 0      | 0     |
      | 2001   | 4095  |
