Feature: A file is one thing, read once
  A file that two readers can take for two things is refused: of two values of one attribute one reader takes the first
  and another the last. What is said of a file comes from one opening of it.

  @SRS-040 @RC-004 @RC-009
  Scenario: A file in explicit VR and one in implicit VR are each read in one way
    Given a complete DX radiograph
    And its TransferSyntaxUID is 1.2.840.10008.1.2
    When the device judges it
    Then it is accepted

  @SRS-040 @SRS-040/AC1 @RC-009
  Scenario Outline: An element that stands twice
    Given a complete DX radiograph
    And its <keyword> stands twice, the second time as <value>
    When the device judges it
    Then it is refused with the single reason ELEMENTS on TransferSyntaxUID of SRS-040
    And its reason says "<keyword>"

    Examples:
      | keyword                   | value       |
      | PatientID                 | OTHER       |
      | PatientAge                | 003Y        |
      | ViewPosition              | AP          |
      | PhotometricInterpretation | MONOCHROME2 |
      | WindowCenter              | 100         |

  @SRS-040 @SRS-040/AC1 @RC-009
  Scenario: An element that stands twice in the item of a sequence
    Given a complete DX radiograph
    And the item of its ViewCodeSequence states its CodeMeaning twice
    When the device judges it
    Then it is refused with the single reason ELEMENTS on TransferSyntaxUID of SRS-040
    And its reason says "CodeMeaning (0008,0104) twice"

  @SRS-040 @SRS-040/AC2 @RC-009
  Scenario: An element behind one with a higher tag
    Given a complete DX radiograph
    And its PatientID stands behind its ViewPosition
    When the device judges it
    Then it is refused with the single reason ELEMENTS on TransferSyntaxUID of SRS-040
    And its reason says "PatientID (0010,0020) behind ViewPosition (0018,5101)"

  @SRS-040 @SRS-040/AC3 @RC-004
  Scenario Outline: Something behind the pixel data
    Given a complete DX radiograph
    And its file goes on behind its pixel data with <what>
    When the device judges it
    Then it is refused with the single reason ELEMENTS on TransferSyntaxUID of SRS-040
    And its reason says "behind the pixel data"

    Examples:
      | what                                     |
      | 3 zero bytes                             |
      | 100 zero bytes                           |
      | a second PixelData                       |
      | another PatientID                        |
      | another PhotometricInterpretation        |
      | a second data set                        |
      | 64 bytes of padding that claim to be 100 |
      | padding followed by another PatientID    |

  @SRS-040 @SRS-040/AC3 @RC-004
  Scenario: Data Set Trailing Padding
    Given a complete DX radiograph
    And its file goes on behind its pixel data with 64 bytes of padding
    When the device judges it
    Then it is accepted

  @SRS-040 @SRS-040/AC3 @RC-004
  Scenario Outline: Pixel data that are shifted
    Given a complete DX radiograph
    And its pixel data are shifted from their middle on, in bytes by <count>
    When the device judges it
    Then it is refused with the single reason ELEMENTS on TransferSyntaxUID of SRS-040

    Examples:
      | count |
      | 1     |
      | 2     |
      | 100   |

  @SRS-040 @SRS-040/AC3 @RC-004
  Scenario Outline: Something behind compressed pixel data
    Given a complete DX radiograph
    And it is encoded in <uid>, <name>
    And its file goes on behind its pixel data with another PatientID
    When the device judges it
    Then it is refused with the single reason ELEMENTS on TransferSyntaxUID of SRS-040

    Examples:
      | uid                    | name                    |
      | 1.2.840.10008.1.2.5    | RLE Lossless            |
      | 1.2.840.10008.1.2.4.90 | JPEG 2000 Lossless Only |

  @SRS-040 @SRS-040/AC4 @RC-009
  Scenario Outline: File meta information that disagrees with the data set
    Given a complete DX radiograph
    And its file meta information states <what>
    When the device judges it
    Then it is refused with the single reason ELEMENTS on TransferSyntaxUID of SRS-040
    And its reason says "<says>"

    Examples:
      | what                                                    | says                           |
      | MediaStorageSOPInstanceUID 2.25.1                       | MediaStorageSOPInstanceUID     |
      | MediaStorageSOPClassUID 1.2.840.10008.5.1.4.1.1.1       | MediaStorageSOPClassUID        |
      | 2 bytes more of itself                                  | FileMetaInformationGroupLength |

  @SRS-040 @SRS-040/AC4 @RC-004
  Scenario: A data set in another encoding than the file meta information states
    Given a complete DX radiograph
    And its data set is written in implicit VR, which its file meta information does not say
    When the device judges it
    Then it is refused with the single reason ELEMENTS on TransferSyntaxUID of SRS-040
    And its reason says "implicit VR"

  @SRS-041 @SRS-041/AC1 @RC-009
  Scenario: A file that is replaced again and again
    Given the published radiograph person1946_bacteria_4874.jpeg as a complete DX image
    And the published radiograph NORMAL2-IM-1427-0001.jpeg of another patient, to replace it
    When the device analyzes it 40 times with reports while another program keeps replacing it
    Then each report has the identity and the score of one of the two, and both occur

  @SRS-041 @SRS-041/AC2 @RC-009
  Scenario: A file that grows while it is read
    Given a complete DX radiograph
    When the device judges it while another program keeps writing to it
    Then it fails with a reason that says "was changed while it was read"

  @SRS-041 @SRS-041/AC3 @SRS-021 @RC-014
  Scenario Outline: How much may stand before the pixel data
    Given a complete DX radiograph
    And <count> MiB of private data stand before its pixel data
    When the device analyzes it
    Then its outcome is <outcome>

    Examples:
      | count | outcome  |
      | 15    | analyzed |
      | 16    | failed   |

  @SRS-041 @SRS-041/AC3 @RC-014
  Scenario: What is not read is not held
    Given a complete DX radiograph
    And 400 MiB of private data stand before its pixel data
    When the device judges it in a process of its own
    Then it fails with a reason that says "stand before the pixel data"
    And the process never held more than 150 MB

  @SRS-045 @SRS-045/AC1 @RC-014
  Scenario Outline: A codec that ends its process costs one image
    Given a folder of 20 radiographs in JPEG-LS, the 11th of 513 rows, the others of 512
    When the device analyzes the folder with a codec that <does> at 513 rows
    Then all are analyzed but 11.dcm, which fails with a reason that says "<says>"
    And the exit status is 4

    Examples:
      | does               | says                                            |
      | ends its process   | JPEG-LS Lossless Image Compression: its process ended by signal 6 |
      | leaves its process | JPEG-LS Lossless Image Compression: its process ended             |

  @SRS-054 @SRS-054/AC3
  Scenario: From file to report in time
    Given the 16 published radiographs as complete DX images
    When each image is analyzed with a report, and the time is taken
    Then each has a report, within 5 s at the median and 60 s at the most

  @SRS-045 @SRS-045/AC2 @SYS-013 @SYS-013/AC1 @RC-014
  Scenario Outline: A codec beyond its limits costs one image
    Given a folder of 20 radiographs in JPEG-LS, the 11th of 513 rows, the others of 512
    When the device analyzes the folder with a codec that <does> at 513 rows
    Then all are analyzed but 11.dcm, which fails with a reason that says "<says>"
    And the exit status is 4

    Examples:
      | does              | says                    |
      | takes ten seconds | it took more than 1 s   |
      | reserves 4 GB     | decoding needs more     |
