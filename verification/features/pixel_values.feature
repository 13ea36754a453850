Feature: From stored values to what the model sees
  DICOM defines how stored values become a picture: Modality LUT, then VOI LUT, then polarity (PS3.4 N.2). Each image
  below stores a radiograph of five grey levels in its own way. The table says what each stored level shows between
  black (0) and white (1), worked out by hand from the standard. The image has to get the same score as an image that
  stores the shown levels plainly.

  @SRS-022 @SRS-022/AC1 @RC-004
  Scenario: Rescale slope and intercept
    Given a radiograph of five grey levels that stores and shows:
      | stored | 0    | 500  | 1000 | 1500 | 2000 |
      | shown  | 0.05 | 0.25 | 0.45 | 0.65 | 0.85 |
    And its RescaleSlope is 2
    And its RescaleIntercept is -1000
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 1250
    And its WindowWidth is 5000
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC1 @RC-004
  Scenario: A modality lookup table
    Given a radiograph of five grey levels that stores and shows:
      | stored | 100 | 101 | 102 | 103 | 104 |
      | shown  | 0.1 | 0.2 | 0.6 | 0.3 | 0.9 |
    And its ModalityLUTSequence maps from 100 in 16 bits: 100 200 600 300 900
    And its RescaleSlope is absent
    And its RescaleIntercept is absent
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 500
    And its WindowWidth is 1000
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC1 @RC-004
  Scenario: Signed stored values
    Given a radiograph of five grey levels that stores and shows:
      | stored | -800 | -400 | 0   | 400 | 800 |
      | shown  | 0.1  | 0.3  | 0.5 | 0.7 | 0.9 |
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 0
    And its WindowWidth is 2000
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: The window function LINEAR takes half a value off the centre and one off the width (PS3.3 C.11.2.1.2.1)
    Given a radiograph of five grey levels that stores and shows:
      | stored | 9   | 10  | 12  | 13   | 14  |
      | shown  | 0.0 | 0.0 | 0.5 | 0.75 | 1.0 |
    And its WindowCenter is 12.5
    And its WindowWidth is 5
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: The window function LINEAR_EXACT takes nothing off (PS3.3 C.11.2.1.3.2)
    Given a radiograph of five grey levels that stores and shows:
      | stored | 9   | 10  | 11   | 12  | 13   |
      | shown  | 0.0 | 0.0 | 0.25 | 0.5 | 0.75 |
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 12
    And its WindowWidth is 4
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: The window function SIGMOID is 1 / (1 + exp(-4 (x - c) / w)) (PS3.3 C.11.2.1.3.1)
    Given a radiograph of five grey levels that stores and shows:
      | stored | 0       | 500     | 1000 | 1500    | 2000    |
      | shown  | 0.01799 | 0.11920 | 0.5  | 0.88080 | 0.98201 |
    And its VOILUTFunction is SIGMOID
    And its WindowCenter is 1000
    And its WindowWidth is 1000
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: A VOI lookup table goes before a window
    Given a radiograph of five grey levels that stores and shows:
      | stored | 50  | 51  | 52  | 53  | 60  |
      | shown  | 0.2 | 0.4 | 0.8 | 0.6 | 0.6 |
    And its VOILUTSequence maps from 50 in 8 bits: 51 102 204 153
    And its WindowCenter is 1000
    And its WindowWidth is 10
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC2 @RC-004
  Scenario: Of several windows the first applies
    Given a radiograph of five grey levels that stores and shows:
      | stored | 200 | 400 | 500 | 600 | 800 |
      | shown  | 0.2 | 0.4 | 0.5 | 0.6 | 0.8 |
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 500\2000
    And its WindowWidth is 1000\4000
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC3 @RC-004
  Scenario: The window applies to what the modality transformation gives
    Given a radiograph of five grey levels that stores and shows:
      | stored | 300 | 400 | 500 | 600 | 700 |
      | shown  | 0.9 | 0.7 | 0.5 | 0.3 | 0.1 |
    And its RescaleSlope is -10
    And its RescaleIntercept is 6000
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 1000
    And its WindowWidth is 5000
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-022 @SRS-022/AC3 @SRS-023 @RC-004
  Scenario: The polarity applies to what the window gives
    Given a radiograph of five grey levels that stores and shows:
      | stored | 100 | 200 | 300 | 400 | 900 |
      | shown  | 1.0 | 0.8 | 0.6 | 0.4 | 0.0 |
    And its PhotometricInterpretation is MONOCHROME1
    And its PresentationLUTShape is INVERSE
    And its VOILUTFunction is LINEAR_EXACT
    And its WindowCenter is 350
    And its WindowWidth is 500
    When the device analyses it beside the plain image of what it shows
    Then both have the same score

  @SRS-023 @SRS-023/AC1 @RC-004
  Scenario Outline: MONOCHROME1 and MONOCHROME2 encodings of one radiograph have one score
    Given the published radiograph <picture> as a complete DX image
    And the same radiograph with inverted values as MONOCHROME1
    And the same radiograph with inverted values as MONOCHROME2
    When the device analyses the folder
    Then the scores of the first 2 files are the same
    And the score of the third file is another

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
    When the device analyses the folder
    Then the scores of all 7 files are the same

  @SRS-024 @SRS-024/AC1 @RC-005
  Scenario Outline: A published radiograph has one score through both intakes
    Given the published radiograph <picture> as a complete DX image
    When the device analyses it
    And the device analyses the published file itself through research intake
    Then both have the same score

    Examples:
      | picture                        |
      | NORMAL2-IM-1440-0001.jpeg      |
      | person1950_bacteria_4881.jpeg  |
